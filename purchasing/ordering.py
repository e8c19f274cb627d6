"""Ordering: from a cart that a member pays to an order on its way to Amazon.

`place` makes number, payloadID and the finished bytes in the transaction that closes the cart. What is sent later are
exactly these bytes (see submission).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from punchout.envelope import new_payload_id
from punchout.order import build_order
from purchasing import evidence, notices, numbers, policy, reminders
from purchasing.accounting import Accounting
from purchasing.holding import AskAgain, not_held
from purchasing.lifecycle import CartEvent, CartState, LineState, OrderState, advance
from purchasing.notices import What
from purchasing.order_request import write_request
from purchasing.values import Company
from storage import audit, queue, tables
from storage.database import Tx
from storage.tables import Cart, CartLine, Member, Order, ShoppingSession, StoredDocument
from storage.vault import Keyring

SUBMIT = "submit"


LONGEST_PURPOSE = 200


@dataclass(frozen=True, slots=True)
class Placed:
    order: Order


@dataclass(frozen=True, slots=True)
class AlreadyPlaced:
    order: Order


@dataclass(frozen=True, slots=True)
class NotPayable:
    """There is no such cart for this member, it was cancelled, or it was put together in the other mode."""

    cancelled: bool
    other_mode: bool = False


def find_cart(tx: Tx, member: Member, cart_id: int, nonce: str) -> Cart | None:
    """The member's own cart that a button was shown for. A made-up id or nonce finds nothing."""
    cart = tx.orm.get(Cart, cart_id, with_for_update=True)
    if cart is None or cart.member_id != member.id:
        return None
    if not secrets.compare_digest(cart.nonce.encode(), nonce.encode()):
        return None
    _follow(tx, cart)
    return cart


def _follow(tx: Tx, cart: Cart) -> None:
    """What is done with a cart goes on under the id of the visit that it came from."""
    tx.trace = tx.orm.get_one(ShoppingSession, cart.session_id).trace or tx.trace


def lines_of(tx: Tx, cart: Cart) -> list[CartLine]:
    return list(
        tx.orm.exec(
            select(CartLine).where(CartLine.cart_id == cart.id).order_by(col(CartLine.line_number))
        ).all()
    )


def order_of(tx: Tx, cart: Cart) -> Order:
    """The order that an ordered cart became."""
    return tx.orm.exec(select(Order).where(Order.cart_id == cart.id)).one()


def cancel(tx: Tx, cart: Cart, now: datetime, why: str = "") -> None:
    """The member does not want the cart, or can't have it (`why`). Raises ImpossibleStep once it is ordered."""
    cart.state = advance(CartState(cart.state), CartEvent.CANCEL)
    tx.orm.add(cart)
    _follow(tx, cart)
    audit.note_of(tx, cart.company_id, cart.member_id, "cart_cancelled", now, cart=cart.id, why=why)


def waiting_cart(tx: Tx, member: Member, cart_id: str) -> Cart | None:
    """The member's cart that a question was about, while it can still be paid."""
    cart = tx.orm.get(Cart, int(cart_id), with_for_update=True) if cart_id.isdecimal() else None
    return cart if cart and cart.member_id == member.id and cart.state == CartState.OFFERED else None


def note_purpose(tx: Tx, cart: Cart, purpose: str) -> bool:
    """What the goods are for, in the member's words; it goes with the order as its comment. False: it is too long, and
    nothing is noted."""
    words = " ".join(purpose.split())
    if len(words) > LONGEST_PURPOSE:
        return False
    cart.purpose = words
    tx.orm.add(cart)
    return True


def newest_offered(tx: Tx, member: Member) -> Cart | None:
    """The cart a member can still pay, the newest first."""
    return tx.orm.exec(
        select(Cart)
        .where(Cart.member_id == member.id, Cart.state == CartState.OFFERED)
        .order_by(col(Cart.id).desc())
        .limit(1)
    ).first()


def place(
    tx: Tx,
    vault: Keyring,
    company: Company,
    member: Member,
    cart_id: int,
    nonce: str,
    now: datetime,
    *,
    anyway: bool = False,
) -> Placed | AlreadyPlaced | NotPayable | AskAgain:
    """Turn a cart into an order, once. A second call finds the order of the first.

    Where the prices are not held any more nothing is ordered unless the member wants it `anyway`.
    """
    cart = find_cart(tx, member, cart_id, nonce)
    if cart is None:
        return NotPayable(cancelled=False)
    if cart.state == CartState.ORDERED:
        return AlreadyPlaced(order_of(tx, cart))
    if cart.state != CartState.OFFERED:
        return NotPayable(cancelled=True)
    if cart.test != company.test:
        cancel(tx, cart, now, "other_mode")
        return NotPayable(cancelled=True, other_mode=True)
    if not anyway and (again := not_held(tx, cart, now)):
        return again
    cart.state = advance(CartState(cart.state), CartEvent.PLACE)
    tx.orm.add(cart)
    number = numbers.next_number(tx, company, now)
    payload_id = new_payload_id(now, company.account.identity, secrets.token_hex(6))
    lines = lines_of(tx, cart)
    booked = policy.accounting(company, member)
    raw = build_order(
        write_request(tx, company, member, cart, lines, booked, number, now), company.account, payload_id, now
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
    order = _store(tx, company, cart, lines, booked, number, payload_id, document, now)
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
    )
    notices.tell_admins(tx, company, member, What.ORDER_PLACED, order.id, now)
    reminders.watch_order(tx, order, now)
    came = tx.orm.get_one(StoredDocument, cart.document_id)
    came.order_number = number
    if came.note:
        notices.tell_admins(tx, company, member, What.DOCUMENT, cart.document_id, now)
    audit.note_of(
        tx,
        company.id,
        member.id,
        "order_placed",
        now,
        order_number=number,
        cart=cart.id,
        document=document.id,
        total=order.total,
        currency=order.currency,
        test=order.test,
    )
    return Placed(order)


def _store(
    tx: Tx,
    company: Company,
    cart: Cart,
    lines: list[CartLine],
    booked: Accounting,
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
        purpose=cart.purpose,
        trace=tx.trace,
        cost_center=booked.cost_center,
        gl_account=booked.gl_account,
        project=booked.project,
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
