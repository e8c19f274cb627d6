"""OrderRequest: what we send to Amazon when a member buys (Amazon reference 8, 13).

Written strictly: type new, no payment, the whole cart, numeric time offsets, Total with tax and shipping.
The finished bytes are stored before they are first sent, and a retry sends the same bytes: here they are
made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from punchout.address import Address, write_bill_to, write_contact, write_ship_to
from punchout.charges import write_shipping, write_tax, write_total
from punchout.dates import write_time
from punchout.envelope import Account, write_request
from punchout.item_out import copy_item
from punchout.markup import Markup, tag
from punchout.money import Money, write_decimal, write_money
from punchout.received import ReceivedLine, ReceivedOrder, read_order
from punchout.xml import DocumentRefused

__all__ = [
    "MAX_LINES", "MAX_NUMBER", "MAX_PIECES", "Distribution", "OrderLine", "OrderRefused", "OrderRequest",
    "ReceivedLine", "ReceivedOrder", "Segment", "build_order", "read_order",
]  # fmt: skip

MAX_LINES = 50  # Amazon reference 8.3, from two clients that quote Amazon's guide
MAX_PIECES = 999
MAX_NUMBER = 22  # the order number's length in X12, Amazon reference 8.2


class OrderRefused(DocumentRefused):
    """An order that Amazon would refuse: said before it is sent."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One accounting code: `type` ("Cost Center", "GL Account", "Project"), `id`, and words."""

    type: str
    id: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Distribution:
    """What part of a line (`charge`) is booked to which codes."""

    name: str
    segments: tuple[Segment, ...]
    charge: Money


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`line_number` is ours, from 1; confirmations and ship notices refer to it. `item_xml` is the cart
    line's `ItemIn` as it came. `ship_to` is for a line that goes elsewhere than the order."""

    line_number: int
    quantity: Decimal
    item_xml: bytes
    distributions: tuple[Distribution, ...] = ()
    ship_to: Address | None = None


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One order. `total` is what is paid: goods, shipping and tax. `email` is the member's at Amazon.
    `extrinsics` are those beside it."""

    number: str
    ordered_at: datetime
    total: Money
    shipping: Money | None
    tax: Money | None
    ship_to: Address
    bill_to: Address
    contact: Address | None
    email: str
    lines: tuple[OrderLine, ...]
    comments: str = ""
    extrinsics: tuple[tuple[str, str], ...] = ()


def build_order(order: OrderRequest, account: Account, payload_id: str, now: datetime) -> bytes:
    """The document to post, valid by the DTD. Raises `OrderRefused` with a sentence."""
    _check(order)
    # What stands in the header must not stand on a line too, and on one line means on all (Amazon reference 8.3).
    apart = any(line.ship_to for line in order.lines)
    header = tag(
        "OrderRequestHeader",
        write_total(order.total),
        None if apart else write_ship_to(order.ship_to),
        write_bill_to(order.bill_to),
        write_shipping(order.shipping),
        write_tax(order.tax),
        write_contact(order.contact) if order.contact is not None else None,
        tag("Comments", order.comments, lang="ja-JP") if order.comments else None,
        tag("Extrinsic", order.email, name="email") if order.email else None,
        *(tag("Extrinsic", value, name=name) for name, value in order.extrinsics),
        orderID=order.number,
        orderDate=write_time(order.ordered_at),
        orderType="regular",
        type="new",
    )
    payload = tag(
        "OrderRequest", header, *(_line(line, order.ship_to if apart else None) for line in order.lines)
    )
    return write_request(payload, account, payload_id, now)


def _check(order: OrderRequest) -> None:
    number = order.number.strip()
    if not number or len(number) > MAX_NUMBER or number != order.number:
        raise OrderRefused(f"The order number must have 1 to {MAX_NUMBER} characters.")
    if not order.lines:
        raise OrderRefused("The order has no lines.")
    if len(order.lines) > MAX_LINES:
        raise OrderRefused(f"Amazon takes {MAX_LINES} lines in one order, this has {len(order.lines)}.")
    if len({line.line_number for line in order.lines}) < len(order.lines):
        raise OrderRefused("Two lines of the order have the same number.")
    for line in order.lines:
        if not 0 < line.quantity <= MAX_PIECES:
            raise OrderRefused(
                f"Line {line.line_number}: Amazon takes 1 to {MAX_PIECES} pieces, not {line.quantity}."
            )
    for money in (order.shipping, order.tax):
        if money is not None and money.currency != order.total.currency:
            raise OrderRefused(f"The order mixes {order.total.currency} and {money.currency}.")


def _line(line: OrderLine, otherwise: Address | None) -> Markup:
    place = line.ship_to or otherwise
    try:
        item = copy_item(line.item_xml, write_ship_to(place) if place else None)
    except DocumentRefused as refusal:
        raise OrderRefused(f"The item of line {line.line_number} {refusal.reason}") from None
    number, quantity = str(line.line_number), write_decimal(line.quantity)
    return tag("ItemOut", item, *map(_distribution, line.distributions), lineNumber=number, quantity=quantity)


def _distribution(distribution: Distribution) -> Markup:
    segments = (
        tag("Segment", type=segment.type, id=segment.id, description=segment.description)
        for segment in distribution.segments
    )
    return tag(
        "Distribution",
        tag("Accounting", *segments, name=distribution.name),
        tag("Charge", write_money(distribution.charge)),
    )
