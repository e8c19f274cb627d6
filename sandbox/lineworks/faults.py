"""Troubles on demand: answers the API gives instead of the right one, and ways a callback can go wrong."""

from collections import deque
from dataclasses import dataclass
from typing import Any, Literal, get_args

Answer = Literal["429", "500", "503", "401", "403", "slow", "cut", "307", "302"]
At = Literal["send", "user", "token"]
Switch = Literal[
    "wrong_signature",
    "wrong_bot",
    "altered_body",
    "duplicate",
    "swapped",
    "no_milliseconds",
    "unknown_type",
    "unknown_content",
    "lower_case_headers",
    "no_postback_channel",
    "scope_401",
    "unknown_403",
]

ANSWERS: tuple[Answer, ...] = get_args(Answer)
PLACES: tuple[At, ...] = get_args(At)
SWITCHES: tuple[Switch, ...] = get_args(Switch)


@dataclass(frozen=True)
class Fault:
    """What the next call gets.

    `cut` takes the message and closes the connection without an answer; `slow` answers rightly, but `seconds`
    later; `401` lets every access token expire; for `429` the seconds are those until the reset.
    """

    answer: Answer
    seconds: float = 3.0


class Faults:
    """Faults wait in line, one for each call of their place; switches stay on until they are turned off."""

    def __init__(self) -> None:
        self._waiting: dict[At, deque[Fault]] = {place: deque() for place in PLACES}
        self._on: set[Switch] = set()

    def add(self, answer: Answer, *, times: int = 1, seconds: float = 3.0, at: At = "send") -> None:
        """The next `times` calls at this place get this answer."""
        self._waiting[at].extend([Fault(answer, seconds)] * times)

    def take(self, at: At) -> Fault | None:
        """The fault for the call that is being answered now."""
        return self._waiting[at].popleft() if self._waiting[at] else None

    def turn(self, switch: Switch, on: bool) -> None:
        if on:
            self._on.add(switch)
        else:
            self._on.discard(switch)

    def on(self, switch: Switch) -> bool:
        return switch in self._on

    def clear(self) -> None:
        self._on.clear()
        for line in self._waiting.values():
            line.clear()

    def as_json(self) -> dict[str, Any]:
        return {
            "waiting": {place: [fault.answer for fault in line] for place, line in self._waiting.items()},
            "on": sorted(self._on),
        }
