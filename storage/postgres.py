"""PostgreSQL: each unit of work is a transaction of its own on a pool of threads; several processes share the
database.

Waking crosses processes: `Tx.wake` becomes a NOTIFY in the same transaction, and one thread of each process
that listens passes what it hears to the event loops. Its connection is also what shows that a bot serves.
"""

import asyncio
import random
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from selectors import EVENT_READ, DefaultSelector
from threading import Event, Lock, Thread
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from storage.database import RESTORING, WENT_ON, Database, DatabaseFault, T, Tx, Work, as_fault, trace

CONNECTIONS = 8
TRIES = 6
"""How often a unit is run at most when PostgreSQL asks to run it again."""
CHANNEL = "kaimono"
SERVING = int.from_bytes(b"serving")
"""The advisory lock of this database that bots hold together while they serve, and a restore alone."""
SERVES_WITHIN = 10.0
"""Seconds that the first connection which serves may take."""
_DEFAULTS = {
    "application_name": "kaimono",
    "client_encoding": "utf8",  # whatever PGCLIENTENCODING says
    "connect_timeout": "10",
    # a peer that vanished without a word is noticed within half a minute
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",  # ms; while sent bytes wait to be acknowledged, keepalives are silent
    # a process that froze, or vanished, in the middle of a unit keeps nobody else waiting for what the unit had locked
    "options": "-cidle_in_transaction_session_timeout=20s",
}
_NOTIFY = f"SELECT pg_notify('{CHANNEL}', topic) FROM unnest(%s::text[]) AS topic"


def _with_defaults(address: URL) -> URL:
    """The address and, where it does not say otherwise, our settings of a connection."""
    return address.set(query={**_DEFAULTS, **address.query})


def postgres_engine(address: URL) -> Engine:
    """A pool of connections, made when they are needed."""
    engine = create_engine(
        _with_defaults(address), pool_size=CONNECTIONS, max_overflow=0, hide_parameters=True
    )

    @event.listens_for(engine, "checkin")
    def may_write_if_the_server_says_so(driver: psycopg.Connection[Any] | None, _record: object) -> None:
        """After a snapshot SQLAlchemy leaves READ WRITE behind, which overrules a server set to read only."""
        if driver is not None and not driver.closed:
            driver.read_only = None

    return engine


def refuse_other_encodings(conn: Connection) -> None:
    """Names and titles come in every script. Raises DatabaseFault for a database that cannot hold them."""
    driver: Any = conn.connection.driver_connection
    encoding = driver.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseFault(
            f"the database's encoding is {encoding}: make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )


class PostgresDatabase(Database):
    """A PostgreSQL database. Connections are made when they are needed and made again when they were lost."""

    def __init__(self, address: URL) -> None:
        super().__init__()
        self.engine = postgres_engine(address)
        self._snapshots = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="database")
        self._ear = _Ear(_with_defaults(address), self._hear)
        self._open = True
        self._door = Lock()

    async def write(self, work: Work[T]) -> T:
        return await self._submit(self.engine, work, reads_only=False)

    async def read(self, work: Work[T]) -> T:
        return await self._submit(self._snapshots, work, reads_only=True)

    def listen(self, topic: str, callback: Callable[[], None]) -> Callable[[], None]:
        stop = super().listen(topic, callback)
        with self._door:
            if self._open:
                self._ear.open()
        return stop

    async def probe(self) -> None:
        await self.write(_take_a_number)

    async def ahead(self) -> timedelta:
        return await self.read(_ahead)

    async def serve(self) -> None:
        with self._door:
            if self._open:
                self._ear.open()
        if not await asyncio.to_thread(self._ear.serves.wait, SERVES_WITHIN):
            raise DatabaseFault(self._ear.trouble)

    async def close(self) -> None:
        with self._door:
            self._open = False
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._ear.close)
        self.engine.dispose()

    async def _submit(self, engine: Engine, work: Work[T], *, reads_only: bool) -> T:
        with self._door:
            if not self._open:
                raise DatabaseFault("the database is closed")
            answer = self._threads.submit(self._perform, engine, work, reads_only, trace.get())
        return await asyncio.wrap_future(answer)

    def _perform(self, engine: Engine, work: Work[T], reads_only: bool, its_trace: str) -> T:
        result = _run(engine, work, reads_only, its_trace)
        if not reads_only:
            self.committed(1)
        return result

    def _hear(self, topics: set[str] | None) -> None:
        for listener in self.listeners(self._listeners if topics is None else topics):
            with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
                listener.loop.call_soon_threadsafe(listener.callback)


