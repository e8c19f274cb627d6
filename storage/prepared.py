"""Statements for hot paths: written in SQLAlchemy Core, compiled once, then handed to the driver without
ceremony.

Of the 120 µs of a small statement SQLAlchemy spends 90 on finding again what it had compiled, on parameters
and on a result object. Most callers don't mind; the queue, on every callback's way, does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from sqlite3 import Error as SqliteError
from typing import Any, Protocol, cast

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import ReturnsRows

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
    """`names` of the parameters in the statement's order, `literals` those that it brings itself; `processes` is what the
    driver wants done to some of them."""

    sql: str
    names: Sequence[str]
    literals: Mapping[str, Any]
    processes: Sequence[tuple[int, Callable[[Any], Any]]]

    def bound(self, values: Iterable[Any]) -> list[Any]:
        """The values, in the order of the names, as the driver takes them."""
        bound = list(values)
        for place, process in self.processes:
            bound[place] = process(bound[place])
        return bound

    def in_order(self, parameters: Mapping[str, Any]) -> list[Any]:
        return self.bound(map({**self.literals, **parameters}.__getitem__, self.names))

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
        self._readers: dict[str, Sequence[tuple[int, Callable[[Any], Any]]]] = {}

    def rows(self, tx: Tx, parameters: Mapping[str, Any]) -> list[list[Any]]:
        """Execute it in this unit. The rows that come back, their values as any other statement would give them."""
        rows = [list(row) for row in self.run(tx, parameters).fetchall()]
        for place, read in self._read_by(tx.conn.dialect):
            for row in rows:
                row[place] = read(row[place])
        return rows

    def run(self, tx: Tx, parameters: Mapping[str, Any]) -> Rows:
        """The same, but what comes back is as the driver gives it. Errors are SQLAlchemy's, as of any statement."""
        compiled = self._for(dialect := tx.conn.dialect)
        if dialect.name == "postgresql":
            by_name = dict(zip(compiled.names, compiled.in_order(parameters), strict=True))
            return tx.conn.exec_driver_sql(compiled.sql, by_name)
        return straight(tx.conn, compiled.sql, compiled.in_order(parameters))

    def run_all(self, tx: Tx, many: Iterable[object]) -> None:
        """Execute an INSERT for many rows, none of which looks at another one of them, and which passes over a row
        that is there already. A parameter is an attribute of each of `many`.

        SQLite is given many at a time: with every statement it lets go of the interpreter, and the writer waits until
        the event loop does so, too. The last row is repeated until their number is round, so that few statements are
        ever prepared.
        """
        compiled = self._for(dialect := tx.conn.dialect)
        parameters = map(attrgetter(*compiled.names), many)
        if dialect.name == "postgresql":
            tx.conn.exec_driver_sql(compiled.sql, [compiled.by_name(values) for values in parameters])
            return
        rows = [compiled.bound(values) for values in parameters]
        rows += rows[-1:] * (-len(rows) % ROUND)
        for first in range(0, len(rows), MOST_ROWS):
            some = rows[first : first + MOST_ROWS]
            straight(tx.conn, _of_rows(compiled.sql, len(some)), list(chain.from_iterable(some)))

    def _for(self, dialect: Dialect) -> _Compiled:
        return self._compiled.get(dialect.name) or self._compile(dialect)

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement = self._statements[dialect.name]
        compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=self._columns))
        names = compiled.positiontup or list(compiled.binds)
        found = [compiled.binds[n].type.dialect_impl(dialect).bind_processor(dialect) for n in names]
        processes = [(place, process) for place, process in enumerate(found) if process]
        literals = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        return self._compiled.setdefault(dialect.name, _Compiled(compiled.string, names, literals, processes))

    def _read_by(self, dialect: Dialect) -> Sequence[tuple[int, Callable[[Any], Any]]]:
        """What SQLAlchemy does to some columns of what comes back. Raises TypeError for PostgreSQL's numbers with places,
        of which only the server knows how they come."""
        if dialect.name not in self._readers:
            columns = cast(ReturnsRows, self._statements[dialect.name]).exported_columns
            found = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
            self._readers[dialect.name] = [(place, read) for place, read in enumerate(found) if read]
        return self._readers[dialect.name]


def straight(conn: Connection, sql: str, parameters: Sequence[Any] = ()) -> Rows:
    """Execute it on SQLite's driver. Errors are SQLAlchemy's all the same."""
    driver: Any = conn.connection.driver_connection
    try:
        rows: Rows = driver.execute(sql, parameters)
    except SqliteError as error:
        raise DBAPIError.instance(sql, None, error, SqliteError, hide_parameters=True) from error
    return rows


@lru_cache
def _of_rows(sql: str, count: int) -> str:
    """The INSERT of one row as one of so many, which works out for all what it works out for one."""
    head, _, rest = sql.partition(" VALUES ")
    row, conflict, what = rest.partition(" ON CONFLICT ")
    first, *others = row.removeprefix("(").removesuffix(")").split("?")
    columns = first + "".join(f"column{place}{words}" for place, words in enumerate(others, start=1))
    places = f"({', '.join('?' * len(others))})"
    return f"{head} SELECT {columns} FROM (VALUES {', '.join([places] * count)}) WHERE true{conflict}{what}"
