"""The test log: every callback that went out and every call that came in, with its outcome."""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sandbox.lineworks.talks import Pulse, moment

KEPT = 2000


@dataclass(frozen=True)
class Entry:
    """One exchange. `status` is None where no answer came; `failure` is a sentence if something was wrong."""

    id: int
    at: str
    kind: Literal["callback", "send", "call", "token"]
    user_id: str | None
    what: str
    status: int | None
    ms: float
    failure: str
    note: str
    body: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Log:
    """The last 2,000 exchanges, oldest first."""

    def __init__(self, pulse: Pulse, clock: Callable[[], datetime]) -> None:
        self._pulse = pulse
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def add(
        self,
        kind: Literal["callback", "send", "call", "token"],
        what: str,
        *,
        status: int | None,
        ms: float = 0.0,
        user_id: str | None = None,
        failure: str = "",
        note: str = "",
        body: str = "",
    ) -> None:
        self._count += 1
        at = moment(self._clock())
        self._entries.append(
            Entry(self._count, at, kind, user_id, what, status, round(ms, 1), failure, note, body)
        )
        self._pulse.beat()

    def after(self, entry_id: int) -> list[Entry]:
        """Entries newer than this id."""
        fresh = self._count - max(0, entry_id)
        return list(self._entries)[-fresh:] if fresh > 0 else []
