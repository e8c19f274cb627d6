"""InvoiceDetailRequest: read for its plain facts only. Amazon Japan sends it to customers of two other
systems (Amazon reference 11); whoever gets one keeps it as evidence. It is not a qualified invoice
(適格請求書)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from punchout.dates import read_time
from punchout.envelope import payload_of
from punchout.money import Money, MoneyRefused, money_in
from punchout.reference import OrderReference, read_order_reference
from punchout.xml import DocumentRefused, Element, attributes

__all__ = ["Invoice", "read_invoice"]


@dataclass(frozen=True, slots=True)
class Invoice:
    """`total` is the amount due, else net, else gross; None when none can be read. `purpose` is standard,
    creditMemo, debitMemo, lineLevelCreditMemo or lineLevelDebitMemo; `operation` new or delete."""

    payload_id: str | None
    id: str
    date: datetime | None
    purpose: str
    operation: str
    total: Money | None
    orders: tuple[OrderReference, ...]
    notes: tuple[str, ...] = ()

    @property
    def order_ids(self) -> tuple[str, ...]:
        return tuple(order.order_id for order in self.orders if order.order_id)


def read_invoice(root: Element) -> Invoice:
    """Raises `DocumentRefused` only when the document is no InvoiceDetailRequest."""
    _, invoice, _ = payload_of(root)
    if invoice is None or invoice.tag != "InvoiceDetailRequest":
        raise DocumentRefused("This is not an InvoiceDetailRequest.")
    header = invoice.find("InvoiceDetailRequestHeader")
    facts = attributes(header)
    notes: list[str] = []
    if not facts.get("invoiceID"):
        notes.append("The invoice has no invoiceID.")
    return Invoice(
        payload_id=root.get("payloadID", "").strip() or None,
        id=facts.get("invoiceID", "").strip(),
        date=read_time(facts.get("invoiceDate")),
        purpose=facts.get("purpose") or "standard",
        operation=facts.get("operation") or "new",
        total=_total(invoice, notes),
        orders=tuple(dict.fromkeys(_orders(invoice))),
        notes=tuple(notes),
    )


def _total(invoice: Element, notes: list[str]) -> Money | None:
    for name in ("DueAmount", "NetAmount", "GrossAmount"):
        amount = invoice.find(f"InvoiceDetailSummary/{name}")
        if amount is not None:
            try:
                return money_in(amount)
            except MoneyRefused as refusal:
                notes.append(f"{name}: {refusal.reason}")
    return None


def _orders(invoice: Element) -> list[OrderReference]:
    found = [read_order_reference(element) for element in invoice.iter("OrderReference", "OrderIDInfo")]
    return [order for order in found if order.order_id or order.payload_id]
