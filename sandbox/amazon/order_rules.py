"""What Amazon refuses of an order: by itself, and against the cart it claims to come from.

Sources: Amazon reference 8, 9.4 and 17.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from sandbox.amazon.address_rules import judge_places
from sandbox.amazon.pricing import MAX_LINES, MAX_PIECES
from sandbox.amazon.rules import Findings, judge_credentials
from sandbox.amazon.walk import amount, attribute, has_zone, text, whole

MAX_ORDER_ID = 22

_ASIN = re.compile(r"[A-Z0-9]{10}")


@dataclass(frozen=True, slots=True)
class OrderedLine:
    """One ItemOut. `cart` and `position` are the two halves of the SPAID ("358-9479393-6024619", 1)."""

    number: int
    quantity: int
    asin: str
    cart: str
    position: int
    unit_price: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What an order says. `domain` is the buyer's own spelling, which confirmations repeat."""

    payload_id: str
    order_id: str
    order_date: str
    domain: str
    email: str
    prefectures: frozenset[str]
    lines: tuple[OrderedLine, ...]
    total: Decimal

    @property
    def goods(self) -> Decimal:
        """The sum of the lines in whole yen, without tax and shipping."""
        return sum((line.unit_price * line.quantity for line in self.lines), Decimal(0)).quantize(Decimal(1))


@dataclass(frozen=True, slots=True)
class CartFacts:
    """What the rules know of a cart handed out: its user, and (asin, quantity) by position from 1."""

    email: str
    prefecture: str
    lines: Mapping[int, tuple[str, int]]


def judge_order(root: etree._Element, identity: str, password: str) -> tuple[OrderFacts, Findings]:
    """Judge an OrderRequest by itself; what it says of a cart is judged by `judge_cart`."""
    findings = Findings()
    judge_credentials(root, identity, password, findings)
    order = root.find("Request/OrderRequest")
    if order is None:
        findings.refuse(400, "The document holds no Request/OrderRequest.")
        order = etree.Element("OrderRequest")
    header = order.find("OrderRequestHeader")
    if header is None:
        findings.refuse(400, "OrderRequest/OrderRequestHeader is missing.")
        header = etree.Element("OrderRequestHeader")
    _judge_order_header(header, findings)
    lines = _judge_lines(order, findings)
    total = _judge_money(order, findings)
    facts = OrderFacts(
        payload_id=root.get("payloadID", ""),
        order_id=header.get("orderID", "").strip(),
        order_date=header.get("orderDate", ""),
        domain=attribute(root, "Header/From/Credential", "domain"),
        email=text(header, "Extrinsic[@name='email']"),
        prefectures=judge_places(order, findings),
        lines=lines,
        total=total,
    )
    return facts, findings


def judge_cart(facts: OrderFacts, carts: Mapping[str, CartFacts]) -> Findings:
    """Judge an order against the carts handed out: every line must come from one cart, as it was there."""
    findings = Findings()
    named = {line.cart for line in facts.lines}
    for name in sorted(named - carts.keys()):
        findings.refuse(
            400, f"SupplierPartAuxiliaryID {name} belongs to no cart that was handed to this account."
        )
    if len(named) > 1:
        findings.refuse(400, "The lines come from more than one cart.")
    if findings.faults or not named:
        return findings
    cart = carts[named.pop()]
    positions = [line.position for line in facts.lines]
    if len(set(positions)) < len(positions):
        findings.refuse(400, "Two lines carry the same SupplierPartAuxiliaryID.")
    for line in facts.lines:
        known = cart.lines.get(line.position)
        if known is None:
            findings.refuse(400, f"Line {line.number}: the cart has no position {line.position}.")
        elif known[0] != line.asin:
            findings.refuse(
                400, f"Line {line.number}: {line.asin} is not what the SupplierPartAuxiliaryID stands for."
            )
    if facts.email and facts.email.casefold() != cart.email.casefold():
        findings.refuse(400, "The order's e-mail address is not that of the user who filled the cart.")
    if cart.prefecture and facts.prefectures != {cart.prefecture}:
        findings.remark("配送先の都道府県がカートと違うため、価格保持は適用されません。")
    return findings


def changed_quantity(facts: OrderFacts, cart: CartFacts) -> bool:
    """The order does not order the cart as it is: lines dropped, fewer or more pieces (code 018-007)."""
    ordered = {line.position: line.quantity for line in facts.lines}
    return ordered != {position: quantity for position, (_, quantity) in cart.lines.items()}


