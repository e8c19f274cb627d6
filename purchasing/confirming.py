"""What a ConfirmationRequest says, as rows: one Amazon order each, or the refused lines."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sqlmodel import col, select

from punchout.confirmation import Confirmation, ErrorCode, LineStatus
from purchasing import standing
from purchasing.remarks import Remarks
from storage.database import Tx
from storage.tables import Order, OrderConfirmation, OrderConfirmationLine, OrderLine, StoredDocument
from storage.types import Amount

NOTHING = Decimal(0)
_ACCEPTING = ("accept", "detail", "allDetail")
_DEFERRING = ("backordered", "unknown")
_OF_ALL = ("accept", "except", "reject", "backordered")
"""Headers that speak of the whole order (Amazon reference 9.2)."""
SEE_ELSEWHERE = "001-012"
"""Amazon's code for "see the reason given there": any other code says more (Amazon reference 9.4)."""


def store(
    tx: Tx,
    order: Order,
    lines: Sequence[OrderLine],
    stored: StoredDocument,
    value: Confirmation,
    remarks: Remarks,
) -> OrderConfirmation | None:
    """Store what a confirmation says. One for the same Amazon order again, one that names the document which it
    corrects, or the same refusal once more takes the place of the former; operation "delete" only takes it away.

    None for a confirmation that a later one for its Amazon order has overtaken on the way: that one stands. A date later
    than its arrival counts as the arrival, or it would overtake all that is to come.
    """
    assert order.id is not None
    assert stored.id is not None
    noticed_at = min(value.notice_date or stored.at, stored.at)
    withdrawn = value.operation == "delete"
    said = () if withdrawn else tuple(_said(value, lines, _spoken_of(tx, order, lines, value), remarks))
    former = _former(tx, order, value, said)
    if any(row.noticed_at > noticed_at for row in former):
        remarks.overtaken()
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
    """What a refusal says; None for a confirmation that says something else, too."""
    rows = list(rows)
    return (
        None
        if any(row.accepted or row.deferred for row in rows)
        else {(row.line_number, row.rejected) for row in rows}
    )


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
    """The confirmation line by line. A header that speaks of all covers the rest of that."""
    told: dict[int, list[LineStatus]] = {}
    for said in value.lines:
        told.setdefault(said.line_number, []).extend(said.statuses)
    for line in lines:
        if line.line_number in told:
            yield from _line_said(told[line.line_number], line, value.errors, remarks)
        elif value.type in _OF_ALL and (quantity := spoken_of.get(line.line_number)):
            error = _telling(value.errors) if value.type == "reject" else None
            yield OrderConfirmationLine(
                confirmation_id=0,
                line_number=line.line_number,
                accepted=quantity if value.type in ("accept", "except") else NOTHING,
                rejected=quantity if value.type == "reject" else NOTHING,
                deferred=quantity if value.type == "backordered" else NOTHING,
                reason_code=error.code if error else "",
                reason=error.text if error else "",
            )


def _line_said(
    statuses: Sequence[LineStatus], line: OrderLine, of_all: Sequence[ErrorCode], remarks: Remarks
) -> Iterable[OrderConfirmationLine]:
    """A row for every price at which pieces are accepted; what is refused or waits stands in the first."""
    where = f"line {line.line_number}"
    rejected = [status for status in statuses if status.type == "reject"]
    deferred = [status for status in statuses if status.type in _DEFERRING]
    own = [error for status in rejected for error in status.errors]
    comments = [comment.text for status in rejected for comment in status.comments]
    error = _telling([*own, *of_all]) if rejected else None
    first = OrderConfirmationLine(
        confirmation_id=0,
        line_number=line.line_number,
        accepted=NOTHING,
        rejected=remarks.pieces(sum((s.quantity for s in rejected), NOTHING), line, "refused"),
        deferred=remarks.pieces(sum((s.quantity for s in deferred), NOTHING), line, "deferred"),
        reason_code=error.code if error else "",
        reason=error.text if error else " ".join(comments),
    )
    accepted = [status for status in statuses if status.type in _ACCEPTING]
    room = remarks.pieces(sum((s.quantity for s in accepted), NOTHING), line, "confirmed")
    row, rows = first, [first]
    for price, alike in _by_price(accepted, line, where, remarks).items():
        if row.accepted:
            row = OrderConfirmationLine(
                confirmation_id=0, line_number=line.line_number, accepted=NOTHING, rejected=NOTHING
            )
            rows.append(row)
        row.accepted = min(room, sum((s.quantity for s in alike), NOTHING))
        room -= row.accepted
        row.unit_price = price
        row.tax = remarks.amount(*(s.tax for s in alike), where=f"Tax of {where}")
        row.shipping = remarks.amount(*(s.shipping for s in alike), where=f"Shipping of {where}")
    return rows


def _by_price(
    accepted: Sequence[LineStatus], line: OrderLine, where: str, remarks: Remarks
) -> dict[Decimal | None, list[LineStatus]]:
    """The accepted pieces by price; None, no price, is the price as ordered, and so is that one when it is told."""
    found: dict[Decimal | None, list[LineStatus]] = {}
    for status in accepted:
        price = remarks.amount(status.unit_price, where=f"UnitPrice of {where}")
        alike = None if price in (None, line.unit_price) and len(accepted) > 1 else price
        found.setdefault(alike, []).append(status)
    return found


def _telling(errors: Sequence[ErrorCode]) -> ErrorCode | None:
    """The error that tells a person most: the line's own before the order's, one that does not refer to others."""
    return next((error for error in errors if error.code != SEE_ELSEWHERE), errors[0] if errors else None)


def plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """The sum of what is known; None where nothing is, or where it is more than can be kept."""
    total = other if one is None else one if other is None else one + other
    return total if total is None or Amount.holds(total) else None
