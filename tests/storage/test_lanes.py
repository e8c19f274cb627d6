"""Lanes: one job at a time and in order, whoever works on them and whatever becomes of a job."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from storage import backlog, queue
from storage.database import Database, Tx
from storage.queue import Job
from tests.storage.jobs import NOW, after, claiming, keys_claimed, putting, states


async def lane_of_three(database: Database) -> Job:
    """Three jobs in one lane; the first is claimed."""
    for key in ("first", "second", "third"):
        await database.write(putting(key, lane="talk:taro"))
    (head,) = await database.write(claiming("one"))
    assert head.key == "first"
    return head


async def test_only_the_head_is_handed_out(database: Database) -> None:
    head = await lane_of_three(database)
    assert await states(database) == {"first": "leased", "second": "waiting", "third": "waiting"}
    assert await keys_claimed(database, "two") == []
    await database.write(lambda tx: queue.finish(tx, head, owner="one", now=NOW))
    assert await states(database) == {"first": "done", "second": "ready", "third": "waiting"}
    assert await keys_claimed(database, "two") == ["second"]


async def test_finishing_wakes_the_kind_of_the_next(database: Database) -> None:
    await database.write(putting("first", lane="order:1"))
    await database.write(putting("second", lane="order:1", kind="notice"))
    (head,) = await database.write(claiming("one"))
    woken = asyncio.Event()
    database.listen("queue:notice", woken.set)
    await database.write(lambda tx: queue.finish(tx, head, owner="one", now=NOW))
    await asyncio.wait_for(woken.wait(), 5)
    assert await keys_claimed(database, "two", kinds=("notice",)) == ["second"]


async def test_an_empty_lane_is_ready_at_once_again(database: Database) -> None:
    for key in ("first", "second"):
        await database.write(putting(key, lane="talk:taro"))
        (job,) = await database.write(claiming("one"))
        await database.write(lambda tx, job=job: queue.finish(tx, job, owner="one", now=NOW))  # type: ignore[misc]
    assert await states(database) == {"first": "done", "second": "done"}


async def test_a_job_and_its_successor_in_one_unit(database: Database) -> None:
    """The handler of a job puts the next one into the same lane and finishes, in either order."""
    await database.write(putting("first", lane="order:1"))
    (first,) = await database.write(claiming("one"))

    def put_then_finish(tx: Tx) -> None:
        putting("second", lane="order:1")(tx)
        queue.finish(tx, first, owner="one", now=NOW)

    await database.write(put_then_finish)
    (second,) = await database.write(claiming("one"))

    def finish_then_put(tx: Tx) -> None:
        queue.finish(tx, second, owner="one", now=NOW)
        putting("third", lane="order:1")(tx)

    await database.write(finish_then_put)
    assert await states(database) == {"first": "done", "second": "done", "third": "ready"}


async def test_a_retried_job_holds_its_lane(database: Database) -> None:
    head = await lane_of_three(database)
    await database.write(lambda tx: queue.retry(tx, head, owner="one", due=after(60), error="429"))
    await database.write(putting("fourth", lane="talk:taro"))
    assert await keys_claimed(database, "two", now=after(59)) == []
    assert await keys_claimed(database, "two", now=after(60)) == ["first"]


async def test_a_buried_job_lets_the_next_go_on(database: Database) -> None:
    head = await lane_of_three(database)
    await database.write(lambda tx: queue.bury(tx, head, owner="one", now=NOW, error="refused"))
    assert await states(database) == {"first": "buried", "second": "ready", "third": "waiting"}
    assert await keys_claimed(database, "two") == ["second"]


async def test_an_exhumed_job_comes_back_at_its_old_place(database: Database) -> None:
    head = await lane_of_three(database)
    await database.write(lambda tx: queue.bury(tx, head, owner="one", now=NOW, error="refused"))
    (second,) = await database.write(claiming("one"))
    assert await database.write(lambda tx: backlog.exhume(tx, head.id, after(5)))
    assert await states(database) == {"first": "waiting", "second": "leased", "third": "waiting"}
    await database.write(lambda tx: queue.finish(tx, second, owner="one", now=after(6)))
    assert await states(database) == {"first": "ready", "second": "done", "third": "waiting"}
    (again,) = await database.write(claiming("one", now=after(6)))
    assert (again.key, again.attempts) == ("first", 1)


async def test_an_exhumed_job_of_an_empty_lane_is_ready(database: Database) -> None:
    await database.write(putting("only"))
    (only,) = await database.write(claiming("one"))
    await database.write(lambda tx: queue.bury(tx, only, owner="one", now=NOW, error="refused"))
    woken = asyncio.Event()
    database.listen("queue:send", woken.set)
    assert await database.write(lambda tx: backlog.exhume(tx, only.id, NOW))
    await asyncio.wait_for(woken.wait(), 5)
    assert await keys_claimed(database, "two") == ["only"]


async def test_a_lane_whose_worker_died_goes_on_with_the_same_job(database: Database) -> None:
    await lane_of_three(database)
    assert await keys_claimed(database, "two", now=after(30)) == ["first"]


class Workers:
    """Several owners who claim and finish side by side, and put a successor for every first job of a lane."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.running: set[str] = set()
        self.ran: dict[str, list[str]] = defaultdict(list)
        self.left = 0

    async def work(self, owner: str) -> None:
        while self.left:
            for job in await self.database.write(claiming(owner, limit=3)):
                assert job.lane not in self.running, "two jobs of one lane at the same time"
                self.running.add(job.lane)
                self.ran[job.lane].append(job.key)
                await self.database.write(self.end_of(job, owner))
                self.left -= 1

    def end_of(self, job: Job, owner: str) -> Callable[[Tx], None]:
        def end(tx: Tx) -> None:
            self.running.discard(job.lane)
            if job.key.endswith(":0"):
                putting(f"{job.lane}:last", lane=job.lane)(tx)
            queue.finish(tx, job, owner=owner, now=NOW)

        return end


async def test_lanes_stay_in_order_under_several_workers(database: Database) -> None:
    lanes, jobs = [f"lane{n}" for n in range(12)], 6
    workers = Workers(database)
    workers.left = len(lanes) * (jobs + 1)

    async def put_all(lane: str) -> None:
        for n in range(jobs):
            await database.write(putting(f"{lane}:{n}", lane=lane))

    await asyncio.gather(*(put_all(lane) for lane in lanes), *(workers.work(f"owner{n}") for n in range(4)))
    numbered = [str(n) for n in range(jobs)]
    for lane in lanes:
        ran = [key.removeprefix(f"{lane}:") for key in workers.ran[lane]]
        assert [n for n in ran if n != "last"] == numbered
        assert ran.count("last") == 1
    assert set((await states(database)).values()) == {"done"}


async def test_no_lane_gets_stuck_when_its_last_job_ends_while_another_joins(database: Database) -> None:
    """The moment at which a lane could lose its head: one finishes the last job just when another is put."""
    for round_ in range(30):
        lane = f"lane{round_}"
        await database.write(putting(f"{lane}:first", lane=lane))
        (job,) = await database.write(claiming("one"))

        def finish(tx: Tx, job: Job = job) -> None:
            queue.finish(tx, job, owner="one", now=NOW)

        await asyncio.gather(database.write(finish), database.write(putting(f"{lane}:second", lane=lane)))
        assert await keys_claimed(database) == [f"{lane}:second"]