def _judge_order_header(header: etree._Element, findings: Findings) -> None:
    order_id = header.get("orderID", "").strip()
    if not order_id:
        findings.refuse(400, "OrderRequestHeader/@orderID is missing.")
    elif len(order_id) > MAX_ORDER_ID:
        findings.remark(f"orderID が {MAX_ORDER_ID} 文字を超えています。")
    if not has_zone(header.get("orderDate", "")):
        findings.refuse(400, "OrderRequestHeader/@orderDate is missing or has no time zone.")
    if header.get("type", "new") != "new":
        findings.refuse(400, f'type="{header.get("type")}" is not supported, only "new" is.')
    if header.get("orderType", "regular") != "regular":
        findings.refuse(400, f'orderType="{header.get("orderType")}" is not supported, only "regular" is.')
    if next(header.iter("Payment", "PCard"), None) is not None:
        findings.refuse(400, "Payment data is not accepted.")
    if header.find("Total") is None:
        findings.refuse(400, "OrderRequestHeader/Total is missing.")
    if header.find("BillTo") is None:
        findings.remark("BillTo がありません。")
    if not text(header, "Extrinsic[@name='email']"):
        findings.remark("Extrinsic email がありません。")


def _judge_lines(order: etree._Element, findings: Findings) -> tuple[OrderedLine, ...]:
    lines: list[OrderedLine] = []
    items = order.findall("ItemOut")
    if not items:
        findings.refuse(400, "The order has no ItemOut.")
    if len(items) > MAX_LINES:
        findings.refuse(400, f"The order has {len(items)} lines; at most {MAX_LINES} are accepted.")
    for item in items:
        line = _judge_line(item, findings)
        if line is None:
            continue
        if any(line.number == other.number for other in lines):
            findings.refuse(400, f"lineNumber {line.number} occurs twice.")
        lines.append(line)
    return tuple(lines)


def _judge_line(item: etree._Element, findings: Findings) -> OrderedLine | None:
    where = f"ItemOut {item.get('lineNumber', '?')}"
    number = whole(item.get("lineNumber", ""))
    quantity = whole(item.get("quantity", ""))
    asin = text(item, "ItemID/SupplierPartID")
    spaid = text(item, "ItemID/SupplierPartAuxiliaryID")
    cart, _, position = spaid.rpartition(",")
    unit = text(item, "ItemDetail/UnitOfMeasure")
    price = amount(text(item, "ItemDetail/UnitPrice/Money"))
    wrong = [
        sentence
        for broken, sentence in (
            (not number, "lineNumber must be a whole number from 1."),
            (not quantity, "quantity must be a whole number from 1."),
            (quantity > MAX_PIECES, f"at most {MAX_PIECES} pieces are accepted."),
            (not _ASIN.fullmatch(asin), "SupplierPartID is not an ASIN."),
            (not spaid, "SupplierPartAuxiliaryID is missing."),
            (
                bool(spaid) and not (cart and whole(position)),
                "SupplierPartAuxiliaryID is not as it was sent.",
            ),
            (price is None, "UnitPrice is missing or no amount."),
            (not unit, "UnitOfMeasure is missing."),
            (not text(item, "ItemDetail/Description"), "Description is missing."),
        )
        if broken
    ]
    for sentence in wrong:
        findings.refuse(400, f"{where}: {sentence}")
    if wrong or price is None:
        return None
    return OrderedLine(number, quantity, asin, cart, whole(position), price, unit)


def _judge_money(order: etree._Element, findings: Findings) -> Decimal:
    """Every amount is whole yen, and the total is goods, shipping and tax; returns the total."""
    for money in order.iter("Money"):
        value = amount(text(money))
        if money.get("currency") != "JPY":
            findings.refuse(400, f'Currency "{money.get("currency", "")}" is not accepted, only JPY is.')
            break
        if value is None or value != value.to_integral_value():
            findings.refuse(400, f'"{text(money)}" is not an amount of whole yen.')
            break
    total, shipping, tax = (
        _money(order, f"OrderRequestHeader/{part}/Money") for part in ("Total", "Shipping", "Tax")
    )
    goods = sum(
        (
            _money(item, "ItemDetail/UnitPrice/Money") * whole(item.get("quantity", ""))
            for item in order.iterfind("ItemOut")
        ),
        Decimal(0),
    )
    if total != goods + shipping + tax:
        findings.remark(f"Total {total} が商品・配送料・税の合計 {goods + shipping + tax} と一致しません。")
    return total


def _money(element: etree._Element, path: str) -> Decimal:
    return amount(text(element, path)) or Decimal(0)
