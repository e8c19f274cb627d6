"""What a ShipNoticeRequest says, as rows: a parcel or several, and how many of each line they carry."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlmodel import select

from punchout.shipment import ShipNotice
from purchasing.remarks import Remarks
from storage.database import Tx
from storage.tables import Order, OrderLine, Shipment, ShipmentLine, StoredDocument
from storage.types import Package

NOTHING = Decimal(0)


def store(
    tx: Tx,
    order: Order,
    lines: Sequence[OrderLine],
    stored: StoredDocument,
    value: ShipNotice,
    remarks: Remarks,
    now: datetime,
) -> Shipment | None:
    """Store what a ship notice says; an update or a repetition takes the place of the former.

    None for a notice that a later one of its shipment has overtaken on the way: that one stands.
    """
    assert order.id is not None
    assert stored.id is not None
    noticed_at = value.notice_date or now
    same = select(Shipment).where(
        Shipment.order_id == order.id, Shipment.shipment_id == (value.shipment_id or "")
    )
    former = tx.orm.exec(same).all() if value.shipment_id else ()
    if any(row.noticed_at > noticed_at for row in former):
        return None
    for row in former:
        for line in tx.orm.exec(select(ShipmentLine).where(ShipmentLine.shipment_id == row.id)).all():
            tx.orm.delete(line)
    tx.orm.flush()
    shipment = Shipment(
        order_id=order.id,
        document_id=stored.id,
        shipment_id=value.shipment_id or "",
        operation=value.operation,
        packages=tuple(Package(each.carrier, each.tracking, each.tracking_url) for each in value.parcels),
        shipped_at=value.shipment_date,
        delivery_at=value.delivery_date,
        noticed_at=noticed_at,
    )
    tx.orm.add(shipment)
    tx.orm.flush()
    assert shipment.id is not None
    if value.operation == "delete":
        return shipment
    for number, quantity in _carried(value, order, lines, remarks).items():
        tx.orm.add(ShipmentLine(shipment_id=shipment.id, line_number=number, quantity=quantity))
    return shipment


def _carried(
    value: ShipNotice, order: Order, lines: Sequence[OrderLine], remarks: Remarks
) -> dict[int, Decimal]:
    """How many of each line are on their way; a portion without items means all that was not refused."""
    by_number = {line.line_number: line for line in lines}
    carried: dict[int, Decimal] = {}
    for portion in value.portions:
        if portion.order_id not in ("", order.number) and portion.order_payload_id != order.payload_id:
            continue
        remarks.unknown_lines((item.line_number for item in portion.lines), lines)
        for item in portion.lines:
            if item.line_number in by_number:
                carried[item.line_number] = carried.get(item.line_number, NOTHING) + item.quantity
        if not portion.lines:
            carried = {line.line_number: line.quantity - line.rejected for line in lines}
    return {n: remarks.pieces(quantity, by_number[n], "shipped") for n, quantity in carried.items()}
