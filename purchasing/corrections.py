"""What a document of Amazon's does to those before it: takes their place, takes them back, or says the same again.

A confirmation or a ship notice speaks as long as it has lines; whatever takes its place takes them away.
"""

from collections import defaultdict

from sqlmodel import col, select

from purchasing.notices import What
from storage.database import Tx
from storage.tables import Order, OrderConfirmation, OrderConfirmationLine, Shipment, ShipmentLine

Facts = tuple[object, ...]
"""What people are told of a document: two with the same facts are no news."""

WITHDRAWN = (What.CONFIRMATION_WITHDRAWN, What.SHIPMENT_WITHDRAWN)


def confirmations(tx: Tx, order: Order) -> dict[int, Facts]:
    """The confirmations of an order that still speak, and what each says."""
    query = select(OrderConfirmation, OrderConfirmationLine).join(
        OrderConfirmationLine, col(OrderConfirmationLine.confirmation_id) == OrderConfirmation.id
    )
    rows = tx.orm.exec(query.where(OrderConfirmation.order_id == order.id)).all()
    heads: dict[int, Facts] = {head.id or 0: (head.total, head.shipping, head.tax) for head, _ in rows}
    lines: dict[int, set[Facts]] = defaultdict(set)
    for head, line in rows:
        pieces = (line.line_number, line.accepted, line.rejected, line.deferred)
        lines[head.id or 0].add(
            (*pieces, line.unit_price, line.tax, line.shipping, line.reason_code, line.reason)
        )
    return {key: (*facts, frozenset(lines[key])) for key, facts in heads.items()}


def shipments(tx: Tx, order: Order) -> dict[int, Facts]:
    """The ship notices of an order that still speak, and what each says."""
    query = select(Shipment, ShipmentLine).join(ShipmentLine, col(ShipmentLine.shipment_id) == Shipment.id)
    rows = tx.orm.exec(query.where(Shipment.order_id == order.id)).all()
    heads: dict[int, Facts] = {head.id or 0: (head.packages, head.delivery_at) for head, _ in rows}
    lines: dict[int, set[Facts]] = defaultdict(set)
    for head, line in rows:
        lines[head.id or 0].add((line.line_number, line.quantity))
    return {key: (*facts, frozenset(lines[key])) for key, facts in heads.items()}


def spoken(tx: Tx, order: Order, row: type[OrderConfirmation] | type[Shipment]) -> dict[int, Facts]:
    return confirmations(tx, order) if row is OrderConfirmation else shipments(tx, order)


def news(tx: Tx, order: Order, row: OrderConfirmation | Shipment, before: dict[int, Facts]) -> What | None:
    """What there is to tell of a document that was just stored; `before` is what was spoken until then."""
    after = spoken(tx, order, type(row))
    gone = {key: facts for key, facts in before.items() if key not in after}
    confirms = isinstance(row, OrderConfirmation)
    assert row.id is not None
    if row.id not in after:
        withdrawn = What.CONFIRMATION_WITHDRAWN if confirms else What.SHIPMENT_WITHDRAWN
        return withdrawn if gone else None
    if gone and row.operation == "new":
        # Amazon did not call it one, yet it says something else of the same confirmation or parcel.
        row.operation = "update"
        tx.orm.add(row)
    return What.CONFIRMED if confirms else What.SHIPPED


def repeats(tx: Tx, order: Order, row: OrderConfirmation | Shipment, before: dict[int, Facts]) -> bool:
    """Whether a document says again what was told already; then the former keeps its lines, and its news stays true."""
    after = spoken(tx, order, type(row))
    gone = [key for key in before if key not in after]
    if row.id not in after or [before[key] for key in gone] != [after[row.id]]:
        return False
    _give_back(tx, row, gone[0])
    return True


def _give_back(tx: Tx, row: OrderConfirmation | Shipment, former: int) -> None:
    if isinstance(row, OrderConfirmation):
        said = select(OrderConfirmationLine).where(OrderConfirmationLine.confirmation_id == row.id)
        for line in tx.orm.exec(said).all():
            line.confirmation_id = former
            tx.orm.add(line)
        tx.orm.get_one(OrderConfirmation, former).noticed_at = row.noticed_at
    else:
        for parcel in tx.orm.exec(select(ShipmentLine).where(ShipmentLine.shipment_id == row.id)).all():
            parcel.shipment_id = former
            tx.orm.add(parcel)
        tx.orm.get_one(Shipment, former).noticed_at = row.noticed_at
    tx.orm.flush()
