"""The worker: lanes in order, side by side, woken at once; and whatever a handler does, no job is lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import make_url
from sqlmodel import col, select

from bot import worker
from bot.worker import LAST_ATTEMPT, LEASE, Gate, Hands, Open, Worker
from storage import backlog, queue
from storage.database import Database, DatabaseFault, Tx, open_database, trace
from storage.queue import Bury, Decision, Done, Job, LeaseLost, Retry
from storage.tables import JobRow
from tests.trouble.house import Clock

KIND = "chore"
OPEN = Open()
SOON = 4.0
"""Less than the worker's safety net: what comes within it was woken for."""
Doing = Callable[[Job], Awaitable[Decision | None]]


class Chores:
    """A handler that does as the test says, and remembers. `doing` names what to do for a job's key."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.traces: list[str] = []
        self.doing: dict[str, Doing] = {}
        self._changed = asyncio.Condition()

    async def handle(self, job: Job) -> Decision | None:
        self.traces.append(trace.get())
        await self._note(self.begun, job.key)
        decision = await self.doing[job.key](job) if job.key in self.doing else Done()
        await self._note(self.ended, job.key)
        return decision

    async def begun_with(self, count: int) -> list[str]:
        return await self._until(self.begun, count)

    async def ended_with(self, count: int) -> list[str]:
        return await self._until(self.ended, count)

    async def _note(self, entries: list[str], key: str) -> None:
        async with self._changed:
            entries.append(key)
            self._changed.notify_all()

    async def _until(self, entries: list[str], count: int) -> list[str]:
        async with self._changed, asyncio.timeout(SOON):
            await self._changed.wait_for(lambda: len(entries) >= count)
        return list(entries)


class RunningClock(Clock):
    """The time as it passes."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


