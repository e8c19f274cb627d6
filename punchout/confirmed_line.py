"""One line of a confirmation: what Amazon accepted, changed or refused of it (Amazon reference 9.1-9.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from punchout.charges import TaxDetail, read_tax_details, write_shipping, write_tax
from punchout.dates import plain_utc, read_time
from punchout.errors import Comment, ErrorCode, error_codes, read_comment, write_comment
from punchout.markup import Markup, tag
from punchout.money import (
    Money,
    MoneyRefused,
    money_in,
    read_number,
    read_quantity,
    write_decimal,
    write_money,
)
from punchout.xml import Element, text

__all__ = ["ConfirmationLine", "LineStatus", "read_amount", "read_line", "write_line"]


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


def read_line(item: Element, notes: list[str]) -> ConfirmationLine | None:
    """A `ConfirmationItem`; None for one whose line number cannot be read, which is then noted."""
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
                money[str(part.tag)] = read_amount(part, f"line {number}", notes)
            case "Tax":
                money["Tax"] = read_amount(part, f"line {number}", notes)
                details = read_tax_details(part)
            case "ItemIn":
                # By the standard `allDetail` repeats the whole item instead of single amounts.
                for path in ("ItemDetail/UnitPrice", "Shipping", "Tax"):
                    if (amount := part.find(path)) is not None:
                        money[str(amount.tag)] = read_amount(amount, f"line {number}", notes)
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


def read_amount(part: Element, where: str, notes: list[str]) -> Money | None:
    """The amount in `part`; None, and a note that says where, when it cannot be read."""
    try:
        return money_in(part)
    except MoneyRefused as refusal:
        notes.append(f"{part.tag!s} of {where}: {refusal.reason}")
        return None


def _decimal(words: str | None, number: int, notes: list[str]) -> Decimal | None:
    try:
        return read_quantity(words)
    except MoneyRefused as refusal:
        notes.append(f"Quantity of line {number}: {refusal.reason}")
        return None


def write_line(line: ConfirmationLine) -> Markup:
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
        write_tax(status.tax, status.tax_details),
        write_shipping(status.shipping),
        *map(write_comment, status.comments),
        quantity=write_decimal(status.quantity),
        type=status.type,
        shipmentDate=plain_utc(status.shipment_date) if status.shipment_date else None,
        deliveryDate=plain_utc(status.delivery_date) if status.delivery_date else None,
    )
