"""What a confirmation makes dearer or cheaper: unit prices and taxes of lines, the shipping, the tax in all. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.talk.wording import Wording
from purchasing.history import OrderDetail
from storage.tables import OrderConfirmationLine, OrderLine


@dataclass(frozen=True, slots=True)
class Change:
    """An amount as ordered and as confirmed. `matters`: it is no mere consequence of what was refused."""

    before: Decimal
    after: Decimal
    matters: bool


@dataclass(frozen=True, slots=True)
class Charges:
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

    def in_all(self, words: Wording, currency: str) -> list[str]:
        """What changed in all, before and after."""
        written = []
        for name, change in (("line_shipping", self.shipping), ("whole_tax", self.tax)):
            if change is not None:
                before, after = (words.money(each, currency) for each in (change.before, change.after))
                written.append(words("notice", name, before=before, after=after))
        return written

    def counted(self, words: Wording) -> list[str]:
        """For the head of an administrator's notice: of how many lines a price or the tax alone changed."""
        written = [words("admin", "prices_changed", count=len(self.prices))] if self.prices else []
        return written + ([words("admin", "taxes_changed", count=len(self.taxes))] if self.taxes else [])

    def named(self, words: Wording) -> str:
        """What changed, for the sentence that says what to do now."""
        names = [words("notice", "changed_price")] if self.prices else []
        names += [words("notice", "changed_shipping")] if self.shipping and self.shipping.matters else []
        names += [words("notice", "changed_tax")] if self.taxes or self.tax else []
        return words("notice", "changed_join").join(names)


def changed(
    found: OrderDetail, articles: Mapping[int, OrderLine], said: Sequence[OrderConfirmationLine]
) -> Charges:
    """What is not as ordered in a confirmation of these lines."""
    accepted = [(articles[row.line_number], row) for row in said if row.accepted]
    prices = frozenset(row.line_number for article, row in accepted if price_changed(article, row))
    taxes = frozenset(row.line_number for article, row in accepted if tax_changed(article, row)) - prices
    if not accepted:
        return Charges(prices, taxes, None, None)
    shipping = _change(found, found.order.shipping or Decimal(0), found.confirmed_shipping)
    tax = _change(found, found.order.tax, found.confirmed_tax)
    # Where lines tell another tax or price, the tax in all only repeats it; that less is taxed goes without saying.
    if prices or taxes or (tax and not tax.matters):
        tax = None
    return Charges(prices, taxes, shipping, tax)


def price_changed(article: OrderLine, row: OrderConfirmationLine) -> bool:
    return row.unit_price is not None and row.unit_price != article.unit_price


def tax_changed(article: OrderLine, row: OrderConfirmationLine) -> bool:
    """Of a part of a line Amazon tells a part of its tax, which shows nothing."""
    told = row.tax is not None and article.tax is not None
    return told and row.accepted == article.quantity and row.tax != article.tax


def _change(found: OrderDetail, before: Decimal | None, after: Decimal | None) -> Change | None:
    """What is dearer at once; what is cheaper only when no Amazon order is to come any more."""
    settled = all(line.accepted + line.rejected >= line.quantity for line in found.lines)
    if before is None or after is None or after == before or (after < before and not settled):
        return None
    return Change(before, after, after > before or not any(line.rejected for line in found.lines))
