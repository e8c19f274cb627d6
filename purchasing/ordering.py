"""Ordering: from a cart that a member pays to an order that Amazon has taken.

`place` makes number, payloadID and the finished bytes in the transaction that closes the cart. `submit` sends exactly
these bytes, as often as it takes; it never makes new ones (Amazon reference 8.5).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from punchout.address import Address
from punchout.envelope import new_payload_id
from punchout.money import Money
from punchout.order import OrderLine, OrderRequest, build_order
from punchout.supplier import Refused, Supplier, Taken
from purchasing import addresses, evidence, notices, numbers
from purchasing.lifecycle import CartEvent, CartState, LineState, OrderEvent, OrderState, advance
from purchasing.notices import What
from purchasing.values import Company
from storage import queue, tables
from storage.database import Database, Tx
from storage.queue import Bury, Done, Retry, backoff
from storage.tables import Cart, CartLine, Member, Order
from storage.vault import Keyring

SUBMIT = "submit"
PATIENCE = timedelta(hours=24)
"""How long the same bytes are sent again before a person is asked."""
SILENCE = timedelta(seconds=60)
"""How long Amazon may stay silent before the buyer is told that we keep trying."""


@dataclass(frozen=True, slots=True)
class Placed:
    order: Order


@dataclass(frozen=True, slots=True)
class AlreadyPlaced:
    order: Order


@dataclass(frozen=True, slots=True)
class NotPayable:
    """There is no such cart for this member, or it was cancelled."""

    cancelled: bool


def find_cart(tx: Tx, member: Member, cart_id: int, nonce: str) -> Cart | None:
    """The member's own cart that a button was shown for. A made-up id or nonce finds nothing."""
    cart = tx.orm.get(Cart, cart_id, with_for_update=True)
    if cart is None or cart.member_id != member.id or not secrets.compare_digest(cart.nonce, nonce):
        return None
    return cart


def lines_of(tx: Tx, cart: Cart) -> list[CartLine]:
    return list(
        tx.orm.exec(
            select(CartLine).where(CartLine.cart_id == cart.id).order_by(col(CartLine.line_number))
        ).all()
    )


def order_of(tx: Tx, cart: Cart) -> Order:
    """The order that an ordered cart became."""
    return tx.orm.exec(select(Order).where(Order.cart_id == cart.id)).one()


def cancel(tx: Tx, cart: Cart) -> None:
    """The member does not want the cart. Raises ImpossibleStep once it is ordered."""
    cart.state = advance(CartState(cart.state), CartEvent.CANCEL)
    tx.orm.add(cart)


def newest_offered(tx: Tx, member: Member) -> Cart | None:
    """The cart a member can still pay, the newest first."""
    return tx.orm.exec(
        select(Cart)
        .where(Cart.member_id == member.id, Cart.state == CartState.OFFERED)
        .order_by(col(Cart.id).desc())
        .limit(1)
    ).first()


def place(
    tx: Tx, vault: Keyring, company: Company, member: Member, cart_id: int, nonce: str, now: datetime
) -> Placed | AlreadyPlaced | NotPayable:
    """Turn a cart into an order, once. A second call finds the order of the first."""
    cart = find_cart(tx, member, cart_id, nonce)
    if cart is None:
        return NotPayable(cancelled=False)
    if cart.state == CartState.ORDERED:
        return AlreadyPlaced(order_of(tx, cart))
    if cart.state != CartState.OFFERED:
        return NotPayable(cancelled=True)
    cart.state = advance(CartState(cart.state), CartEvent.PLACE)
    tx.orm.add(cart)
    number = numbers.next_number(tx, company, now)
    payload_id = new_payload_id(now, company.account.identity, secrets.token_hex(6))
    lines = lines_of(tx, cart)
    raw = build_order(
        _request(tx, company, member, cart, lines, number, now), company.account, payload_id, now
    )
    document = evidence.keep(
        tx,
        vault,
        company_id=company.id,
        direction="out",
        identity=payload_id,
        kind="OrderRequest",
        raw=raw,
        now=now,
        outcome="queued",
        order_number=number,
    )
    order = _store(tx, company, cart, lines, number, payload_id, document, now)
    assert order.id is not None
    queue.put(
        tx,
        company_id=company.id,
        lane=f"submit:{company.id}:{number}",
        kind=SUBMIT,
        key=f"submit:{company.id}:{number}",
        payload=str(order.id).encode(),
        now=now,
        priority=0,
        trace=number,
    )
    notices.tell_admins(tx, company, What.ORDER_PLACED, order.id, now, trace=number)
    return Placed(order)


def _request(
    tx: Tx, company: Company, member: Member, cart: Cart, lines: list[CartLine], number: str, now: datetime
) -> OrderRequest:
    assert member.email is not None
    place: Address = addresses.to_cxml(company, addresses.get(tx, company.id, cart.address_key), member.email)
    return OrderRequest(
        number=number,
        ordered_at=now,
        total=Money(cart.total, cart.currency),
        shipping=None if cart.shipping is None else Money(cart.shipping, cart.currency),
        tax=None if cart.tax is None else Money(cart.tax, cart.currency),
        ship_to=place,
        bill_to=place,
        contact=place,
        email=member.email,
        lines=tuple(OrderLine(line.line_number, line.quantity, line.item_xml) for line in lines),
    )


def _store(
    tx: Tx,
    company: Company,
    cart: Cart,
    lines: list[CartLine],
    number: str,
    payload_id: str,
    document: tables.StoredDocument,
    now: datetime,
) -> Order:
    assert cart.id is not None
    assert document.id is not None
    order = Order(
        company_id=company.id,
        number=number,
        member_id=cart.member_id,
        cart_id=cart.id,
        address_key=cart.address_key,
        state=OrderState.PLACED,
        test=company.test,
        currency=cart.currency,
        subtotal=cart.subtotal,
        shipping=cart.shipping,
        tax=cart.tax,
        total=cart.total,
        payload_id=payload_id,
        document_id=document.id,
        placed_at=now,
    )
    tx.orm.add(order)
    tx.orm.flush()
    assert order.id is not None
    for line in lines:
        tx.orm.add(
            tables.OrderLine(
                order_id=order.id,
                line_number=line.line_number,
                asin=line.asin,
                description=line.description,
                quantity=line.quantity,
                unit_price=line.unit_price,
                tax=line.tax,
                state=LineState.ORDERED,
            )
        )
    return order


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
