"""PunchOutOrderMessage: the cart that comes back through the member's browser (Amazon reference 7).

A cart is a proposal. The browser can change it, Amazon prices the order by its own records, so the amounts
are for showing. Total is goods without tax and shipping; what the member pays is `payable`. A cart without
lines means "finished without buying", not an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import repeat

from punchout.address import Address, read_address
from punchout.charges import TaxDetail, write_shipping, write_tax, write_total
from punchout.dates import zulu
from punchout.envelope import (
    AMAZON,
    AMAZONS_AGENT,
    Credential,
    Envelope,
    payload_of,
    read_envelope,
    write_header,
    write_message,
)
from punchout.form import CartRefused, decode_cart_form, from_form
from punchout.item import CartLine, amazon_extrinsics, read_item, write_item
from punchout.markup import tag
from punchout.money import Money, money_in
from punchout.xml import DocumentRefused, Element, parse_with_source, text

__all__ = [
    "Cart", "CartLine", "CartRefused", "TaxDetail", "amazon_extrinsics", "build_cart", "decode_cart_form",
    "from_form", "read_cart",
]  # fmt: skip

_ITEM_END = b"</ItemIn>"
_SUPPLIER = (Credential("DUNS", "128990368"), AMAZON)
BIG = 1024 * 1024
"""Bytes of a cart whose tree is given up while it is read."""


@dataclass(frozen=True, slots=True)
class Cart:
    """`notes` say what could not be read or does not agree, in sentences for the administrator."""

    buyer_cookie: str
    operation_allowed: str
    total: Money
    shipping: Money | None
    tax: Money | None
    lines: tuple[CartLine, ...]
    envelope: Envelope
    ship_to: Address | None = None
    notes: tuple[str, ...] = ()

    @property
    def payload_id(self) -> str | None:
        return self.envelope.payload_id

    @property
    def timestamp(self) -> datetime | None:
        return self.envelope.timestamp

    @property
    def payable(self) -> Money:
        """Total + shipping + tax."""
        zero = Money.zero(self.total.currency)
        return self.total + (self.shipping or zero) + (self.tax or zero)

    @property
    def empty(self) -> bool:
        """The member left the shop without asking for approval."""
        return not self.lines


def read_cart(data: bytes) -> Cart:
    """The cart in an XML document. Raises `XmlRefused`, and `CartRefused` for another document, a line that
    cannot be bought, a second currency or a yen amount with a fraction."""
    root, source = parse_with_source(data, blanks=False)
    try:
        return _read(root, source)
    except CartRefused:
        raise
    except DocumentRefused as refusal:
        raise CartRefused(refusal.reason) from None


def _item_sources(data: bytes, items: int) -> Iterator[bytes]:
    """Each `ItemIn` to the byte as it came; empty ones where text alone does not tell where an item ends."""
    at = data.find(b"<ItemIn")
    # Of both signs "!" is the rare one, and to look for one alone is quick.
    marked = data.find(b"!", at) >= 0 and data.find(b"<!", at) >= 0
    places: list[tuple[int, int]] = []
    while not marked and (end := data.find(_ITEM_END, at)) >= 0:
        start, at = data.find(b"<ItemIn", at), end + len(_ITEM_END)
        places.append((start, at))
    if len(places) != items:
        yield from repeat(b"", items)
        return
    for start, end in places:
        yield data[start:end]


def _read(root: Element, source: bytes) -> Cart:
    envelope = read_envelope(root)
    _, message, _ = payload_of(root)
    if message is None or message.tag != "PunchOutOrderMessage":
        raise CartRefused(f"This is not a cart but {envelope.kind or 'an empty document'}.")
    notes: list[str] = []
    cookie = ""
    header: Element | None = None
    lines: list[CartLine] = []
    items = sum(1 for _ in message.iterchildren("ItemIn"))
    sources = repeat(b"", items) if message.nsmap else _item_sources(source, items)
    big = len(source) > BIG
    for part in message:
        if part.tag == "ItemIn":
            lines.append(_line(part, next(sources), len(lines) + 1, notes))
            if big:  # The values hold all there is: it should not lie in memory twice.
                part.clear()
        elif part.tag == "BuyerCookie":
            cookie = text(part)
        elif part.tag == "PunchOutOrderMessageHeader":
            header = part
    if not cookie:
        notes.append("The cart names no BuyerCookie.")
    total: Money | None = None
    shipping: Money | None = None
    tax: Money | None = None
    ship_to = None
    for part in header if header is not None else ():
        match part.tag:
            case "Total":
                total = money_in(part)
            case "Shipping":
                shipping = money_in(part)
            case "Tax":
                tax = money_in(part)
            case "ShipTo":
                ship_to = read_address(part)
    total = _agreed_total(total, lines, notes)
    _one_currency(total, shipping, tax, lines)
    return Cart(
        buyer_cookie=cookie,
        operation_allowed=header.get("operationAllowed", "") if header is not None else "",
        total=total,
        shipping=shipping,
        tax=tax,
        lines=tuple(lines),
        envelope=envelope,
        ship_to=ship_to,
        notes=tuple(notes),
    )


def _line(item: Element, source: bytes, number: int, notes: list[str]) -> CartLine:
    try:
        line = read_item(item, source)
    except DocumentRefused as refusal:
        raise CartRefused(f"Line {number} of the cart: {refusal.reason}") from None
    if not line.auxiliary_xml.strip():
        notes.append(f"Line {number} has no SupplierPartAuxiliaryID: Amazon takes no order without it.")
    return line


def _agreed_total(total: Money | None, lines: Sequence[CartLine], notes: list[str]) -> Money:
    goods = sum((line.unit_price.amount * line.quantity for line in lines), Decimal(0))
    if total is None:
        notes.append("The cart names no total: it was added up from its lines.")
        return Money(goods, lines[0].unit_price.currency if lines else "JPY")
    if goods != total.amount:
        notes.append(f"The cart's total {total.amount} is not the sum of its lines {goods}.")
    return total


def _one_currency(total: Money, shipping: Money | None, tax: Money | None, lines: Sequence[CartLine]) -> None:
    beside = [money for money in (shipping, tax) if money is not None]
    for amounts in (beside, *(line.amounts for line in lines)):
        for money in amounts:
            if money.currency != total.currency:
                raise CartRefused(f"The cart mixes {total.currency} and {money.currency}.")


def build_cart(
    buyer_cookie: str,
    lines: Sequence[CartLine],
    *,
    to: Credential,
    payload_id: str,
    now: datetime,
    shipping: Money | None = None,
    tax: Money | None = None,
    currency: str = "JPY",
) -> bytes:
    """A cart as Amazon Japan sends it, for the stand-in: two Credentials, no version, Z timestamp with
    milliseconds. Without lines it is the empty cart of 「カタログ連携を終了してサインアウト」."""
    total = Money(sum((line.total.amount for line in lines), Decimal(0)), currency)
    payload = tag(
        "PunchOutOrderMessage",
        tag("BuyerCookie", buyer_cookie),
        tag(
            "PunchOutOrderMessageHeader",
            write_total(total),
            write_shipping(shipping, "配送料（税抜）."),
            write_tax(tax),
            operationAllowed="create",
        ),
        *map(write_item, lines),
    )
    header = write_header(from_=_SUPPLIER, to=(to,), sender=_SUPPLIER, user_agent=AMAZONS_AGENT)
    return write_message(payload, header, payload_id, zulu(now))
