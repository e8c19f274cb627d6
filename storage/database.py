"""The one door to the database: `await db.write(work)` and `await db.read(work)`.

`work` is an ordinary function of a `Tx`. Everything it writes, the jobs it puts into the queue included, is
stored together or not at all. What the event loop never does is wait for a disk: both engines run the work in
threads of theirs.
"""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlmodel import Session

T = TypeVar("T")
Work = Callable[["Tx"], T]
_Join = Literal["rollback_only", "create_savepoint"]


trace: ContextVar[str] = ContextVar("trace", default="")
"""The id of the piece of work that the program is at: log, audit and every job that follows carry it."""


class DatabaseFault(Exception):
    """The database can't serve: wrong address, no connection, full disk, closed. For people to read."""


class Tx:
    """One unit of work, alive only inside `write()` or `read()`.

    `conn` is the SQLAlchemy Core connection, for hot paths; `trace` the id that ties what the unit causes to what caused
    it; `kept` what a helper of the unit (the audit) remembers until its end. A unit never commits or rolls back: the door
    does. On PostgreSQL units run side by side (READ COMMITTED): change a state by compare-and-set (`UPDATE …
    WHERE state = …`) or read the row with `with_for_update()`, and use `ON CONFLICT` where a row may be there
    already, since a failed statement ends a unit there.
    """

    __slots__ = ("_join", "_last", "_orm", "_reads_only", "conn", "kept", "topics", "trace")
    conn: Connection

    def __init__(
        self, conn: Connection, *, reads_only: bool = False, in_savepoint: bool = False, trace: str = ""
    ):
        self.conn = conn
        self.topics: set[str] = set()
        self.trace = trace
        self.kept: dict[object, Any] = {}
        self._last: list[Work[None]] = []
        self._orm: Session | None = None
        self._reads_only = reads_only
        self._join: _Join = "create_savepoint" if in_savepoint else "rollback_only"

    @property
    def orm(self) -> Session:
        """The SQLModel session of this unit. The door flushes it; rows stay readable after the unit ended."""
        if self._orm is None:
            self._orm = Session(self.conn, expire_on_commit=False, join_transaction_mode=self._join)
        return self._orm

    def wake(self, topic: str) -> None:
        """Once this unit is stored, call everyone who listens to the topic. Raises DatabaseFault in `read()`."""
        if self._reads_only:
            raise DatabaseFault("a unit that only reads wakes nobody")
        self.topics.add(topic)

    def at_end(self, work: Work[None]) -> None:
        """Run this once all else is done: for a lock that many want, which is then held for the commit only."""
        self._last.append(work)

    def perform(self, work: Work[T]) -> T:
        """Run the work to its end. For the engines: afterwards the unit is over, whatever happened."""
        try:
            result = work(self)
            if self._orm is not None and self._last:
                self._orm.flush()
            for last in self._last:
                last(self)
            if self._orm is not None:
                self._orm.commit()  # flushes; the transaction is the door's and stays open
            return result
        except StopIteration as error:  # no future can carry it
            raise RuntimeError("the unit of work raised StopIteration") from error
        finally:
            if self._orm is not None:
                self._orm.close()
            del self.conn, self._orm

    if not TYPE_CHECKING:  # a type checker should still refuse names that a Tx never had

        def __getattr__(self, name: str) -> NoReturn:
            raise DatabaseFault(f"this unit of work has ended: its {name} can't be used outside its function")


@dataclass(frozen=True, eq=False, slots=True)
class Listener:
    """Somebody who wants to know: the callback is called in the event loop that it was registered in."""

    loop: asyncio.AbstractEventLoop
    callback: Callable[[], None]