class Bench:
    """A database, a clock and workers on it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.db, self.clock, self.chores = database, clock, Chores()

    @asynccontextmanager
    async def working(
        self,
        hands: int = 4,
        owner: str = "one",
        db: Database | None = None,
        gate: Gate = OPEN,
        buried: Callable[[Tx, Job], None] | None = None,
    ) -> AsyncIterator[Worker]:
        pool = Hands(hands, {KIND: self.chores.handle}, gate, buried)
        made = Worker(db or self.db, self.clock, owner, [pool])
        made.start()
        try:
            yield made
        finally:
            await made.stop()

    async def put(self, *keys: str, lane: str = "", db: Database | None = None, priority: int = 1) -> None:
        def work(tx: Tx) -> None:
            for key in keys:
                queue.put(
                    tx,
                    company_id="sample",
                    lane=lane or f"lane of {key}",
                    kind=KIND,
                    key=key,
                    payload=b"",
                    now=self.clock(),
                    priority=priority,
                    trace=f"trace of {key}",
                )

        await (db or self.db).write(work)

    async def wake(self) -> None:
        """What a due time would do, had the clock not been moved by hand."""
        await self.db.write(lambda tx: tx.wake(f"queue:{KIND}"))

    async def row(self, key: str) -> JobRow:
        return await self.db.read(lambda tx: tx.orm.exec(select(JobRow).where(JobRow.key == key)).one())

    async def leased_anew(self, key: str) -> None:
        """Wait until the heart has beaten once more."""
        before = (await self.row(key)).lease_until
        self.clock.advance(seconds=1)
        async with asyncio.timeout(SOON):
            while (await self.row(key)).lease_until == before:
                await self.db.write(lambda tx: None)

    async def settled(self, key: str, state: str, attempts: int = 1) -> JobRow:
        """The job once it is in this state after so many attempts."""
        changed = asyncio.Event()
        stop = self.db.listen(f"queue:{KIND}", changed.set)
        try:
            async with asyncio.timeout(SOON):
                while (row := await self.row(key)).state != state or row.attempts < attempts:
                    changed.clear()
                    await self.wake()
                    await changed.wait()
        finally:
            stop()
        return row


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database, Clock())


def waiting_for(event: asyncio.Event) -> Doing:
    async def doing(_job: Job) -> Decision:
        await event.wait()
        return Done()

    return doing


def saying(*decisions: Decision | Exception) -> Doing:
    """Each time the next of these; an exception is raised."""
    left = list(decisions)

    async def doing(_job: Job) -> Decision:
        said = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(said, Exception):
            raise said
        return said

    return doing


async def test_a_job_is_done_as_soon_as_it_is_put(bench: Bench) -> None:
    async with bench.working():
        for number in range(3):
            await bench.put(f"job {number}")
            await bench.chores.ended_with(number + 1)
    assert {(await bench.row(f"job {number}")).state for number in range(3)} == {"done"}


async def test_jobs_that_were_there_before_the_start_are_done(bench: Bench) -> None:
    await bench.put("first", "second", lane="one")
    async with bench.working():
        assert await bench.chores.ended_with(2) == ["first", "second"]


async def test_a_lane_goes_in_order_while_others_pass_it(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.chores.doing["slow"] = waiting_for(gate)
    async with bench.working():
        await bench.put("slow", "next", "last", lane="one")
        await bench.put("other", lane="two")
        await bench.chores.ended_with(1)
        assert bench.chores.ended == ["other"]
        assert set(bench.chores.begun) == {"slow", "other"}
        gate.set()
        assert (await bench.chores.ended_with(4))[1:] == ["slow", "next", "last"]


async def test_no_more_at_a_time_than_there_are_hands(bench: Bench) -> None:
    gate = asyncio.Event()
    keys = [f"job {number}" for number in range(20)]
    bench.chores.doing = dict.fromkeys(keys, waiting_for(gate))
    async with bench.working(hands=3):
        await bench.put(*keys)
        await bench.chores.begun_with(3)
        await bench.put("one more")
        assert len(bench.chores.begun) == 3
        gate.set()
        await bench.chores.ended_with(21)


async def test_a_retry_waits_its_time_and_holds_its_lane(bench: Bench) -> None:
    bench.chores.doing["first"] = saying(Retry(timedelta(seconds=30), "not yet"), Done())
    async with bench.working():
        await bench.put("first", "second", lane="one")
        await bench.settled("first", "ready")
        row = await bench.row("first")
        assert (row.last_error, row.due) == ("not yet", bench.clock() + timedelta(seconds=30))
        await bench.wake()
        assert bench.chores.begun == ["first"]
        bench.clock.advance(seconds=30)
        await bench.wake()
        assert await bench.chores.ended_with(3) == ["first", "first", "second"]


async def test_a_due_time_is_kept_without_anybody_waking(bench: Bench) -> None:
    """With a real clock: the worker sleeps until the next job falls due, not until the safety net."""
    bench = bench
    bench.clock = RunningClock()
    bench.chores.doing["job"] = saying(Retry(timedelta(seconds=0.4), "not yet"), Done())
    began = bench.clock()
    async with bench.working():
        await bench.put("job")
        await bench.chores.ended_with(2)
    assert 0.4 <= (bench.clock() - began).total_seconds() < SOON


async def test_a_wake_that_is_lost_only_costs_time(bench: Bench) -> None:
    """The safety net: nobody was told of the job, as behind a pool of connections that swallows NOTIFY."""

    def silently(tx: Tx) -> None:
        queue.put(tx, company_id="sample", lane="one", kind=KIND, key="job", payload=b"", now=bench.clock())
        tx.topics.clear()

    made = Worker(bench.db, bench.clock, "one", [Hands(4, {KIND: bench.chores.handle})], look_every=0.1)
    made.start()
    try:
        await bench.put("before")
        await bench.chores.ended_with(1)
        await bench.db.write(silently)
        assert await bench.chores.ended_with(2) == ["before", "job"]
    finally:
        await made.stop()


async def test_a_job_that_nobody_can_do_is_buried_and_the_lane_goes_on(bench: Bench) -> None:
    bench.chores.doing["first"] = saying(Bury("nobody lives there"))
    async with bench.working():
        await bench.put("first", "second", lane="one")
        await bench.chores.ended_with(2)
        await bench.settled("second", "done")
    (buried,) = await bench.db.read(lambda tx: backlog.buried(tx))
    assert (buried.key, buried.last_error) == ("first", "nobody lives there")


async def test_whoever_waits_for_a_buried_job_is_told_in_the_transaction_that_buries_it(bench: Bench) -> None:
    def tell(tx: Tx, job: Job) -> None:
        now = bench.clock()
        queue.put(tx, company_id="sample", lane="told", kind=KIND, key=f"{job.key}!", payload=b"", now=now)

    bench.chores.doing["first"] = saying(Bury("nobody lives there"))
    async with bench.working(buried=tell):
        await bench.put("first")
        await bench.settled("first", "buried")
        await bench.settled("first!", "done")


async def test_a_job_is_buried_even_where_nobody_can_be_told(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def fall(_tx: Tx, _job: Job) -> None:
        raise KeyError("company")

    bench.chores.doing["first"] = saying(Bury("nobody lives there"))
    async with bench.working(buried=fall):
        await bench.put("first", "second", lane="one")
        await bench.settled("first", "buried")
        await bench.settled("second", "done")
    assert "nobody could be told" in caplog.text


async def test_a_handler_that_fails_is_tried_again_then_buried(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.chores.doing["first"] = saying(ZeroDivisionError("division by zero"))
    async with bench.working():
        await bench.put("first", "second", lane="one")
        for attempt in range(1, LAST_ATTEMPT):
            await bench.chores.begun_with(attempt)
            row = await bench.settled("first", "ready", attempt)
            pause = (row.due - bench.clock()).total_seconds()
            assert min(600, 2 ** (attempt - 1)) * 0.75 <= pause <= 600
            bench.clock.advance(seconds=pause)
            await bench.wake()
        await bench.settled("first", "buried")
        await bench.settled("second", "done")
    assert bench.chores.begun == ["first"] * LAST_ATTEMPT + ["second"]
    assert "division by zero" in caplog.text
    assert "division by zero" not in (await bench.row("first")).last_error


@pytest.mark.parametrize("fault", [DatabaseFault("gone"), LeaseLost("gone")], ids=["database", "lease"])
async def test_what_could_not_be_noted_is_taken_up_again_after_the_lease(
    bench: Bench, fault: Exception
) -> None:
    bench = bench
    bench.chores.doing["job"] = saying(fault, Done())
    async with bench.working():
        await bench.put("job")
        await bench.chores.begun_with(1)
        await bench.wake()
        assert (await bench.row("job")).state == "leased"
        bench.clock.advance(seconds=LEASE.total_seconds())
        await bench.wake()
        await bench.chores.ended_with(1)
        await bench.settled("job", "done")
    assert bench.chores.begun == ["job", "job"]


async def test_a_handler_may_finish_its_job_in_its_own_transaction(bench: Bench) -> None:
    async def finishing(job: Job) -> None:
        await bench.db.write(lambda tx: queue.finish(tx, job, owner="one", now=bench.clock()))

    bench.chores.doing["job"] = finishing
    async with bench.working():
        await bench.put("job")
        await bench.chores.ended_with(1)
    assert (await bench.row("job")).state == "done"


async def test_a_standstill_makes_nobody_do_his_own_work_twice(bench: Bench) -> None:
    """The machine was suspended, or a backup held the database: every lease is over when it goes on."""
    gate = asyncio.Event()
    bench.chores.doing["slow"] = waiting_for(gate)
    async with bench.working():
        await bench.put("slow")
        await bench.chores.begun_with(1)
        bench.clock.advance(minutes=5)
        await bench.put("other")
        await bench.chores.ended_with(1)
        assert bench.chores.begun == ["slow", "other"]
        gate.set()
        await bench.settled("slow", "done")
    assert (await bench.row("slow")).attempts == 1


async def test_the_heartbeat_keeps_a_long_job(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()
    monkeypatch.setattr(worker, "LEASE", timedelta(milliseconds=60))
    bench.chores.doing["slow"] = waiting_for(gate)
    async with bench.working():
        await bench.put("slow")
        await bench.chores.begun_with(1)
        await bench.leased_anew("slow")
        gate.set()
    assert (await bench.row("slow")).state == "done"


async def test_the_heart_beats_on_after_a_fright(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The table is away for a moment: a restore, somebody's hand in the database."""
    gate = asyncio.Event()
    monkeypatch.setattr(worker, "LEASE", timedelta(milliseconds=60))
    bench.chores.doing["slow"] = waiting_for(gate)
    async with bench.working():
        await bench.put("slow")
        await bench.chores.begun_with(1)
        await bench.db.write(lambda tx: tx.conn.exec_driver_sql("ALTER TABLE job RENAME TO job_away").close())
        async with asyncio.timeout(SOON):
            while "leases could not be renewed" not in caplog.text:
                await bench.db.write(lambda tx: None)
        await bench.db.write(lambda tx: tx.conn.exec_driver_sql("ALTER TABLE job_away RENAME TO job").close())
        await bench.leased_anew("slow")
        gate.set()
        await bench.settled("slow", "done")


