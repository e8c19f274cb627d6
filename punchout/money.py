"""Money on the wire: a decimal text with two places even for yen, which has none (Amazon reference 7.3).

Read leniently ("9691.00", "16182.0", "1618", " 9,691 "), written strictly ("9691.00"). A yen amount with a
fraction is refused everywhere: it is the sign of a hundredfold mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from punchout.markup import Markup, tag
from punchout.xml import DocumentRefused, Element

__all__ = [
    "Money",
    "MoneyRefused",
    "money_in",
    "read_decimal",
    "read_money",
    "read_number",
    "read_quantity",
    "write_decimal",
    "write_money",
]

_PLAIN = re.compile(r"[+-]?\d{1,18}(\.\d{0,9})?|[+-]?\.\d{1,9}", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d{0,9})?", re.ASCII)


class MoneyRefused(DocumentRefused):
    """An amount that is no amount, or not one of its currency."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount and its ISO 4217 currency. Refuses a fraction of a yen, NaN and a missing currency."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise MoneyRefused("An amount is not a number.")
        if not self.currency:
            raise MoneyRefused("An amount has no currency.")
        if self.currency == "JPY" and self.amount % 1:
            raise MoneyRefused(f"The yen amount {self.amount} has a fraction.")

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(Decimal(0), currency)

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise MoneyRefused(f"Amounts in {self.currency} and {other.currency} cannot be added.")
        return Money(self.amount + other.amount, self.currency)

    def times(self, quantity: Decimal | int) -> Money:
        return Money(self.amount * quantity, self.currency)

    def wire(self) -> str:
        """The amount as documents write it: two places at least, no exponent, no thousands sign."""
        places = -int(self.amount.as_tuple().exponent)
        return f"{self.amount:.2f}" if places <= 2 else f"{self.amount:f}"


# Both readers' values are immutable and a cart repeats them (0.00, 8.00, 1): one object serves all.
@lru_cache(maxsize=4096)
def read_decimal(words: str) -> Decimal:
    """A plain decimal text; blanks and thousands commas are forgiven. Raises `MoneyRefused` for the rest."""
    compact = "".join(words.split())
    if _PLAIN.fullmatch(compact):
        return Decimal(compact)
    if _GROUPED.fullmatch(compact):
        return Decimal(compact.replace(",", ""))
    raise MoneyRefused(f"“{words.strip()[:40]}” is not a number." if compact else "A number is missing.")


MOST = Decimal(10) ** 9


def read_quantity(words: str | None) -> Decimal:
    """Pieces, or parts of one to nine places. Raises `MoneyRefused` for what nobody can have ordered."""
    quantity = read_decimal(words or "")
    if not 0 <= quantity < MOST:
        raise MoneyRefused(f"“{(words or '').strip()[:40]}” is not a quantity.")
    return quantity


def read_number(words: str | None) -> int | None:
    """A line number or code: digits alone, nine at most; None for anything else."""
    digits = (words or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


def write_decimal(number: Decimal) -> str:
    """A quantity or rate without exponent and without trailing zeros: 1, 0.5, 1000."""
    return f"{number:f}".rstrip("0").rstrip(".") if number % 1 else f"{number.to_integral_value():f}"


@lru_cache(maxsize=4096)
def read_money(words: str | None, currency: str | None) -> Money:
    """The value of a `Money` element from its text and its `currency` attribute."""
    return Money(read_decimal(words or ""), (currency or "").strip().upper())


def money_in(element: Element) -> Money:
    """The amount that `element` (Total, UnitPrice, Shipping, Tax, TaxAmount ...) wraps."""
    for child in element:
        if child.tag == "Money":
            return read_money(child.text, child.get("currency"))
    raise MoneyRefused(f"{element.tag!s} holds no amount.")


def write_money(money: Money) -> Markup:
    return tag("Money", money.wire(), currency=money.currency)
