"""PostgreSQL: units side by side, what is run again, and connections that get lost."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlmodel import select

from storage import postgres
from storage.database import Database, DatabaseFault, Tx, open_database
from storage.migrate import migrate
from storage.tables.job import JobRow
from tests.storage.jobs import NOW, putting, states


def break_connections(url: str) -> None:
    """What a restart of the server or a broken network does."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


class MeetOnce:
    """Two units meet here in their first run, so that they certainly collide; in later runs nobody waits."""

    def __init__(self) -> None:
        self.runs = 0
        self._barrier = threading.Barrier(2)
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self.runs += 1
            first = self.runs <= 2
        if first:
            self._barrier.wait(10)


async def test_units_that_lock_crosswise_are_run_again(postgres_database: Database) -> None:
    meet = MeetOnce()

    def both(first: str, second: str) -> Callable[[Tx], bool]:
        def work(tx: Tx) -> bool:
            stored = putting(f"{first} by {first}{second}", lane=first)(tx)
            meet()
            return putting(f"{second} by {first}{second}", lane=second)(tx) and stored

        return work

    results = await asyncio.gather(
        postgres_database.write(both("a", "b")), postgres_database.write(both("b", "a"))
    )
    assert all(results)
    assert meet.runs == 3
    assert sorted((await states(postgres_database)).values()) == ["ready", "ready", "waiting", "waiting"]


async def test_find_it_or_make_it_finds_what_another_made_meanwhile(postgres_database: Database) -> None:
    meet = MeetOnce()

    def find_or_make(tx: Tx) -> int | None:
        row = tx.orm.exec(select(JobRow).where(JobRow.key == "a")).first()
        meet()
        if row is None:
            row = JobRow(company_id="sample", lane="", kind="", key="a", priority=1, payload=b"", state="ready",
                         due=NOW, created_at=NOW)  # fmt: skip
            tx.orm.add(row)
            tx.orm.flush()
        return row.id

    one, two = await asyncio.gather(*(postgres_database.write(find_or_make) for _ in range(2)))
    assert one == two
    assert meet.runs == 3


async def test_a_key_that_is_there_for_good_is_not_tried_forever(postgres_database: Database) -> None:
    runs: list[int] = []

    def always_the_same(tx: Tx) -> None:
        runs.append(1)
        tx.conn.exec_driver_sql("CREATE TABLE sample (id int UNIQUE)")
        tx.conn.exec_driver_sql("INSERT INTO sample VALUES (1), (1)")

    with pytest.raises(IntegrityError):
        await postgres_database.write(always_the_same)
    assert len(runs) == 2


async def test_a_unit_that_swallows_a_failed_statement_is_told_that_nothing_is_stored(
    postgres_database: Database,
) -> None:
    """PostgreSQL answers the COMMIT of a failed transaction with a rollback and no error."""

    def swallow(tx: Tx) -> str:
        putting("a")(tx)
        with suppress(ProgrammingError):
            tx.conn.exec_driver_sql("SELECT nonsense")
        return "went on"

    with pytest.raises(DatabaseFault, match="went on after a failed statement"):
        await postgres_database.write(swallow)
    assert await states(postgres_database) == {}


async def test_a_lost_connection_is_made_again(postgres_database: Database, postgres_url: str) -> None:
    await asyncio.gather(*(postgres_database.write(putting(str(n))) for n in range(8)))
    await asyncio.to_thread(break_connections, postgres_url)
    assert await postgres_database.write(putting("after the break"))
    assert len(await states(postgres_database)) == 9


async def test_a_unit_whose_connection_breaks_in_the_middle_is_run_again(
    postgres_database: Database, postgres_url: str
) -> None:
    runs: list[int] = []

    def work(tx: Tx) -> bool:
        runs.append(1)
        stored = putting("a")(tx)
        if len(runs) == 1:
            break_connections(postgres_url)
        return putting("b")(tx) and stored

    assert await postgres_database.write(work)
    assert len(runs) == 2
    assert await states(postgres_database) == {"a": "ready", "b": "ready"}


