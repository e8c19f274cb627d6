"""What a ShipNoticeRequest says, as rows: a parcel or several, and how many of each line they carry."""

from collections.abc import Sequence
from decimal import Decimal

from sqlmodel import col, select

from punchout.shipment import Portion, ShipNotice
from purchasing import standing
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
) -> Shipment | None:
    """Store what a ship notice says; an update or a repetition takes the place of the former.

    None for a notice that a later one of its shipment has overtaken on the way: that one stands, and a date later
    than its arrival counts as the arrival. Of a notice whose pieces cannot be read the packages are kept, with the pieces
    that were told of its shipment before.
    """
    assert order.id is not None
    assert stored.id is not None
    noticed_at = min(value.notice_date or stored.at, stored.at)
    same = select(Shipment).where(Shipment.order_id == order.id, Shipment.shipment_id == value.shipment_id)
    former = tx.orm.exec(same).all() if value.shipment_id else ()
    if any(row.noticed_at > noticed_at for row in former):
        remarks.overtaken()
        return None
    known = _take_away(tx, former)
    shipment = Shipment(
        order_id=order.id,
        document_id=stored.id,
        shipment_id=value.shipment_id,
        operation=value.operation,
        packages=tuple(Package(each.carrier, each.tracking, each.tracking_url) for each in value.parcels),
        shipped_at=value.shipment_date,
        delivery_at=value.delivery_date,
        noticed_at=noticed_at,
        everything=any(portion.whole for portion in _portions(value, order)),
    )
    tx.orm.add(shipment)
    tx.orm.flush()
    assert shipment.id is not None
    if value.operation == "delete":
        return shipment
    carried = _carried(value, order, lines, remarks)
    if not carried:
        shipment.everything = any(row.everything for row in former)
        carried = known or {line.line_number: NOTHING for line in lines}
    for number, quantity in carried.items():
        tx.orm.add(ShipmentLine(shipment_id=shipment.id, line_number=number, quantity=quantity))
    return shipment


def _take_away(tx: Tx, former: Sequence[Shipment]) -> dict[int, Decimal]:
    """What these said to carry, which they say no more."""
    rows = tx.orm.exec(
        select(ShipmentLine).where(col(ShipmentLine.shipment_id).in_([row.id for row in former]))
    ).all()
    for row in rows:
        tx.orm.delete(row)
    tx.orm.flush()
    return {row.line_number: row.quantity for row in rows}


def _carried(
    value: ShipNotice, order: Order, lines: Sequence[OrderLine], remarks: Remarks
) -> dict[int, Decimal]:
    """How many of each line are on their way. Of everything it is `sum_up` that knows how much that is."""
    by_number = {line.line_number: line for line in lines}
    carried: dict[int, Decimal] = {}
    for portion in _portions(value, order):
        remarks.unknown_lines((item.line_number for item in portion.lines), lines)
        for item in portion.lines:
            if item.line_number in by_number:
                carried[item.line_number] = carried.get(item.line_number, NOTHING) + item.quantity
        if portion.whole:
            carried = {line.line_number: line.quantity for line in lines}
    return {n: remarks.pieces(quantity, by_number[n], "shipped") for n, quantity in carried.items()}


def _portions(value: ShipNotice, order: Order) -> list[Portion]:
    """What the notice says of this order."""
    return [
        portion
        for portion in value.portions
        if portion.order_id in ("", order.number) or portion.order_payload_id == order.payload_id
    ]


def sum_up(tx: Tx, order: Order, lines: Sequence[OrderLine]) -> None:
    """Sum up what all shipments say of every line.

    One of everything carries all that was not refused, whenever the refusal came. Nothing at all is in no parcel: where
    all was refused it carries the whole order, and contradicts the refusals.
    """
    told = tx.orm.exec(
        select(ShipmentLine, Shipment)
        .join(Shipment, col(ShipmentLine.shipment_id) == Shipment.id)
        .where(Shipment.order_id == order.id)
    ).all()
    for line in lines:
        named = [row.quantity for row, shipment in told if not shipment.everything and _is_of(row, line)]
        line.shipped = min(line.quantity, sum(named, NOTHING))
    of_all = [row for row, shipment in told if shipment.everything]
    if not of_all:
        return
    refused = standing.refused(standing.words(tx, order, lines))
    if all(refused.get(line.line_number, NOTHING) >= line.quantity for line in lines):
        refused = {}
    for line in lines:
        line.shipped = line.quantity - refused.get(line.line_number, NOTHING)
        for row in (row for row in of_all if _is_of(row, line)):
            row.quantity = line.shipped
            tx.orm.add(row)


def _is_of(row: ShipmentLine, line: OrderLine) -> bool:
    return row.line_number == line.line_number
