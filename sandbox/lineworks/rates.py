"""Calls per minute and operation, with the headers that tell how many are left (LINE WORKS reference 4)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Rate:
    """Where an operation stands after a call was counted; `reset` is in seconds."""

    used: int
    limit: int
    reset: int

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        """`rateLimit-ssed` is spelt as the vendor documents it."""
        return {
            "rateLimit-ssed": str(min(self.used, self.limit)),
            "rateLimit-limit": str(self.limit),
            "rateLimit-remaining": str(max(0, self.limit - self.used)),
            "rateLimit-reset": str(self.reset),
        }


class Rates:
    """Counts calls in a minute that begins with an operation's first call (its kind is not documented)."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._windows: dict[str, tuple[datetime, int]] = {}

    def count(self, operation: str, limit: int) -> Rate:
        """Counts one call of the operation."""
        now = self._clock()
        began, used = self._windows.get(operation, (now, 0))
        if now - began >= WINDOW:
            began, used = now, 0
        self._windows[operation] = (began, used + 1)
        return Rate(used + 1, limit, math.ceil((began + WINDOW - now).total_seconds()))
