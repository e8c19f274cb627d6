"""ConfirmationRequest: what Amazon accepted, changed and refused of an order (Amazon reference 9).

One order may get several of these: one for each Amazon order it became (`confirm_id`), one for the refused
lines. Each speaks only of its own lines and amounts; a line that is not mentioned is still open. A
`unit_price` on a line means that the price changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from punchout.charges import TaxDetail, read_tax_details, write_shipping, write_tax, write_total
from punchout.dates import plain_utc, read_time, zulu
from punchout.envelope import Credential, payload_of, write_supplier_request
from punchout.errors import Comment, ErrorCode, error_codes, read_comment, write_comment
from punchout.markup import Markup, tag
from punchout.money import (
    Money,
    MoneyRefused,
    money_in,
    read_decimal,
    read_number,
    write_decimal,
    write_money,
)
from punchout.reference import OrderReference, read_order_reference, write_order_reference
from punchout.secret import Secret
from punchout.xml import DocumentRefused, Element, attributes, text

__all__ = [
    "Comment", "Confirmation", "ConfirmationLine", "ErrorCode", "LineStatus", "build_confirmation",
    "read_confirmation",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineStatus:
    """What happens to `quantity` pieces of a line. `type` is detail or reject with Amazon; by the standard
    also accept, allDetail, backordered, unknown, requestToPay. `tax` and `shipping` are for these
    pieces."""

    type: str
    quantity: Decimal
    unit_price: Money | None = None
    tax: Money | None = None
    shipping: Money | None = None
    confirm_id: str | None = None
    errors: tuple[ErrorCode, ...] = ()
    comments: tuple[Comment, ...] = ()
    delivery_date: datetime | None = None
    shipment_date: datetime | None = None
    unit: str = ""
    tax_details: tuple[TaxDetail, ...] = ()

    @property
    def rejected(self) -> bool:
        return self.type == "reject"


@dataclass(frozen=True, slots=True)
class ConfirmationLine:
    """One line of ours; `quantity` as ordered, which its statuses add up to. `unit` is our own text
    returned."""

    line_number: int
    quantity: Decimal
    unit: str
    statuses: tuple[LineStatus, ...]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`confirm_id` is Amazon's order number, None on a refusal. `total` is with tax and shipping, and like
    `shipping` and `tax` for this document's lines only. `notes` say what could not be read."""

    payload_id: str | None
    notice_date: datetime | None
    confirm_id: str | None
    operation: str
    type: str
    total: Money | None
    shipping: Money | None
    tax: Money | None
    order_id: str
    order_date: datetime | None
    order_payload_id: str
    comments: tuple[Comment, ...] = ()
    errors: tuple[ErrorCode, ...] = ()
    lines: tuple[ConfirmationLine, ...] = ()
    notes: tuple[str, ...] = ()
    extrinsics: tuple[tuple[str, str], ...] = ()
    previous_payload_id: str = ""

    @property
    def order(self) -> OrderReference:
        return OrderReference(self.order_id, self.order_payload_id, self.order_date)


def read_confirmation(root: Element) -> Confirmation:
    """All that the document says. Raises `DocumentRefused` only when it is no ConfirmationRequest; what is
    missing or unreadable inside is left out and named in `notes`."""
    _, confirmation, _ = payload_of(root)
    if confirmation is None or confirmation.tag != "ConfirmationRequest":
        raise DocumentRefused("This is not a ConfirmationRequest.")
    notes: list[str] = []
    header: Element | None = None
    reference: Element | None = None
    lines: list[ConfirmationLine] = []
    for part in confirmation:
        match part.tag:
            case "ConfirmationItem":
                if (line := _read_line(part, notes)) is not None:
                    lines.append(line)
            case "ConfirmationHeader":
                header = part
            case "OrderReference":
                reference = part
    money: dict[str, Money | None] = {}
    comments: list[Comment] = []
    extrinsics: list[tuple[str, str]] = []
    previous = ""
    for part in header if header is not None else ():
        match part.tag:
            case "Total" | "Shipping" | "Tax":
                money[str(part.tag)] = _money(part, "the header", notes)
            case "Comments":
                comments.append(read_comment(part))
            case "Extrinsic":
                extrinsics.append((part.get("name", ""), text(part)))
            case "DocumentReference":
                previous = part.get("payloadID", "")
    facts = attributes(header)
    order = read_order_reference(reference)
    for missing, name in ((header is None, "ConfirmationHeader"), (not order.order_id, "orderID")):
        if missing:
            notes.append(f"The confirmation has no {name}.")
    return Confirmation(
        payload_id=root.get("payloadID", "").strip() or None,
        notice_date=read_time(facts.get("noticeDate")),
        confirm_id=facts.get("confirmID", "").strip() or None,
        operation=facts.get("operation") or "new",
        type=facts.get("type", ""),
        total=money.get("Total"),
        shipping=money.get("Shipping"),
        tax=money.get("Tax"),
        order_id=order.order_id,
        order_date=order.order_date,
        order_payload_id=order.payload_id,
        comments=tuple(comments),
        errors=error_codes(comments),
        lines=tuple(lines),
        notes=tuple(notes),
        extrinsics=tuple(extrinsics),
        previous_payload_id=previous,
    )


