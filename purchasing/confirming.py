"""What a ConfirmationRequest says, as rows: one Amazon order each, or the refused lines."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from sqlmodel import col, select

from punchout.confirmation import Confirmation, ConfirmationLine, ErrorCode
from purchasing import standing
from purchasing.remarks import Remarks
from storage.database import Tx
from storage.tables import Order, OrderConfirmation, OrderConfirmationLine, OrderLine, StoredDocument
from storage.types import Amount

NOTHING = Decimal(0)
_ACCEPTING = ("accept", "detail", "allDetail")
SEE_ELSEWHERE = "001-012"
"""Amazon's code for "see the reason given there": any other code says more (Amazon reference 9.4)."""


def store(
    tx: Tx,
    order: Order,
    lines: Sequence[OrderLine],
    stored: StoredDocument,
    value: Confirmation,
    remarks: Remarks,
    now: datetime,
) -> OrderConfirmation | None:
    """Store what a confirmation says. One for the same Amazon order again, one that names the document which it
    corrects, or the same refusal once more takes the place of the former; operation "delete" only takes it away.

    None for a confirmation that a later one for its Amazon order has overtaken on the way: that one stands.
    """
    assert order.id is not None
    assert stored.id is not None
    noticed_at = value.notice_date or now
    withdrawn = value.operation == "delete"
    said = () if withdrawn else tuple(_said(value, lines, _spoken_of(tx, order, lines, value), remarks))
    former = _former(tx, order, value, said)
    if any(row.noticed_at > noticed_at for row in former):
        return None
    _forget_lines(tx, former)
    row = OrderConfirmation(
        order_id=order.id,
        document_id=stored.id,
        confirm_id=value.confirm_id or "",
        operation=value.operation,
        total=remarks.amount(value.total, where="Total"),
        shipping=remarks.amount(value.shipping, where="Shipping"),
        tax=remarks.amount(value.tax, where="Tax"),
        noticed_at=noticed_at,
    )
    tx.orm.add(row)
    tx.orm.flush()
    assert row.id is not None
    if withdrawn:
        return row
    remarks.unknown_lines((line.line_number for line in value.lines), lines)
    for line in said:
        line.confirmation_id = row.id
        tx.orm.add(line)
    return row


def _former(
    tx: Tx, order: Order, value: Confirmation, said: Sequence[OrderConfirmationLine]
) -> Sequence[OrderConfirmation]:
    """The confirmations whose place this one takes."""
    all_of_it = select(OrderConfirmation).where(OrderConfirmation.order_id == order.id)
    if value.confirm_id:
        return tx.orm.exec(all_of_it.where(OrderConfirmation.confirm_id == value.confirm_id)).all()
    found = _same_refusal(tx, order, said)
    if value.operation != "new" and value.previous_payload_id:
        corrected = all_of_it.join(StoredDocument, col(OrderConfirmation.document_id) == StoredDocument.id)
        found += tx.orm.exec(corrected.where(StoredDocument.identity == value.previous_payload_id)).all()
    return found


def _same_refusal(tx: Tx, order: Order, said: Sequence[OrderConfirmationLine]) -> list[OrderConfirmation]:
    """The refusals without an Amazon order that name the same pieces: told twice they are no more pieces."""
    query = (
        select(OrderConfirmation, OrderConfirmationLine)
        .join(OrderConfirmationLine, col(OrderConfirmationLine.confirmation_id) == OrderConfirmation.id)
        .where(OrderConfirmation.order_id == order.id, OrderConfirmation.confirm_id == "")
    )
    rows = tx.orm.exec(query).all()
    heads = {head.id: head for head, _ in rows}
    pieces = _refused(said)
    return [
        head
        for head in heads.values()
        if pieces and pieces == _refused(row for other, row in rows if other is head)
    ]


def _refused(rows: Iterable[OrderConfirmationLine]) -> set[tuple[int, Decimal]] | None:
    """What a refusal says; None for a confirmation that accepts something."""
    rows = list(rows)
    return None if any(row.accepted for row in rows) else {(row.line_number, row.rejected) for row in rows}


