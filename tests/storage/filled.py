"""A database with something in every table, and what it says, to be compared with another one."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Connection, Table, insert, select
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 - registers every table
from tests.storage.schema import connected

TABLES = SQLModel.metadata.sorted_tables
EDGES = (
    datetime(2026, 11, 24, 1, 2, 3, 456789, UTC),
    datetime(9999, 12, 30, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
)
"""Times of the first, second and third row: to the microsecond, far away, and round."""


def a_row(table: Table, number: int) -> dict[str, Any]:
    """A row with something of its own in every column; it refers to the rows of the same number."""
    return {column.name: value(column, number) for column in table.columns}


def value(column: Column[Any], number: int) -> Any:
    if (column.table.name, column.name) == ("job", "state"):
        return "buried"  # the one column that takes certain words only
    kind = getattr(column.type, "impl", column.type).python_type  # our own types wrap one of SQLAlchemy's
    if column.foreign_keys or column.primary_key:
        return number if kind is int else f"{number} 株式会社サンプル商事"
    if column.nullable and number == 2:
        return None
    values = {
        datetime: EDGES[(number - 1) % len(EDGES)],
        int: 100 + number,
        float: number / 3,
        Decimal: Decimal(f"{number}.05"),
        bool: number % 2 == 0,
        bytes: bytes([number % 256, 0, 255]),
    }
    return values.get(kind, f"{column.name} {number}: 木かげ工房 🛒\t'\"\\\n")


def fill(url: str, rows: int = 3) -> None:
    """So many rows in every table."""
    with connected(url) as conn:
        for table in TABLES:
            conn.execute(insert(table), [a_row(table, number) for number in range(1, rows + 1)])


def content(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with connected(url) as conn:
        return {table.name: rows_of(conn, table) for table in TABLES}


def rows_of(conn: Connection, table: Table) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in conn.execute(select(table))), key=str)
