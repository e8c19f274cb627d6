"""The queue seen from outside: depth, the buried, and forgetting."""

from typing import Any

import pytest

from storage import backlog, queue
from storage.backlog import Buried, Depth
from storage.database import Database, Tx
from tests.storage.jobs import LEASE, NOW, after, claiming, putting, states


async def bury_one(database: Database, key: str, error: str) -> int:
    await database.write(putting(key, kind="submit"))
    (job,) = await database.write(claiming("one", 1, NOW, "submit"))
    await database.write(lambda tx: queue.bury(tx, job, owner="one", now=after(5), error=error))
    return job.id


async def test_the_buried_are_listed_with_their_errors(database: Database) -> None:
    number = await bury_one(database, "a", "401: 共有シークレットが違います")
    expected = Buried(
        id=number, company_id="sample", lane="lane of a", kind="submit", key="a", attempts=1, created_at=NOW,
        finished_at=after(5), last_error="401: 共有シークレットが違います", trace="trace of a",
    )  # fmt: skip
    assert await database.read(backlog.buried) == [expected]
    assert await database.read(lambda tx: backlog.buried(tx, "sample")) == [expected]
    assert await database.read(lambda tx: backlog.buried(tx, "another company")) == []


async def test_only_the_buried_are_exhumed_and_only_once(database: Database) -> None:
    number = await bury_one(database, "a", "refused")
    assert await database.write(lambda tx: backlog.exhume(tx, number, NOW))
    assert not await database.write(lambda tx: backlog.exhume(tx, number, NOW))
    assert not await database.write(lambda tx: backlog.exhume(tx, 4711, NOW))
    assert await database.read(backlog.buried) == []


async def test_depth_counts_by_kind_and_state(database: Database) -> None:
    assert await database.read(backlog.depth) == []
    await bury_one(database, "buried", "refused")
    for key in "abc":
        await database.write(putting(key, lane="one lane", due=after(-60)))
    await database.write(claiming("one"))
    for key in "de":
        await database.write(putting(key, due=after(-20)))
    await database.write(putting("f"))
    assert await database.read(backlog.depth) == [
        Depth("send", waiting=2, ready=3, leased=1, oldest_due=after(-20)),
        Depth("submit", buried=1),
    ]


async def test_only_what_was_done_long_ago_is_forgotten(database: Database) -> None:
    for key in ("long ago", "just now", "still open"):
        await database.write(putting(key))
    jobs = await database.write(claiming("one", limit=2))
    for job, finished in zip(jobs, (after(-3600), NOW), strict=True):

        def finish(tx: Tx, job=job, finished=finished) -> None:  # type: ignore[no-untyped-def]
            queue.finish(tx, job, owner="one", now=finished)

        await database.write(finish)
    await bury_one(database, "buried", "refused")

    assert await database.write(lambda tx: backlog.forget(tx, before=after(-60))) == 1
    assert await database.write(lambda tx: backlog.forget(tx, before=after(-60))) == 0
    assert await states(database) == {"just now": "done", "still open": "ready", "buried": "buried"}
    assert await database.write(putting("long ago"))


async def test_forgetting_much_goes_in_portions(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "FORGOTTEN_AT_ONCE", 20)
    many = backlog.FORGOTTEN_AT_ONCE + 10

    def put_many(tx: Tx) -> None:
        for n in range(many):
            putting(str(n))(tx)
        tx.conn.exec_driver_sql("UPDATE job SET state = 'done', finished_at = '2026-01-01 00:00:00.000000'")

    await database.write(put_many)

    def forget(tx: Tx) -> int:
        return backlog.forget(tx, before=NOW)

    assert [await database.write(forget) for _ in range(3)] == [backlog.FORGOTTEN_AT_ONCE, 10, 0]


async def steps_of_a_jobs_way(database: Database, key: str) -> int:
    """How many tens of instructions SQLite's machine needs from the put of a job to its end."""
    steps: list[int] = []

    def way(tx: Tx) -> None:
        driver: Any = tx.conn.connection.driver_connection
        driver.set_progress_handler(lambda: steps.append(1), 10)
        putting(key, lane="long lane")(tx)
        (job,) = claiming("one", 1, NOW, "send", "submit")(tx)
        queue.renew(tx, [job], owner="one", now=NOW, lease=LEASE)
        queue.next_due(tx, ["send", "submit"], NOW)
        queue.finish(tx, job, owner="one", now=NOW)
        driver.set_progress_handler(None, 0)

    await database.write(way)
    return len(steps)


async def test_a_long_backlog_costs_nothing(sqlite_database: Database) -> None:
    def backlog_of(tx: Tx) -> None:
        for n in range(2000):
            putting(f"waiting {n}", lane="long lane")(tx)
            putting(f"ready {n}", due=after(-n))(tx)
            putting(f"done {n}")(tx)
        tx.conn.exec_driver_sql("UPDATE job SET state = 'done', finished_at = due WHERE key LIKE 'done %'")

    for n in range(3):
        await sqlite_database.write(putting(f"a few {n}", lane="long lane"))
    await sqlite_database.write(putting("ready"))
    with_few = await steps_of_a_jobs_way(sqlite_database, "with few")
    await sqlite_database.write(backlog_of)
    with_many = await steps_of_a_jobs_way(sqlite_database, "with many")
    assert with_few > 20
    assert with_many < 1.2 * with_few
