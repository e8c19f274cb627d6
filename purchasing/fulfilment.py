"""Documents of Amazon's applied to their order, in its lane, and turned into notices.

Line quantities are always summed anew from all that stands of confirmations and shipments, so documents may come in any
order, twice, split or corrected, and the sums are the same.
"""

from datetime import datetime
from decimal import Decimal

from sqlmodel import col, select

from punchout.confirmation import Confirmation
from punchout.shipment import ShipNotice
from purchasing import confirming, corrections, notices, reminders, shipping, standing
from purchasing.lifecycle import LineEvent, LineState, OrderEvent, OrderState, advance
from purchasing.remarks import Remarks
from purchasing.standing import Word
from purchasing.values import Company
from storage import audit
from storage.database import Tx
from storage.tables import (
    Order,
    OrderConfirmation,
    OrderLine,
    Shipment,
    ShipmentLine,
    StoredDocument,
)

NOTHING = Decimal(0)


def apply(
    tx: Tx,
    company: Company,
    order_id: int,
    stored: StoredDocument,
    value: Confirmation | ShipNotice,
    now: datetime,
) -> None:
    """Let a document change an order, and tell buyer and admins. Applied once: a second call finds it done."""
    order = tx.orm.get_one(Order, order_id, with_for_update=True)
    table = OrderConfirmation if isinstance(value, Confirmation) else Shipment
    same = select(table).where(table.document_id == stored.id, table.order_id == order_id)
    if tx.orm.exec(same).first() is not None:
        return
    stored.outcome = "applied"
    tx.orm.add(stored)
    remarks = Remarks(order.currency, list(value.notes))
    spoken = corrections.spoken(tx, order, table)
    if isinstance(value, Confirmation):
        row: OrderConfirmation | Shipment | None = confirming.store(
            tx, order, _lines(tx, order), stored, value, remarks
        )
    else:
        row = shipping.store(tx, order, _lines(tx, order), stored, value, remarks)
    remarks.tell(tx, company, order, stored, now)
    if row is None:
        return
    tx.orm.flush()
    news = corrections.news(tx, order, row, spoken)
    lines = _lines(tx, order)
    stood = [_sums(line) for line in lines]
    shipping.sum_up(tx, order, lines)
    said = standing.words(tx, order, lines)
    _settle(tx, lines, said)
    if [_sums(line) for line in lines] == stood and corrections.repeats(tx, order, row, spoken):
        news = None
    event, before = progress(lines), order.state
    order.state = advance(OrderState(order.state), event)
    order.confirmed_at = (order.confirmed_at or now) if _partly(lines) else None
    order.shipped_at = (order.shipped_at or now) if order.state == OrderState.SHIPPED else None
    tx.orm.add(order)
    audit.note(
        tx,
        company.id,
        "amazon",
        "document_applied" if order.state == before else f"order_{order.state}",
        now,
        order_number=order.number,
        member_id=order.member_id,
        document=stored.id,
        kind=stored.kind,
        before=before,
        after=order.state,
    )
    assert row.id is not None
    if news in corrections.WITHDRAWN:
        notices.tell_all(tx, company, order, news, row.id, now)
        reminders.watch_again(tx, order, f"{news}:{row.id}", now)
    elif news is not None and not _says_nothing(tx, row, said):
        notices.tell_all(tx, company, order, news, row.id, now)


def _says_nothing(tx: Tx, row: OrderConfirmation | Shipment, said: list[Word]) -> bool:
    """A document that speaks of no piece of the order, or that later ones have overtaken, is kept and no news."""
    if isinstance(row, OrderConfirmation):
        return not any(word.head.id == row.id and word.stands for word in said)
    carried = select(ShipmentLine).where(ShipmentLine.shipment_id == row.id, ShipmentLine.quantity > 0)
    return tx.orm.exec(carried).first() is None


def _lines(tx: Tx, order: Order) -> list[OrderLine]:
    query = select(OrderLine).where(OrderLine.order_id == order.id).order_by(col(OrderLine.line_number))
    return list(tx.orm.exec(query).all())


def _settle(tx: Tx, lines: list[OrderLine], said: list[Word]) -> None:
    """Sum up, for every line, what stands of all confirmations, now that it is known what is on its way."""
    for line in lines:
        of_line = [word for word in said if word.row.line_number == line.line_number]
        line.accepted = sum((word.accepted for word in of_line), NOTHING)
        line.rejected = sum((word.rejected for word in of_line), NOTHING)
        line.confirmed_price, line.amazon_order, line.reason_code, line.reason = None, "", "", ""
        line.confirmed_tax = None
        for word in of_line:
            line.amazon_order = word.head.confirm_id or line.amazon_order
            if word.accepted:
                line.confirmed_tax = confirming.plus(line.confirmed_tax, word.row.tax)
            if word.rejected:
                line.reason_code = word.row.reason_code or line.reason_code
                line.reason = word.row.reason or line.reason
        prices = standing.prices(line, of_line)
        if len(prices) == 1:
            line.confirmed_price = next(
                (w.row.unit_price for w in of_line if w.accepted and w.row.unit_price is not None), None
            )
        line.state = advance(LineState(line.state), line_event(line, several_prices=len(prices) > 1))
        tx.orm.add(line)


def _sums(line: OrderLine) -> tuple[object, ...]:
    return line.state, line.accepted, line.rejected, line.shipped, line.confirmed_price, line.amazon_order


def line_event(line: OrderLine, *, several_prices: bool = False) -> LineEvent:
    """What the sums say of a line; one price at least is another than ordered where there are several."""
    if line.rejected >= line.quantity:
        return LineEvent.REFUSED
    if line.shipped and line.shipped >= line.quantity - line.rejected:
        return LineEvent.SHIPPED
    if line.rejected:
        return LineEvent.PARTLY_REFUSED
    if several_prices or line.confirmed_price not in (None, line.unit_price):
        return LineEvent.PRICE_CHANGED
    return LineEvent.ACCEPTED if line.accepted >= line.quantity else LineEvent.REOPENED


def progress(lines: list[OrderLine]) -> OrderEvent:
    """What the lines together say of the order; REOPENED while nothing is settled. Shipped goods count as accepted."""
    if all(line.rejected >= line.quantity for line in lines):
        return OrderEvent.ALL_REJECTED
    open_lines = [line for line in lines if max(line.accepted, line.shipped) + line.rejected < line.quantity]
    if any(line.shipped for line in lines):
        wanted = (line.shipped + line.rejected >= line.quantity for line in lines)
        return OrderEvent.ALL_SHIPPED if all(wanted) else OrderEvent.SOME_SHIPPED
    if not open_lines:
        return OrderEvent.ALL_SETTLED
    if len(open_lines) < len(lines) or _partly(lines):
        return OrderEvent.SOME_SETTLED
    return OrderEvent.REOPENED


def _partly(lines: list[OrderLine]) -> bool:
    return any(line.accepted or line.rejected for line in lines)
