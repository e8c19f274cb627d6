"""A whole turn: a callback comes, the talk is read, decided and written, and the answer is at LINE WORKS.

Beside it the acknowledgement alone, a bot as one would write it first (SQLModel's AsyncSession, a commit a step), and the
limit of what this stack can do: a lean turn, which is durable and nothing else.
"""

import tempfile
from contextlib import ExitStack
from statistics import median
from time import perf_counter, sleep

from bench.aims import Row, row
from bench.events import callback
from bench.servers import PEERS, program
from bench.wire import hammer
from bench.works import Works, works

ROUNDS, TURNS, NAIVE_TURNS = 5, 600, 100
MEMBERS = 100


def measure() -> list[Row]:
    with ExitStack() as stack:
        counterparty = stack.enter_context(works())
        folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(4)]
        bot, url = "bench.programs.bot", counterparty.url
        acks, _ = stack.enter_context(program("-m", bot, "web", folders[0]))
        turns, _ = stack.enter_context(program("-m", bot, "both", folders[1], "--works", url))
        naive, _ = stack.enter_context(program("bench/peers/naive.py", folders[2], url, python=str(PEERS)))
        per_turn = _warm(counterparty, turns)
        lean, _ = stack.enter_context(program("-m", "bench.programs.lean", folders[3], url))
        for beside in (naive, lean):
            _turns(counterparty, beside, 50_000, MEMBERS, 1)
        figures = []
        for number in range(ROUNDS):
            first = 100_000 + number * 10_000
            acked = hammer(acks, [callback(first + n, f"member-{n % MEMBERS}") for n in range(TURNS)])
            whole = _turns(counterparty, turns, first + TURNS, TURNS, per_turn)
            simple = _turns(counterparty, naive, first + 2 * TURNS, NAIVE_TURNS, 1)
            bare = _turns(counterparty, lean, first + 3 * TURNS, TURNS, 1)
            figures.append((acked.rate, whole, simple, bare))
    return [
        row(
            "turn_ack",
            [whole / acked for acked, whole, _, _ in figures],
            **{"turns per second": round(median(whole for _, whole, _, _ in figures))},
            **{"lean turn ÷ ack": round(median(bare / acked for acked, _, _, bare in figures), 2)},
        ),
        row(
            "turn_naive",
            [whole / simple for _, whole, simple, _ in figures],
            **{"naive turns per second": round(median(simple for _, _, simple, _ in figures))},
            **{"lean turn ÷ naive": round(median(bare / simple for _, _, simple, bare in figures), 1)},
        ),
    ]


def _warm(counterparty: Works, port: int) -> int:
    """Let the bot meet everybody, and see how many messages answer one word."""
    before = counterparty.messages()
    hammer(port, [callback(n, f"member-{n}") for n in range(MEMBERS)])
    counterparty.until(before + MEMBERS)
    sleep(1)
    return (counterparty.messages() - before) // MEMBERS


def _turns(counterparty: Works, port: int, first: int, count: int, messages: int) -> float:
    """Turns a second, from the first callback to the last answer."""
    already, began = counterparty.messages(), perf_counter()
    answers = hammer(port, [callback(first + n, f"member-{n % MEMBERS}") for n in range(count)])
    if set(answers.statuses) != {200}:
        raise RuntimeError(f"callbacks were answered {answers.statuses}")
    counterparty.until(already + count * messages)
    return count / (perf_counter() - began)