async def test_a_connection_that_breaks_at_the_commit_is_told(
    postgres_database: Database, postgres_url: str
) -> None:
    def work(tx: Tx) -> None:
        tx.conn.exec_driver_sql("CREATE TABLE sample (id int)")
        break_connections(postgres_url)

    with pytest.raises(DatabaseFault, match="it may be stored or not"):
        await postgres_database.write(work)


async def test_listeners_are_called_when_the_ear_was_deaf_for_a_while(
    postgres_database: Database, postgres_url: str
) -> None:
    heard: asyncio.Queue[None] = asyncio.Queue()
    postgres_database.listen("topic", lambda: heard.put_nowait(None))
    await asyncio.wait_for(heard.get(), 5)  # the first connection
    await postgres_database.write(lambda tx: tx.wake("topic"))
    await asyncio.wait_for(heard.get(), 5)
    await asyncio.to_thread(break_connections, postgres_url)
    await asyncio.wait_for(heard.get(), 5)  # the second connection: something may have been said meanwhile
    await postgres_database.write(lambda tx: tx.wake("topic"))
    await asyncio.wait_for(heard.get(), 5)


async def test_a_server_that_is_not_there_is_told() -> None:
    database = open_database("postgresql://postgres:himitsu@127.0.0.1:1/kaimono?connect_timeout=2")
    with pytest.raises(DatabaseFault) as caught:
        await database.read(lambda tx: None)
    assert "himitsu" not in str(caught.value)
    await database.close()


async def test_a_connection_that_read_does_not_overrule_a_server_that_is_read_only(
    postgres_database: Database, postgres_url: str
) -> None:
    """As after a fail-over: whoever reads first must be refused like whoever does not."""
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        name = conn.info.dbname
        conn.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    for _ in range(3):
        assert await states(postgres_database) == {}
        with pytest.raises(DatabaseFault, match="read-only transaction"):
            await postgres_database.write(putting("a"))


async def test_every_unit_that_is_stored_is_counted(postgres_database: Database) -> None:
    counted: list[int] = []
    postgres_database.committed = counted.append
    for key in "abc":
        await postgres_database.write(putting(key))
    await states(postgres_database)
    with pytest.raises(ZeroDivisionError):
        await postgres_database.write(lambda _tx: 1 // 0)
    assert counted == [1, 1, 1]


async def test_a_peer_that_vanished_is_noticed_also_while_sent_bytes_wait_for_it(
    postgres_database: Database,
) -> None:
    """Asked of the kernel: keepalives alone are silent as long as something is not acknowledged."""

    def asked(tx: Tx) -> tuple[str, int]:
        driver: Any = tx.conn.connection.driver_connection
        given = driver.info.get_parameters().get("tcp_user_timeout", "")
        with socket.socket(fileno=os.dup(driver.fileno())) as peer:
            if peer.family == socket.AF_UNIX:
                return given, int(given)
            return given, peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert await postgres_database.read(asked) == ("20000", 20_000)


async def test_what_a_frozen_process_has_locked_is_free_again(
    postgres_database: Database, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends a transaction that has done nothing for so long; the unit that froze stores nothing."""

    def limit(tx: Tx) -> str:
        return str(tx.conn.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar())

    assert await postgres_database.read(limit) == "20s"
    migrate(empty_postgres_url)
    monkeypatch.setitem(postgres._DEFAULTS, "options", "-cidle_in_transaction_session_timeout=1s")
    db, thaw = open_database(empty_postgres_url), threading.Event()

    def freezes(tx: Tx) -> None:
        putting("a")(tx)
        thaw.wait(30)

    frozen = asyncio.create_task(db.write(freezes))
    async with asyncio.timeout(30):
        await db.write(putting("b", lane="lane of a"))
        thaw.set()
        with suppress(DatabaseFault):  # or it was run again, after b
            await frozen
    assert next(iter(await states(db))) == "b"
    await db.close()


async def test_a_probe_tells_of_a_server_that_is_read_only(empty_postgres_url: str) -> None:
    """What is left after a fail-over to a server that only follows."""
    db = open_database(empty_postgres_url)
    await db.probe()
    await db.close()
    with psycopg.connect(empty_postgres_url, autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {conn.info.dbname} SET default_transaction_read_only = on".encode())
    db = open_database(empty_postgres_url)
    with pytest.raises(DatabaseFault, match="read only"):
        await db.probe()
    await db.close()
