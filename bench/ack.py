"""How fast a callback is acknowledged once it is durable, beside a handler that only verifies and beside other bots.

All programs run at once and take their turns slice by slice, so that a busy machine is busy for all of them alike. No
worker is there to take anything's time; what it would have done by the next slice is put down as done between two, or
callbacks would be stored behind a backlog of thousands, which no bot has that keeps up.
"""

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from statistics import median

from bench.aims import Row, row
from bench.events import callback
from bench.house import configured
from bench.others import PEERS
from bench.servers import PEERS as PEERS_PYTHON
from bench.servers import program
from bench.wire import Answers, hammer

ROUNDS, SLICE = 21, 640
SLOWER_FLUSH = 0.002
_KEYS = {"slack-bolt": "ack_slack", "python-telegram-bot": "ack_telegram", "line-bot-sdk": "ack_line"}


def _ours(number: int) -> bytes:
    return callback(number, f"member-{number % 200}")


def measure() -> list[Row]:
    with ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(2)]
        bot, slow = "bench.programs.bot", str(SLOWER_FLUSH)
        started: dict[str, tuple[int, Callable[[int], bytes]]] = {
            "verify": (stack.enter_context(program("-m", "bench.programs.verify"))[0], _ours),
            "kaimono": (stack.enter_context(program("-m", bot, "web", folders[0]))[0], _ours),
            "slow flush": (
                stack.enter_context(program("-m", bot, "web", folders[1], "--slow-flush", slow))[0],
                _ours,
            ),
        }
        for name, (script, request) in PEERS.items():
            started[name] = stack.enter_context(program(script, python=str(PEERS_PYTHON)))[0], request
        rounds = []
        for number in range(ROUNDS + 1):
            rounds.append(_round(started, number))
            for folder in folders:
                _work_off(folder)
    return _rows(rounds[1:])


def _work_off(folder: str) -> None:
    """All callbacks in the database of this folder are done with."""
    with closing(sqlite3.connect(configured(folder).database.removeprefix("sqlite:///"))) as database:
        database.execute(
            "UPDATE job SET state = 'done', finished_at = created_at WHERE state IN ('waiting', 'ready')"
        )
        database.commit()


def _round(started: dict[str, tuple[int, Callable[[int], bytes]]], number: int) -> dict[str, Answers]:
    answers = {}
    for place, (name, (port, request)) in enumerate(started.items()):
        first = (number * len(started) + place) * SLICE
        answers[name] = hammer(port, [request(first + n) for n in range(SLICE)])
        if set(answers[name].statuses) != {200}:
            raise RuntimeError(f"{name} answered {answers[name].statuses}")
    return answers


def _rows(rounds: list[dict[str, Answers]]) -> list[Row]:
    def against(one: str, other: str) -> list[float]:
        return [answers[one].rate / answers[other].rate for answers in rounds]

    def rates(*names: str) -> dict[str, int]:
        return {f"{name} per second": round(median(r[name].rate for r in rounds)) for name in names}

    latency = {
        f"kaimono p{share:g} ms": round(
            1000 * median(r["kaimono"].percentile(share / 100) for r in rounds), 1
        )
        for share in (50, 99)
    }
    rows = [row("ack_verify", against("kaimono", "verify"), **rates("kaimono", "verify"), **latency)]
    for name in PEERS:
        rows.append(row(_KEYS.get(name, "ack_aiogram"), against("kaimono", name), **rates(name)))
    rows.append(row("ack_slow_disk", against("slow flush", "kaimono"), **rates("slow flush")))
    return rows