def _read_line(item: Element, notes: list[str]) -> ConfirmationLine | None:
    written = item.get("lineNumber", "").strip()
    number = read_number(written)
    if number is None:
        notes.append(f"A confirmed line has the number “{written[:20]}” and was left out.")
        return None
    unit = ""
    ordered = _decimal(item.get("quantity"), number, notes)
    told: list[tuple[Element, Decimal | None]] = []
    for part in item:
        if part.tag == "ConfirmationStatus":
            told.append((part, _decimal(part.get("quantity"), number, notes)))
        elif part.tag == "UnitOfMeasure":
            unit = text(part)
    known = sum((quantity for _, quantity in told if quantity is not None), Decimal(0))
    # A status whose quantity cannot be read is about what the others leave of the line.
    rest = max(Decimal(0), ordered - known) if ordered is not None else Decimal(0)
    statuses = [
        _read_status(part, number, rest if quantity is None else quantity, notes) for part, quantity in told
    ]
    return ConfirmationLine(number, known if ordered is None else ordered, unit, tuple(statuses))


def _read_status(status: Element, number: int, quantity: Decimal, notes: list[str]) -> LineStatus:
    money: dict[str, Money | None] = {}
    details: tuple[TaxDetail, ...] = ()
    comments: list[Comment] = []
    unit = ""
    for part in status:
        match part.tag:
            case "UnitPrice" | "Shipping":
                money[str(part.tag)] = _money(part, f"line {number}", notes)
            case "Tax":
                money["Tax"] = _money(part, f"line {number}", notes)
                details = read_tax_details(part)
            case "ItemIn":
                # By the standard `allDetail` repeats the whole item instead of single amounts.
                for path in ("ItemDetail/UnitPrice", "Shipping", "Tax"):
                    if (amount := part.find(path)) is not None:
                        money[str(amount.tag)] = _money(amount, f"line {number}", notes)
            case "Comments":
                comments.append(read_comment(part))
            case "UnitOfMeasure":
                unit = text(part)
    return LineStatus(
        type=status.get("type") or "unknown",
        quantity=quantity,
        unit_price=money.get("UnitPrice"),
        tax=money.get("Tax"),
        shipping=money.get("Shipping"),
        confirm_id=next((comment.text for comment in comments if comment.type == "confirmID"), None),
        errors=error_codes(comments),
        comments=tuple(comments),
        delivery_date=read_time(status.get("deliveryDate")),
        shipment_date=read_time(status.get("shipmentDate")),
        unit=unit,
        tax_details=details,
    )


def _money(part: Element, where: str, notes: list[str]) -> Money | None:
    try:
        return money_in(part)
    except MoneyRefused as refusal:
        notes.append(f"{part.tag!s} of {where}: {refusal.reason}")
        return None


def _decimal(words: str | None, number: int, notes: list[str]) -> Decimal | None:
    try:
        return read_decimal(words or "")
    except MoneyRefused as refusal:
        notes.append(f"Quantity of line {number}: {refusal.reason}")
        return None


def build_confirmation(
    confirmation: Confirmation,
    to: Credential,
    now: datetime,
    *,
    sender_secret: Secret | None = None,
    stamp: Callable[[datetime], str] = plain_utc,
) -> bytes:
    """A confirmation as Amazon writes it, for the stand-in: `+0000` times, the order's date in UTC with Z.

    `to` is the buyer's credential as its order wrote it; with `sender_secret` the Sender carries that ("cXML
    authentication"). `stamp=clock_as_offset` reproduces Amazon's mistake of 2014."""
    header = tag(
        "ConfirmationHeader",
        write_total(confirmation.total) if confirmation.total else None,
        write_shipping(confirmation.shipping) if confirmation.shipping is not None else None,
        write_tax(confirmation.tax) if confirmation.tax is not None else None,
        *map(write_comment, confirmation.comments),
        confirmID=confirmation.confirm_id,
        operation=confirmation.operation,
        type=confirmation.type,
        noticeDate=stamp(confirmation.notice_date or now),
    )
    ordered = zulu(confirmation.order_date)[:-5] + "Z" if confirmation.order_date else None
    reference = write_order_reference(confirmation.order_id, confirmation.order_payload_id, ordered)
    payload = tag("ConfirmationRequest", header, reference, *map(_confirmed_line, confirmation.lines))
    return write_supplier_request(payload, confirmation.payload_id or "", to, stamp(now), sender_secret)


def _confirmed_line(line: ConfirmationLine) -> Markup:
    return tag(
        "ConfirmationItem",
        tag("UnitOfMeasure", line.unit),
        *(_status(status, status.unit or line.unit) for status in line.statuses),
        quantity=write_decimal(line.quantity),
        lineNumber=str(line.line_number),
    )


def _status(status: LineStatus, unit: str) -> Markup:
    return tag(
        "ConfirmationStatus",
        tag("UnitOfMeasure", unit),
        tag("UnitPrice", write_money(status.unit_price)) if status.unit_price is not None else None,
        write_tax(status.tax, status.tax_details) if status.tax is not None else None,
        write_shipping(status.shipping) if status.shipping is not None else None,
        *map(write_comment, status.comments),
        quantity=write_decimal(status.quantity),
        type=status.type,
        shipmentDate=plain_utc(status.shipment_date) if status.shipment_date else None,
        deliveryDate=plain_utc(status.delivery_date) if status.delivery_date else None,
    )
