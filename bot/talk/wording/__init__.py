"""The catalogue of sentences: one TOML file per language with the same keys, read once.

`Wording` finds a sentence by section and name and fills it in; `words` understands what a member typed. A missing
sentence is a programming error and raises KeyError: the tests compare the catalogues and the keys that the code asks for.
"""

import re
import tomllib
import unicodedata
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from purchasing.values import local

LANGUAGES = ("ja", "en", "ko")


class Wording:
    """All sentences in one language."""

    def __init__(self, language: str) -> None:
        text = (Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8")
        tables = tomllib.loads(text)
        words: dict[str, list[str]] = tables.pop("word")
        self.language = language
        self._sentences: dict[str, dict[str, str]] = tables
        self._words = {plain_words(word): verb for verb, known in words.items() for word in known}

    def __call__(self, section: str, name: str, /, **values: object) -> str:
        return self._sentences[section][name].format(**values)

    def has(self, section: str, name: str) -> bool:
        return name in self._sentences[section]

    def section(self, name: str) -> dict[str, str]:
        """All sentences of a section, as they stand in the catalogue."""
        return dict(self._sentences[name])

    def verb(self, typed: str) -> str | None:
        """What a typed text asks for ("shop", "help" …), or None for words that are no command."""
        return self._words.get(plain_words(typed))

    def money(self, amount: Decimal, currency: str) -> str:
        if currency == "JPY":
            return self("common", "yen", amount=f"{amount:,.0f}")
        return self("common", "money", amount=f"{amount:,.2f}", currency=currency)

    def moment(self, moment: datetime) -> str:
        """Date, weekday and time on a Japanese clock."""
        there = local(moment)
        return self(
            "common",
            "moment",
            month=there.month,
            day=there.day,
            weekday=self._weekday(there),
            hour=there.hour,
            minute=there.minute,
        )

    def day(self, moment: datetime) -> str:
        there = local(moment)
        return self("common", "day", month=there.month, day=there.day, weekday=self._weekday(there))

    def _weekday(self, moment: datetime) -> str:
        names = self("common", "weekdays")
        return (names.split() if " " in names else list(names))[moment.weekday()]


def plain_words(text: str) -> str:
    """A typed text as it is looked up: one width, one case, and around it no blanks, stops, question marks or emoji."""
    text = unicodedata.normalize("NFKC", text).strip()
    first, last = 0, len(text)
    while last and (text[last - 1] in "。.!?~〜、, " or _is_picture(text[last - 1])):
        last -= 1
    while first < last and (text[first] == " " or _is_picture(text[first])):
        first += 1
    return (text[first:last] or text[:1]).casefold()


def _is_picture(char: str) -> bool:
    """Whether the character is an emoji or a piece of one (its colour, a joiner, a keycap)."""
    return char == "\ufe0f" or unicodedata.category(char) in ("So", "Sk", "Cf", "Me")


def is_pictures(text: str) -> bool:
    """Whether the text is nothing but emoji: 👍."""
    pictures = [_is_picture(char) for char in text if not char.isspace() and char not in "!！"]
    return bool(pictures) and all(pictures)


@cache
def wording(language: str) -> Wording:
    """The catalogue for a LINE WORKS language ("ja_JP", "en_US"); Japanese for one that we do not speak."""
    short = language[:2]
    return Wording(short if short in LANGUAGES else LANGUAGES[0])


def notice_choice(typed: str) -> tuple[str, str] | None:
    """The kind of notice and the pace that an administrator typed, in any language: "購入は1日1回", "発送 まとめて"."""
    text = joined(typed)
    return next((choice for choice, said in _notice_choices() if said.fullmatch(text)), None)


@cache
def _notice_choices() -> list[tuple[tuple[str, str], re.Pattern[str]]]:
    """Every choice with all the ways to type it: a kind, a word between, a pace, a word after."""
    return [
        ((kind, pace), re.compile(f"{_any(kinds)}{_any(between)}?{_any(paces)}{_any(after)}?"))
        for words in every_wording()
        for between, after in [(words("choices", "between"), words("choices", "after"))]
        for kind, kinds in _named(words, "notice_kind", "kind_word")
        for pace, paces in _named(words, "notice_pace", "pace_word")
    ]


def _named(words: Wording, names: str, others: str) -> list[tuple[str, str]]:
    """What stands on the buttons, and whatever else people call it."""
    return [(key, f"{name}|{words(others, key)}") for key, name in words.section(names).items()]


def _any(alternatives: str) -> str:
    """One of the words of a catalogue entry, which are parted by |."""
    return f"(?:{'|'.join(re.escape(joined(word)) for word in alternatives.split('|'))})"


def joined(text: str) -> str:
    """A typed text as it is searched: as it is looked up, without any blank."""
    return "".join(plain_words(text).split())


@cache
def every_wording() -> tuple[Wording, ...]:
    return tuple(Wording(language) for language in LANGUAGES)


def verb(typed: str) -> str | None:
    """What a typed text asks for in any language: a button says its label in the language it was shown in.

    Politeness does no harm: 注文履歴を見せてください is 注文履歴.
    """
    if parcel(typed):
        return "track"
    text: str | None = typed
    for _ in range(_POLITE + 1):
        if text is None:
            break
        if found := next((found for words in every_wording() if (found := words.verb(text))), None):
            return found
        polite = _polite().fullmatch(plain_words(text)) if len(text) <= _ASKED else None
        text = polite[1] if polite else None
    return None


def parcel(typed: str) -> str:
    """The number that the button of one parcel of several names; empty for any other text."""
    found = (_track(words).fullmatch(plain_words(typed)) for words in every_wording())
    return next((match[1] for match in found if match), "")


@cache
def _track(words: Wording) -> re.Pattern[str]:
    """The button of one parcel of several, which names its number."""
    return re.compile(re.escape(plain_words(words("order", "track", number=""))) + r"\s*([0-9a-z-]{6,20})")


_ASKED = 60
"""No request for a button is longer; what is, is not searched for its ending."""
_POLITE = 2
"""How many polite endings are taken off a text: を見せて and ください."""


@cache
def _polite() -> re.Pattern[str]:
    endings = {end for words in every_wording() for end in words("polite", "endings").split("|")}
    return re.compile(rf"(.+?)[、,\s]*(?:{'|'.join(sorted(map(re.escape, endings), key=len, reverse=True))})")
