"""What a job's handler says at its end, as a value: done, again later, or never by itself again."""

import random
from dataclasses import dataclass
from datetime import timedelta

LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Done:
    """The job is done."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: run the job again after this time, at its old place in its lane."""

    after: timedelta
    why: str


@dataclass(frozen=True, slots=True)
class Bury:
    """Never by itself again: a person has to look at it. The next job of its lane goes on."""

    why: str


Decision = Done | Retry | Bury


def backoff(attempts: int, jitter: float) -> timedelta:
    """How long to wait after so many attempts: about 1, 2, 4, 8 … s, at most 10 min.

    `jitter`, 0 to 1, takes off up to a quarter, so that many that failed together don't all come back
    together.
    """
    nominal = min(LONGEST_PAUSE, timedelta(seconds=2 ** min(max(attempts, 1) - 1, 20)))
    return nominal * (1 - jitter / 4)


def again(attempts: int, why: str) -> Retry:
    """Not now: run it again after the wait that so many attempts ask for."""
    return Retry(backoff(attempts, random.random()), why)
