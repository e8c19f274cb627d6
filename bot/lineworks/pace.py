"""How fast we may send: a token bucket that stays below the platform's limit before the platform says 429.

The limit is a peak per API operation and minute, and for half an hour or more the platform asks for half of
it (reference 4). So half of it is the bucket and half of it flows in: no 60 seconds see more than
`per_minute` sends. Pure values: where a bucket is kept, and who shares it, is `bot/pacing.py`'s affair.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

_ROUNDING = 1e-9
_DAY = 86_400
_LONGEST_RESET = 3600.0
_SKEW = timedelta(minutes=1)
"""Clocks of machines that share a bucket differ by less; what lies further ahead was written before one was set back."""
_NO_WAIT = timedelta(0)


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


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many sends may go at once (`level`, as of `at`) for one API operation; none before `held_until`."""

    per_minute: float
    level: float
    at: datetime
    held_until: datetime | None = None

    @staticmethod
    def full(per_minute: float, now: datetime) -> "Bucket":
        """A bucket that nobody has taken from. Raises ValueError below one send a minute."""
        if per_minute < 1:
            raise ValueError("sends per minute: at least 1")
        return Bucket(per_minute, most(per_minute), now)

    def wait(self, now: datetime) -> timedelta:
        """The time until the next send may go, none when it may go now."""
        bucket = self._as_of(now)
        if bucket.held_until is not None:
            return bucket.held_until - now
        if bucket.level >= 1 - _ROUNDING:
            return _NO_WAIT
        # the microsecond more makes up for what a timedelta rounds away
        return timedelta(seconds=(1 - bucket.level) / bucket._flow, microseconds=1)

    def room(self, now: datetime) -> int:
        """How many sends may go now, one after the other."""
        bucket = self._as_of(now)
        return 0 if bucket.held_until is not None else int(bucket.level + _ROUNDING)

    def taken(self, count: int, now: datetime) -> "Bucket":
        """The bucket after so many sends, of which there was `room` for each."""
        bucket = self._as_of(now)
        return replace(bucket, level=bucket.level - count)

    def held(self, until: datetime, now: datetime) -> "Bucket":
        """After a 429: nothing before `until`, then one send and the usual flow; of two holds the later."""
        bucket = self._as_of(now)
        if bucket.held_until is not None and bucket.held_until >= until:
            return bucket
        return replace(bucket, level=1.0, at=until, held_until=until)

    def heeding(self, rate: Rate, now: datetime) -> "Bucket":
        """Takes the platform's word: others may be sending for the same domain, and it counts them too."""
        if rate.remaining == 0 and rate.reset is not None:
            return self.held(now + timedelta(seconds=rate.reset), now)
        bucket = self._as_of(now)
        if rate.remaining is None or bucket.held_until is not None or rate.remaining >= bucket.level:
            return bucket
        return replace(bucket, level=float(rate.remaining))

    @property
    def _flow(self) -> float:
        return self.per_minute / 2 / 60

    def _as_of(self, now: datetime) -> "Bucket":
        """What has flowed in by now; a hold that is over, or that no clock of ours can have meant, is gone."""
        if self.held_until is not None and now < self.held_until <= now + timedelta(seconds=_LONGEST_RESET):
            return self
        at = self.at if self.at <= now + _SKEW else now
        flowed = max(_NO_WAIT, now - at).total_seconds() * self._flow
        return replace(
            self, level=min(most(self.per_minute), self.level + flowed), at=max(at, now), held_until=None
        )


def most(per_minute: float) -> float:
    """The most that a bucket holds."""
    return max(1.0, per_minute / 2)
