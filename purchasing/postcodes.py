"""Which municipalities a Japanese postal code belongs to, by Japan Post's own data (made by make_postcodes).

Some codes lie in more than one; those that Japan Post gave to a single office are there too.
"""

import lzma
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

_SPELLING = re.compile("[ヶケが ]")
FILE = Path(__file__).parent / "postcodes.txt.xz"


@dataclass(frozen=True, slots=True)
class Municipality:
    """A designated city with its ward (大阪市北区), a town with its county (足柄下郡箱根町)."""

    prefecture: str
    city: str

    def is_called(self, city: str) -> bool:
        """Whether it is meant, however its small ケ or a blank is written."""
        return _SPELLING.sub("", self.city) == _SPELLING.sub("", city)


@dataclass(frozen=True, slots=True)
class Found:
    """`edition` is the year and month of the data; a code that it lacks is not in `by_code`."""

    edition: str
    by_code: Mapping[str, tuple[Municipality, ...]]


def look_up(codes: Iterable[str]) -> Found:
    """The municipalities of these codes (100-0005), in one pass over the data, which is not kept in memory."""
    wanted = {int(code.replace("-", "")): code for code in codes}
    edition, *lines = lzma.decompress(FILE.read_bytes()).decode().splitlines()
    found: dict[str, list[Municipality]] = defaultdict(list)
    for line in lines:
        prefecture, city, *steps = line.split(" ")
        for code in wanted.keys() & set(accumulate(map(int, steps))):
            found[wanted[code]].append(Municipality(prefecture, city))
    return Found(edition, {code: tuple(places) for code, places in found.items()})
