"""What of a document of Amazon's could not be taken over: noted with it, and told to the admins once.

A document is never refused for an amount: what can be kept is kept, the rest is a remark.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from punchout.money import Money
from purchasing import notices
from purchasing.values import Company, plain
from storage.database import Tx
from storage.tables import Order, OrderLine, StoredDocument
from storage.types import Amount

LONGEST = 1000


@dataclass(slots=True)
class Remarks:
    """The remarks on one document while it is applied to an order that is paid in `currency`."""

    currency: str
    said: list[str] = field(default_factory=list)

    def amount(self, *money: Money | None, where: str) -> Decimal | None:
        """The sum of what is there, if it is of the order's currency and can be kept to the last digit."""
        known = [each for each in money if each is not None]
        total = sum((each.amount for each in known), Decimal(0))
        if not known:
            return None
        if {each.currency for each in known} == {self.currency} and Amount.holds(total):
            return total
        written = ", ".join(f"{each.amount} {each.currency}" for each in known)
        self.said.append(f"{where}: {written} cannot be taken over.")
        return None

    def pieces(self, quantity: Decimal, line: OrderLine, what: str) -> Decimal:
        """So many pieces of a line, and never more than were ordered."""
        if quantity <= line.quantity:
            return quantity
        self.said.append(
            f"Line {line.line_number}: {plain(quantity)} {what}, {plain(line.quantity)} ordered."
        )
        return line.quantity

    def unknown_lines(self, numbers: Iterable[int | None], lines: Iterable[OrderLine]) -> None:
        """Lines that the order does not have."""
        ours = {line.line_number for line in lines}
        for number in dict.fromkeys(numbers):
            if number is not None and number not in ours:
                self.said.append(f"Line {number} is not in the order and was left out.")

    def overtaken(self) -> None:
        """Nothing of it is taken over."""
        self.said.append("A later notice of the same has come before: this one changes nothing.")

    def tell(self, tx: Tx, company: Company, order: Order, stored: StoredDocument, now: datetime) -> None:
        """Note the remarks with the document, and tell whoever answers for the order."""
        if not self.said:
            return
        noted = stored.note.split("; ") if stored.note else []
        stored.note = "; ".join(dict.fromkeys([*noted, *self.said]))[:LONGEST]
        tx.orm.add(stored)
        notices.tell_of_document(tx, company, order, stored, now)
