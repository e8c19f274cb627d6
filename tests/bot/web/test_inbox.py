"""Callbacks that come together: stored together, each at the end of its lane, none at the cost of another."""

import asyncio
from collections.abc import Sequence
from threading import Event

import pytest

from bot.web.inbox import Inbox
from storage import queue
from storage.database import Database, DatabaseFault, T, Tx, Work, open_database
from storage.lanes import lock_lane
from storage.migrate import migrate
from storage.queue import NewJob
from tests.storage.jobs import LEASE, NOW, states


def callback(key: str, lane: str = "") -> NewJob:
    return NewJob("sample", lane or f"lane of {key}", "callback", key, key.encode(), NOW, NOW, 0, key)


async def stored(inbox: Inbox, jobs: Sequence[NewJob]) -> list[BaseException | None]:
    return await asyncio.gather(*(inbox.store(job) for job in jobs), return_exceptions=True)


async def test_a_hundred_at_once_are_all_there_when_their_callers_hear_so(database: Database) -> None:
    jobs = [callback(f"{number:03}") for number in range(100)]
    assert await stored(Inbox(database), jobs) == [None] * 100
    assert await states(database) == {job.key: "ready" for job in jobs}


async def test_they_take_few_transactions(database: Database) -> None:
    commits: list[int] = []
    database.committed = commits.append
    await stored(Inbox(database), [callback(f"{number:03}") for number in range(100)])
    assert len(commits) <= 2


async def test_of_those_in_one_lane_only_the_first_is_ready(database: Database) -> None:
    jobs = [callback(key, lane="taro" if key in "acd" else "hanako") for key in "abcde"]
    await stored(Inbox(database), jobs)
    assert await states(database) == {
        "a": "ready",
        "b": "ready",
        "c": "waiting",
        "d": "waiting",
        "e": "waiting",
    }


async def test_one_that_was_seen_before_is_passed_over_and_keeps_nobody_waiting(database: Database) -> None:
    inbox = Inbox(database)
    await inbox.store(callback("a", lane="taro"))
    jobs = [callback(key, lane="taro") for key in ("a", "b", "b")]
    assert await stored(inbox, jobs) == [None] * 3
    assert await states(database) == {"a": "ready", "b": "waiting"}


async def test_one_that_cannot_be_stored_takes_nobody_down(database: Database) -> None:
    broken = callback("b")._replace(company_id=None)  # type: ignore[arg-type]
    outcomes = await stored(Inbox(database), [callback("a"), broken, callback("c")])
    assert [type(outcome).__name__ for outcome in outcomes] == ["NoneType", "IntegrityError", "NoneType"]
    assert await states(database) == {"a": "ready", "c": "ready"}


class Full:
    """A database on a full disk."""

    async def write(self, work: Work[T]) -> T:
        raise DatabaseFault("the disk is full")


async def test_nobody_is_told_that_it_is_stored_when_it_is_not() -> None:
    inbox = Inbox(Full())  # type: ignore[arg-type]
    assert [str(fault) for fault in await stored(inbox, [callback("a"), callback("b")])] == [
        "the disk is full"
    ] * 2
    with pytest.raises(DatabaseFault):
        await inbox.store(callback("c"))


async def test_whoever_goes_away_leaves_the_others_theirs(database: Database) -> None:
    inbox = Inbox(database)
    gone = asyncio.create_task(inbox.store(callback("a")))
    stays = asyncio.create_task(inbox.store(callback("b")))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert (await states(database))["b"] == "ready"


async def test_a_talk_that_somebody_else_is_at_keeps_nobody_else_waiting(empty_postgres_url: str) -> None:
    """A worker that froze in the middle of a turn: only the callbacks of that talk wait for it, and in their order."""
    migrate(empty_postgres_url)
    database = open_database(empty_postgres_url)
    inbox, frozen, thaw = Inbox(database), Event(), Event()

    def turn(tx: Tx) -> None:
        lock_lane(tx, "taro")
        frozen.set()
        assert thaw.wait(30)

    async with asyncio.timeout(30):
        turning = asyncio.create_task(database.write(turn))
        await asyncio.to_thread(frozen.wait)
        his = [asyncio.create_task(inbox.store(callback(key, lane="taro"))) for key in "abc"]
        assert await stored(inbox, [callback(key) for key in "xyz"]) == [None] * 3
        assert not any(task.done() for task in his)
        thaw.set()
        await turning
        await asyncio.gather(*his)
    assert list(await states(database)) == ["x", "y", "z", "a", "b", "c"]
    await database.close()


async def test_all_of_a_lane_are_handed_out_in_the_order_in_which_they_came(database: Database) -> None:
    jobs = [callback(f"{number:02}", lane="taro") for number in range(40)]
    await stored(Inbox(database), jobs)

    def next_one(tx: Tx) -> str:
        (job,) = queue.claim(tx, kinds=["callback"], owner="one", limit=5, now=NOW, lease=LEASE)
        queue.finish(tx, job, owner="one", now=NOW)
        return job.key

    assert [await database.write(next_one) for _ in jobs] == [job.key for job in jobs]
