"""What Amazon posts to us, taken in at the door: kept, and put into its order's lane. Applied later, in order."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, or_, select

from punchout.confirmation import Confirmation
from punchout.inbound import Document
from punchout.invoice import Invoice
from punchout.shipment import ShipNotice
from purchasing import evidence
from purchasing.values import Company
from storage import queue
from storage.database import Tx
from storage.tables import Order
from storage.vault import Keyring

APPLY = "document"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Amazon is answered: the code and text of a cXML Status."""

    code: int
    text: str


def take_in(
    tx: Tx, vault: Keyring, company: Company, raw: bytes, document: Document, now: datetime
) -> Verdict:
    """Keep a document and put it into its order's lane. A payloadID seen before changes nothing."""
    payload_id = document.envelope.payload_id
    identity = evidence.identity_of(payload_id, raw)
    foreign = document.value is None
    refusal = 450 if foreign else 400
    if seen := evidence.find(tx, company.id, "in", identity):
        return Verdict(refusal, seen.note) if seen.outcome == "refused" else Verdict(200, "OK")
    order = _order_meant(tx, company.id, document)
    applies = isinstance(document.value, Confirmation | ShipNotice)
    unknown = order is None and (applies or isinstance(document.value, Invoice))
    note = "This document speaks of no order of ours." if unknown else "; ".join(document.notes)
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
        order_number=order.number if order else "",
    )
    if unknown or foreign:
        return Verdict(refusal, note)
    if order is not None and applies:
        queue.put(
            tx,
            company_id=company.id,
            lane=f"order:{company.id}:{order.number}",
            kind=APPLY,
            key=f"document:{kept.id}",
            payload=str(kept.id).encode(),
            now=now,
            priority=0,
            trace=order.number,
        )
    return Verdict(200, "OK")


def keep_refused(
    tx: Tx, vault: Keyring, company: Company, raw: bytes, kind: str, sentence: str, now: datetime
) -> None:
    """Evidence of a document that could not be read."""
    evidence.keep(
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


def _order_meant(tx: Tx, company_id: str, document: Document) -> Order | None:
    """The order a document speaks of, by its number or by the payloadID of the OrderRequest."""
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
        found = tx.orm.exec(select(Order).where(Order.company_id == company_id, or_(*names))).first()
        if found:
            return found
    return None
