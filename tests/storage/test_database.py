"""The door: what holds on both engines."""

import asyncio
from datetime import UTC

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from storage.database import Database, DatabaseFault, Tx, open_database
from storage.migrate import migrate
from storage.tables.job import JobRow
from tests.storage.jobs import NOW, putting, states


def a_row(key: str) -> JobRow:
    return JobRow(
        company_id="sample", lane=key, kind="send", key=key, priority=1, payload=b"", state="ready", due=NOW,
        created_at=NOW,
    )  # fmt: skip


async def test_a_unit_of_work_gives_back_its_result(database: Database) -> None:
    assert await database.write(lambda tx: tx.conn.exec_driver_sql("SELECT 6 * 7").scalar()) == 42
    assert await database.read(lambda tx: tx.conn.exec_driver_sql("SELECT 6 * 7").scalar()) == 42


async def test_what_is_written_is_read_afterwards(database: Database) -> None:
    await database.write(putting("a"))
    assert await states(database) == {"a": "ready"}


async def test_the_session_is_flushed_and_its_rows_outlive_the_unit(database: Database) -> None:
    def make(tx: Tx) -> JobRow:
        row = a_row("a")
        tx.orm.add(row)
        assert tx.orm is tx.orm
        return row

    row = await database.write(make)
    assert row.id is not None
    assert (row.key, row.due) == ("a", NOW)

    found = await database.read(lambda tx: tx.orm.exec(select(JobRow)).one())
    assert (found.id, found.due, found.due.tzinfo) == (row.id, NOW, UTC)


async def test_a_unit_that_raises_stores_nothing(database: Database) -> None:
    def half(tx: Tx) -> None:
        putting("core")(tx)
        tx.orm.add(a_row("orm"))
        tx.orm.flush()
        raise KeyError("half way")

    with pytest.raises(KeyError, match="half way"):
        await database.write(half)
    assert await states(database) == {}


async def test_a_flush_that_fails_at_the_end_reaches_the_caller(database: Database) -> None:
    await database.write(putting("a"))
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.orm.add(a_row("a")))
    assert await database.write(putting("b"))


async def test_a_unit_that_rolls_back_by_itself_is_told_that_nothing_is_stored(database: Database) -> None:
    def rolls_back(tx: Tx) -> None:
        putting("a")(tx)
        tx.orm.add(a_row("b"))
        tx.orm.flush()
        tx.orm.rollback()

    with pytest.raises(DatabaseFault, match="rolled back by itself"):
        await database.write(rolls_back)
    assert await states(database) == {}


async def test_a_savepoint_of_a_units_own_is_allowed(database: Database) -> None:
    def tries_something(tx: Tx) -> str:
        putting("a")(tx)
        try:
            with tx.orm.begin_nested():
                tx.orm.add(a_row("a"))
        except IntegrityError:
            putting("b")(tx)
        return "stored"

    assert await database.write(tries_something) == "stored"
    assert await states(database) == {"a": "ready", "b": "ready"}


async def test_an_error_does_not_tell_the_values(database: Database) -> None:
    await database.write(putting("a"))

    def again(tx: Tx) -> None:
        row = a_row("a")
        row.payload = b"himitsu"
        tx.orm.add(row)

    with pytest.raises(IntegrityError) as caught:
        await database.write(again)
    assert "himitsu" not in str(caught.value)


async def test_a_stop_iteration_comes_out_as_an_error_too(database: Database) -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await database.write(lambda tx: next(iter([])))
    with pytest.raises(RuntimeError, match="StopIteration"):
        await database.read(lambda tx: next(iter([])))


async def test_reading_can_not_write(database: Database) -> None:
    with pytest.raises(DatabaseFault):
        await database.read(putting("core"))
    with pytest.raises(DatabaseFault):
        await database.read(lambda tx: tx.orm.add(a_row("orm")))
    with pytest.raises(DatabaseFault):
        await database.read(lambda tx: tx.wake("topic"))
    assert await states(database) == {}


async def test_reading_sees_one_moment(database: Database) -> None:
    await database.write(putting("a"))
    loop = asyncio.get_running_loop()

    def twice(tx: Tx) -> tuple[int, int]:
        def count() -> int:
            return int(tx.conn.exec_driver_sql("SELECT count(*) FROM job").scalar_one())

        before = count()
        asyncio.run_coroutine_threadsafe(database.write(putting("b")), loop).result()
        return before, count()

    assert await database.read(twice) == (1, 1)
    assert len(await states(database)) == 2


