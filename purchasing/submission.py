"""Submission: the bytes of a placed order, sent to Amazon as often as it takes.

Never are new ones made: payloadID, number and time stay those of the first attempt (Amazon reference 8.5). That bytes are
about to leave is written down before they leave, so that a refusal can be told apart: of the only attempt that ever
reached Amazon (there is no order), or after one whose end nobody knows (there may be an order all the same).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from punchout.redact import masked
from punchout.status import Status
from punchout.supplier import Refused, Supplier, Taken, Unreachable
from purchasing import evidence, notices, reminders
from purchasing.lifecycle import UNHEARD, OrderEvent, OrderState, advance
from purchasing.notices import What
from purchasing.values import Company
from storage import audit, tables
from storage.database import Database, Tx
from storage.queue import Bury, Done, Retry, again
from storage.tables import Order
from storage.vault import Keyring

PATIENCE = timedelta(hours=24)
"""How long the same bytes are sent again before a person is asked."""
SILENCE = timedelta(seconds=60)
"""How long Amazon may stay silent before the buyer is told that we keep trying."""


async def submit(
    db: Database,
    supplier: Supplier,
    vault: Keyring,
    company: Company,
    order_id: int,
    attempts: int,
    clock: Callable[[], datetime],
) -> Done | Retry | Bury:
    """Send the order's bytes to Amazon and note what came of it; says whether they must be sent again."""
    raw = await db.write(lambda tx: _take_up(tx, vault, order_id))
    if raw is None:
        return Done()
    outcome = await supplier.order(company.order_url, company.account, raw)
    now = clock()
    if isinstance(outcome, Taken):
        await db.write(lambda tx: _note(tx, company, order_id, OrderEvent.TAKEN, now))
        return Done()
    if isinstance(outcome, Refused):
        no = outcome
        await db.write(lambda tx: _note(tx, company, order_id, OrderEvent.REFUSED, now, no.reason, no))
        return Done()
    event = OrderEvent.NOT_REACHED if isinstance(outcome, Unreachable) else OrderEvent.NO_ANSWER
    if await db.write(lambda tx: _note(tx, company, order_id, event, now, outcome.why)):
        return Bury(outcome.why)
    return again(attempts, outcome.why)


def give_up(tx: Tx, company: Company, order_id: int, now: datetime) -> None:
    """Sending failed so often, by a fault of ours, that it is not tried again: a person has to look."""
    order = tx.orm.get_one(Order, order_id, with_for_update=True)
    if abandon(tx, order):
        notices.tell_all(tx, company, order, What.ORDER_FAILED, order_id, now)


def abandon(tx: Tx, order: Order) -> bool:
    """Of an order that still was to be sent nothing goes out by itself any more. False where that was so already."""
    if order.state not in _SENDABLE or order.state == OrderState.STUCK:
        return False
    order.state = advance(OrderState(order.state), OrderEvent.GIVEN_UP)
    tx.orm.add(order)
    return True


def hear(tx: Tx, company: Company, order_id: int, status: Status, now: datetime) -> bool:
    """A later word of Amazon's on the bytes that we sent; says whether it changed the order."""
    order = tx.orm.get_one(Order, order_id, with_for_update=True)
    before = order.state
    if order.state in (OrderState.SENDING, *UNHEARD) and status.taken:
        _note(tx, company, order_id, OrderEvent.TAKEN, now)
    elif order.state in UNHEARD and status.permanent:
        no = Refused(status.code, status.reason, said=status.message or status.text)
        _note(tx, company, order_id, OrderEvent.REFUSED, now, no.reason, no)
    return order.state != before


_SENDABLE = (OrderState.PLACED, OrderState.SENDING, OrderState.UNANSWERED, OrderState.STUCK)
_TOLD = {
    OrderState.REFUSED: What.ORDER_REFUSED,
    OrderState.DOUBTFUL: What.ORDER_DOUBTFUL,
    OrderState.STUCK: What.ORDER_STUCK,
}


def _take_up(tx: Tx, vault: Keyring, order_id: int) -> bytes | None:
    """The bytes of an order that may still be sent, noted as on their way."""
    order = tx.orm.get_one(Order, order_id, with_for_update=True)
    if order.state not in _SENDABLE:
        return None
    order.state = advance(OrderState(order.state), OrderEvent.SENT)
    tx.orm.add(order)
    return evidence.raw_bytes(vault, tx.orm.get_one(tables.StoredDocument, order.document_id))


def _note(
    tx: Tx,
    company: Company,
    order_id: int,
    event: OrderEvent,
    now: datetime,
    reason: str = "",
    no: Refused | None = None,
) -> bool:
    """Move the order on after an attempt, and tell people what they must know; says whether it is given up."""
    order = tx.orm.get_one(Order, order_id, with_for_update=True)
    before, unheard = order.state, event in (OrderEvent.NO_ANSWER, OrderEvent.NOT_REACHED)
    if unheard and now - order.placed_at >= PATIENCE:
        event = OrderEvent.GIVEN_UP
    order.state = advance(OrderState(order.state), event)
    if event in (OrderEvent.TAKEN, OrderEvent.REFUSED):
        order.answered_at = order.answered_at or now
    if event is OrderEvent.TAKEN:
        reminders.watch_received(tx, order, now)
    if no is not None:
        order.refusal, order.refusal_status = no.said, no.status
    tx.orm.add(order)
    document = tx.orm.get_one(tables.StoredDocument, order.document_id)
    document.outcome, document.note = event.value, reason
    tx.orm.add(document)
    assert order.id is not None
    if order.state != before:
        who = "amazon" if event in (OrderEvent.TAKEN, OrderEvent.REFUSED) else "kaimono"
        audit.note(
            tx,
            company.id,
            who,
            f"order_{order.state}",
            now,
            order_number=order.number,
            member_id=order.member_id,
            before=before,
            why=masked(reason)[:300],
        )
    if order.state != before and (news := _TOLD.get(OrderState(order.state))):
        notices.tell_all(tx, company, order, news, order.id, now)
    if unheard and event is not OrderEvent.GIVEN_UP and now - order.placed_at >= SILENCE:
        notices.tell_all(tx, company, order, What.ORDER_UNANSWERED, order.id, now)
    return event is OrderEvent.GIVEN_UP
