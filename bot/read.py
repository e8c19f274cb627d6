"""`kaimono read`: what we understand of a document, for support. Prints no secret, token or cookie of it."""

from collections.abc import Sequence
from pathlib import Path

from bot.described import described
from bot.talk import findings
from bot.talk.wording import Wording
from punchout.form import decode_cart_form
from punchout.reading import read_anything
from punchout.xml import MAX_BYTES, DocumentRefused, XmlRefused


def read(words: Wording, files: Sequence[Path]) -> int:
    """Print a paragraph for each file; 1 when one of them could not be read."""
    good = True
    for path in files:
        lines, readable = understood(words, path)
        good = good and readable
        print("\n".join([str(path), *(f"  {line}" for line in lines), ""]))
    return 0 if good else 1


def understood(words: Wording, path: Path) -> tuple[list[str], bool]:
    """What the file says, and whether it could be read; where not, one sentence why.

    The file holds XML, or the form that carried a cart. No more of it is loaded than the largest document has.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        return [words("cli", "unreadable", file=path.name, reason=error.strerror)], False
    try:
        if len(data) <= MAX_BYTES and b"cxml-" in data[:100].lower():
            data = decode_cart_form("", data)
        return described(words, read_anything(data)), True
    except XmlRefused as refusal:
        return [words("read", "no_xml", reason=findings.told(words, refusal.reason))], False
    except DocumentRefused as refusal:
        return [words("read", "unusable", reason=findings.told(words, refusal.reason))], False