def _run(engine: Engine, work: Work[T], reads_only: bool, its_trace: str) -> T:
    """Run the unit in a transaction of its own; again, up to TRIES times, while another run may succeed."""
    tries = 1
    while True:
        committing = False
        try:
            with engine.connect() as conn, conn.begin() as transaction:
                tx = Tx(conn, reads_only=reads_only, trace=its_trace)
                result = tx.perform(work)
                driver: Any = conn.connection.driver_connection
                if not transaction.is_active or driver.info.transaction_status is TransactionStatus.INERROR:
                    raise DatabaseFault(WENT_ON)  # PostgreSQL would answer COMMIT with a silent rollback
                if tx.topics:
                    conn.exec_driver_sql(_NOTIFY, (sorted(tx.topics),))
                committing = True
            return result
        except DBAPIError as error:
            if committing and error.connection_invalidated:
                raise DatabaseFault("the connection broke at the commit: it may be stored or not") from error
            if tries >= TRIES or not _may_succeed(error, tries):
                raise as_fault(error) from error.orig
        tries += 1
        time.sleep(random.uniform(0, 0.02))  # so that two that collided don't meet again at once


def _may_succeed(error: DBAPIError, tries: int) -> bool:
    """Whether the unit that failed so may succeed when it is run again."""
    if isinstance(error.orig, errors.UniqueViolation):
        return tries == 1  # "find it or make it" may have lost a race: then the second run finds it
    again = isinstance(error.orig, errors.SerializationFailure | errors.DeadlockDetected)
    return again or error.connection_invalidated


def _take_a_number(tx: Tx) -> None:
    """With a number of its own a transaction that changes nothing is flushed to the disk when it commits."""
    if tx.conn.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on":
        raise DatabaseFault("the database takes nothing: it is read only")
    tx.conn.exec_driver_sql("SELECT pg_current_xact_id()").close()


def _ahead(tx: Tx) -> timedelta:
    """The server told its time between `asked` and `heard`: only what lies outside is a difference."""
    asked = datetime.now(UTC)
    there: datetime = tx.conn.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    heard = datetime.now(UTC)
    return max(asked - there, timedelta(0)) + min(heard - there, timedelta(0))


class _Ear:
    """One thread with one connection that hears every NOTIFY of our channel.

    What is said while the connection is lost is not heard, so after each new connection everyone is called
    (None). It hears only while no backup is put back, and while it hears, none can be.
    """

    def __init__(self, address: URL, hear: Callable[[set[str] | None], None]):
        self._address = address.set(drivername="postgresql").render_as_string(hide_password=False)
        self._hear = hear
        self._thread: Thread | None = None
        self.serves = Event()
        self.trouble = "the database does not answer"
        self._stop, self._stopped = socket.socketpair()

    def open(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._listen_always, name="database-listen", daemon=True)
            self._thread.start()

    def close(self) -> None:
        self._stop.close()
        if self._thread is not None:
            self._thread.join()
        self._stopped.close()

    def _listen_always(self) -> None:
        pause = 0.1
        while not self._closing(0):
            try:
                with psycopg.connect(self._address, autocommit=True) as conn:
                    if (
                        conn.execute("SELECT pg_try_advisory_lock_shared(%s)", (SERVING,)).fetchone() or (0,)
                    )[0]:
                        conn.execute(f"LISTEN {CHANNEL}")
                        pause = 0.1
                        self.serves.set()
                        self._hear(None)
                        self._listen(conn)
                        return
                    self.trouble = RESTORING
            except psycopg.Error as error:
                self.trouble = f"the database can't do it: {error}"
            if self._closing(pause):
                return
            pause = min(5.0, pause * 2)

    def _listen(self, conn: psycopg.Connection[Any]) -> None:
        """Pass on what is heard until we close. Raises OperationalError when the connection is lost."""
        while not self._closing(None, conn):
            if topics := {notice.payload for notice in conn.notifies(timeout=0)}:
                self._hear(topics)

    def _closing(self, seconds: float | None, *others: psycopg.Connection[Any]) -> bool:
        """Wait until we close, one of the others has something to read, or the time is over."""
        with DefaultSelector() as selector:
            selector.register(self._stopped, EVENT_READ)
            for other in others:
                selector.register(other, EVENT_READ)
            return any(key.fileobj is self._stopped for key, _ in selector.select(seconds))
