"""Order numbers: readable, unique under any press, and begun anew when the date in them changes in Japan."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from punchout.envelope import Account
from punchout.order import MAX_NUMBER
from punchout.secret import Secret
from purchasing.numbers import check_pattern, next_number, render, resembles
from purchasing.values import Company
from storage.database import Database, Tx

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
COMPANY = Company(
    id="1",
    name="株式会社サンプル商事",
    public_url="https://bot.example.co.jp",
    account=Account(identity="kaimono", secret=Secret("x"), deployment_mode="test"),
    punchout_url="https://amazon.example.com/punchout",
    order_url="https://amazon.example.com/orders",
    test=True,
)


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("KM-{yyyy}{mm}-{n:05d}", "KM-202611-00042"),
        ("{yy}{mm}{dd}-{n}", "261124-42"),
        ("PO/{n:08d}", "PO/00000042"),
        ("{n}", "42"),
    ],
)
def test_a_pattern_is_filled_in(pattern: str, number: str) -> None:
    assert render(pattern, NOW, 42) == number
    check_pattern(pattern)


def test_the_day_is_the_day_in_japan() -> None:
    assert render("{yyyy}{mm}{dd}-{n}", datetime(2026, 12, 31, 15, 0, tzinfo=UTC), 1) == "20270101-1"
    assert render("{yyyy}{mm}{dd}-{n}", datetime(2026, 12, 31, 14, 59, tzinfo=UTC), 1) == "20261231-1"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("KM-{yyyy}{mm}", "needs {n}"),
        ("KM-{yyyy}-{number}", "unknown field"),
        ("KM-{}-{n}", "unknown field"),
        ("KM-{n.x}", "unknown field"),
        ("KM-{yyyy}{mm}{dd}-{n:012d}", f"longer than {MAX_NUMBER}"),
        ("注文-{n}", "only letters, digits"),
        ("KM {n}", "only letters, digits"),
        ("KM:{n}", "only letters, digits"),
        ("KM-{n", "expected '}'"),
    ],
)
def test_a_pattern_that_makes_no_good_numbers_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("{", r"\{")):
        check_pattern(pattern)


async def test_numbers_are_given_once_each_and_without_a_gap(database: Database) -> None:
    """Fifty at the same moment: on SQLite from one writer, on PostgreSQL from many connections."""
    given = await asyncio.gather(
        *(database.write(lambda tx: next_number(tx, COMPANY, NOW)) for _ in range(50))
    )
    assert sorted(given) == [f"KM-202611-{n:05d}" for n in range(1, 51)]


async def test_a_number_of_a_unit_that_failed_is_given_again(database: Database) -> None:
    def fails(tx: Tx) -> None:
        assert next_number(tx, COMPANY, NOW) == "KM-202611-00001"
        raise RuntimeError("after the number was taken")

    with pytest.raises(RuntimeError):
        await database.write(fails)
    assert await database.write(lambda tx: next_number(tx, COMPANY, NOW)) == "KM-202611-00001"


async def test_a_month_begins_at_one_at_midnight_in_japan(database: Database) -> None:
    last_second = datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC)

    async def number(now: datetime) -> str:
        return await database.write(lambda tx: next_number(tx, COMPANY, now))

    assert await number(last_second) == "KM-202611-00001"
    assert await number(last_second) == "KM-202611-00002"
    assert await number(last_second + timedelta(seconds=1)) == "KM-202612-00001"
    assert await number(last_second) == "KM-202611-00003"


async def test_every_company_counts_for_itself(database: Database) -> None:
    other = replace(COMPANY, id="2")
    assert await database.write(lambda tx: next_number(tx, COMPANY, NOW)) == "KM-202611-00001"
    assert await database.write(lambda tx: next_number(tx, other, NOW)) == "KM-202611-00001"
    assert await database.write(lambda tx: next_number(tx, other, NOW)) == "KM-202611-00002"


async def test_a_pattern_without_a_date_never_begins_anew(database: Database) -> None:
    company = replace(COMPANY, number_pattern="PO-{n:06d}")
    assert await database.write(lambda tx: next_number(tx, company, NOW)) == "PO-000001"
    later = NOW + timedelta(days=400)
    assert await database.write(lambda tx: next_number(tx, company, later)) == "PO-000002"


@pytest.mark.parametrize(
    ("pattern", "word", "same"),
    [
        ("KM-{yyyy}{mm}-{n:05d}", "KM-202611-00042", True),
        ("KM-{yyyy}{mm}-{n:05d}", "km202611-42", True),
        ("KM-{yyyy}{mm}-{n:05d}", "MK-202611-00042", False),
        ("KM-{yyyy}{mm}-{n:05d}", "KM-42", False),
        ("KM-{yyyy}{mm}-{n:05d}", "250-5123176-9239824", True),
        ("KM-{yyyy}{mm}-{n:05d}", "D01-512317-9239824", True),
        ("KM-{yyyy}{mm}-{n:05d}", "03-0000-0000", False),
        ("{n:08d}", "00000042", True),
        ("{n:08d}", "42", False),
    ],
)
def test_a_mistyped_number_is_told_from_other_words(pattern: str, word: str, same: bool) -> None:
    assert resembles(pattern, word) is same