def _spoken_of(tx: Tx, order: Order, lines: Sequence[OrderLine], value: Confirmation) -> dict[int, Decimal]:
    """How many of each line a header means that speaks of all: of the whole order, or of its Amazon order alone.

    An order may be split into several Amazon orders (Amazon reference 9.3): one that is known already has the pieces
    that it was told with, a new one those that no other has.
    """
    pieces = {line.line_number: line.quantity for line in lines}
    if not value.confirm_id:
        return pieces
    said = standing.words(tx, order, lines)
    own = [word.row for word in said if word.head.confirm_id == value.confirm_id]
    if own and value.type == "reject":
        known = dict.fromkeys((row.line_number for row in own), NOTHING)
        for row in own:
            known[row.line_number] += row.accepted + row.rejected
        return known
    for word in said:
        if word.head.confirm_id not in ("", value.confirm_id):
            pieces[word.row.line_number] -= word.accepted + word.rejected
    return {number: quantity for number, quantity in pieces.items() if quantity}


def _forget_lines(tx: Tx, confirmations: Sequence[OrderConfirmation]) -> None:
    for row in confirmations:
        for line in tx.orm.exec(
            select(OrderConfirmationLine).where(OrderConfirmationLine.confirmation_id == row.id)
        ).all():
            tx.orm.delete(line)
    tx.orm.flush()


def _said(
    value: Confirmation, lines: Sequence[OrderLine], spoken_of: Mapping[int, Decimal], remarks: Remarks
) -> Iterable[OrderConfirmationLine]:
    """The confirmation line by line. A header that speaks of all (accept, except, reject) covers the rest of that."""
    by_number = {line.line_number: line for line in lines}
    mentioned: dict[int, OrderConfirmationLine] = {}
    for said in value.lines:
        if said.line_number not in by_number:
            continue
        row = _line_said(said, by_number[said.line_number], value.errors, remarks)
        former = mentioned.setdefault(said.line_number, row)
        if former is not row:
            _add(former, row, by_number[said.line_number])
    if value.type in ("accept", "except", "reject"):
        refused = value.type == "reject"
        error = _telling(value.errors) if refused else None
        for number, quantity in spoken_of.items():
            mentioned.setdefault(
                number,
                OrderConfirmationLine(
                    confirmation_id=0,
                    line_number=number,
                    accepted=NOTHING if refused else quantity,
                    rejected=quantity if refused else NOTHING,
                    reason_code=error.code if error else "",
                    reason=error.text if error else "",
                ),
            )
    return mentioned.values()


def _add(former: OrderConfirmationLine, row: OrderConfirmationLine, line: OrderLine) -> None:
    """The same line once more in one document: the pieces add up, the later price and reason count."""
    former.accepted = min(line.quantity, former.accepted + row.accepted)
    former.rejected = min(line.quantity, former.rejected + row.rejected)
    former.unit_price = former.unit_price if row.unit_price is None else row.unit_price
    former.tax, former.shipping = plus(former.tax, row.tax), plus(former.shipping, row.shipping)
    former.reason_code, former.reason = row.reason_code or former.reason_code, row.reason or former.reason


def _line_said(
    said: ConfirmationLine, line: OrderLine, of_all: Sequence[ErrorCode], remarks: Remarks
) -> OrderConfirmationLine:
    where = f"line {said.line_number}"
    accepted = [status for status in said.statuses if status.type in _ACCEPTING]
    rejected = [status for status in said.statuses if status.type == "reject"]
    own = [error for status in rejected for error in status.errors]
    comments = [comment.text for status in rejected for comment in status.comments]
    error = _telling([*own, *of_all]) if rejected else None
    price = next((s.unit_price for s in accepted if s.unit_price is not None), None)
    return OrderConfirmationLine(
        confirmation_id=0,
        line_number=said.line_number,
        accepted=remarks.pieces(sum((s.quantity for s in accepted), NOTHING), line, "confirmed"),
        rejected=remarks.pieces(sum((s.quantity for s in rejected), NOTHING), line, "refused"),
        unit_price=remarks.amount(price, where=f"UnitPrice of {where}"),
        tax=remarks.amount(*(s.tax for s in accepted), where=f"Tax of {where}"),
        shipping=remarks.amount(*(s.shipping for s in accepted), where=f"Shipping of {where}"),
        reason_code=error.code if error else "",
        reason=error.text if error else " ".join(comments),
    )


def _telling(errors: Sequence[ErrorCode]) -> ErrorCode | None:
    """The error that tells a person most: the line's own before the order's, one that does not refer to others."""
    return next((error for error in errors if error.code != SEE_ELSEWHERE), errors[0] if errors else None)


def plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """The sum of what is known; None where nothing is, or where it is more than can be kept."""
    total = other if one is None else one if other is None else one + other
    return total if total is None or Amount.holds(total) else None
