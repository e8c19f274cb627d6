"""What can be printed on Amazon Japan's delivery label: which characters, and how many of them on a line.

Amazon publishes no limits for cXML (reference gaps A9). These are those of its own address form: 16 full-width
characters a line, half-width ones counted as one half, and nothing that is not in JIS (機種依存文字).
"""

import re
import unicodedata

LONGEST = 16.0
"""Full-width characters a line."""
_FOR_NAMES = str.maketrans("髙﨑𠮷濵栁桒𣘺德瀨淸", "高崎吉浜柳桑橋徳瀬清")
"""What is written for characters of names that JIS lacks and Unicode knows no plain form of."""
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_HALF_KANA = re.compile("[\uff61-\uff9f]+")
_WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff0d]")
_HYPHEN = re.compile("(?<=[0-9])[\u2010-\u2015\u2212\u30fc](?=[0-9])")
_BLANKS = re.compile("[ \t\u3000]+")
_ROOM = re.compile("[ ]|(?<=[0-9])(?=[^0-9 番号丁の地階F-])|(?<=[番地号])(?=[^0-9 番号の地-])")


def plain(text: str) -> str:
    """`text` with what may be changed without asking: widths of digits, letters and kana, hyphens, blanks.

    ー stays in words: only between digits is it a hyphen.
    """
    text = _UNSEEN.sub("", text).replace("\uff5e", "\u301c")
    text = _HALF_KANA.sub(lambda kana: unicodedata.normalize("NFKC", kana[0]), text)
    text = _WIDE.sub(lambda sign: unicodedata.normalize("NFKC", sign[0]), text)
    return _BLANKS.sub(" ", _HYPHEN.sub("-", text)).strip()


def unprintable(text: str) -> str:
    """The characters of `text` that no label can show, each once: ㈱, Ⅲ, 髙, emoji."""
    return "".join(sign for sign in dict.fromkeys(text) if not _in_jis(sign))


def replaced(text: str) -> str:
    """What to write instead: (株), III, 高; a character that has no plain form is left out."""
    return plain("".join(sign if _in_jis(sign) else _instead(sign) for sign in text))


def _instead(sign: str) -> str:
    for other in (unicodedata.normalize("NFKC", sign), sign.translate(_FOR_NAMES)):
        if other != sign and all(map(_in_jis, other)):
            return other
    return ""


def _in_jis(sign: str) -> bool:
    try:
        sign.encode("shift_jis")
    except UnicodeEncodeError:
        return False
    return True


def width(text: str) -> float:
    """Full-width characters; a half-width one is half of one."""
    return sum(1.0 if unicodedata.east_asian_width(sign) in "WFA" else 0.5 for sign in text)


def fits(text: str) -> bool:
    return width(text) <= LONGEST


def split(street: str) -> tuple[str, str] | None:
    """A street that is too long as street and building, both short enough: at a blank, else after the number of the
    house. None when no such place is in it."""
    for place in sorted(_ROOM.finditer(street), key=lambda found: found[0] != " "):
        first, second = street[: place.start()].strip(), street[place.end() :].strip()
        if first and second and fits(first) and fits(second):
            return first, second
    return None
