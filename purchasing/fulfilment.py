"""What Amazon tells about orders: documents taken in at the door, applied in order, turned into notices.

`take_in` runs inside the request and makes the document durable; `apply` runs in the order's lane. Line quantities are
always summed anew from every confirmation and shipment that stands, so documents may come in any order, twice, split or
corrected, and the sums are the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlmodel import col, or_, select

from punchout.confirmation import Confirmation, ConfirmationLine
from punchout.inbound import Document
from punchout.invoice import Invoice
from punchout.shipment import ShipNotice
from purchasing import evidence, notices
from purchasing.lifecycle import LineEvent, LineState, OrderEvent, OrderState, advance
from purchasing.notices import What
from purchasing.values import Company
from storage import queue
from storage.database import Tx
from storage.tables import (
    Order,
    OrderConfirmation,
    OrderConfirmationLine,
    OrderLine,
    Shipment,
    ShipmentLine,
    StoredDocument,
)
from storage.vault import Keyring

APPLY = "document"
NOTHING = Decimal(0)


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
    if seen := evidence.find(tx, company.id, "in", identity):
        return Verdict(400, seen.note) if seen.outcome == "refused" else Verdict(200, "OK")
    order = _order_meant(tx, company.id, document)
    applies = isinstance(document.value, Confirmation | ShipNotice)
    unknown = order is None and (applies or isinstance(document.value, Invoice))
    foreign = document.value is None
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
        return Verdict(450 if foreign else 400, note)
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


def apply(
    tx: Tx, company: Company, stored: StoredDocument, value: Confirmation | ShipNotice, now: datetime
) -> None:
    """Let a document change its order, and tell buyer and admins. Applied once: a second call finds it done."""
    order = tx.orm.exec(
        select(Order)
        .where(Order.company_id == company.id, Order.number == stored.order_number)
        .with_for_update()
    ).one()
    if stored.outcome == "applied":
        return
    stored.outcome = "applied"
    tx.orm.add(stored)
    if isinstance(value, Confirmation):
        row: OrderConfirmation | Shipment = _confirm(tx, order, stored, value, now)
        what = What.CONFIRMED
    else:
        row = _ship(tx, order, stored, value, now)
        what = What.SHIPPED
    tx.orm.flush()
    lines = _lines(tx, order)
    _settle(tx, order, lines)
    event = progress(lines)
    if event is not None:
        order.state = advance(OrderState(order.state), event)
    if what is What.CONFIRMED:
        order.confirmed_at = order.confirmed_at or now
    if order.state == OrderState.SHIPPED:
        order.shipped_at = order.shipped_at or now
    tx.orm.add(order)
    assert row.id is not None
    if row.operation != "delete":
        notices.tell_all(tx, company, order, what, row.id, now)


def _lines(tx: Tx, order: Order) -> list[OrderLine]:
    query = select(OrderLine).where(OrderLine.order_id == order.id).order_by(col(OrderLine.line_number))
    return list(tx.orm.exec(query).all())


def _confirm(
    tx: Tx, order: Order, stored: StoredDocument, value: Confirmation, now: datetime
) -> OrderConfirmation:
    """Store what a confirmation says. One for the same Amazon order again takes the place of the former."""
    assert order.id is not None
    assert stored.id is not None
    if value.confirm_id:
        _forget_confirmations(tx, order, value.confirm_id)
    row = OrderConfirmation(
        order_id=order.id,
        document_id=stored.id,
        confirm_id=value.confirm_id or "",
        operation=value.operation,
        total=value.total.amount if value.total else None,
        noticed_at=value.notice_date or now,
    )
    tx.orm.add(row)
    tx.orm.flush()
    assert row.id is not None
    for line in _said(value, _lines(tx, order)):
        line.confirmation_id = row.id
        tx.orm.add(line)
    return row


def _forget_confirmations(tx: Tx, order: Order, confirm_id: str) -> None:
    same = select(OrderConfirmation).where(
        OrderConfirmation.order_id == order.id, OrderConfirmation.confirm_id == confirm_id
    )
    for row in tx.orm.exec(same).all():
        for line in tx.orm.exec(
            select(OrderConfirmationLine).where(OrderConfirmationLine.confirmation_id == row.id)
        ).all():
            tx.orm.delete(line)
    tx.orm.flush()


def _said(value: Confirmation, lines: list[OrderLine]) -> Iterable[OrderConfirmationLine]:
    """The confirmation line by line. A header that speaks of the whole order (accept, except, reject) covers the rest."""
    by_number = {line.line_number: line for line in lines}
    mentioned: dict[int, OrderConfirmationLine] = {}
    for said in value.lines:
        if said.line_number not in by_number:
            continue
        row = _line_said(said)
        if former := mentioned.get(said.line_number):
            former.accepted += row.accepted
            former.rejected += row.rejected
            former.unit_price = row.unit_price or former.unit_price
            former.reason_code, former.reason = (
                row.reason_code or former.reason_code,
                row.reason or former.reason,
            )
        else:
            mentioned[said.line_number] = row
    if value.type in ("accept", "except", "reject"):
        refused = value.type == "reject"
        error = value.errors[0] if refused and value.errors else None
        for number, line in by_number.items():
            mentioned.setdefault(
                number,
                OrderConfirmationLine(
                    confirmation_id=0,
                    line_number=number,
                    accepted=NOTHING if refused else line.quantity,
                    rejected=line.quantity if refused else NOTHING,
                    reason_code=error.code if error else "",
                    reason=error.text if error else "",
                ),
            )
    return mentioned.values()


_ACCEPTING = ("accept", "detail", "allDetail")


def _line_said(said: ConfirmationLine) -> OrderConfirmationLine:
    accepted = sum((s.quantity for s in said.statuses if s.type in _ACCEPTING), NOTHING)
    rejected = [s for s in said.statuses if s.type == "reject"]
    errors = [error for status in rejected for error in status.errors]
    comments = [comment.text for status in rejected for comment in status.comments]
    price = next((s.unit_price for s in said.statuses if s.unit_price and s.type in _ACCEPTING), None)
    return OrderConfirmationLine(
        confirmation_id=0,
        line_number=said.line_number,
        accepted=accepted,
        rejected=sum((s.quantity for s in rejected), NOTHING),
        unit_price=price.amount if price else None,
        reason_code=errors[0].code if errors else "",
        reason=errors[0].text if errors else " ".join(comments),
    )


def _ship(tx: Tx, order: Order, stored: StoredDocument, value: ShipNotice, now: datetime) -> Shipment:
    """Store what a ship notice says; an update or a repetition takes the place of the former."""
    assert order.id is not None
    assert stored.id is not None
    same = select(Shipment).where(
        Shipment.order_id == order.id, Shipment.shipment_id == (value.shipment_id or "")
    )
    for former in tx.orm.exec(same).all() if value.shipment_id else ():
        for line in tx.orm.exec(select(ShipmentLine).where(ShipmentLine.shipment_id == former.id)).all():
            tx.orm.delete(line)
    tx.orm.flush()
    parcel = value.parcels[0] if value.parcels else None
    row = Shipment(
        order_id=order.id,
        document_id=stored.id,
        shipment_id=value.shipment_id or "",
        operation=value.operation,
        carrier=parcel.carrier or "" if parcel else "",
        tracking="、".join(p.tracking for p in value.parcels if p.tracking),
        tracking_url=parcel.tracking_url or "" if parcel else "",
        shipped_at=value.shipment_date,
        delivery_at=value.delivery_date,
        noticed_at=value.notice_date or now,
    )
    tx.orm.add(row)
    tx.orm.flush()
    assert row.id is not None
    if value.operation == "delete":
        return row
    for number, quantity in _carried(value, order, _lines(tx, order)).items():
        tx.orm.add(ShipmentLine(shipment_id=row.id, line_number=number, quantity=quantity))
    return row


def _carried(value: ShipNotice, order: Order, lines: list[OrderLine]) -> dict[int, Decimal]:
    """How many of each line are on their way; a portion without items means all that was not refused."""
    numbers = {line.line_number for line in lines}
    carried: dict[int, Decimal] = {}
    for portion in value.portions:
        if portion.order_id not in (None, "", order.number):
            continue
        for item in portion.lines:
            if item.line_number in numbers:
                carried[item.line_number] = carried.get(item.line_number, NOTHING) + item.quantity
        if not portion.lines:
            carried = {line.line_number: line.quantity - line.rejected for line in lines}
    return carried


def _settle(tx: Tx, order: Order, lines: list[OrderLine]) -> None:
    """Sum up, for every line, what all confirmations and shipments say of it."""
    confirmed = tx.orm.exec(
        select(OrderConfirmationLine, OrderConfirmation)
        .join(OrderConfirmation, col(OrderConfirmationLine.confirmation_id) == OrderConfirmation.id)
        .where(OrderConfirmation.order_id == order.id)
        .order_by(col(OrderConfirmation.id))
    ).all()
    shipped = tx.orm.exec(
        select(ShipmentLine)
        .join(Shipment, col(ShipmentLine.shipment_id) == Shipment.id)
        .where(Shipment.order_id == order.id)
    ).all()
    for line in lines:
        said = [(row, head) for row, head in confirmed if row.line_number == line.line_number]
        line.accepted = min(line.quantity, sum((row.accepted for row, _ in said), NOTHING))
        line.rejected = min(line.quantity - line.accepted, sum((row.rejected for row, _ in said), NOTHING))
        line.shipped = min(
            line.quantity, sum((s.quantity for s in shipped if s.line_number == line.line_number), NOTHING)
        )
        for row, head in said:
            line.confirmed_price = row.unit_price or line.confirmed_price
            line.amazon_order = head.confirm_id or line.amazon_order
            line.reason_code, line.reason = row.reason_code or line.reason_code, row.reason or line.reason
        line.state = advance(LineState(line.state), line_event(line))
        tx.orm.add(line)


def line_event(line: OrderLine) -> LineEvent:
    """What the sums say of a line."""
    if line.rejected >= line.quantity:
        return LineEvent.REFUSED
    if line.shipped and line.shipped >= line.quantity - line.rejected:
        return LineEvent.SHIPPED
    if line.rejected:
        return LineEvent.PARTLY_REFUSED
    if line.confirmed_price is not None and line.confirmed_price != line.unit_price:
        return LineEvent.PRICE_CHANGED
    return LineEvent.ACCEPTED if line.accepted >= line.quantity else LineEvent.REOPENED


def progress(lines: list[OrderLine]) -> OrderEvent | None:
    """What the lines together say of the order; None while nothing is settled. Shipped goods count as accepted."""
    if all(line.rejected >= line.quantity for line in lines):
        return OrderEvent.ALL_REJECTED
    open_lines = [line for line in lines if max(line.accepted, line.shipped) + line.rejected < line.quantity]
    if any(line.shipped for line in lines):
        wanted = (line.shipped + line.rejected >= line.quantity for line in lines)
        return OrderEvent.ALL_SHIPPED if all(wanted) else OrderEvent.SOME_SHIPPED
    if not open_lines:
        return OrderEvent.ALL_SETTLED
    return OrderEvent.SOME_SETTLED if len(open_lines) < len(lines) or _partly(lines) else None


def _partly(lines: list[OrderLine]) -> bool:
    return any(line.accepted or line.rejected for line in lines)
