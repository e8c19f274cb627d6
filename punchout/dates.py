"""Times as documents write them (Amazon reference 3.1): read every form met in the wild, write one.

Inside, a time is aware UTC. Amazon writes `...T02:06:10.714Z` in carts and `...T02:07:44+0000` in
confirmations and ship notices; buyers write their local offset. In 2014 Amazon wrote the clock once more in
place of the offset (`T13:04:24+13:04`): an offset that no place on earth keeps is therefore read as UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

__all__ = ["TOKYO", "clock_as_offset", "plain_utc", "read_time", "write_time", "zulu"]

TOKYO = timezone(timedelta(hours=9), "Asia/Tokyo")

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d:?(?:\d\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_YEARS = range(1970, 2201)
"""A year outside is nobody's date but one for "never" or "not known"; the ends of the calendar have no other zones."""
# Minutes from UTC of every zone in use, besides the whole hours from -12 to +14.
_ODD_OFFSETS = frozenset({-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825})


def read_time(words: str | None) -> datetime | None:
    """The moment in UTC, or None when there is none to read. A time without offset is UTC, as Amazon's are;
    a date alone is its first moment in UTC, which is the same date in Tokyo; one that nobody means is none."""
    found = _TIME.fullmatch(words.strip()) if words else None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        clock = datetime(  # noqa: DTZ001 - the zone is put on below, after looking at it
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
        )  # fmt: skip
        moment = (clock - timedelta(minutes=_offset(zone or "Z"))).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in _YEARS else None


def _offset(zone: str) -> int:
    """Minutes east of UTC; 0 for an offset that is no real one."""
    if zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = (int(digits[:2]) * 60 + int(digits[2:])) * (-1 if zone[0] == "-" else 1)
    real = -720 <= minutes <= 840 and (minutes % 60 == 0 or minutes in _ODD_OFFSETS)
    return minutes if real else 0


def write_time(moment: datetime) -> str:
    """Ours: Japan's clock with a numeric offset, `2026-11-20T11:07:20+09:00` (cXML forbids Z)."""
    return moment.astimezone(TOKYO).isoformat(timespec="seconds")


def zulu(moment: datetime) -> str:
    """As Amazon's carts: `2018-12-04T02:06:10.714Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def plain_utc(moment: datetime) -> str:
    """As Amazon's confirmations and ship notices: `2018-12-04T02:07:44+0000`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def clock_as_offset(moment: datetime) -> str:
    """As Amazon wrote in 2014 by mistake: `2014-11-20T13:04:24+13:04`. For the stand-in's faults."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+%H:%M")
