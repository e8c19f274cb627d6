"""Submission: the bytes of a placed order, sent to Amazon as often as it takes.

Never are new ones made: payloadID, number and time stay those of the first attempt (Amazon reference 8.5).
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from punchout.supplier import Refused, Supplier, Taken
from purchasing import evidence, notices
from purchasing.lifecycle import OrderEvent, OrderState, advance
from purchasing.notices import What
from purchasing.values import Company
from storage import tables
from storage.database import Database, Tx
from storage.queue import Bury, Done, Retry, backoff
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

    def load(tx: Tx) -> tuple[Order, bytes]:
        order = tx.orm.get_one(Order, order_id)
        document = tx.orm.get_one(tables.StoredDocument, order.document_id)
        tx.orm.expunge(order)
        return order, evidence.raw_bytes(vault, document)

    order, raw = await db.read(load)
    if order.state not in (OrderState.PLACED, OrderState.UNANSWERED, OrderState.STUCK):
        return Done()
    outcome = await supplier.order(company.order_url, company.account, raw)
    now = clock()
    if isinstance(outcome, Taken):
        await db.write(lambda tx: _note(tx, company, order_id, OrderEvent.TAKEN, now))
        return Done()
    if isinstance(outcome, Refused):
        reason = outcome.reason
        await db.write(lambda tx: _note(tx, company, order_id, OrderEvent.REFUSED, now, reason))
        return Done()
    if now - order.placed_at >= PATIENCE:
        await db.write(lambda tx: _note(tx, company, order_id, OrderEvent.GIVEN_UP, now, outcome.why))
        return Bury(outcome.why)
    await db.write(lambda tx: _note(tx, company, order_id, OrderEvent.NO_ANSWER, now, outcome.why))
    return Retry(backoff(attempts, secrets.randbelow(1000) / 1000), outcome.why)


_TOLD = {OrderEvent.REFUSED: What.ORDER_REFUSED, OrderEvent.GIVEN_UP: What.ORDER_STUCK}


def _note(
    tx: Tx, company: Company, order_id: int, event: OrderEvent, now: datetime, reason: str = ""
) -> None:
    """Move the order on after an attempt, and tell people what they must know."""
    order = tx.orm.get_one(Order, order_id, with_for_update=True)
    before = order.state
    order.state = advance(OrderState(order.state), event)
    if event in (OrderEvent.TAKEN, OrderEvent.REFUSED):
        order.answered_at = order.answered_at or now
    order.refusal = reason if order.state == OrderState.REFUSED else order.refusal
    tx.orm.add(order)
    document = tx.orm.get_one(tables.StoredDocument, order.document_id)
    document.outcome, document.note = event.value, reason
    tx.orm.add(document)
    assert order.id is not None
    if order.state != before and event in _TOLD:
        notices.tell_all(tx, company, order, _TOLD[event], order.id, now)
    if event is OrderEvent.NO_ANSWER and now - order.placed_at >= SILENCE:
        notices.tell_all(tx, company, order, What.ORDER_UNANSWERED, order.id, now)
