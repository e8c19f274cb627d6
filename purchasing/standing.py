"""What of Amazon's confirmations still stands: of every piece of a line, the newest word on it.

Amazon may refuse what it had accepted, in a document that names no former one (Amazon reference 9.2, 9.4), so nothing
is struck out: what is said counts from the newest back, until the pieces of the line are spoken for. Pieces that a ship
notice speaks of are past refusing: they may arrive and be charged, so they never count as refused, and what refuses them
all the same is told as what it is, two notices that contradict each other.
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
    contested: Decimal = NOTHING
    """Refused here, and on their way by a ship notice."""

    @property
    def stands(self) -> bool:
        """Whether something of it is still true, or has to be looked into."""
        return bool(self.accepted or self.rejected or self.contested or self.row.deferred)

    @property
    def whole(self) -> bool:
        """Whether every accepted piece still is."""
        return self.accepted == self.row.accepted


def words(tx: Tx, order: Order, lines: Iterable[OrderLine]) -> list[Word]:
    """All that was said of these lines, in notice order. What of them is shipped has to be summed up before."""
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
    room, shipped, found = line.quantity, line.shipped, list[Word]()
    unsent = line.quantity - shipped
    for row, head in reversed(said):
        accepted = min(row.accepted, room)
        rejected = min(row.rejected, room - accepted, unsent)
        contested = min(row.rejected - rejected, room - accepted - rejected, shipped)
        room -= accepted + rejected
        unsent -= rejected
        shipped -= contested
        found.append(Word(head, row, accepted, rejected, contested))
    return found[::-1]


def refused(said: Iterable[Word]) -> dict[int, Decimal]:
    """How many pieces of a line are refused."""
    found: dict[int, Decimal] = {}
    for word in said:
        found[word.row.line_number] = found.get(word.row.line_number, NOTHING) + word.rejected
    return found


def contested(said: Iterable[Word]) -> dict[int, Decimal]:
    """How many pieces of a line Amazon says both to have sent and to have refused."""
    found: dict[int, Decimal] = {}
    for word in said:
        if word.contested:
            found[word.row.line_number] = found.get(word.row.line_number, NOTHING) + word.contested
    return found


def prices(line: OrderLine, said: Iterable[Word]) -> dict[Decimal, Decimal]:
    """The prices at which pieces of a line are accepted, and how many at each."""
    found: dict[Decimal, Decimal] = {}
    for word in said:
        if word.row.line_number == line.line_number and word.accepted:
            price = line.unit_price if word.row.unit_price is None else word.row.unit_price
            found[price] = found.get(price, NOTHING) + word.accepted
    return found


def total(said: Sequence[Word]) -> Decimal | None:
    """What Amazon's confirmations add up to, tax and shipping included.

    None before the first, and where a later refusal takes away a part of one: Amazon does not say what is left of it.
    """
    accepting = _accepting(said)
    known = [own[0].head.total for own in accepting]
    told = [each for each in known if each is not None]
    return sum(told, NOTHING) if told and _whole(accepting) else None


def shipping(said: Sequence[Word]) -> Decimal | None:
    """The shipping of all that is accepted; None where it is not told of all."""
    accepting = _accepting(said)
    known = [_shipping(own) for own in accepting]
    told = [each for each in known if each is not None]
    return sum(told, NOTHING) if told and len(told) == len(known) and _whole(accepting) else None


def tax(said: Sequence[Word]) -> Decimal | None:
    """The tax of all that is accepted, shipping's included (Amazon reference 7.1); None where it is not told of all."""
    accepting = _accepting(said)
    told = [own[0].head.tax for own in accepting if own[0].head.tax is not None]
    return sum(told, NOTHING) if told and len(told) == len(accepting) and _whole(accepting) else None


def _shipping(own: Sequence[Word]) -> Decimal | None:
    head = own[0].head
    if head.shipping is not None:
        return head.shipping
    told = [word.row.shipping for word in own if word.row.shipping is not None]
    return sum(told, NOTHING) if told else None


def _accepting(said: Sequence[Word]) -> list[list[Word]]:
    """What stands by confirmation, of those that still accept something."""
    by_head: dict[int | None, list[Word]] = {}
    for word in said:
        by_head.setdefault(word.head.id, []).append(word)
    return [own for own in by_head.values() if any(word.accepted for word in own)]


def _whole(accepting: Iterable[Sequence[Word]]) -> bool:
    return all(word.whole for own in accepting for word in own)
