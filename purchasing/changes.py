"""What a confirmation makes dearer or cheaper: unit prices and taxes of lines, the shipping, the tax in all. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from purchasing import standing
from purchasing.history import OrderDetail
from storage.tables import OrderConfirmation, OrderConfirmationLine, OrderLine

ROUNDING = Decimal(1)
"""Yen by which the tax of a part of a line may differ: Amazon rounds each by itself."""


@dataclass(frozen=True, slots=True)
class Change:
    """An amount as ordered and as confirmed. `matters`: it is no mere consequence of what was refused."""

    before: Decimal
    after: Decimal
    matters: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """Of one confirmation: the lines with another unit price, those with another tax alone, and what changed in all."""

    prices: frozenset[int]
    taxes: frozenset[int]
    shipping: Change | None
    tax: Change | None

    @property
    def ask(self) -> bool:
        """Whether the buyer may not want the goods for this."""
        whole = any(each.matters for each in (self.shipping, self.tax) if each)
        return whole or bool(self.prices or self.taxes)


def changed(
    found: OrderDetail,
    articles: Mapping[int, OrderLine],
    head: OrderConfirmation,
    said: Sequence[OrderConfirmationLine],
) -> Changes:
    """What this confirmation, of these lines, makes other than ordered; what an earlier one told is not told again."""
    accepted = [(articles[row.line_number], row) for row in said if row.accepted]
    prices = frozenset(row.line_number for article, row in accepted if price_changed(article, row))
    taxes = frozenset(row.line_number for article, row in accepted if tax_changed(article, row)) - prices
    if not accepted:
        return Changes(prices, taxes, None, None)
    return Changes(prices, taxes, _shipping(found, head), _tax(found, articles, head))


def price_changed(article: OrderLine, row: OrderConfirmationLine) -> bool:
    return row.unit_price is not None and row.unit_price != article.unit_price


def tax_changed(article: OrderLine, row: OrderConfirmationLine) -> bool:
    """Of a part of a line Amazon tells a part of its tax, which shows nothing."""
    if row.tax is None or article.tax is None or row.accepted != article.quantity:
        return False
    return abs(row.tax - article.tax) > ROUNDING


def _shipping(found: OrderDetail, head: OrderConfirmation) -> Change | None:
    """What is dearer by this confirmation, at once; what is cheaper once no Amazon order is to come any more."""
    before, after = found.order.shipping or Decimal(0), standing.shipping(_until(found, head))
    if after is None or after == before:
        return None
    if after > before:
        earlier = standing.shipping([word for word in _until(found, head) if word.head.id != head.id])
        return Change(before, after, matters=True) if after > (earlier or 0) else None
    return Change(before, after, not _refused(found)) if _last(found, head) else None


def _tax(found: OrderDetail, articles: Mapping[int, OrderLine], head: OrderConfirmation) -> Change | None:
    """Told by the last Amazon order alone: before, a part of it is to come. Where a line of any of them tells another
    tax or price, the tax in all only repeats it; that less is taxed for a refusal goes without saying."""
    before, after = found.order.tax, standing.tax(found.said)
    if before is None or after is None or not _last(found, head):
        return None
    parts = [(articles[word.row.line_number], word.row) for word in found.said if word.accepted]
    if any(price_changed(*part) or tax_changed(*part) for part in parts):
        return None
    rounded = abs(after - before) <= ROUNDING * len(parts)
    return None if rounded or (after < before and _refused(found)) else Change(before, after, matters=True)


def _until(found: OrderDetail, head: OrderConfirmation) -> list[standing.Word]:
    """What this confirmation and those heard before it say."""
    return [word for word in found.said if (word.head.id or 0) <= (head.id or 0)]


def _last(found: OrderDetail, head: OrderConfirmation) -> bool:
    """Whether nothing is accepted after this confirmation, nor can be."""
    settled = all(line.accepted + line.rejected >= line.quantity for line in found.lines)
    return settled and head.id == max((word.head.id or 0 for word in found.said if word.accepted), default=0)


def _refused(found: OrderDetail) -> bool:
    return any(line.rejected for line in found.lines)
