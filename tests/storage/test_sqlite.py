"""SQLite: group commit, and what one unit's failure means for its neighbours."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError

from storage.database import Database, DatabaseFault, Tx, open_database
from storage.migrate import migrate
from storage.sqlite import LARGEST_BATCH
from storage.tables.job import JobRow
from tests.storage.jobs import NOW, Commits, putting, states


async def in_one_batch(database: Database, *units: Callable[[Tx], Any]) -> list[Any]:
    """Results or exceptions of units that certainly met in one batch: the writer is held up until all have come."""
    inside, go = threading.Event(), threading.Event()

    def hold_up(tx: Tx) -> bool:
        inside.set()
        return go.wait(10)

    held = asyncio.ensure_future(database.write(hold_up))
    assert await asyncio.to_thread(inside.wait, 10)
    waiting = [asyncio.ensure_future(database.write(unit)) for unit in units]
    await asyncio.sleep(0)
    go.set()
    assert await held
    return await asyncio.gather(*waiting, return_exceptions=True)


def failing(tx: Tx) -> None:
    putting("never stored")(tx)
    raise KeyError("this one only")


async def test_the_file_is_safe_against_power_failure(sqlite_database: Database) -> None:
    """Asked on the writer's own connection, and on a reader's. test_processes reads the file after a hard stop."""

    def pragmas(tx: Tx) -> dict[str, Any]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")
        return {name: tx.conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}

    full = 2
    expected = {"journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "busy_timeout": 10_000}
    assert await sqlite_database.write(pragmas) == expected | {"query_only": 0}
    assert await sqlite_database.read(pragmas) == expected | {"query_only": 1}


async def test_the_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "kaimono.db"
    database = open_database(f"sqlite:///{path}")
    await database.close()
    assert path.exists()
    assert path.parent.stat().st_mode & 0o077 == 0


def _modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def test_nobody_else_on_the_machine_can_read_the_files(tmp_path: Path) -> None:
    """The folder may have been there before, open to all."""
    before = os.umask(0o022)
    try:
        database = open_database(f"sqlite:///{tmp_path / 'kaimono.db'}")
        await database.write(lambda tx: tx.conn.exec_driver_sql("CREATE TABLE t (x INTEGER)"))
        modes = await asyncio.to_thread(_modes, tmp_path)
        await database.close()
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("kaimono.db", "kaimono.db-wal", "kaimono.db-shm"), 0o600)


@pytest.mark.parametrize("mode", [0o600, 0o660])
async def test_locks_are_open_to_those_who_may_open_the_database(tmp_path: Path, mode: int) -> None:
    """Who else could hold one would keep the bot from starting. A database that others share keeps its mode."""
    path = tmp_path / "kaimono.db"
    path.touch()
    path.chmod(mode)
    for name in ("kaimono.db.lock", "kaimono.db.serving"):  # as an older version made them
        (tmp_path / name).touch(0o644)
    migrate(f"sqlite:///{path}")
    database = open_database(f"sqlite:///{path}")
    await database.serve()
    modes = await asyncio.to_thread(_modes, tmp_path)
    await database.close()
    assert set(modes) >= {"kaimono.db", "kaimono.db.lock", "kaimono.db.serving"}
    assert set(modes.values()) == {mode}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
async def test_what_root_locks_the_bot_can_lock_later(tmp_path: Path) -> None:
    """`sudo kaimono restore` must not keep the bot, which is another user, from starting."""
    path, nobody = tmp_path / "kaimono.db", 65534
    path.touch()
    os.chown(path, nobody, nobody)
    migrate(f"sqlite:///{path}")
    database = open_database(f"sqlite:///{path}")
    await database.serve()
    await database.close()
    owners = await asyncio.to_thread(lambda: {file.name: file.stat().st_uid for file in tmp_path.iterdir()})
    assert owners == dict.fromkeys(("kaimono.db", "kaimono.db.lock", "kaimono.db.serving"), nobody)


async def test_a_lock_that_cannot_be_opened_is_told_as_such(tmp_path: Path) -> None:
    """Somebody else made it, or something else has its name."""
    path = tmp_path / "kaimono.db"
    (tmp_path / "kaimono.db.serving").mkdir()
    database = open_database(f"sqlite:///{path}")
    with pytest.raises(DatabaseFault, match=r"can't open the lock .*kaimono\.db\.serving"):
        await database.serve()
    await database.close()


async def test_many_callers_share_one_commit(sqlite_database: Database) -> None:
    commits = Commits(sqlite_database)
    results = await in_one_batch(sqlite_database, *(putting(str(n)) for n in range(200)))
    assert all(results)
    assert commits.count == 2  # the unit that held the writer up, and all the others
    assert len(await states(sqlite_database)) == 200


async def test_many_callers_at_once_commit_seldom(sqlite_database: Database) -> None:
    commits = Commits(sqlite_database)
    assert all(await asyncio.gather(*(sqlite_database.write(putting(str(n))) for n in range(500))))
    assert commits.count < 100


async def test_a_batch_has_a_largest_size(sqlite_database: Database) -> None:
    commits = Commits(sqlite_database)
    units = LARGEST_BATCH + 10
    await in_one_batch(sqlite_database, *(putting(str(n)) for n in range(units)))
    assert commits.count == 3
    assert len(await states(sqlite_database)) == units


async def test_a_failing_unit_takes_no_neighbour_down(sqlite_database: Database) -> None:
    commits = Commits(sqlite_database)
    first, failed, second = await in_one_batch(sqlite_database, putting("a"), failing, putting("b"))
    assert (first, second) == (True, True)
    assert isinstance(failed, KeyError)
    assert await states(sqlite_database) == {"a": "ready", "b": "ready"}
    assert commits.count == 2


async def test_a_failing_flush_takes_no_neighbour_down(sqlite_database: Database) -> None:
    def duplicate(tx: Tx) -> None:
        putting("never stored")(tx)
        row = JobRow(company_id="sample", lane="", kind="", key="a", priority=1, payload=b"", state="ready",
                     due=NOW, created_at=NOW)  # fmt: skip
        tx.orm.add(row)

    def by_session(tx: Tx) -> JobRow:
        row = JobRow(company_id="sample", lane="", kind="", key="orm", priority=1, payload=b"", state="ready",
                     due=NOW, created_at=NOW)  # fmt: skip
        tx.orm.add(row)
        return row

    first, failed, row = await in_one_batch(sqlite_database, putting("a"), duplicate, by_session)
    assert first is True
    assert isinstance(failed, IntegrityError)
    assert row.id is not None
    assert await states(sqlite_database) == {"a": "ready", "orm": "ready"}


async def test_a_unit_that_swallows_a_failed_flush_loses_nobody_elses_work(sqlite_database: Database) -> None:
    await sqlite_database.write(putting("a"))

    def swallow(tx: Tx) -> str:
        tx.orm.add(JobRow(company_id="sample", lane="", kind="", key="a", priority=1, payload=b"", state="ready",
                          due=NOW, created_at=NOW))  # fmt: skip
        try:
            tx.orm.flush()
        except IntegrityError:
            return "went on as if nothing had happened"
        return "flushed"

    before, swallowed, behind = await in_one_batch(sqlite_database, putting("b"), swallow, putting("c"))
    assert (before, behind) == (True, True)
    assert isinstance(swallowed, Exception)
    assert await states(sqlite_database) == {"a": "ready", "b": "ready", "c": "ready"}
    with pytest.raises(Exception, match=r"rolled back|rollback"):
        await sqlite_database.write(swallow)


async def test_only_a_batch_with_a_failure_runs_twice(sqlite_database: Database) -> None:
    runs: list[str] = []

    def counted(name: str) -> Callable[[Tx], None]:
        return lambda tx: runs.append(name)

    await in_one_batch(sqlite_database, counted("a"), counted("b"))
    assert runs == ["a", "b"]
    runs.clear()
    await in_one_batch(sqlite_database, counted("a"), failing, counted("b"))
    assert runs == ["a", "a", "b"]
    with pytest.raises(KeyError):
        await sqlite_database.write(failing)


async def test_topics_of_a_failing_unit_are_not_woken(sqlite_database: Database) -> None:
    woken: list[str] = []
    for topic in ("good", "bad"):
        sqlite_database.listen(topic, lambda topic=topic: woken.append(topic))  # type: ignore[misc]

    def bad(tx: Tx) -> None:
        tx.wake("bad")
        raise KeyError("bad")

    await in_one_batch(sqlite_database, lambda tx: tx.wake("good"), bad, lambda tx: tx.wake("good"))
    await sqlite_database.write(lambda tx: None)
    assert woken == ["good"]


async def test_a_listener_that_raises_keeps_no_answer_back(sqlite_database: Database) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    heard = asyncio.Event()

    def broken() -> None:
        raise KeyError("a listener's own mistake")

    sqlite_database.listen("topic", broken)
    sqlite_database.listen("topic", heard.set)
    await sqlite_database.write(lambda tx: tx.wake("topic"))
    await asyncio.wait_for(heard.wait(), 5)
    assert [type(context["exception"]) for context in complaints] == [KeyError]


async def test_when_the_commit_fails_everybody_is_told_and_nothing_is_stored(
    sqlite_database: Database,
) -> None:
    """A deferred foreign key is broken only when the transaction commits."""

    def tables(tx: Tx) -> None:
        tx.conn.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        tx.conn.exec_driver_sql("CREATE TABLE child (parent REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")

    def orphan(tx: Tx) -> None:
        tx.conn.exec_driver_sql("INSERT INTO child VALUES (1)")

    await sqlite_database.write(tables)
    woken: list[str] = []
    sqlite_database.listen("queue:send", lambda: woken.append("queue:send"))
    results = await in_one_batch(sqlite_database, putting("a"), orphan, putting("b"))
    assert [type(result) for result in results] == [DatabaseFault] * 3
    assert "could not store it: FOREIGN KEY constraint failed" in str(results[0])
    assert await states(sqlite_database) == {}
    assert woken == []
    assert await sqlite_database.write(putting("c"))
    assert await states(sqlite_database) == {"c": "ready"}


async def test_a_disk_that_fails_at_the_commit(sqlite_database: Database) -> None:
    def fail(_conn: object) -> None:
        raise OperationalError("COMMIT", None, OSError("disk I/O error"))

    event.listen(sqlite_database.engine, "commit", fail)
    callers = (sqlite_database.write(putting(key)) for key in ("a", "b"))
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(result) for result in results] == [DatabaseFault] * 2
    event.remove(sqlite_database.engine, "commit", fail)
    assert await states(sqlite_database) == {}

    def can_not_open(*_: object) -> None:
        raise OSError("too many open files")

    event.listen(
        sqlite_database.engine, "connect", can_not_open
    )  # after the failure a new connection is needed
    with pytest.raises(DatabaseFault, match="could not store it: too many open files"):
        await sqlite_database.write(putting("a"))
    event.remove(sqlite_database.engine, "connect", can_not_open)
    assert await sqlite_database.write(putting("a"))


async def test_a_full_disk(sqlite_database: Database) -> None:
    def limit(tx: Tx, pages: int) -> None:
        tx.conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    def large(tx: Tx) -> None:
        tx.conn.exec_driver_sql("CREATE TABLE large AS SELECT zeroblob(1000000)")

    await sqlite_database.write(lambda tx: limit(tx, 1))  # no smaller than what is used already
    with pytest.raises(DatabaseFault, match="full"):
        await sqlite_database.write(large)
    small, too_large = await in_one_batch(sqlite_database, lambda tx: "needs no page", large)
    assert small == "needs no page"
    assert isinstance(too_large, DatabaseFault)
    await sqlite_database.write(lambda tx: limit(tx, 100_000))
    await sqlite_database.write(large)


@asynccontextmanager
async def second_process(url: str) -> AsyncIterator[Database]:
    """Somebody else who has the same file open, as a migration or a shell may have."""
    database = open_database(url)
    yield database
    await database.close()


async def test_units_do_not_overwrite_each_others_changes(sqlite_database: Database, sqlite_url: str) -> None:
    """Read, then write what was read plus one, from two writers: the driver's own BEGIN would lose updates."""

    def increment(tx: Tx) -> None:
        seen = tx.conn.exec_driver_sql("SELECT priority FROM job").scalar_one()
        tx.conn.exec_driver_sql("UPDATE job SET priority = ?", (seen + 1,))

    await sqlite_database.write(putting("a", priority=0))
    async with second_process(sqlite_url) as other:
        await asyncio.gather(*(db.write(increment) for _ in range(50) for db in (sqlite_database, other)))
    assert (
        await sqlite_database.read(lambda tx: tx.conn.exec_driver_sql("SELECT priority FROM job").scalar())
        == 100
    )


async def test_a_file_that_left_its_place_takes_nothing_until_it_is_back(tmp_path: Path) -> None:
    """SQLite itself goes on writing into it: all that is lost when the process ends."""
    path, elsewhere = tmp_path / "kaimono.db", tmp_path / "elsewhere.db"
    migrate(f"sqlite:///{path}")
    database = open_database(f"sqlite:///{path}")
    await database.write(putting("before"))
    path.rename(elsewhere)
    for _ in range(2):
        with pytest.raises(DatabaseFault, match="was moved or deleted"):
            await database.write(putting("lost"))
        with pytest.raises(DatabaseFault, match="was moved or deleted"):
            await database.probe()
        path.touch()  # nor is another file of that name the same
    path.unlink()
    elsewhere.rename(path)
    await database.write(putting("after"))
    await database.probe()
    assert set(await states(database)) == {"before", "after"}
    await database.close()


async def test_a_damaged_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "kaimono.db"
    path.write_bytes(b"this is no database, " * 100)
    with pytest.raises(DatabaseFault, match="file is not a database"):
        open_database(f"sqlite:///{path}")
