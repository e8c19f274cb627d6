"""Statements for hot paths: written in SQLAlchemy Core, compiled once, then handed to the driver without
ceremony.

Of the 120 µs of a small statement SQLAlchemy spends 90 on finding again what it had compiled, on parameters
and on a result object. Most callers don't mind; the queue, on every callback's way, does. What comes back is
as the driver gives it, so a prepared statement returns numbers and text only.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Error as SqliteError
from typing import Any, Protocol, cast

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from storage.database import Tx


class Rows(Protocol):
    """What a statement did."""

    @property
    def rowcount(self) -> int: ...

    def fetchall(self) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    binds: Sequence[tuple[str, Callable[[Any], Any] | None]]

    def in_order(self, parameters: Mapping[str, Any]) -> list[Any]:
        return [_bound(parameters[name], process) for name, process in self.binds]

    def by_name(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {name: _bound(parameters[name], process) for name, process in self.binds}


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

    def run_all(self, tx: Tx, many: Iterable[Mapping[str, Any]]) -> None:
        """Execute it for one set of parameters after the other; PostgreSQL is sent all of them at once."""
        dialect = tx.conn.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        if dialect.name == "postgresql":
            tx.conn.exec_driver_sql(compiled.sql, [compiled.by_name(each) for each in many])
            return
        driver: Any = tx.conn.connection.driver_connection
        try:
            driver.executemany(compiled.sql, [compiled.in_order(each) for each in many])
        except SqliteError as error:
            raise DBAPIError.instance(compiled.sql, None, error, SqliteError, hide_parameters=True) from error

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement = self._statements[dialect.name]
        compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=self._columns))
        binds = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or compiled.binds
        ]
        return self._compiled.setdefault(dialect.name, _Compiled(compiled.string, binds))


def _bound(value: Any, process: Callable[[Any], Any] | None) -> Any:
    return process(value) if process else value
