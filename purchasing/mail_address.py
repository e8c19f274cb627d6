"""Mail addresses as people type them. Pure."""

import re
import unicodedata
from enum import StrEnum


class BadEmail(StrEnum):
    """Why a text is not taken as a mail address."""

    NO_AT = "no_at"
    SEVERAL = "several"
    BLANK = "blank"
    DOMAIN = "domain"
    CHARACTERS = "characters"
    TOO_LONG = "too_long"


_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+\Z")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
_UNSEEN = re.compile("[\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_WITHIN = re.compile(
    r"(?<![A-Za-z0-9.!#$%&'*+/=?^_`{|}~@\"-])[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?![A-Za-z0-9@_.-])"
)
_DOTS = re.compile(r"(?<=[A-Za-z0-9])。(?=[A-Za-z0-9])")
"""What an input method types for the dots of an address."""
_TORN = re.compile(r"[A-Za-z0-9._-]\s+\Z"), re.compile(r"\.?\s+[A-Za-z0-9.]")


def read_email(text: str) -> str | BadEmail:
    """A typed mail address, normalised, or the reason why it is none.

    Full-width letters, unseen characters and words around a single address do no harm: メール：taro@example.co.jp です。
    A Latin word beside it may belong to it (taro yamada@example.co.jp): nobody is registered under half an address.
    """
    typed = _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).strip().rstrip("。、.,").strip()
    read = _read(typed.removeprefix("mailto:").strip("<>"))
    if read is BadEmail.CHARACTERS or read is BadEmail.DOMAIN:
        read = _read(_DOTS.sub(".", typed))
    found = list(_WITHIN.finditer(typed))
    if not isinstance(read, BadEmail) or len(found) != 1 or typed.count("@") != 1:
        return read
    before, after = typed[: found[0].start()], typed[found[0].end() :]
    if _TORN[0].search(before) or _TORN[1].match(after):
        return read
    within = _read(found[0][0].removeprefix("mailto:"))
    return read if isinstance(within, BadEmail) else within


def _read(email: str) -> str | BadEmail:
    """An address that stands alone."""
    if email.count("@") > 1:
        return BadEmail.SEVERAL
    if re.search(r"\s", email):
        return BadEmail.BLANK
    name, at, domain = email.rpartition("@")
    if not at or not name:
        return BadEmail.NO_AT
    if len(email) > 254 or len(name) > 64:
        return BadEmail.TOO_LONG
    if not _LOCAL.match(name) or name.startswith(".") or name.endswith(".") or ".." in name:
        return BadEmail.CHARACTERS
    labels = domain.split(".")
    if len(labels) < 2 or not all(_LABEL.match(label) for label in labels) or labels[-1].isdigit():
        return BadEmail.DOMAIN
    return f"{name}@{domain.lower()}"