async def test_stopping_lets_jobs_in_hand_end_and_takes_no_new_ones(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.chores.doing["slow"] = waiting_for(gate)
    made = Worker(bench.db, bench.clock, "one", [Hands(4, {KIND: bench.chores.handle})])
    made.start()
    await bench.put("slow", "behind it", lane="one")
    await bench.chores.begun_with(1)
    stopping = asyncio.create_task(made.stop())
    await bench.put("late")
    gate.set()
    await stopping
    assert bench.chores.ended == ["slow"]
    states = {key: (await bench.row(key)).state for key in ("slow", "behind it", "late")}
    assert states == {"slow": "done", "behind it": "ready", "late": "ready"}


async def test_what_does_not_end_in_time_is_handed_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "GRACE", 0.05)
    bench.chores.doing["slow"] = waiting_for(asyncio.Event())
    async with bench.working():
        await bench.put("slow")
        await bench.chores.begun_with(1)
    row = await bench.row("slow")
    assert (row.state, row.owner, row.due) == ("ready", "", bench.clock())
    bench.chores.doing.clear()
    async with bench.working(owner="two"):
        await bench.chores.ended_with(1)
    assert (await bench.row("slow")).state == "done"


async def test_two_workers_on_two_connections_do_everything_once(postgres_url: str) -> None:
    here, there = open_database(postgres_url), open_database(postgres_url)
    bench = Bench(here, Clock())
    try:
        async with bench.working(owner="one"), bench.working(owner="two", db=there):
            for number in range(30):
                await bench.put(f"job {number}", lane=f"lane {number % 5}", db=(here, there)[number % 2])
            done = await bench.chores.ended_with(30)
    finally:
        await here.close()
        await there.close()
    assert len(set(done)) == 30
    for lane in range(5):
        assert [key for key in done if int(key[4:]) % 5 == lane] == [f"job {n}" for n in range(lane, 30, 5)]


