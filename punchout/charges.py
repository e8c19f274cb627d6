"""Shipping and Tax, the two charges that stand beside a total, on a whole document or on one line (Amazon
reference 7).

Amazon Japan's words say what they hold: shipping without tax, and the tax of goods and shipping together. A
Description is required by the DTD. Tax comes rounded per line: it is shown and kept, never computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from punchout.markup import Markup, tag
from punchout.money import Money, MoneyRefused, money_in, read_decimal, write_money
from punchout.xml import Element

__all__ = ["TaxDetail", "read_tax_details", "write_shipping", "write_tax", "write_total"]

SHIPPING_WORDS = "配送料（税抜）"
TAX_WORDS = "消費税（配送料に対する税額を含む）"


@dataclass(frozen=True, slots=True)
class TaxDetail:
    """One rate of one tax: `rate` in per cent; `purpose` (subtotalTax, shippingTax) and `category` (vat) are
    free text."""

    rate: Decimal | None
    purpose: str
    category: str
    amount: Money | None


def read_tax_details(tax: Element) -> tuple[TaxDetail, ...]:
    """The rates inside a Tax; a rate or an amount that cannot be read is None."""
    return tuple([_read_detail(child) for child in tax if child.tag == "TaxDetail"])


def _read_detail(detail: Element) -> TaxDetail:
    amount, rate = None, None
    for child in detail:
        if child.tag == "TaxAmount":
            try:
                amount = money_in(child)
            except MoneyRefused:
                amount = None
    if words := detail.get("percentageRate"):
        try:
            rate = read_decimal(words)
        except MoneyRefused:
            rate = None
    return TaxDetail(rate, detail.get("purpose", ""), detail.get("category", ""), amount)


def write_total(money: Money | None) -> Markup | None:
    """Nothing for an amount that is not there, as for the other two."""
    return None if money is None else tag("Total", write_money(money))


def write_shipping(money: Money | None, words: str = SHIPPING_WORDS) -> Markup | None:
    if money is None:
        return None
    return tag("Shipping", write_money(money), tag("Description", words, lang="ja-JP"))


def write_tax(money: Money | None, details: tuple[TaxDetail, ...] = ()) -> Markup | None:
    if money is None:
        return None
    return tag(
        "Tax",
        write_money(money),
        tag("Description", TAX_WORDS, lang="ja-JP"),
        *(_write_detail(detail) for detail in details),
    )


def _write_detail(detail: TaxDetail) -> Markup | None:
    if detail.amount is None:
        return None
    return tag(
        "TaxDetail",
        tag("TaxAmount", write_money(detail.amount)),
        category=detail.category or "vat",
        percentageRate=f"{detail.rate:.2f}" if detail.rate is not None else None,
        purpose=detail.purpose or None,
    )
