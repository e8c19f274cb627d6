"""Column types that keep the house's promises: aware time, exact money, ids that grow, on both engines.

Tables import from here, which also makes sure that the naming convention of constraints is set before the
first table is defined (Alembic can't drop a nameless constraint on SQLite).
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Numeric
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Utc(TypeDecorator[datetime]):
    """A point in time: an aware datetime outside, `timestamptz` on PostgreSQL, UTC without a zone on SQLite.

    Refuses a naive datetime (ValueError). What comes back is aware and in UTC, to the microsecond.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a time zone can't be stored: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_LARGEST = Decimal(10) ** 12


class Amount(TypeDecorator[Decimal]):
    """An exact decimal with two places, below 10¹² in size: `numeric(14, 2)` on PostgreSQL, whole hundredths
    on SQLite.

    Takes Decimal and int; refuses floats (TypeError), more than two places and numbers too large
    (ValueError), so nothing is ever rounded on its way in. Sums and comparisons in SQL are exact on both
    engines.
    """

    impl = Numeric(14, 2)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else Numeric(14, 2))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise TypeError(f"an amount is a Decimal, not {type(value).__name__}")
        exact = Decimal(value)
        if not exact.is_finite() or abs(exact) >= _LARGEST:
            raise ValueError(f"not an amount that can be stored: {value}")
        hundredths = exact.scaleb(2)
        if hundredths != hundredths.to_integral_value():
            raise ValueError(f"more than two decimal places: {value}")
        return int(hundredths) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(value).scaleb(-2) if dialect.name == "sqlite" else Decimal(value)


class BigId(TypeDecorator[int]):
    """A growing primary key, or a reference to one: 64 bits on both engines.

    SQLite numbers rows by itself only in a column declared exactly `INTEGER`, which holds 64 bits there.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())
