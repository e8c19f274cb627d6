"""A whole database moved into another one, of either engine: every row as it is, then both sides compared.

What moves is counted and summed up on its way. The sum does not depend on the order of the rows nor on the engine, so a
row that is missing, doubled or changed on the other side shows.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Connection, MetaData, Row, Table, func, insert, select, text
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 - registers every table
from storage.database import DatabaseFault, read_address
from storage.lockfile import in_use
from storage.migrate import changing, connected, migrate, upgrade, version
from storage.postgres import SERVING
from storage.sqlite_file import sqlite_file

BATCH = 1000
"""Rows in memory at a time."""
_VERSION = "alembic_version"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows there are, and the sum of their hashes (modulo 2²⁵⁶)."""

    rows: int = 0
    total: int = 0

    def plus(self, rows: Iterable[Row[Any]]) -> "Tally":
        count, total = self.rows, self.total
        for row in rows:
            count += 1
            total += int.from_bytes(sha256(repr(tuple(row)).encode("utf-8", "surrogatepass")).digest())
        return Tally(count, total % 2**256)

    @property
    def checksum(self) -> str:
        return f"{self.total:064x}"[:16]


class Onlooker(Protocol):
    """Whoever shows a person how it goes."""

    def moving(self, table: str, rows: int, of: int) -> None:
        """So many rows of this table are on the other side now."""

    def compared(self, table: str, source: Tally, target: Tally) -> None:
        """All are there; this is what both sides hold."""


class NotEmpty(DatabaseFault):
    """There is something in the target, and nobody said that it may go."""


def copy(source: str, target: str, onlooker: Onlooker) -> None:
    """Bring both to the newest schema, then everything in `source` into `target`, which must be empty.

    All or nothing: raises DatabaseFault with a sentence, and then the target holds nothing that it did not hold before.
    No bot may serve on the source meanwhile: what it takes would not be in the target, and both would give the same
    order numbers.
    """
    refuse_nothing(source)
    migrate(source)
    address = read_address(source)
    with (
        connected(address, writes=False) as old,
        unserved(address, old),
        changing(read_address(target)) as new,
    ):
        fill(old, new, onlooker)


def unserved(address: URL, conn: Connection) -> AbstractContextManager[object]:
    """Until it is left, or the transaction ends, no bot serves on this database. Raises DatabaseFault while one does."""
    if address.drivername == "sqlite":
        if (held := in_use(sqlite_file(address), alone=True)) is None:
            raise DatabaseFault(_SERVED)
        return held
    if not conn.exec_driver_sql("SELECT pg_try_advisory_xact_lock(%s)", (SERVING,)).scalar_one():
        raise DatabaseFault(_SERVED)
    return nullcontext()


_SERVED = "a bot serves on this database: stop every kaimono serve first"


def refuse_nothing(url: str) -> None:
    """Raises DatabaseFault where there is no database of ours: asking must not make one."""
    address = read_address(url)
    if address.drivername == "sqlite" and not Path(str(address.database)).is_file():
        path = Path(str(address.database))
        raise DatabaseFault(
            f"there is no database {path}" + ("" if path.is_absolute() else f" in {Path.cwd()}")
        )
    with connected(address, writes=False) as conn:
        if not version(conn):
            raise DatabaseFault(f"{address.database} is not a database of kaimono")


def fill(source: Connection, target: Connection, onlooker: Onlooker, *, replace: bool = False) -> None:
    """Everything in `source`, which has the newest schema, into `target`; what is there is refused, or goes first."""
    if replace:
        _clear(target)
    elif full := _first_with_rows(target):
        raise NotEmpty(f"the target is not empty: its table {full} has rows; nothing was changed")
    upgrade(target)
    for table in SQLModel.metadata.sorted_tables:
        sent = _move(table, source, target, onlooker)
        came = _tally(table, target)
        onlooker.compared(table.name, sent, came)
        if sent != came:
            raise DatabaseFault(f"the table {table.name} did not arrive as it was sent; nothing was changed")
    if target.dialect.name == "postgresql":
        _number_on(target)


def _move(table: Table, source: Connection, target: Connection, onlooker: Onlooker) -> Tally:
    of = source.execute(select(func.count()).select_from(table)).scalar_one()
    sent = Tally()
    try:
        for rows in _batches(table, source):
            target.execute(insert(table), [row._asdict() for row in rows])
            sent = sent.plus(rows)
            onlooker.moving(table.name, sent.rows, of)
    # A row that the other engine can't hold, or that the source's own type can't read.
    except (StatementError, ValueError) as error:
        reason = str(error.orig if isinstance(error, StatementError) else error).partition("\n")[0]
        raise DatabaseFault(
            f"a row of the table {table.name} can't be moved: {reason}; nothing was changed"
        ) from error
    return sent


def _tally(table: Table, conn: Connection) -> Tally:
    found = Tally()
    for rows in _batches(table, conn):
        found = found.plus(rows)
    return found


def _batches(table: Table, conn: Connection) -> Iterator[list[Row[Any]]]:
    """All rows, in the order of their keys: a row that refers to another of its table comes after it."""
    every = select(table).order_by(*table.primary_key)
    for rows in conn.execute(every, execution_options={"yield_per": BATCH}).partitions():
        yield list(rows)


def _first_with_rows(conn: Connection) -> str | None:
    there = MetaData()
    there.reflect(conn)
    return next(
        (
            name
            for name, table in there.tables.items()
            if name != _VERSION and conn.execute(select(text("1")).select_from(table).limit(1)).first()
        ),
        None,
    )


def _clear(conn: Connection) -> None:
    """Drop our tables, whatever version they have: rows of some may not be deleted one by one. Others' tables stay."""
    there, ours = MetaData(), {*SQLModel.metadata.tables, _VERSION}
    there.reflect(conn, only=lambda name, _: name in ours)
    functions = _trigger_functions(conn, ours) if conn.dialect.name == "postgresql" else []
    there.drop_all(conn)
    for function in functions:
        conn.exec_driver_sql(f"DROP FUNCTION {function}")


def _trigger_functions(conn: Connection, tables: set[str]) -> list[str]:
    """A trigger goes with its table on PostgreSQL, the function that it runs does not."""
    found = conn.exec_driver_sql(
        "SELECT DISTINCT tgfoid::regprocedure::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND relname = ANY(%s) AND pg_table_is_visible(pg_class.oid)",
        (list(tables),),
    )
    return list(found.scalars())


def _number_on(conn: Connection) -> None:
    """PostgreSQL's next id comes after the largest one; without a row, setval(…, NULL) does nothing."""
    for table in SQLModel.metadata.sorted_tables:
        if (column := table.autoincrement_column) is not None:
            conn.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence(%s, %s), max({column.name})) FROM {table.name}",
                (table.name, column.name),
            )
