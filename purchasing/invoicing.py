"""What an InvoiceDetailRequest charges of an order, as rows, and how that compares with what was confirmed.

Amounts are Amazon's own. An invoice under the same number again takes the place of the former, and operation "delete"
takes it back; a credit memo is an invoice of its own with negative amounts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlmodel import col, select

from punchout import invoice as wire
from purchasing.remarks import Remarks
from purchasing.values import Company
from storage.database import Tx
from storage.tables import Invoice, InvoiceLine, Order, OrderLine, StoredDocument
from storage.types import Quantity


@dataclass(frozen=True, slots=True)
class Invoiced:
    """An invoice that stands, and its lines."""

    head: Invoice
    lines: list[InvoiceLine]


def apply(
    tx: Tx, company: Company, order_id: int, stored: StoredDocument, value: wire.Invoice, now: datetime
) -> None:
    """Keep what the invoice charges of this order. Applied once: a second call finds it done."""
    order = tx.orm.get_one(Order, order_id, with_for_update=True)
    same = select(Invoice).where(Invoice.document_id == stored.id, Invoice.order_id == order_id)
    if tx.orm.exec(same).first() is not None:
        return
    stored.outcome = "applied"
    tx.orm.add(stored)
    remarks = Remarks(order.currency, list(value.notes))
    for former in _former(tx, order_id, value):
        former.withdrawn = True
        tx.orm.add(former)
    parts = [part for part in value.parts if _means(part.order.order_id, part.order.payload_id, order)]
    charges = _of_all(value, parts)
    assert stored.id is not None
    head = Invoice(
        order_id=order_id,
        document_id=stored.id,
        number=value.id,
        purpose=value.purpose,
        operation=value.operation,
        withdrawn=value.operation == "delete",
        subtotal=remarks.amount(*(each.subtotal for each in charges), where="SubtotalAmount"),
        shipping=remarks.amount(*(each.shipping for each in charges), where="ShippingAmount"),
        tax=remarks.amount(*(each.tax for each in charges), where="Tax"),
        total=remarks.amount(*(each.total for each in charges), where="Total"),
        invoiced_at=value.date,
        noticed_at=now,
    )
    tx.orm.add(head)
    tx.orm.flush()
    assert head.id is not None
    lines = tx.orm.exec(select(OrderLine).where(OrderLine.order_id == order_id)).all()
    for part in parts:
        remarks.unknown_lines((line.line_number for line in part.lines), lines)
        for line in part.lines:
            tx.orm.add(_row(head.id, line, remarks))
    remarks.tell(tx, company, order, stored, now)


def _former(tx: Tx, order_id: int, value: wire.Invoice) -> Sequence[Invoice]:
    """The invoices whose place this one takes."""
    all_of_it = select(Invoice).where(Invoice.order_id == order_id)
    if value.id:
        return tx.orm.exec(all_of_it.where(Invoice.number == value.id)).all()
    if value.operation == "new" or not value.previous_payload_id:
        return ()
    named = all_of_it.join(StoredDocument, col(Invoice.document_id) == StoredDocument.id)
    return tx.orm.exec(named.where(StoredDocument.identity == value.previous_payload_id)).all()


def _means(number: str, payload_id: str, order: Order) -> bool:
    return order.number == number or order.payload_id == payload_id


def _of_all(value: wire.Invoice, parts: Sequence[wire.InvoicePart]) -> list[wire.Charges]:
    """Where the order's amounts stand: in the invoice's summary if it is for this order alone, else with the order, else
    with each of its lines."""
    if len(value.orders) == 1:
        return [value.charges]
    own = [part.charges for part in parts if part.charges != wire.Charges()]
    return own or [line.charges for part in parts for line in part.lines]


def _row(invoice_id: int, line: wire.InvoiceLine, remarks: Remarks) -> InvoiceLine:
    where = f"line {line.line_number}"
    fits = line.quantity is not None and Quantity.holds(line.quantity)
    return InvoiceLine(
        invoice_id=invoice_id,
        line_number=line.line_number,
        quantity=line.quantity if fits else None,
        unit_price=remarks.amount(line.unit_price, where=f"UnitPrice of {where}"),
        subtotal=remarks.amount(line.charges.subtotal, where=f"SubtotalAmount of {where}"),
        tax=remarks.amount(line.charges.tax, where=f"Tax of {where}"),
    )


def of_order(tx: Tx, order: Order) -> list[Invoiced]:
    """The invoices of an order that stand, oldest first."""
    stands = select(Invoice).where(Invoice.order_id == order.id, col(Invoice.withdrawn).is_(False))
    heads = tx.orm.exec(stands.order_by(col(Invoice.id))).all()
    return [
        Invoiced(
            head,
            list(
                tx.orm.exec(
                    select(InvoiceLine)
                    .where(InvoiceLine.invoice_id == head.id)
                    .order_by(col(InvoiceLine.line_number), col(InvoiceLine.id))
                ).all()
            ),
        )
        for head in heads
    ]


def total(invoices: Sequence[Invoiced]) -> Decimal | None:
    """What has been charged so far, credits taken off; None while an amount is not known."""
    known = [each.head.total for each in invoices if each.head.total is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(invoices) else None
