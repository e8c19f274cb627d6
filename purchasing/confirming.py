"""What a ConfirmationRequest says, as rows: one Amazon order each, or the refused lines."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from sqlmodel import select

from punchout.confirmation import Confirmation, ConfirmationLine
from storage.database import Tx
from storage.tables import Order, OrderConfirmation, OrderConfirmationLine, OrderLine, StoredDocument

NOTHING = Decimal(0)
_ACCEPTING = ("accept", "detail", "allDetail")


def store(
    tx: Tx,
    order: Order,
    lines: Sequence[OrderLine],
    stored: StoredDocument,
    value: Confirmation,
    now: datetime,
) -> OrderConfirmation | None:
    """Store what a confirmation says. One for the same Amazon order again takes the place of the former.

    None for a confirmation that a later one for its Amazon order has overtaken on the way: that one stands.
    """
    assert order.id is not None
    assert stored.id is not None
    noticed_at = value.notice_date or now
    if value.confirm_id:
        former = _former(tx, order, value.confirm_id)
        if any(row.noticed_at > noticed_at for row in former):
            return None
        _forget_lines(tx, former)
    row = OrderConfirmation(
        order_id=order.id,
        document_id=stored.id,
        confirm_id=value.confirm_id or "",
        operation=value.operation,
        total=value.total.amount if value.total is not None else None,
        noticed_at=noticed_at,
    )
    tx.orm.add(row)
    tx.orm.flush()
    assert row.id is not None
    for line in _said(value, lines):
        line.confirmation_id = row.id
        tx.orm.add(line)
    return row


def _former(tx: Tx, order: Order, confirm_id: str) -> Sequence[OrderConfirmation]:
    same = select(OrderConfirmation).where(
        OrderConfirmation.order_id == order.id, OrderConfirmation.confirm_id == confirm_id
    )
    return tx.orm.exec(same).all()


def _forget_lines(tx: Tx, confirmations: Sequence[OrderConfirmation]) -> None:
    for row in confirmations:
        for line in tx.orm.exec(
            select(OrderConfirmationLine).where(OrderConfirmationLine.confirmation_id == row.id)
        ).all():
            tx.orm.delete(line)
    tx.orm.flush()


def _said(value: Confirmation, lines: Sequence[OrderLine]) -> Iterable[OrderConfirmationLine]:
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


def _line_said(said: ConfirmationLine) -> OrderConfirmationLine:
    accepted = sum((s.quantity for s in said.statuses if s.type in _ACCEPTING), NOTHING)
    rejected = [s for s in said.statuses if s.type == "reject"]
    errors = [error for status in rejected for error in status.errors]
    comments = [comment.text for status in rejected for comment in status.comments]
    prices = (s.unit_price for s in said.statuses if s.type in _ACCEPTING)
    price = next((price for price in prices if price is not None), None)
    return OrderConfirmationLine(
        confirmation_id=0,
        line_number=said.line_number,
        accepted=accepted,
        rejected=sum((s.quantity for s in rejected), NOTHING),
        unit_price=price.amount if price is not None else None,
        reason_code=errors[0].code if errors else "",
        reason=errors[0].text if errors else " ".join(comments),
    )