async def test_a_unit_can_not_be_used_after_its_end(database: Database) -> None:
    kept: list[Tx] = []
    await database.write(kept.append)
    with pytest.raises(DatabaseFault, match="has ended"):
        _ = kept[0].conn
    with pytest.raises(DatabaseFault, match="has ended"):
        _ = kept[0].orm


async def test_listeners_are_called_after_the_commit_in_their_loop(database: Database) -> None:
    loop = asyncio.get_running_loop()
    called: asyncio.Queue[tuple[bool, dict[str, str]]] = asyncio.Queue()

    def look() -> None:
        in_loop = asyncio.get_running_loop() is loop
        task = loop.create_task(states(database))
        task.add_done_callback(lambda done: called.put_nowait((in_loop, done.result())))

    stop = database.listen("queue:send", look)
    await database.write(putting("a"))
    while (await asyncio.wait_for(called.get(), 5)) != (True, {"a": "ready"}):
        pass
    stop()


async def test_who_stopped_listening_is_not_called(database: Database) -> None:
    quiet: list[str] = []
    heard = asyncio.Event()
    stop = database.listen("topic", lambda: quiet.append("called"))
    stop()
    stop()
    database.listen("topic", heard.set)
    quiet.clear()
    await database.write(lambda tx: tx.wake("topic"))
    await asyncio.wait_for(heard.wait(), 5)
    assert quiet == []


async def test_a_unit_that_fails_wakes_nobody(database: Database) -> None:
    woken: list[str] = []
    done = asyncio.Event()
    database.listen("marker", done.set)
    await database.write(lambda tx: tx.wake("marker"))
    await asyncio.wait_for(done.wait(), 5)
    database.listen("failed", lambda: woken.append("failed"))

    def fail(tx: Tx) -> None:
        tx.wake("failed")
        raise KeyError("failed")

    with pytest.raises(KeyError):
        await database.write(fail)
    done.clear()
    await database.write(lambda tx: tx.wake("marker"))
    await asyncio.wait_for(done.wait(), 5)
    assert woken == []


async def test_a_cancelled_caller_breaks_nothing(database: Database) -> None:
    callers = [asyncio.ensure_future(database.write(putting(f"cancelled {n}"))) for n in range(20)]
    await asyncio.sleep(0)
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    assert await database.write(putting("a"))
    assert (await states(database))["a"] == "ready"


async def test_closing_waits_for_accepted_work_and_refuses_more(database_url: str) -> None:
    database = open_database(database_url)
    accepted = [asyncio.ensure_future(database.write(putting(str(n)))) for n in range(50)]
    await asyncio.sleep(0)
    await database.close()
    await database.close()
    assert all(await asyncio.gather(*accepted))
    for door in (database.write, database.read):
        with pytest.raises(DatabaseFault, match="closed"):
            await door(lambda tx: None)

    again = open_database(database_url)
    assert len(await states(again)) == 50
    await again.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "not a database address"),
        ("kaimono.db", "not a database address"),
        ("postgresql://user:himitsu@host:port/db", "not a database address"),
        ("sqlite://", "expected sqlite:///path"),
        ("sqlite:///:memory:", "expected sqlite:///path"),
        ("mysql://user:himitsu@host/db", "begins mysql://"),
        ("postgresql+asyncpg://user:himitsu@host/db", "begins postgresql\\+asyncpg://"),
        ("postgresql://user:himitsu@host", "postgresql://user@host/database"),
        ("postgresql://user:hidden@himitsu@host/db", "an @ in user or password is written %40"),
        ("sqlite:////proc/nothing/here/kaimono.db", "can't make the folder"),
        ("sqlite:////proc", "can't open the database /proc"),
    ],
)
def test_a_wrong_address_is_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(DatabaseFault, match=sentence) as caught:
        open_database(url)
    assert "himitsu" not in str(caught.value)


def test_an_option_that_there_is_not_is_refused_with_a_sentence(empty_postgres_url: str) -> None:
    address = make_url(empty_postgres_url).update_query_dict({"nosuch": "1"})
    with pytest.raises(DatabaseFault, match="invalid connection option"):
        migrate(address.render_as_string(hide_password=False))
