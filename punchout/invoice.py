"""InvoiceDetailRequest: what is charged, order by order and line by line. Amazon Japan sends it to customers of two other
systems (Amazon reference 11). It is not a qualified invoice (適格請求書)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from punchout.dates import read_time
from punchout.envelope import content_of
from punchout.money import Money, MoneyRefused, money_in, read_decimal, read_number
from punchout.reference import OrderReference, read_order_reference
from punchout.xml import Element, attributes

__all__ = ["Charges", "Invoice", "InvoiceLine", "InvoicePart", "read_invoice"]


@dataclass(frozen=True, slots=True)
class Charges:
    """Amounts as they are written, of a line, an order or a whole invoice; None where one is not there."""

    subtotal: Money | None = None
    tax: Money | None = None
    shipping: Money | None = None
    total: Money | None = None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """`line_number` is that of the order, None where the line names none. A credit counts backwards."""

    line_number: int | None
    quantity: Decimal | None
    unit_price: Money | None
    charges: Charges


@dataclass(frozen=True, slots=True)
class InvoicePart:
    """What is charged of one order. `charges` are only there where the order has a summary of its own."""

    order: OrderReference
    lines: tuple[InvoiceLine, ...]
    charges: Charges = Charges()


@dataclass(frozen=True, slots=True)
class Invoice:
    """`total` is the amount due, else net, else gross; None when none can be read. `purpose` is standard,
    creditMemo, debitMemo, lineLevelCreditMemo or lineLevelDebitMemo; `operation` new or delete.
    `previous_payload_id` names the document that this one corrects."""

    payload_id: str | None
    id: str
    date: datetime | None
    purpose: str
    operation: str
    charges: Charges
    parts: tuple[InvoicePart, ...]
    notes: tuple[str, ...] = ()
    previous_payload_id: str = ""

    @property
    def total(self) -> Money | None:
        return self.charges.total

    @property
    def orders(self) -> tuple[OrderReference, ...]:
        named = (part.order for part in self.parts)
        return tuple(dict.fromkeys(order for order in named if order.order_id or order.payload_id))


def read_invoice(root: Element) -> Invoice:
    """Raises `DocumentRefused` only when the document is no InvoiceDetailRequest."""
    invoice = content_of(root, "InvoiceDetailRequest")
    header = invoice.find("InvoiceDetailRequestHeader")
    facts = attributes(header)
    previous = header.find("DocumentReference") if header is not None else None
    notes: list[str] = []
    if not facts.get("invoiceID"):
        notes.append("The invoice has no invoiceID.")
    return Invoice(
        payload_id=root.get("payloadID", "").strip() or None,
        id=facts.get("invoiceID", "").strip(),
        date=read_time(facts.get("invoiceDate")),
        purpose=facts.get("purpose") or "standard",
        operation=facts.get("operation") or "new",
        charges=_charges(invoice.find("InvoiceDetailSummary"), "", notes),
        parts=tuple(
            _read_part(part, notes)
            for part in invoice
            if part.tag in ("InvoiceDetailOrder", "InvoiceDetailHeaderOrder")
        ),
        notes=tuple(notes),
        previous_payload_id=previous.get("payloadID", "").strip() if previous is not None else "",
    )


def _read_part(part: Element, notes: list[str]) -> InvoicePart:
    references = part.iter("OrderReference", "OrderIDInfo")
    order = read_order_reference(next(references, None))
    lines = [
        _read_line(item, notes)
        for item in part
        if item.tag in ("InvoiceDetailItem", "InvoiceDetailServiceItem")
    ]
    summary = part.find("InvoiceDetailOrderSummary")
    return InvoicePart(order, tuple(lines), _charges(summary, "the order: ", notes))


def _read_line(item: Element, notes: list[str]) -> InvoiceLine:
    reference = next(
        item.iterchildren("InvoiceDetailItemReference", "InvoiceDetailServiceItemReference"), None
    )
    number = read_number(reference.get("lineNumber")) if reference is not None else None
    where = f"line {number}: " if number is not None else "a line: "
    quantity = None
    if written := item.get("quantity"):
        try:
            quantity = read_decimal(written)
        except MoneyRefused as refusal:
            notes.append(f"{where}quantity: {refusal.reason}")
    price = _amount(item, ("UnitPrice",), where, notes)
    return InvoiceLine(number, quantity, price, _charges(item, where, notes))


def _charges(element: Element | None, where: str, notes: list[str]) -> Charges:
    if element is None:
        return Charges()
    return Charges(
        subtotal=_amount(element, ("SubtotalAmount",), where, notes),
        tax=_amount(element, ("Tax",), where, notes),
        shipping=_amount(element, ("ShippingAmount", "InvoiceDetailLineShipping"), where, notes),
        total=_amount(element, ("DueAmount", "NetAmount", "GrossAmount"), where, notes),
    )


def _amount(element: Element, names: tuple[str, ...], where: str, notes: list[str]) -> Money | None:
    """The first of these amounts that can be read; each that cannot is noted."""
    for name in names:
        amount = element.find(name)
        if amount is not None:
            try:
                return money_in(amount)
            except MoneyRefused as refusal:
                notes.append(f"{where}{name}: {refusal.reason}")
    return None
