"""Statements for hot paths: written in SQLAlchemy Core, compiled once, then handed to the driver without
ceremony.

Of the 120 µs of a small statement SQLAlchemy spends 90 on finding again what it had compiled, on parameters
and on a result object. Most callers don't mind; the queue, on every callback's way, does. What comes back is
as the driver gives it, so a prepared statement returns numbers and text only.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from sqlite3 import Error as SqliteError
from typing import Any, Protocol, cast

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from storage.database import Tx

MOST_ROWS, ROUND = 64, 8
"""Rows of one INSERT at most, and what their number is a multiple of; SQLite takes 32,766 parameters at most."""


class Rows(Protocol):
    """What a statement did."""

    @property
    def rowcount(self) -> int: ...

    def fetchall(self) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class _Compiled:
    """`names` of the parameters in the statement's order; `processes` is what the driver wants done to some of them."""

    sql: str
    names: Sequence[str]
    processes: Sequence[tuple[int, Callable[[Any], Any]]]

    def bound(self, values: Iterable[Any]) -> list[Any]:
        """The values, in the order of the names, as the driver takes them."""
        bound = list(values)
        for place, process in self.processes:
            bound[place] = process(bound[place])
        return bound

    def in_order(self, parameters: Mapping[str, Any]) -> list[Any]:
        return self.bound(map(parameters.__getitem__, self.names))

    def by_name(self, values: Iterable[Any]) -> dict[str, Any]:
        return dict(zip(self.names, self.bound(values), strict=True))


class Prepared:
    """A statement for both engines, or one for each. An INSERT names its `columns`."""

    def __init__(
        self,
        sqlite: ClauseElement,
        postgresql: ClauseElement | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        self._statements = {"sqlite": sqlite, "postgresql": sqlite if postgresql is None else postgresql}
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def run(self, tx: Tx, parameters: Mapping[str, Any]) -> Rows:
        """Execute it in this unit. Errors are SQLAlchemy's, as from any other statement."""
        dialect = tx.conn.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        if dialect.name == "postgresql":
            values = map(parameters.__getitem__, compiled.names)
            return tx.conn.exec_driver_sql(compiled.sql, compiled.by_name(values))
        driver: Any = tx.conn.connection.driver_connection
        try:
            rows: Rows = driver.execute(compiled.sql, compiled.in_order(parameters))
        except SqliteError as error:
            raise DBAPIError.instance(compiled.sql, None, error, SqliteError, hide_parameters=True) from error
        return rows

    def run_all(self, tx: Tx, many: Iterable[object]) -> None:
        """Execute an INSERT for many rows, none of which looks at another one of them, and which passes over a row
        that is there already. A parameter is an attribute of each of `many`.

        SQLite is given many at a time: with every statement it lets go of the interpreter, and the writer waits until
        the event loop does so, too. The last row is repeated until their number is round, so that few statements are
        ever prepared.
        """
        dialect = tx.conn.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        parameters = map(attrgetter(*compiled.names), many)
        if dialect.name == "postgresql":
            tx.conn.exec_driver_sql(compiled.sql, [compiled.by_name(values) for values in parameters])
            return
        driver: Any = tx.conn.connection.driver_connection
        rows = [compiled.bound(values) for values in parameters]
        rows += rows[-1:] * (-len(rows) % ROUND)
        for first in range(0, len(rows), MOST_ROWS):
            some = rows[first : first + MOST_ROWS]
            try:
                driver.execute(_of_rows(compiled.sql, len(some)), list(chain.from_iterable(some)))
            except SqliteError as error:
                raise DBAPIError.instance(
                    compiled.sql, None, error, SqliteError, hide_parameters=True
                ) from error

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement = self._statements[dialect.name]
        compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=self._columns))
        names = compiled.positiontup or list(compiled.binds)
        found = [compiled.binds[n].type.dialect_impl(dialect).bind_processor(dialect) for n in names]
        processes = [(place, process) for place, process in enumerate(found) if process]
        return self._compiled.setdefault(dialect.name, _Compiled(compiled.string, names, processes))


@lru_cache
def _of_rows(sql: str, count: int) -> str:
    """The INSERT of one row as one of so many, which works out for all what it works out for one."""
    head, _, rest = sql.partition(" VALUES ")
    row, conflict, what = rest.partition(" ON CONFLICT ")
    first, *others = row.removeprefix("(").removesuffix(")").split("?")
    columns = first + "".join(f"column{place}{words}" for place, words in enumerate(others, start=1))
    places = f"({', '.join('?' * len(others))})"
    return f"{head} SELECT {columns} FROM (VALUES {', '.join([places] * count)}) WHERE true{conflict}{what}"
