"""The pace of a storm: the bot's own, by a clock that runs faster, or half an hour of sends would take half an hour."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

from bench.house import COMPANY
from bot.pacing import SharedPace
from storage.database import Tx

SPEED = 20.0
PER_MINUTE = 240


def hurried() -> float:
    """Now, in seconds of the clock that runs `SPEED` times as fast."""
    return monotonic() * SPEED


class HurriedPace(SharedPace):
    """The real pace by that clock. `gone`: when each send was let go, in its seconds."""

    def __init__(self) -> None:
        super().__init__(COMPANY, PER_MINUTE)
        self.gone: list[float] = []

    def let(self, tx: Tx, take: Callable[[int], int], now: datetime) -> timedelta:
        def counting(room: int) -> int:
            taken = take(room)
            self.gone += [hurried()] * taken
            return taken

        return super().let(tx, counting, datetime.fromtimestamp(hurried(), UTC)) / SPEED
