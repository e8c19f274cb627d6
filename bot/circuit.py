"""Whether a counterparty answers: after a few failures in a row calls are spaced, up to a minute apart. Pure.

Per process and counterparty. The circuit is closed while it answers, open while nobody calls it, and half open when one
call may try. Any answer, also a refusal, closes it: it is reached.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FAILURES = 5
"""In a row, before calls are spaced."""
LONGEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Circuit:
    """`failures` in a row; no call before `opens_at`."""

    failures: int = 0
    opens_at: datetime | None = None

    @property
    def closed(self) -> bool:
        return self.failures < FAILURES

    def wait(self, now: datetime) -> timedelta:
        """The time until somebody may call. A clock that was set back does not keep the circuit open for longer."""
        if self.opens_at is None or not now < self.opens_at <= now + LONGEST:
            return timedelta(0)
        return self.opens_at - now

    def answered(self) -> "Circuit":
        return Circuit()

    def failed(self, now: datetime) -> "Circuit":
        """One more failure: about 1, 2, 4 … s until the next call, at most LONGEST. Those of one moment count once."""
        if self.wait(now):
            return self
        failures = self.failures + 1
        if failures < FAILURES:
            return replace(self, failures=failures)
        pause = min(LONGEST, timedelta(seconds=2 ** min(failures - FAILURES, 10)))
        return Circuit(failures, now + pause)
