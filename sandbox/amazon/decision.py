"""What Amazon makes of an order it has taken: purchases, one per seller, and refused lines. Pure."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sandbox.amazon.moods import Outcome
from sandbox.amazon.order_rules import OrderedLine, OrderFacts, changed_quantity
from sandbox.amazon.pricing import PricedLine, price_line
from sandbox.amazon.sessions import HandedCart, new_number

PRICE_RISE = Decimal("1.10")
ORDER_NUMBERS_BEGIN = 250

QUANTITY_CHANGED = "018-007"
SEE_LINES = "001-012"
OUT_OF_STOCK = "015-005"

# Own wording; the codes and the bracketed ending are Amazon's (reference 9.4).
REASONS = {
    QUANTITY_CHANGED: "注文の数量が、承認を依頼したカートの数量と一致しません。[エラーコード: 018-007]",
    SEE_LINES: "注文はキャンセルされました。または商品にエラーがあります。各行の理由をご確認ください。"
    "[エラーコード: 001-012]",
    OUT_OF_STOCK: "在庫が足りないため、この商品をご用意できません。[エラーコード: 015-005]",
}


@dataclass(frozen=True, slots=True)
class BoughtLine:
    """An accepted line: as it was ordered, and as it is now priced, maybe for fewer pieces."""

    ordered: OrderedLine
    priced: PricedLine

    @property
    def short(self) -> int:
        """Pieces that were ordered but are not to be had."""
        return self.ordered.quantity - self.priced.quantity

    @property
    def new_price(self) -> Decimal | None:
        """The unit price, if it is not the one in the order."""
        return self.priced.unit_price if self.priced.unit_price != self.ordered.unit_price else None


@dataclass(frozen=True, slots=True)
class Purchase:
    """One Amazon order: the lines of one seller, confirmed and shipped together."""

    confirm_id: str
    seller: str
    lines: tuple[BoughtLine, ...]

    @property
    def goods(self) -> Decimal:
        return sum((line.priced.goods for line in self.lines), Decimal(0))

    @property
    def shipping(self) -> Decimal:
        return sum((line.priced.shipping for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        return sum((line.priced.tax for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.goods + self.shipping + self.tax


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that is not bought, with one of `REASONS`."""

    ordered: OrderedLine
    code: str


@dataclass(frozen=True, slots=True)
class Decision:
    """All lines of an order, each either bought or refused; `error_codes` are the header's of the refusal."""

    purchases: tuple[Purchase, ...]
    refused: tuple[RefusedLine, ...]
    error_codes: tuple[str, ...]


def decide(order: OrderFacts, cart: HandedCart, outcome: Outcome) -> Decision:
    """Decide an order on a cart: everything is refused if quantities were changed, else `outcome` rules."""
    if changed_quantity(order, cart.facts):
        refused = tuple(RefusedLine(line, SEE_LINES) for line in order.lines)
        return Decision((), refused, (QUANTITY_CHANGED, SEE_LINES))
    first, *rest = order.lines
    refused = (RefusedLine(first, OUT_OF_STOCK),) if outcome == "out_of_stock" else ()
    accepted = rest if refused else order.lines
    bought = [
        BoughtLine(line, _price(cart, line, outcome if line is first else "accept")) for line in accepted
    ]
    groups: dict[str, list[BoughtLine]] = {}
    for line in bought:
        seller = line.priced.product.seller
        key = f"{seller} {line.ordered.number}" if outcome == "split" else seller
        groups.setdefault(key, []).append(line)
    purchases = tuple(
        Purchase(new_number(ORDER_NUMBERS_BEGIN), lines[0].priced.product.seller, tuple(lines))
        for lines in groups.values()
    )
    return Decision(purchases, refused, (SEE_LINES,) if refused else ())


def _price(cart: HandedCart, line: OrderedLine, outcome: Outcome) -> PricedLine:
    """Amazon prices by the cart, never by the amounts of the order (reference 16)."""
    priced = cart.quote.lines[line.position - 1]
    quantity, unit_price = priced.quantity, priced.unit_price
    if outcome == "price_change":
        unit_price = (unit_price * PRICE_RISE).quantize(Decimal(1), ROUND_HALF_UP)
    elif outcome == "partial":
        quantity = (quantity + 1) // 2
    return price_line(priced.product, quantity, unit_price, priced.shipping)
