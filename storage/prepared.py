"""Statements for hot paths: written in SQLAlchemy Core, compiled once, then handed to the driver without
ceremony.

Of the 120 µs of a small statement SQLAlchemy spends 90 on finding again what it had compiled, on parameters
and on a result object. Most callers don't mind; the queue, on every callback's way, does. What comes back is
as the driver gives it, so a prepared statement returns numbers and text only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from sqlite3 import Error as SqliteError
from typing import Any, Protocol, cast

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from storage.database import Tx

MOST_ROWS = 64
"""Rows of one INSERT; SQLite takes 32,766 parameters at most."""


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

    def in_order(self, parameters: Mapping[str, Any]) -> list[Any]:
        bound = [parameters[name] for name in self.names]
        for place, process in self.processes:
            bound[place] = process(bound[place])
        return bound

    def by_name(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return dict(zip(self.names, self.in_order(parameters), strict=True))


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
            return tx.conn.exec_driver_sql(compiled.sql, compiled.by_name(parameters))
        driver: Any = tx.conn.connection.driver_connection
        try:
            rows: Rows = driver.execute(compiled.sql, compiled.in_order(parameters))
        except SqliteError as error:
            raise DBAPIError.instance(compiled.sql, None, error, SqliteError, hide_parameters=True) from error
        return rows

    def run_all(self, tx: Tx, many: Sequence[Mapping[str, Any]]) -> None:
        """Execute an INSERT for many rows, none of which looks at another one of them.

        SQLite is given many at a time: with every statement it lets go of the interpreter, and the writer waits until
        the event loop does so, too. The numbers of rows are powers of two, so that few statements are ever prepared.
        """
        dialect = tx.conn.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        if dialect.name == "postgresql":
            tx.conn.exec_driver_sql(compiled.sql, [compiled.by_name(each) for each in many])
            return
        driver: Any = tx.conn.connection.driver_connection
        while many:
            count = 1 << (min(len(many), MOST_ROWS).bit_length() - 1)
            values = [value for each in many[:count] for value in compiled.in_order(each)]
            try:
                driver.execute(_of_rows(compiled.sql, count), values)
            except SqliteError as error:
                raise DBAPIError.instance(
                    compiled.sql, None, error, SqliteError, hide_parameters=True
                ) from error
            many = many[count:]

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement = self._statements[dialect.name]
        compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=self._columns))
        names = compiled.positiontup or list(compiled.binds)
        found = [compiled.binds[n].type.dialect_impl(dialect).bind_processor(dialect) for n in names]
        processes = [(place, process) for place, process in enumerate(found) if process]
        return self._compiled.setdefault(dialect.name, _Compiled(compiled.string, names, processes))


@lru_cache
def _of_rows(sql: str, count: int) -> str:
    """The INSERT of one row with so many in its VALUES."""
    head, values, rest = sql.partition(" VALUES ")
    row, conflict, what = rest.partition(" ON CONFLICT ")
    return f"{head}{values}{', '.join([row] * count)}{conflict}{what}"