class Database(ABC):
    """A database that is open. Two engines: `storage.sqlite` and `storage.postgres`."""

    engine: Engine
    """The engine that writes, for those who watch (metrics, tests)."""

    def __init__(self) -> None:
        self._listeners: dict[str, tuple[Listener, ...]] = {}
        self._listeners_change = Lock()
        self.committed: Callable[[int], object] = int
        """Called, in any thread, after a commit with the number of units that it stored. For those who watch."""

    @abstractmethod
    async def write(self, work: Work[T]) -> T:
        """Run the work and return its result once it is stored for good.

        What the work raises is raised here and nothing of it is stored. **The work may be run more than
        once** (after a neighbour in the same batch failed, after a deadlock), each time on untouched ground:
        it must do nothing but use its Tx. A caller that is cancelled can't know whether its work was stored.
        Raises DatabaseFault when the database can't store.
        """

    @abstractmethod
    async def read(self, work: Work[T]) -> T:
        """Run the work on one consistent snapshot, beside all writing. Writing in it raises DatabaseFault."""

    @abstractmethod
    async def probe(self) -> None:
        """Store something that nobody needs, all the way to the disk. Raises DatabaseFault if that can't be done, or soon
        could not."""

    async def ahead(self) -> timedelta:
        """How far this machine's clock is ahead of the database's, negative where it is behind: processes that share the
        work go by their own clocks, which have to agree. Raises DatabaseFault."""
        return timedelta(0)

    @abstractmethod
    async def serve(self) -> None:
        """Until close(), nobody may put a backup in this database's place. Raises DatabaseFault while somebody does."""

    @abstractmethod
    async def close(self) -> None:
        """Wait for all accepted work, then close. Later calls of write and read raise DatabaseFault."""

    def listen(self, topic: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back in this event loop after a unit that woke the topic is stored.

        Several wakes may become one call, and a call may come without a reason: look, whenever you are called.
        Returns the function that ends it.
        """
        listener = Listener(asyncio.get_running_loop(), callback)
        with self._listeners_change:
            self._listeners[topic] = (*self._listeners.get(topic, ()), listener)

        def stop() -> None:
            with self._listeners_change:
                rest = tuple(other for other in self._listeners.get(topic, ()) if other is not listener)
                self._listeners[topic] = rest

        return stop

    def listeners(self, topics: Iterable[str]) -> list[Listener]:
        """Everyone who listens to one of the topics. For the engines."""
        return [listener for topic in list(topics) for listener in self._listeners.get(topic, ())]


RESTORING = "a backup is being put back into this database: start again when that is done"

WENT_ON = (
    "a unit of work went on after a failed statement, or rolled back by itself: nothing of it was stored"
)


def as_fault(error: BaseException) -> BaseException:
    """What the caller sees of an error: a DatabaseFault for trouble of the database itself."""
    if isinstance(error, DBAPIError) and (
        _is_bare(error) or _is_of_the_address(error) or not isinstance(error, _OF_THE_WORK)
    ):
        reason = str(error.orig).strip().partition("\n")[0] or type(error.orig).__name__
        fault = DatabaseFault(f"the database can't do it: {reason}{_DAMAGED if _is_damaged(error) else ''}")
        fault.__cause__ = error.orig
        return fault
    return error


_OF_THE_WORK = (IntegrityError, DataError, ProgrammingError, NotSupportedError)
"""Errors that the unit of work made, not the database."""


_DAMAGED = (
    ". Its file is damaged: stop the bot, move the file away together with those beside it that end with -wal and -shm, "
    "and put a backup back (kaimono restore)"
)


def _is_damaged(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # the rest of it tells which kind
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _is_bare(error: DBAPIError) -> bool:
    """Whether a table or column is missing: it was never migrated. SQLite tells this as trouble of the database."""
    return getattr(error.orig, "sqlstate", None) in ("42P01", "42703")


def _is_of_the_address(error: DBAPIError) -> bool:
    """Whether there was no connection, for an option that the driver does not know."""
    return isinstance(error, ProgrammingError) and error.statement is None


def read_address(url: str) -> URL:
    """The database that is meant. Raises DatabaseFault, which shows no password, for anything else."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseFault(f"not a database address: {_EXPECTED}") from None
    match address.drivername:
        case "sqlite" if address.database and address.database != ":memory:":
            return address
        case "postgresql" | "postgresql+psycopg" if "@" in (address.host or ""):
            raise DatabaseFault("not a database address: an @ in user or password is written %40")
        case "postgresql" | "postgresql+psycopg" if address.database:
            return address.set(drivername="postgresql+psycopg")
    raise DatabaseFault(f"can't use a database address that begins {address.drivername}:// - {_EXPECTED}")


_EXPECTED = "expected sqlite:///path/to/file.db or postgresql://user@host/database"


def open_database(url: str) -> Database:
    """Open `sqlite:///relative/path`, `sqlite:////absolute/path` or `postgresql://user@host/db`.

    SQLite's file and folder are made where there are none, but no tables: see `storage.migrate`. Raises DatabaseFault
    with a sentence that says what is wrong.
    """
    from storage.postgres import PostgresDatabase
    from storage.sqlite import SqliteDatabase

    address = read_address(url)
    return SqliteDatabase(address) if address.drivername == "sqlite" else PostgresDatabase(address)
