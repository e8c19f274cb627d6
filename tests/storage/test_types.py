"""Column types: exact money, aware time, growing ids, the same on both engines."""

import warnings
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, func, insert, select
from sqlalchemy.exc import StatementError

from storage.database import Database, Tx
from storage.types import Amount, BigId, Quantity, Utc

THINGS = Table(
    "thing",
    MetaData(),
    Column("id", BigId, primary_key=True),
    Column("at", Utc),
    Column("price", Amount),
    Column("pieces", Quantity),
)
TOKYO = timezone(timedelta(hours=9))


@pytest.fixture
async def things(database: Database) -> AsyncIterator[Database]:
    await database.write(lambda tx: THINGS.create(tx.conn))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield database


async def keep(database: Database, column: str, value: Any) -> Any:
    """The value as it comes back."""

    def work(tx: Tx) -> Any:
        number = tx.conn.execute(insert(THINGS).values({column: value})).inserted_primary_key
        assert number is not None
        return tx.conn.execute(select(THINGS.c[column]).where(THINGS.c.id == number[0])).scalar()

    return await database.write(work)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 2, 12, 0, 0, 123456, TOKYO),
        datetime(2026, 11, 2, 3, 0, tzinfo=UTC),
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 30, tzinfo=UTC),
        None,
    ],
)
async def test_a_time_comes_back_in_utc(things: Database, at: datetime | None) -> None:
    back = await keep(things, "at", at)
    assert back == at
    assert back is None or back.tzinfo is UTC


async def test_a_time_without_a_zone_is_refused(things: Database) -> None:
    with pytest.raises(StatementError, match="without a time zone"):
        await keep(things, "at", datetime(2026, 11, 2))  # noqa: DTZ001 - this is what is refused


async def test_times_are_compared_whatever_their_zone(things: Database) -> None:
    await keep(things, "at", datetime(2026, 11, 2, 9, 0, tzinfo=TOKYO))
    same = select(func.count()).where(THINGS.c.at == datetime(2026, 11, 2, 0, 0, tzinfo=UTC))
    assert await things.read(lambda tx: tx.conn.execute(same).scalar()) == 1
    latest = await things.read(lambda tx: tx.conn.execute(select(func.max(THINGS.c.at))).scalar())
    assert latest == datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize("price", ["0", "16182", "0.01", "-3.10", "999999999999.99", "0.10"])
async def test_an_amount_comes_back_exactly(things: Database, price: str) -> None:
    back = await keep(things, "price", Decimal(price))
    assert (back, type(back)) == (Decimal(price), Decimal)
    assert str(back) == f"{Decimal(price):.2f}"


@pytest.mark.parametrize("pieces", ["2", "0.125", "0.000000001", "999999999.999999999", "-1"])
async def test_a_quantity_comes_back_exactly(things: Database, pieces: str) -> None:
    back = await keep(things, "pieces", Decimal(pieces))
    assert (back, type(back)) == (Decimal(pieces), Decimal)


@pytest.mark.parametrize("pieces", ["0.0000000001", "1000000000", "NaN", "1E+40"])
async def test_a_quantity_that_cannot_be_kept_exactly_is_refused(things: Database, pieces: str) -> None:
    assert not Quantity.holds(Decimal(pieces))
    with pytest.raises(StatementError, match=r"decimal places|not a quantity"):
        await keep(things, "pieces", Decimal(pieces))


async def test_an_amount_may_be_missing_or_whole(things: Database) -> None:
    assert await keep(things, "price", None) is None
    assert await keep(things, "price", 18_240) == Decimal("18240.00")


@pytest.mark.parametrize(
    ("price", "sentence"),
    [
        (Decimal("0.005"), "more than 2 decimal places"),
        (Decimal("1000000000000"), "not an amount"),
        (Decimal("NaN"), "not an amount"),
        (Decimal("Infinity"), "not an amount"),
        (0.1, "a Decimal, not float"),
        (True, "a Decimal, not bool"),
        ("100", "a Decimal, not str"),
    ],
)
async def test_what_is_no_exact_amount_is_refused(things: Database, price: Any, sentence: str) -> None:
    with pytest.raises((StatementError, TypeError), match=sentence):
        await keep(things, "price", price)


async def test_sums_and_comparisons_are_exact(things: Database) -> None:
    for price in ("0.10", "0.20", "1000000.00"):
        await keep(things, "price", Decimal(price))

    def ask(tx: Tx) -> tuple[Any, Any]:
        total = tx.conn.execute(select(func.sum(THINGS.c.price))).scalar()
        small = tx.conn.execute(select(func.count()).where(THINGS.c.price < Decimal("0.20"))).scalar()
        return total, small

    assert await things.read(ask) == (Decimal("1000000.30"), 1)


async def test_ids_grow_and_are_wide(things: Database) -> None:
    def work(tx: Tx) -> list[int]:
        tx.conn.execute(insert(THINGS).values(id=2**40))
        tx.conn.execute(insert(THINGS).values(price=1))
        return list(tx.conn.execute(select(THINGS.c.id).order_by(THINGS.c.id)).scalars())

    ids = await things.write(work)
    assert len(set(ids)) == 2
    assert 2**40 in ids
