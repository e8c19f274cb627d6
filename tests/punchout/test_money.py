from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchout.money import Money, MoneyRefused, read_decimal, read_money, read_number, write_decimal
from tests.punchout.given import yen


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("9691.00", "9691"),
        ("16182.0", "16182"),
        ("1618", "1618"),
        (" 9,691.00\n", "9691"),
        ("1 234 567", "1234567"),
        ("0", "0"),
        ("-373.00", "-373"),
        ("+5.", "5"),
    ],
)
def test_every_way_amazon_writes_yen_is_read(written: str, amount: str) -> None:
    assert read_money(written, " jpy ") == Money(Decimal(amount), "JPY")


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "A number is missing."),
        (None, "A number is missing."),
        ("12,50", "“12,50” is not a number."),
        ("1e5", "“1e5” is not a number."),
        ("NaN", "“NaN” is not a number."),
        ("1" * 19, "“1111111111111111111” is not a number."),
        ("¥100", "“¥100” is not a number."),
        ("9691.50", "The yen amount 9691.50 has a fraction."),
        ("0.01", "The yen amount 0.01 has a fraction."),
    ],
)
def test_what_is_no_yen_amount_is_refused_with_a_sentence(written: str | None, reason: str) -> None:
    with pytest.raises(MoneyRefused) as refusal:
        read_money(written, "JPY")
    assert refusal.value.reason == reason


def test_an_amount_without_currency_is_refused() -> None:
    with pytest.raises(MoneyRefused, match="no currency"):
        read_money("1", None)


def test_an_amount_that_is_no_number_cannot_be_made() -> None:
    with pytest.raises(MoneyRefused, match="not a number"):
        Money(Decimal("Infinity"), "USD")


def test_cents_are_fine_in_dollars() -> None:
    assert read_money("9691.505", "USD").wire() == "9691.505"


def test_sums_and_multiples() -> None:
    assert yen(5855) + yen("1185.00") == yen(7040)
    assert yen(2199).times(Decimal("2")) == yen(4398)
    assert Money.zero("JPY") + yen(1) == yen(1)
    assert Money.zero("JPY"), "a shipping cost of 0 yen is a shipping cost"


def test_two_currencies_do_not_add() -> None:
    with pytest.raises(MoneyRefused, match="JPY and USD"):
        yen(1) + Money(Decimal(1), "USD")


def test_the_wire_has_two_places() -> None:
    assert [yen(9691).wire(), yen("0.0").wire(), yen("1E+3").wire()] == ["9691.00", "0.00", "1000.00"]


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2))
def test_what_is_written_is_read_back(amount: Decimal) -> None:
    money = Money(amount, "USD")
    assert read_money(money.wire(), "USD") == money


@pytest.mark.parametrize(
    ("number", "written"),
    [("1", "1"), ("1.0", "1"), ("0.50", "0.5"), ("1E+2", "100"), ("100", "100"), ("999.000", "999")],
)
def test_quantities_are_written_without_zeros(number: str, written: str) -> None:
    assert write_decimal(Decimal(number)) == written
    assert read_decimal(written) == Decimal(number)


def test_line_numbers_are_digits_alone() -> None:
    assert [read_number(words) for words in ("12", " 007 ", "", None, "-1", "1.0", "１２", "9" * 10)] == [
        12, 7, None, None, None, None, None, None,
    ]  # fmt: skip
