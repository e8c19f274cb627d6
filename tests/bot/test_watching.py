"""The circuits: who does not answer is called at longer and longer intervals, and everybody can see it."""

from contextlib import suppress
from datetime import timedelta

from prometheus_client import CollectorRegistry, Gauge

from bot.circuit import FAILURES, LONGEST, Circuit
from bot.metrics import Metrics
from bot.watching import Watch, WatchedPace, watched
from bot.worker import Hands
from storage.database import Database, Tx
from storage.queue import Bury, Decision, Done, Job, Retry
from tests.trouble.house import COMPANY, NOW, Clock, furnished


def second(n: float) -> timedelta:
    return timedelta(seconds=n)


def broken(times: int) -> tuple[Circuit, Clock]:
    """A circuit after so many failures, each at the first moment at which somebody may call."""
    circuit, clock = Circuit(), Clock()
    for _ in range(times):
        clock.now += circuit.wait(clock())
        circuit = circuit.failed(clock())
    return circuit, clock


def test_a_few_failures_are_nothing_more_are_spaced() -> None:
    assert broken(FAILURES - 1)[0].closed
    pauses = [circuit.wait(clock()) for circuit, clock in map(broken, range(FAILURES, FAILURES + 9))]
    assert pauses == [second(n) for n in (1, 2, 4, 8, 16, 32, 60, 60, 60)]


def test_failures_of_calls_that_ran_side_by_side_count_once() -> None:
    circuit, clock = broken(FAILURES)
    for _ in range(20):
        circuit = circuit.failed(clock())
    assert circuit.wait(clock()) == second(1)


def test_any_answer_closes_it_and_a_clock_set_back_does_not_keep_it_open() -> None:
    circuit, clock = broken(FAILURES + 9)
    assert circuit.answered() == Circuit()
    assert circuit.wait(clock() - timedelta(hours=1)) == timedelta(0)
    assert circuit.wait(clock()) <= LONGEST


async def test_sends_wait_while_the_circuit_is_open_and_one_tries(database: Database) -> None:
    clock = Clock()
    watch = Watch("LINE WORKS", Gauge("open", "", ["counterparty"], registry=CollectorRegistry()), clock)
    pace = WatchedPace(COMPANY, 240).watched_by(watch)

    async def begun() -> tuple[int, timedelta]:
        rooms: list[int] = []

        def take(room: int) -> int:
            rooms.append(min(room, 5))
            return rooms[-1]

        def work(tx: Tx) -> timedelta:
            rooms.clear()
            return pace.let(tx, take, clock())

        return (lambda shut: (sum(rooms), shut))(await database.write(work))

    await database.write(furnished)
    assert (await begun())[0] == 5
    for _ in range(FAILURES):
        watch.heard(reached=False, why="no answer")
    assert await begun() == (0, second(1))
    clock.advance(seconds=1)
    assert (await begun())[0] == 1
    watch.heard(reached=True)
    assert (await begun())[0] == 5


async def test_every_job_is_timed_and_counted_by_its_outcome() -> None:
    decisions: list[Decision | None] = [None, Done(), Retry(second(1), "later"), Bury("never")]
    job = Job(1, COMPANY, "lane", "kind", "key", b"", 1, 0, NOW, "")
    metrics = Metrics()

    async def handler(_job: Job) -> Decision | None:
        return decisions.pop()

    async def fails(_job: Job) -> Decision | None:
        raise KeyError

    hands = watched(Hands(1, {"kind": handler, "other": fails}), metrics)
    for _ in range(4):
        await hands.handlers["kind"](job)
    with suppress(KeyError):
        await hands.handlers["other"](job)
    shown = metrics.expose().decode()
    for kind, outcome, count in (
        ("kind", "done", 2),
        ("kind", "again", 1),
        ("kind", "given up", 1),
        ("other", "failed", 1),
    ):
        assert f'kaimono_job_seconds_count{{kind="{kind}",outcome="{outcome}"}} {count}.0' in shown
