"""What Amazon posts to us, taken in at the door: kept, and put into its order's lane. Applied later, in order."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, or_, select

from punchout.confirmation import Confirmation
from punchout.inbound import Document
from punchout.invoice import Invoice
from punchout.shipment import ShipNotice
from purchasing import evidence, notices
from purchasing.notices import What
from purchasing.values import Company
from storage import audit, queue
from storage.database import Tx
from storage.tables import Order, StoredDocument
from storage.vault import Keyring

APPLY = "document"
LONGEST_NUMBER = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Amazon is answered: the code and text of a cXML Status."""

    code: int
    text: str
    trace: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Task:
    """One document to be applied to one order."""

    document_id: int
    order_id: int

    def pack(self) -> bytes:
        return f"{self.document_id}:{self.order_id}".encode()

    @staticmethod
    def unpack(payload: bytes) -> "Task":
        document_id, order_id = payload.split(b":")
        return Task(int(document_id), int(order_id))


def take_in(
    tx: Tx, vault: Keyring, company: Company, raw: bytes, document: Document, now: datetime
) -> Verdict:
    """Keep a document and put it into the lane of every order it speaks of. A payloadID seen before changes nothing."""
    payload_id = document.envelope.payload_id
    identity = evidence.identity_of(payload_id, raw)
    foreign = document.value is None
    refusal = 450 if foreign else 400
    if seen := evidence.find(tx, company.id, "in", identity):
        return Verdict(refusal, seen.note) if seen.outcome == "refused" else Verdict(200, "OK")
    orders, strange = _orders_meant(tx, company.id, document)
    of_orders = isinstance(document.value, Confirmation | ShipNotice | Invoice)
    unknown = not orders and (of_orders or bool(strange))
    note = "This document speaks of no order of ours." if unknown else "; ".join(document.notes)
    if orders and strange:
        note = "; ".join(
            [*document.notes, f"It also speaks of orders that are not ours: {', '.join(strange)}."]
        )
    note = f"{document.kind} is not a document that we take." if foreign else note
    kept = evidence.keep(
        tx,
        vault,
        company_id=company.id,
        direction="in",
        identity=identity,
        kind=document.kind,
        raw=raw,
        now=now,
        outcome="refused" if unknown or foreign else "received",
        note=note,
        order_number=orders[0].number if orders else ", ".join(strange)[:LONGEST_NUMBER],
    )
    tx.trace = orders[0].trace if orders else tx.trace
    _note(tx, kept, now)
    if unknown or foreign or strange:
        notices.tell_company(tx, company, What.DOCUMENT, kept.id or 0, now)
    if unknown or foreign:
        return Verdict(refusal, note, tx.trace)
    for order in orders:
        queue.put(
            tx,
            company_id=company.id,
            lane=f"order:{company.id}:{order.number}",
            kind=APPLY,
            key=f"document:{kept.id}:{order.id}",
            payload=Task(kept.id or 0, order.id or 0).pack(),
            now=now,
            priority=0,
            trace=order.trace,
        )
    return Verdict(200, "OK", tx.trace)


def keep_refused(
    tx: Tx, vault: Keyring, company: Company, raw: bytes, kind: str, sentence: str, now: datetime
) -> None:
    """Evidence of a document that could not be read; the admins are told of it once."""
    kept = evidence.keep(
        tx,
        vault,
        company_id=company.id,
        direction="in",
        identity=evidence.identity_of(None, raw),
        kind=kind,
        raw=raw,
        now=now,
        outcome="refused",
        note=sentence,
    )
    _note(tx, kept, now)
    notices.tell_company(tx, company, What.DOCUMENT, kept.id or 0, now)


def _note(tx: Tx, document: StoredDocument, now: datetime) -> None:
    what = "document_refused" if document.outcome == "refused" else "document_received"
    audit.note(
        tx,
        document.company_id,
        "amazon",
        what,
        now,
        order_number=document.order_number,
        document=document.id,
        kind=document.kind,
    )


def _orders_meant(tx: Tx, company_id: str, document: Document) -> tuple[list[Order], list[str]]:
    """The orders a document speaks of, each by its number or by the payloadID of the OrderRequest; and what it calls
    those that are not ours. A status that speaks of another document which we sent speaks of no order.
    """
    found: dict[int | None, Order] = {}
    strange: list[str] = []
    for reference in document.orders:
        names = [
            column == value
            for column, value in (
                (col(Order.number), reference.order_id),
                (col(Order.payload_id), reference.payload_id),
            )
            if value
        ]
        if not names:
            continue
        order = tx.orm.exec(select(Order).where(Order.company_id == company_id, or_(*names))).first()
        if order is not None:
            found[order.id] = order
        elif not evidence.find(tx, company_id, "out", reference.payload_id):
            strange.append(reference.order_id or reference.payload_id)
    return list(found.values()), list(dict.fromkeys(strange))
