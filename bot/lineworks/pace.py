"""How fast we may send: a token bucket that stays below the platform's limit before the platform says 429.

The limit is a peak per API operation and minute, and for half an hour or more the platform asks for half of
it (reference 4). So half of it is the bucket and half of it flows in: no 60 seconds see more than
`per_minute` sends. Pure: `now` is a monotonic time in seconds, nothing here waits.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_ROUNDING = 1e-9
_DAY = 86_400
_LONGEST_RESET = 3600.0


@dataclass(frozen=True, slots=True)
class Rate:
    """What an answer said of the limit: calls left, seconds until it starts anew; None where silent."""

    remaining: int | None = None
    reset: float | None = None


def read_rate(headers: Mapping[str, str], now: datetime) -> Rate:
    """The rateLimit-* headers of an answer (`headers` ignores case, as aiohttp's do); garbage is silence.

    The reset is documented as seconds; a number beyond a day is taken for a UNIX time, as other platforms
    send it (gaps 19), and no wait is longer than an hour: the platform counts by the minute.
    """
    remaining = _number(headers.get("rateLimit-remaining"))
    reset = _number(headers.get("rateLimit-reset"))
    if reset is not None:
        seconds = reset - now.timestamp() if reset > _DAY else reset
        reset = min(max(seconds, 0.0), _LONGEST_RESET)
    return Rate(None if remaining is None else int(remaining), reset)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


class Pace:
    """One bucket for one API operation of one process."""

    def __init__(self, per_minute: float) -> None:
        if per_minute < 1:
            raise ValueError("sends per minute: at least 1")
        self._full = max(1.0, per_minute / 2)
        self._flow = per_minute / 2 / 60
        self._level = self._full
        self._at: float | None = None
        self._held_until: float | None = None

    def take(self, now: float) -> float:
        """0.0 when a send may go now (it is counted), else the seconds to wait before asking again."""
        wait = self.wait(now)
        if not wait:
            self._level -= 1
        return wait

    def wait(self, now: float) -> float:
        """Seconds until the next send may go, 0.0 when it may go now. Nothing is counted."""
        if self._held_until is not None and now < self._held_until:
            return self._held_until - now
        self._fill(now)
        return 0.0 if self._level >= 1 - _ROUNDING else (1 - self._level) / self._flow

    def room(self, now: float) -> int:
        """How many sends may go now, one after the other. Nothing is counted."""
        return 0 if self.wait(now) else int(self._level + _ROUNDING)

    def hold(self, until: float) -> None:
        """After a 429: nothing before `until`, then one send and the usual flow; of two holds the later."""
        if self._held_until is None or until > self._held_until:
            self._held_until = self._at = until
            self._level = 1.0

    def heed(self, rate: Rate, now: float) -> None:
        """Takes the platform's word: others may be sending for the same domain, and it counts them too."""
        if rate.remaining is None:
            return
        if rate.remaining == 0 and rate.reset is not None:
            self.hold(now + rate.reset)
        elif rate.remaining < self._level:
            self._level = float(rate.remaining)

    def _fill(self, now: float) -> None:
        if self._at is None:
            self._at = now
        elapsed = max(0.0, now - self._at)
        self._level = min(self._full, self._level + elapsed * self._flow)
        self._at = max(self._at, now)
