"""Column types that keep the house's promises: aware time, exact money, ids that grow, on both engines.

Tables import from here, which also makes sure that the naming convention of constraints is set before the
first table is defined (Alembic can't drop a nameless constraint on SQLite).
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, DateTime, Dialect, Index, Integer, Numeric, String, text
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index of those rows alone that a query asks for, on both engines."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def _utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"a time without a time zone can't be stored: {value!r}")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


@lru_cache(maxsize=64)
def _sqlite_time(value: datetime | None) -> str | None:
    """As SQLAlchemy writes and reads a DATETIME on SQLite: text that sorts by time. A unit writes one moment to many
    columns and rows."""
    utc = _utc(value)
    return None if utc is None else utc.isoformat(" ", "microseconds").removesuffix("+00:00")


class Utc(TypeDecorator[datetime]):
    """A point in time: an aware datetime outside, `timestamptz` on PostgreSQL, UTC without a zone on SQLite.

    Refuses a naive datetime (ValueError). What comes back is aware and in UTC, to the microsecond.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Straight to what the driver takes: this is on every callback's way, and the usual layers cost dearly."""
        return _sqlite_time if dialect.name == "sqlite" else _utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _Exact(TypeDecorator[Decimal]):
    """An exact decimal of so many places: `numeric` on PostgreSQL, whole smallest units on SQLite.

    Takes Decimal and int; refuses floats (TypeError), more places and numbers too large (ValueError), so nothing is
    ever rounded on its way in. Sums and comparisons in SQL are exact on both engines.
    """

    impl = Numeric
    cache_ok = True
    digits: int
    places: int
    thing: str

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = BigInteger() if dialect.name == "sqlite" else Numeric(self.digits, self.places)
        return dialect.type_descriptor(kind)

    @classmethod
    def holds(cls, number: Decimal) -> bool:
        """Whether the number can be kept as it is."""
        return number.is_finite() and cls._fits(number) and cls._whole(number)

    @classmethod
    def _fits(cls, number: Decimal) -> bool:
        return abs(number) < Decimal(10) ** (cls.digits - cls.places)

    @classmethod
    def _whole(cls, number: Decimal) -> bool:
        return number.scaleb(cls.places) % 1 == 0

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise TypeError(f"{self.thing} is a Decimal, not {type(value).__name__}")
        exact = Decimal(value)
        if not exact.is_finite() or not self._fits(exact):
            raise ValueError(f"not {self.thing} that can be stored: {value}")
        if not self._whole(exact):
            raise ValueError(f"more than {self.places} decimal places: {value}")
        return int(exact.scaleb(self.places)) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(value).scaleb(-self.places) if dialect.name == "sqlite" else Decimal(value)


class Amount(_Exact):
    """An amount of money: two places, below 10¹²."""

    cache_ok = True
    digits, places, thing = 14, 2, "an amount"


class Quantity(_Exact):
    """Pieces, or whatever else a line counts: nine places, below 10⁹, as documents may write them."""

    cache_ok = True
    digits, places, thing = 18, 9, "a quantity"


class BigId(TypeDecorator[int]):
    """A growing primary key, or a reference to one: 64 bits on both engines.

    SQLite numbers rows by itself only in a column declared exactly `INTEGER`, which holds 64 bits there.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class Package(NamedTuple):
    """One package of a shipment: its carrier's name, its number there and a page that follows it; each may be empty."""

    carrier: str = ""
    tracking: str = ""
    url: str = ""


class Packages(TypeDecorator[tuple[Package, ...]]):
    """The packages of a shipment in the order of its notice: a tuple outside, JSON in a text column on both engines."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[Package, ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Package, ...] | None:
        return None if value is None else tuple(Package(*each) for each in json.loads(value))
