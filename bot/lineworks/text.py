"""Text as the platform counts and shows it: in UTF-16 units, nothing unseen, cut where a reader would cut.

How LINE WORKS counts characters is not stated; UTF-16 units are never fewer than code points (reference 3.2).
Pure functions, no text of our own.
"""

import re
from collections.abc import Iterable, Iterator
from math import ceil
from unicodedata import category, east_asian_width

_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)
_EMOJI = "\xa9\xae\u203c-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff"
_LOOSE_JOINER = re.compile(f"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
_JOINER = "\u200d"


def units(text: str) -> int:
    """The length of `text` in UTF-16 units: 1 for あ, 2 for 𠮷 and 😀."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def lines_shown(text: str, width: int) -> int:
    """How many lines `text` takes where `width` full-width letters stand on one; a half-width letter takes half."""
    halves = (
        sum(1 if east_asian_width(char) in ("Na", "H", "N") else 2 for char in line)
        for line in text.split("\n")
    )
    return sum(max(1, ceil(wide / (2 * width))) for wide in halves)


def clean(text: str) -> str:
    """`text` without what can't be seen: control, zero-width, bidirectional, tag characters, lone surrogates.

    Line ends become a newline, a tab a blank. A zero-width joiner stays where it joins two emoji; variation
    selectors stay, since they tell 葛󠄀 from 葛.
    """
    text = _BREAK.sub("\n", text).replace("\t", " ")
    return _LOOSE_JOINER.sub("", _UNSEEN.sub("", text))


def cut(text: str, limit: int, ellipsis: str = "…") -> str:
    """`clean(text)` within `limit` units; what is too long ends in `ellipsis` and never inside a character.

    A limit too small for the ellipsis gives an empty text.
    """
    text = clean(text)
    if units(text) <= limit:
        return text
    room = limit - units(ellipsis)
    if room < 0:
        return ""
    kept, used = [], 0
    for cluster in graphemes(text):
        used += units(cluster)
        if used > room:
            break
        kept.append(cluster)
    return "".join(kept).rstrip() + ellipsis


def pages(lines: Iterable[str], limit: int) -> list[str]:
    """`lines`, cleaned and joined by newlines, as texts of at most `limit` units, none of them blank.

    A line is kept whole unless it alone is too long; an item of several lines stays together the same way.
    """
    if limit < 2:
        raise ValueError("a page needs room for one character: 2 UTF-16 units")
    full, page = [], ""
    for line in lines:
        for piece in _pieces(clean(line), limit):
            longer = f"{page}\n{piece}" if page else piece
            if units(longer) > limit:
                full.append(page)
                page = piece
            else:
                page = longer
    return [text for text in (page.strip() for page in [*full, page]) if text]


def _pieces(line: str, limit: int) -> Iterator[str]:
    if units(line) <= limit:
        yield line
        return
    piece, used = "", 0
    for cluster in graphemes(line):
        # A cluster beyond the limit, a letter under thousands of accents, has to be split after all.
        for part in (cluster,) if units(cluster) <= limit else cluster:
            size = units(part)
            if used + size > limit:
                yield piece
                piece, used = "", 0
            piece += part
            used += size
    yield piece


def graphemes(text: str) -> Iterator[str]:
    """What a reader takes for one character, with its accents and joined emoji: the core of UAX 29."""
    cluster = ""
    for char in text:
        if cluster and not _joins(cluster, char):
            yield cluster
            cluster = ""
        cluster += char
    if cluster:
        yield cluster


def _joins(cluster: str, char: str) -> bool:
    """Whether `char` belongs to the character that `cluster` has begun."""
    if "\U0001f1e6" <= char <= "\U0001f1ff":  # a flag is two regional indicators, the third begins the next
        return cluster[-1] == _JOINER or (len(cluster) == 1 and "\U0001f1e6" <= cluster <= "\U0001f1ff")
    return (
        cluster[-1] == _JOINER
        or char == _JOINER
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or char in "\uff9e\uff9f"  # half-width ﾞ ﾟ
        or "\u1160" <= char <= "\u11ff"  # Hangul vowels and finals
        or category(char).startswith("M")  # accents, enclosing marks, variation selectors
    )