def administer(url: str, *statements: str) -> None:
    """Run these beside the test's own database; NAME stands for it."""
    address = make_url(url)
    admin = address.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as conn:
        for statement in statements:
            conn.execute(statement.replace("NAME", str(address.database)).encode())


async def test_a_database_that_comes_back_finds_the_worker_at_work(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SAFETY_NET", 0.1)
    database = open_database(postgres_url)
    bench = Bench(database, Clock())
    try:
        async with bench.working():
            await bench.put("before")
            await bench.chores.ended_with(1)
            await asyncio.to_thread(
                administer,
                postgres_url,
                "ALTER DATABASE NAME ALLOW_CONNECTIONS false",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'NAME'",
            )
            with pytest.raises(DatabaseFault):
                await bench.put("never stored")
            await asyncio.to_thread(administer, postgres_url, "ALTER DATABASE NAME ALLOW_CONNECTIONS true")
            await bench.put("after")
            assert (await bench.chores.ended_with(2))[-1] == "after"
    finally:
        await database.close()


async def test_the_log_of_a_job_bears_its_trace(bench: Bench) -> None:
    async with bench.working():
        await bench.put("job")
        await bench.chores.ended_with(1)
    assert bench.chores.traces == ["trace of job"]


async def test_nothing_is_left_leased_after_a_stop(bench: Bench) -> None:
    async with bench.working():
        await bench.put(*(f"job {number}" for number in range(10)))
        await bench.chores.begun_with(1)

    def leased(tx: Tx) -> list[str]:
        return list(tx.orm.exec(select(JobRow.key).where(col(JobRow.state) == "leased")).all())

    assert await bench.db.read(leased) == []


class Valve:
    """A gate that lets through as many as it is told, and says when to come again."""

    def __init__(self, again: float = 1.0) -> None:
        self.open = 0
        self._again = timedelta(seconds=again)

    def let(self, _tx: Tx, take: Callable[[int], int], _now: datetime) -> timedelta:
        self.open -= take(self.open) if self.open else 0
        return timedelta(0) if self.open else self._again


async def test_whoever_comes_late_but_matters_more_is_served_as_soon_as_the_gate_opens(bench: Bench) -> None:
    """Notices do not sit in the hands while the gate is shut: an answer that comes now goes before all of them."""
    valve = Valve()

    async def a_second_later(opened: int) -> None:
        valve.open = opened
        bench.clock.advance(seconds=1)
        await bench.wake()

    async with bench.working(hands=5, gate=valve):
        await bench.put(*(f"news {number}" for number in range(8)))
        await a_second_later(0)
        assert bench.chores.begun == []
        await bench.put("answer", priority=0)
        await a_second_later(1)
        assert await bench.chores.ended_with(1) == ["answer"]
        await a_second_later(3)
        assert sorted(await bench.chores.ended_with(4)) == ["answer", "news 0", "news 1", "news 2"]
        await a_second_later(0)
        assert len(bench.chores.begun) == 4


async def test_a_shut_gate_is_tried_again_after_its_time_without_anybody_waking(bench: Bench) -> None:
    valve, bench.clock = Valve(again=0.05), RunningClock()
    async with bench.working(gate=valve):
        await bench.put("job")
        valve.open = 1
        assert await bench.chores.ended_with(1) == ["job"]


async def test_a_shut_gate_does_not_stay_shut_when_the_clock_is_set_back(bench: Bench) -> None:
    valve = Valve(again=3600)
    valve.open = 1
    async with bench.working(gate=valve):
        await bench.put("job")
        await bench.chores.ended_with(1)
        bench.clock.advance(hours=-5)
        valve.open = 1
        await bench.put("next")
        assert await bench.chores.ended_with(2) == ["job", "next"]


async def test_who_waits_behind_news_takes_it_along(bench: Bench) -> None:
    """A person's answer behind his own notices: they go in order, and all of them before the news of others."""
    await bench.put("news of others")
    await bench.put("news", "more news", lane="his")
    await bench.put("answer", lane="his", priority=0)
    await bench.db.write(lambda tx: queue.hurry(tx, "his", 0))
    async with bench.working(hands=1):
        assert await bench.chores.ended_with(4) == ["news", "more news", "answer", "news of others"]
