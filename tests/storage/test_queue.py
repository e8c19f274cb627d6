"""The queue: keys, order, leases, and what becomes of a job in the end."""

import asyncio
from datetime import UTC, timedelta

import pytest

from storage import queue
from storage.database import Database, Tx
from storage.queue import Job, LeaseLost
from tests.storage.jobs import LEASE, NOW, after, claiming, keys_claimed, putting, states


async def claimed(database: Database) -> Job:
    """The job "a", put, and claimed by "one"."""
    await database.write(putting("a"))
    (job,) = await database.write(claiming("one"))
    return job


async def test_a_job_is_handed_out_as_it_was_put(database: Database) -> None:
    assert await claimed(database) == Job(
        id=1, company_id="sample", lane="lane of a", kind="send", key="a", payload=b"a", attempts=1, priority=1,
        created_at=NOW, trace="trace of a",
    )  # fmt: skip


async def test_a_key_counts_once_even_when_its_job_is_done(database: Database) -> None:
    job = await claimed(database)
    assert not await database.write(putting("a", lane="another"))
    await database.write(lambda tx: queue.finish(tx, job, owner="one", now=NOW))
    assert not await database.write(putting("a"))
    assert await states(database) == {"a": "done"}


async def test_the_same_key_at_the_same_time_is_stored_once(database: Database) -> None:
    results = await asyncio.gather(*(database.write(putting("a", lane=str(n))) for n in range(20)))
    assert sorted(results) == [False] * 19 + [True]


async def test_a_job_and_its_cause_are_stored_together_or_not_at_all(database: Database) -> None:
    def cause(tx: Tx) -> None:
        putting("a")(tx)
        raise KeyError("the cause failed")

    with pytest.raises(KeyError):
        await database.write(cause)
    assert await keys_claimed(database) == []
    assert await database.write(putting("a"))


async def test_a_put_wakes_its_kind(database: Database) -> None:
    woken = asyncio.Event()
    database.listen("queue:send", woken.set)
    await database.write(putting("a"))
    await asyncio.wait_for(woken.wait(), 5)


async def test_urgent_jobs_first_then_the_oldest(database: Database) -> None:
    for key, priority in (("1", 1), ("2", 0), ("3", 1), ("4", 0)):
        await database.write(putting(key, priority=priority))
    await database.write(putting("of another kind", kind="submit", priority=0))
    await database.write(putting("of a kind not asked for", kind="notice", priority=0))
    both = ("send", "submit")
    assert await keys_claimed(database, limit=4, kinds=both) == ["2", "4", "of another kind", "1"]
    assert await keys_claimed(database, limit=4, kinds=both) == ["3"]
    assert await keys_claimed(database, limit=4, kinds=both) == []


@pytest.mark.parametrize(("kinds", "limit"), [((), 5), (("send",), 0)])
async def test_nothing_is_asked_for(database: Database, kinds: tuple[str, ...], limit: int) -> None:
    await database.write(putting("a"))

    def claim(tx: Tx) -> list[Job]:
        return queue.claim(tx, kinds=kinds, owner="one", limit=limit, now=NOW, lease=LEASE)

    assert await database.write(claim) == []


async def test_a_job_is_not_handed_out_before_it_is_due(database: Database) -> None:
    await database.write(putting("later", due=after(10)))
    await database.write(putting("now"))
    assert await keys_claimed(database) == ["now"]
    assert await keys_claimed(database, now=after(9.999)) == []
    assert await keys_claimed(database, now=after(10)) == ["later"]


async def test_a_leased_job_belongs_to_one_owner_until_the_lease_runs_out(database: Database) -> None:
    first = await claimed(database)
    assert await keys_claimed(database, "two", now=after(29)) == []
    (second,) = await database.write(claiming("two", now=after(30)))
    assert (second.id, second.attempts) == (first.id, 2)


async def test_who_lost_the_lease_can_store_nothing(database: Database) -> None:
    lost = await claimed(database)
    (job,) = await database.write(claiming("two", now=after(30)))

    for let_go in (
        lambda tx: queue.finish(tx, lost, owner="one", now=NOW),
        lambda tx: queue.retry(tx, lost, owner="one", due=NOW, error="no answer"),
        lambda tx: queue.bury(tx, lost, owner="one", now=NOW, error="refused"),
    ):

        def outcome(tx: Tx, let_go=let_go) -> None:  # type: ignore[no-untyped-def]
            putting("outcome of the one who lost")(tx)
            let_go(tx)

        with pytest.raises(LeaseLost, match="no longer held by one"):
            await database.write(outcome)
    assert await states(database) == {"a": "leased"}
    await database.write(lambda tx: queue.finish(tx, job, owner="two", now=NOW))


