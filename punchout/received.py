"""An OrderRequest as the supplier's side reads it: for `kaimono read`, and for tests of what we write.

Nothing is judged here. The values say what was sent, payment data and a missing address included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from punchout.address import Address, read_address
from punchout.dates import read_time
from punchout.envelope import content_of
from punchout.item import CartLine, ItemRefused, read_item
from punchout.money import Money, money_in
from punchout.xml import DocumentRefused, Element, text

__all__ = ["ReceivedLine", "ReceivedOrder", "read_order"]


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """`item` holds quantity, ASIN, SPAID (`auxiliary_xml`), unit and amounts; `line_number` None when absent.
    `accounting` are the (name, type, id) of its Segments."""

    line_number: int | None
    item: CartLine
    accounting: tuple[tuple[str, str, str], ...] = ()
    ship_to: Address | None = None


@dataclass(frozen=True, slots=True)
class ReceivedOrder:
    """One order; what the document leaves out is None or empty."""

    number: str
    type: str
    ordered_at: datetime | None
    total: Money | None
    shipping: Money | None
    tax: Money | None
    ship_to: Address | None
    bill_to: Address | None
    contact: Address | None
    email: str
    has_payment: bool
    lines: tuple[ReceivedLine, ...]
    comments: str = ""
    extrinsics: tuple[tuple[str, str], ...] = ()


def read_order(root: Element) -> ReceivedOrder:
    """Raises `DocumentRefused` when this is no OrderRequest, or an amount or a line cannot be read."""
    order = content_of(root, "OrderRequest")
    header = order.find("OrderRequestHeader")
    if header is None:
        raise DocumentRefused("This is no OrderRequest.")
    money: dict[str, Money] = {}
    places: dict[str, Address | None] = {}
    extrinsics: list[tuple[str, str]] = []
    comments = ""
    for part in header:
        match part.tag:
            case "Total" | "Shipping" | "Tax":
                money[str(part.tag)] = money_in(part)
            case "ShipTo" | "BillTo" | "Contact":
                places.setdefault(str(part.tag), read_address(part))
            case "Comments":
                comments = comments or text(part)
            case "Extrinsic":
                extrinsics.append((part.get("name", ""), text(part)))
    named = dict(extrinsics)
    return ReceivedOrder(
        number=header.get("orderID", "").strip(),
        type=header.get("type") or "new",
        ordered_at=read_time(header.get("orderDate")),
        total=money.get("Total"),
        shipping=money.get("Shipping"),
        tax=money.get("Tax"),
        ship_to=places.get("ShipTo"),
        bill_to=places.get("BillTo"),
        contact=places.get("Contact"),
        email=named.get("email") or named.get("UserEmail", ""),
        has_payment=header.find("Payment") is not None,
        lines=tuple(_read_line(n, item) for n, item in enumerate(order.iterchildren("ItemOut"), start=1)),
        comments=comments,
        extrinsics=tuple(extrinsics),
    )


def _read_line(number: int, element: Element) -> ReceivedLine:
    try:
        item = read_item(element)
    except ItemRefused as refusal:
        raise ItemRefused(f"Line {number} of the order {refusal.reason}") from None
    ship_to = element.find("ShipTo")
    return ReceivedLine(
        line_number=item.line_number,
        item=item,
        accounting=tuple(
            (accounting.get("name", ""), segment.get("type", ""), segment.get("id", ""))
            for accounting in element.iterfind("Distribution/Accounting")
            for segment in accounting.iterfind("Segment")
        ),
        ship_to=read_address(ship_to) if ship_to is not None else None,
    )
