"""Group commit: units of work of many callers in one transaction of SQLite, acknowledged by one flush of the disk.

A savepoint around each unit would cost more than most units do, so a batch first runs without any. Only if a unit fails
is the batch rolled back and run again, each unit in a savepoint of its own.
"""

import asyncio
from typing import Any

from sqlalchemy import Connection

from storage.database import WENT_ON, DatabaseFault, Tx, Work, as_fault, trace


class Unit:
    """A unit of work on its way through the writer, and who waits for it."""

    __slots__ = ("fault", "future", "loop", "result", "trace", "work")

    def __init__(self, work: Work[Any], loop: asyncio.AbstractEventLoop):
        self.work = work
        self.trace = trace.get()
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.result: Any = None
        self.fault: BaseException | None = None

    def answer(self) -> None:
        if self.future.done():
            return  # its caller was cancelled
        if self.fault is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(as_fault(self.fault))


class _UnitFailed(Exception):
    """In a batch that runs without savepoints a unit failed, so the whole transaction is rolled back."""

    def __init__(self, fault: BaseException):
        super().__init__()
        self.fault = fault


def store(conn: Connection, batch: list[Unit]) -> set[str]:
    """Run the batch and commit. What fails is kept in its unit; raises only if nothing at all could be stored."""
    try:
        return _together(conn, batch)
    except _UnitFailed as failed:
        if len(batch) > 1:
            return _apart(conn, batch)
        batch[0].fault = failed.fault
        return set()


def _together(conn: Connection, batch: list[Unit]) -> set[str]:
    """Run the batch in one transaction without savepoints. If one fails: _UnitFailed, nothing stored."""
    topics: set[str] = set()
    with conn.begin() as transaction:
        for unit in batch:
            tx = Tx(conn, trace=unit.trace)
            try:
                unit.result = tx.perform(unit.work)
            except BaseException as fault:  # whatever it is belongs to the unit's caller
                raise _UnitFailed(fault) from fault
            if not transaction.is_active:
                raise _UnitFailed(DatabaseFault(WENT_ON))
            topics |= tx.topics
    return topics


def _apart(conn: Connection, batch: list[Unit]) -> set[str]:
    """Run the batch in one transaction, each unit in its own savepoint: a failing one takes nobody down."""
    topics: set[str] = set()
    with conn.begin():
        for unit in batch:
            conn.exec_driver_sql("SAVEPOINT unit")
            tx = Tx(conn, in_savepoint=True, trace=unit.trace)
            try:
                unit.result = tx.perform(unit.work)
            except BaseException as fault:  # noqa: BLE001 - whatever it is belongs to the unit's caller
                unit.fault = fault
                conn.exec_driver_sql("ROLLBACK TO unit")
            else:
                topics |= tx.topics
            conn.exec_driver_sql("RELEASE unit")
    return topics