async def test_the_same_owner_is_fenced_off_from_its_own_earlier_attempt(database: Database) -> None:
    stale = await claimed(database)
    (fresh,) = await database.write(claiming("one", now=after(30)))
    with pytest.raises(LeaseLost):
        await database.write(lambda tx: queue.finish(tx, stale, owner="one", now=NOW))
    await database.write(lambda tx: queue.finish(tx, fresh, owner="one", now=NOW))


async def test_a_job_is_finished_once(database: Database) -> None:
    job = await claimed(database)
    await database.write(lambda tx: queue.finish(tx, job, owner="one", now=NOW))
    with pytest.raises(LeaseLost):
        await database.write(lambda tx: queue.finish(tx, job, owner="one", now=NOW))


async def test_a_late_finish_counts_if_nobody_took_the_job(database: Database) -> None:
    job = await claimed(database)
    await database.write(lambda tx: queue.finish(tx, job, owner="one", now=after(300)))
    assert await states(database) == {"a": "done"}


async def test_a_renewed_lease_holds_longer(database: Database) -> None:
    job = await claimed(database)
    await database.write(lambda tx: queue.renew(tx, [job], owner="one", now=after(20), lease=LEASE))
    assert await keys_claimed(database, "two", now=after(49)) == []
    assert await keys_claimed(database, "two", now=after(50)) == ["a"]
    await database.write(lambda tx: queue.renew(tx, [job], owner="one", now=after(500), lease=LEASE))
    assert await keys_claimed(database, "three", now=after(80)) == ["a"]
    await database.write(lambda tx: queue.renew(tx, [], owner="one", now=NOW, lease=LEASE))


async def test_who_stops_hands_back_what_it_holds_and_wakes_the_others(database: Database) -> None:
    for key in "abc":
        await database.write(putting(key))
    (finished, *_) = await database.write(claiming("one", limit=2))
    await database.write(claiming("two", limit=1))
    await database.write(lambda tx: queue.finish(tx, finished, owner="one", now=NOW))
    woken = asyncio.Event()
    database.listen("queue:send", woken.set)
    assert await database.write(lambda tx: queue.release(tx, owner="one", now=NOW)) == 1
    await asyncio.wait_for(woken.wait(), 5)
    assert await states(database) == {"a": "done", "b": "ready", "c": "leased"}
    assert await keys_claimed(database, "three") == ["b"]


async def test_when_to_look_again(database: Database) -> None:
    async def next_due(now_after: float = 0.0) -> float | None:
        due = await database.read(lambda tx: queue.next_due(tx, ["send", "submit"], after(now_after)))
        return None if due is None else (due - NOW).total_seconds()

    assert await next_due() is None
    await database.write(putting("of another kind", kind="notice", due=after(1)))
    assert await next_due() is None
    await database.write(putting("later", due=after(100)))
    assert await next_due() == 100
    await database.write(putting("now"))
    assert await next_due() == 100
    await database.write(claiming("one"))
    assert await next_due() == 30
    assert await next_due(30) == 100
    due = await database.read(lambda tx: queue.next_due(tx, ["send"], NOW))
    assert due is not None
    assert due.tzinfo is UTC


async def test_a_retried_job_is_due_later_with_its_error_kept(database: Database) -> None:
    job = await claimed(database)
    woken = asyncio.Event()
    database.listen("queue:send", woken.set)

    def retry(tx: Tx) -> None:
        queue.retry(tx, job, owner="one", due=after(8), error="no answer")

    await database.write(retry)
    await asyncio.wait_for(woken.wait(), 5)
    assert await keys_claimed(database, now=after(7)) == []
    (again,) = await database.write(claiming("two", now=after(8)))
    assert again.attempts == 2
    error = await database.read(lambda tx: tx.conn.exec_driver_sql("SELECT last_error FROM job").scalar())
    assert error == "no answer"


@pytest.mark.parametrize("attempts", range(1, 40))
def test_pauses_double_up_to_ten_minutes(attempts: int) -> None:
    nominal = min(2 ** (attempts - 1), 600)
    assert queue.backoff(attempts, 0) == timedelta(seconds=nominal)
    assert queue.backoff(attempts, 1) == timedelta(seconds=nominal) * 0.75
