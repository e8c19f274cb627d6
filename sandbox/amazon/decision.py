"""What Amazon makes of an order it has taken: purchases, one per seller, and refused lines. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sandbox.amazon import offers, safeguards
from sandbox.amazon.goods import Shelf
from sandbox.amazon.moods import Outcome
from sandbox.amazon.order_rules import OrderedLine, OrderFacts, changed_quantity
from sandbox.amazon.pricing import PricedLine, price_line
from sandbox.amazon.safeguards import Safeguard
from sandbox.amazon.sessions import HandedCart, new_number

ORDER_NUMBERS_BEGIN = 250

QUANTITY_CHANGED = "018-007"
SEE_LINES = "001-012"
OUT_OF_STOCK = "015-005"

# Own wording; the bracketed ending is Amazon's, and so are the first three codes (reference 9.4). No list of
# the others is public: those that begin with 990 are made up here, as codes that a buyer has never met.
REASONS = {
    QUANTITY_CHANGED: "注文の数量が、承認を依頼したカートの数量と一致しません。[エラーコード: 018-007]",
    SEE_LINES: "注文はキャンセルされました。または商品にエラーがあります。各行の理由をご確認ください。"
    "[エラーコード: 001-012]",
    OUT_OF_STOCK: "在庫が足りないため、この商品をご用意できません。[エラーコード: 015-005]",
    "990-001": "単価が、注文セーフガードの上限を超えました。[エラーコード: 990-001]",
    "990-003": "販売者が変わったため、注文セーフガードにより注文できません。[エラーコード: 990-003]",
    "990-004": "配送料が、注文セーフガードの上限を超えました。[エラーコード: 990-004]",
    "990-005": "お届けまでの日数が、注文セーフガードの上限を超えました。[エラーコード: 990-005]",
    "990-006": "Amazon以外からの発送となるため、注文セーフガードにより注文できません。[エラーコード: 990-006]",
}
_CODES = {
    "price": "990-001",
    "quantity": OUT_OF_STOCK,
    "seller": "990-003",
    "shipping": "990-004",
    "delivery": "990-005",
    "amazon": "990-006",
}


@dataclass(frozen=True, slots=True)
class BoughtLine:
    """An accepted line: as it was ordered, and as it is now priced, maybe for fewer pieces; `code` says why fewer."""

    ordered: OrderedLine
    priced: PricedLine
    seller: str
    code: str = OUT_OF_STOCK

    @property
    def short(self) -> int:
        """Pieces that were ordered but are not bought."""
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

    @property
    def accepts(self) -> bool:
        """Whether a piece at least is bought."""
        return any(line.priced.quantity for purchase in self.purchases for line in purchase.lines)


def decide(
    order: OrderFacts,
    cart: HandedCart,
    outcome: Outcome,
    shelf: Shelf,
    guards: Mapping[str, Safeguard],
    *,
    held: bool,
) -> Decision:
    """Decide an order on a cart: everything is refused if quantities were changed, else the day's offers and the group's
    safeguards rule. Amazon prices by the cart, never by the amounts of the order (reference 16)."""
    if changed_quantity(order, cart.facts):
        return _cancelled(order, {}, (QUANTITY_CHANGED, SEE_LINES))
    bought: list[BoughtLine] = []
    refused: dict[int, str] = {}
    cancelled = False
    for line in order.lines:
        priced = cart.quote.lines[line.position - 1]
        today = offers.offer(priced, shelf, outcome, held=held, first=line is order.lines[0])
        broken = safeguards.exceeded(guards, priced.unit_price, line.quantity, today)
        if broken is not None and broken.action != "available":
            refused[line.number] = _CODES[broken.key]
            cancelled = cancelled or broken.action == "cancel"
        elif not today.pieces:
            refused[line.number] = OUT_OF_STOCK
        else:
            now = price_line(
                priced.product, min(today.pieces, line.quantity), today.unit_price, today.shipping
            )
            bought.append(BoughtLine(line, now, today.seller))
    if cancelled:
        return _cancelled(order, refused, (SEE_LINES,))
    lines = tuple(RefusedLine(line, refused[line.number]) for line in order.lines if line.number in refused)
    return Decision(_by_seller(bought, apart=outcome == "split"), lines, (SEE_LINES,) if lines else ())


def corrected(before: Decision, now: Decision) -> Decision:
    """A second decision on an order that was confirmed: every Amazon order keeps its number and its lines, of which some
    may now be bought for less, for more, or not at all. What was refused stays refused."""
    bought = {line.ordered.number: line for purchase in now.purchases for line in purchase.lines}
    codes = {line.ordered.number: line.code for line in now.refused}

    def again(line: BoughtLine) -> BoughtLine:
        number = line.ordered.number
        if number in bought:
            return bought[number]
        return replace(
            line,
            priced=price_line(line.priced.product, 0, line.priced.unit_price, Decimal(0)),
            code=codes.get(number, OUT_OF_STOCK),
        )

    purchases = tuple(replace(each, lines=tuple(map(again, each.lines))) for each in before.purchases)
    return replace(before, purchases=purchases)


def _cancelled(order: OrderFacts, codes: Mapping[int, str], errors: tuple[str, ...]) -> Decision:
    refused = tuple(RefusedLine(line, codes.get(line.number, SEE_LINES)) for line in order.lines)
    return Decision((), refused, errors)


def _by_seller(bought: Sequence[BoughtLine], *, apart: bool) -> tuple[Purchase, ...]:
    groups: dict[str, list[BoughtLine]] = {}
    for line in bought:
        groups.setdefault(f"{line.seller} {line.ordered.number}" if apart else line.seller, []).append(line)
    return tuple(
        Purchase(new_number(ORDER_NUMBERS_BEGIN), lines[0].seller, tuple(lines)) for lines in groups.values()
    )
