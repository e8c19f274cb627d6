"""What a reader of documents finds wrong with one, in the reader's language.

Documents are read where nothing is known of people (`punchout`, `purchasing`), and what is found goes to Amazon and into
the evidence, in English. The English catalogue holds these sentences, the others the same in their words; one that no
catalogue knows, like Amazon's own words, is told as it is.
"""

import re
import string
from functools import cache

from bot.talk.wording import Wording, wording

Shape = tuple[str, re.Pattern[str]]


def told(words: Wording, sentences: str) -> str:
    """These sentences, parted by semicolons as they are noted with a document, in the words of the reader."""
    return "; ".join((is_known(one) and _told(words, one)) or one for one in sentences.split("; "))


def is_known(sentence: str) -> bool:
    """Whether the catalogue has this, and it is a sentence: “quantity” alone is a word that others quote."""
    return sentence.endswith(".") and _told(wording("en"), sentence) is not None


def _told(words: Wording, sentence: str) -> str | None:
    """None for one that no catalogue knows. What a sentence quotes may be a sentence, and `reason` always is one."""
    for name, shape in _shapes():
        if found := shape.fullmatch(sentence):
            quoted = {key: _told(words, value) for key, value in found.groupdict().items()}
            if "reason" in quoted and quoted["reason"] is None:
                continue
            return words("finding", name, **{key: told or found[key] for key, told in quoted.items()})
    return None


@cache
def _shapes() -> list[Shape]:
    """The English sentences, those that quote another first, then those with most words of their own."""
    parsed = {
        name: list(string.Formatter().parse(sentence))
        for name, sentence in wording("en").section("finding").items()
    }

    def rank(name: str) -> tuple[bool, int]:
        quotes = any(key == "reason" for _, key, *_ in parsed[name])
        return not quotes, -sum(len(said) for said, *_ in parsed[name])

    return [
        (name, re.compile("".join(map(_piece, parsed[name])), re.DOTALL)) for name in sorted(parsed, key=rank)
    ]


def _piece(part: tuple[str, str | None, str | None, str | None]) -> str:
    said, key, *_ = part
    return re.escape(said) + (f"(?P<{key}>.+{'' if key == 'where' else '?'})" if key else "")
