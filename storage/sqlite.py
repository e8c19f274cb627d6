"""SQLite: one writer thread with group commit, and a few readers on snapshots beside it.

Callers hand their unit of work to the writer and wait. The writer takes everything that is waiting, stores it in one
transaction (`storage.batch`), and answers all of them at once.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from shutil import disk_usage
from sqlite3 import Connection as DriverConnection
from threading import Lock, Thread
from typing import BinaryIO

from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import DBAPIError

from storage.batch import Unit, store
from storage.database import RESTORING, Database, DatabaseFault, T, Tx, Work, as_fault
from storage.lockfile import in_use
from storage.sqlite_file import sqlite_engine, sqlite_file

READERS = 4
LARGEST_BATCH = 512
"""About so many units in one transaction at most, so that nobody waits long for his neighbours."""
ROUNDS = 16
"""Rounds of the event loop after which what is gathered is written, though every one of them brought more."""
ROOM = 2**20
"""With fewer bytes left on its disk the database counts as full: what is free in its -wal may still take small things."""


class SqliteDatabase(Database):
    """A SQLite file that this process alone has open. Raises DatabaseFault if it can't be opened."""

    def __init__(self, address: URL) -> None:
        super().__init__()
        path = sqlite_file(address)
        # The writer keeps one; one is for who watches.
        self.engine = sqlite_engine(address, writes=True, size=2)
        event.listen(self.engine, "connect", _undo_in_memory)
        try:
            self.engine.connect().close()
        except DBAPIError as error:
            raise DatabaseFault(f"can't open the database {path}: {error.orig}") from error
        self._reading = sqlite_engine(address, writes=False, size=READERS)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="database-read")
        self._gathered: dict[asyncio.AbstractEventLoop, list[Unit]] = {}
        self._waiting: SimpleQueue[list[Unit] | None] = SimpleQueue()
        self._writing: Connection | None = None
        """The writer thread's own: to take one from the pool for every batch costs more than most units do."""
        self._path, self._file = path, _identity(path)
        self._in_use: BinaryIO | None = None
        self._open = True
        self._door = Lock()
        self._writer = Thread(target=self._write_batches, name="database-write", daemon=True)
        self._writer.start()

    async def write(self, work: Work[T]) -> T:
        loop = asyncio.get_running_loop()
        unit = Unit(work, loop)
        with self._door:
            self._refuse_if_closed()
            gathered = self._gathered.setdefault(loop, [])
            gathered.append(unit)
        if len(gathered) == 1:
            loop.call_soon(self._hand_over, loop)
        result: T = await unit.future
        return result

    def _hand_over(self, loop: asyncio.AbstractEventLoop, come: int = 0, rounds: int = ROUNDS) -> None:
        """Give the writer all that this loop wants to write, as soon as a round brings nothing more. It shares the
        interpreter with the loop, and to change hands in the middle costs both more than most units do."""
        with self._door:
            gathered = self._gathered.get(loop, [])
            if rounds and come < len(gathered) < LARGEST_BATCH:
                loop.call_soon(self._hand_over, loop, len(gathered), rounds - 1)
                return
            self._gathered.pop(loop, None)
            for first in range(0, len(gathered), LARGEST_BATCH):
                self._waiting.put(gathered[first : first + LARGEST_BATCH])

    async def read(self, work: Work[T]) -> T:
        with self._door:
            self._refuse_if_closed()
            answer = self._readers.submit(self._read, work)
        return await asyncio.wrap_future(answer)

    async def probe(self) -> None:
        await self.write(_count_up)
        left = await asyncio.to_thread(lambda: disk_usage(self._path.parent).free)
        if left < ROOM:
            raise DatabaseFault(f"the disk of the database {self._path} is full: {left} bytes are left")

    async def serve(self) -> None:
        self._in_use = self._in_use or in_use(self._path, alone=False)
        if self._in_use is None:
            raise DatabaseFault(RESTORING)

    async def close(self) -> None:
        with self._door:
            was_open, self._open = self._open, False
        if was_open:
            for loop in list(self._gathered):
                self._hand_over(loop, rounds=0)
            self._waiting.put(None)
            await asyncio.to_thread(self._writer.join)
            await asyncio.to_thread(self._readers.shutdown)
            self._reading.dispose()
            self.engine.dispose()
            if self._in_use is not None:
                self._in_use.close()

    def _refuse_if_closed(self) -> None:
        if not self._open:
            raise DatabaseFault("the database is closed")

    def _read(self, work: Work[T]) -> T:
        try:
            with self._reading.connect() as conn, conn.begin():
                return Tx(conn, reads_only=True).perform(work)
        except DBAPIError as error:
            raise as_fault(error) from error.orig

    def _write_batches(self) -> None:
        """The writer's life."""
        while batch := self._take():
            topics = self._store(batch)
            self._answer(batch, topics)
            self.committed(len(batch))
        if self._writing is not None:
            self._writing.close()

    def _take(self) -> list[Unit]:
        """Wait for work, then take all that is there. Empty when the database closes and nothing is left."""
        batch: list[Unit] = []
        units = self._waiting.get()
        while units is not None:
            batch += units
            if len(batch) >= LARGEST_BATCH or self._waiting.empty():
                return batch
            units = self._waiting.get()
        if batch:
            self._waiting.put(None)  # nothing follows close(): the next call reads it again
        return batch

    def _store(self, batch: list[Unit]) -> set[str]:
        """Store what can be stored; each unit then holds its result or fault. Returns the topics to wake."""
        if _identity(self._path) != self._file:
            for unit in batch:
                unit.fault = DatabaseFault(f"the database {self._path} was moved or deleted: put it back")
            return set()
        try:
            self._writing = self._writing or self.engine.connect()
            return store(self._writing, batch)
        except Exception as error:  # noqa: BLE001 - no connection, BEGIN or COMMIT failed: told to all, the writer lives on
            self._give_up_connection()
            for unit in batch:
                unit.fault = unit.fault or _not_stored(error)
            return set()

    def _give_up_connection(self) -> None:
        """Nobody knows what state it is in: the next batch gets a new one."""
        connection, self._writing = self._writing, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _answer(self, batch: list[Unit], topics: set[str]) -> None:
        """Wake each event loop once, however many of its callers are answered."""
        calls: dict[asyncio.AbstractEventLoop, list[Callable[[], object]]] = {}
        for unit in batch:
            calls.setdefault(unit.loop, []).append(unit.answer)
        for listener in self.listeners(topics):
            # through call_soon, so that one callback that raises keeps nobody else from being called
            calls.setdefault(listener.loop, []).append(partial(listener.loop.call_soon, listener.callback))
        for loop, its_calls in calls.items():
            with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
                loop.call_soon_threadsafe(_call_all, its_calls)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is. What SQLite would go on writing into one that has left its place is gone with this process."""
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


def _undo_in_memory(driver: DriverConnection, _record: object) -> None:
    """What a statement of many rows would have to undo is kept in memory, not written to a file of its own."""
    driver.execute("PRAGMA temp_store = MEMORY").close()


def _count_up(tx: Tx) -> None:
    """A page that is another one every time: SQLite does not write what is as it was. Nobody reads this number."""
    number = tx.conn.exec_driver_sql("PRAGMA user_version").scalar_one()
    tx.conn.exec_driver_sql(f"PRAGMA user_version = {(number + 1) % 2**31}").close()


def _not_stored(error: Exception) -> DatabaseFault:
    reason = error.orig if isinstance(error, DBAPIError) else error
    fault = DatabaseFault(f"the database could not store it: {reason}")
    fault.__cause__ = error
    return fault


def _call_all(calls: list[Callable[[], object]]) -> None:
    for call in calls:
        call()
