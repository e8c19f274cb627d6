"""A row by its columns, as the session would load it, without the price of a query.

Of the time of a small ORM query nine tenths go into building, caching and unpacking what never changes. Where every turn
of every talk passes, a prepared statement finds the row, and the session takes the object as loaded.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import manager_of_class
from sqlalchemy.orm.util import identity_key
from sqlmodel import SQLModel

from storage.database import Tx
from storage.prepared import Prepared

Row = TypeVar("Row", bound=SQLModel)


class Finder(Generic[Row]):
    """Finds the one row whose `columns` have the given values. Changes to what it finds are stored as any other's."""

    def __init__(self, row: type[Row], *columns: str) -> None:
        self._row = row
        self._table = row.metadata.tables[str(row.__tablename__)]
        same = (self._table.c[name] == bindparam(name) for name in columns)
        self._statement = Prepared(select(self._table).where(*same))
        self._names = tuple(self._table.c.keys())
        self._key = [self._names.index(column.name) for column in self._table.primary_key]

    def find(self, tx: Tx, **values: Any) -> Row | None:
        """The row, or None. What this unit changed and has not flushed is not looked at."""
        rows = self._statement.rows(tx, values)
        if not rows:
            return None
        loaded: Row | None = tx.orm.identity_map.get(identity_key(self._row, [rows[0][n] for n in self._key]))
        if loaded is not None:
            return loaded
        row = self._made(rows[0])
        make_transient_to_detached(row)
        tx.orm.add(row)
        return row

    def copy(self, tx: Tx, **values: Any) -> Row | None:
        """The row's values alone, for whoever writes them back by a statement: the session knows nothing of it."""
        rows = self._statement.rows(tx, values)
        return self._made(rows[0]) if rows else None

    def _made(self, values: Sequence[Any]) -> Row:
        # As the session's own loader makes it: SQLModel's __init__ would look at every field again.
        row: Row = manager_of_class(self._row).new_instance()
        row.__dict__.update(zip(self._names, values, strict=True))
        return row
