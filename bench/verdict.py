"""The figures of a storm, and which of its limits hold."""

import os
import platform
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bench.crowd import MEMBERS, NOTICES, WORDS, is_notice
from bench.hurry import PER_MINUTE, SPEED
from bot.talk.outbox import Send

TURN = 1.0
"""Real seconds after the last callback until every turn of a talk has certainly put its answer into the queue."""


@dataclass(frozen=True)
class Storm:
    """What was seen of it, in seconds of the hurried clock.

    `put`: state and message of every send that ever was; `came`: recipient, content and time of every message; `gone`:
    when each send was let go. In real seconds: `began`, when the first callback was brought, and `taken`, when the last
    one was answered.
    """

    put: Sequence[tuple[str, Send]]
    came: Sequence[tuple[str, dict[str, Any], float]]
    gone: Sequence[float]
    began: float
    taken: float
    acknowledged: int


def judged(storm: Storm) -> dict[str, Any]:
    answers = [at for _, content, at in storm.came if not is_notice(content)]
    others = [at for to, content, at in storm.came if is_notice(content) and not to.startswith("writer")]
    all_put = (storm.taken + TURN) * SPEED
    late = sum(all_put < at < max(answers) for at in others)
    limits = {
        "answers_before_others_notices": late == 0,
        "each_person_in_order": _in_order(storm),
        "nothing_lost_or_twice": storm.acknowledged == MEMBERS * len(WORDS)
        and len(storm.put) == len(storm.came) == NOTICES + len(answers)
        and len({to for to, content, _ in storm.came if not is_notice(content)}) == MEMBERS
        and all(state == "done" for state, _ in storm.put),
        "never_above_the_limit": busiest(storm.gone) <= PER_MINUTE,
    }
    return {
        "at": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite",
        "speed_of_the_clock": SPEED,
        "members": MEMBERS,
        "callbacks_acknowledged": storm.acknowledged,
        "callbacks_per_second": round(storm.acknowledged / (storm.taken - storm.began)),
        "answers": len(answers),
        "notices": len(storm.came) - len(answers),
        "last_answer_after_seconds": round(max(answers) - storm.began * SPEED),
        "last_notice_after_seconds": round(max(others) - storm.began * SPEED),
        "notices_of_others_between_answers": late,
        "most_sends_in_60_seconds": busiest(storm.gone),
        "most_arrivals_in_60_seconds": busiest([at for _, _, at in storm.came]),
        "limits": limits,
    }


def _in_order(storm: Storm) -> bool:
    """Whether every person's messages came as they were put."""
    put, came = defaultdict(list), defaultdict(list)
    for _, send in storm.put:
        put[send.recipient].append(send.content)
    for recipient, content, _ in storm.came:
        came[recipient].append(content)
    return put == came


def busiest(times: Sequence[float]) -> int:
    """The most of these moments that lie within 60 seconds."""
    most, first = 0, 0
    for place, at in enumerate(times):
        while at - times[first] >= 60:
            first += 1
        most = max(most, place - first + 1)
    return most
