"""What of Amazon's confirmations still stands: of every piece of a line, the newest word on it.

Amazon may refuse what it had accepted, in a document that names no former one (Amazon reference 9.2, 9.4), so nothing
is struck out: what is said counts from the newest back, until the pieces of the line are spoken for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import col, select

from storage.database import Tx
from storage.tables import Order, OrderConfirmation, OrderConfirmationLine, OrderLine

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Word:
    """What one confirmation says of one line, and how many of those pieces no later one speaks of."""

    head: OrderConfirmation
    row: OrderConfirmationLine
    accepted: Decimal
    rejected: Decimal

    @property
    def whole(self) -> bool:
        """Whether every accepted piece still is."""
        return self.accepted == self.row.accepted


def words(tx: Tx, order: Order, lines: Iterable[OrderLine]) -> list[Word]:
    """All that was said of these lines, in notice order."""
    said = tx.orm.exec(
        select(OrderConfirmationLine, OrderConfirmation)
        .join(OrderConfirmation, col(OrderConfirmationLine.confirmation_id) == OrderConfirmation.id)
        .where(OrderConfirmation.order_id == order.id)
        .order_by(col(OrderConfirmation.noticed_at), col(OrderConfirmation.id), col(OrderConfirmationLine.id))
    ).all()
    return [
        word
        for line in lines
        for word in _of_line(line, [each for each in said if each[0].line_number == line.line_number])
    ]


def _of_line(line: OrderLine, said: Sequence[tuple[OrderConfirmationLine, OrderConfirmation]]) -> list[Word]:
    room, found = line.quantity, list[Word]()
    for row, head in reversed(said):
        accepted = min(row.accepted, room)
        rejected = min(row.rejected, room - accepted)
        room -= accepted + rejected
        found.append(Word(head, row, accepted, rejected))
    return found[::-1]


def total(found: Sequence[Word]) -> Decimal | None:
    """What Amazon's confirmations add up to, tax and shipping included.

    None before the first, and where a later refusal takes away a part of one: Amazon does not say what is left of it.
    """
    known = list[Decimal]()
    for head in {word.head.id: word.head for word in found}.values():
        own = [word for word in found if word.head is head]
        if head.total is None or not any(word.accepted for word in own):
            continue
        if not all(word.whole for word in own):
            return None
        known.append(head.total)
    return sum(known, NOTHING) if known else None
