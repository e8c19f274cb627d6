"""After an order: did the goods arrive, does somebody want to cancel, and the same again.

cXML cannot cancel at Amazon; what we keep is the wish, and the people who answer for the money are told (peers, wish 5).
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement
from sqlmodel import col, exists, or_, select

from purchasing import notices, preferences
from purchasing.lifecycle import UNHEARD, OrderState
from purchasing.notices import What
from purchasing.values import Company
from storage import audit
from storage.database import Tx
from storage.tables import Cart, Member, Order, OrderLine


class Receipt(StrEnum):
    """What a buyer says of goods that were shipped."""

    ARRIVED = "arrived"
    MISSING = "missing"
    DAMAGED = "damaged"


_TROUBLE = {Receipt.MISSING: What.GOODS_MISSING, Receipt.DAMAGED: What.GOODS_DAMAGED}
SHIPPED = (OrderState.SHIPPING, OrderState.SHIPPED)
OVER = (OrderState.SHIPPED, OrderState.REFUSED, OrderState.REJECTED)
LATELY = timedelta(days=30)
MOST = 5
ONE_REPORT = timedelta(minutes=10)
"""Within this the same word is the same report, said or tapped twice."""
DUPLICATE = 409
"""The Status that refuses an order as one that is there already."""


def in_doubt(order: Order) -> bool:
    """Whether Amazon may have taken the order though it never said so: the same ordered again may come twice."""
    refused_as_known = order.state == OrderState.REFUSED and order.refusal_status == DUPLICATE
    return order.state in UNHEARD or refused_as_known


def newest(tx: Tx, member: Member, states: tuple[OrderState, ...] = ()) -> Order | None:
    """The member's newest order, in one of these states if any are named."""
    return _newest(tx, member, *([col(Order.state).in_(states)] if states else ()))


def under_way(tx: Tx, member: Member) -> Order | None:
    """The member's newest order of which more is to come."""
    return _newest(tx, member, col(Order.state).not_in(OVER))


def unheard_of(tx: Tx, member: Member, now: datetime) -> list[Order]:
    """The member's orders of the last weeks that were shipped, and of which the member has not said that they
    arrived; the newest five."""
    query = select(Order).where(
        Order.member_id == member.id,
        col(Order.state).in_(SHIPPED),
        Order.receipt != Receipt.ARRIVED,
        Order.placed_at > now - LATELY,
    )
    return list(tx.orm.exec(query.order_by(col(Order.id).desc()).limit(MOST)).all())


def placed_since(tx: Tx, member: Member, cart: Cart) -> Order | None:
    """The member's newest order, if it was placed after this cart came: whoever speaks of no cart may mean that."""
    order = newest(tx, member)
    if order is None or cart.id is None:
        return None
    return order if order.placed_at > cart.received_at or order.cart_id > cart.id else None


def newest_refused(tx: Tx, member: Member) -> Order | None:
    """The member's newest order of which Amazon refused something, or all."""
    some = exists().where(col(OrderLine.order_id) == Order.id, col(OrderLine.rejected) > 0)
    refused = or_(some, col(Order.state) == OrderState.REFUSED)
    return _newest(tx, member, refused)


def newest_at_amazon(tx: Tx, member: Member) -> Order | None:
    """The member's newest order that has a number at Amazon."""
    known = exists().where(col(OrderLine.order_id) == Order.id, col(OrderLine.amazon_order) != "")
    return _newest(tx, member, known)


def _newest(tx: Tx, member: Member, *such: ColumnElement[bool]) -> Order | None:
    query = select(Order).where(Order.member_id == member.id, *such)
    return tx.orm.exec(query.order_by(col(Order.id).desc()).limit(1)).first()


def receive(tx: Tx, company: Company, order: Order, receipt: Receipt, now: datetime) -> bool:
    """Note what the buyer says. The admins are told of trouble, again when the buyer has said something else since, or
    says the same after a while: another parcel may be missing.

    True when somebody reads of it: there is an admin who wants to be told such news.
    """
    if order.receipt != receipt or order.receipt_at is None or now - order.receipt_at >= ONE_REPORT:
        order.receipt, order.receipt_at = receipt, now
        tx.orm.add(order)
    _note(tx, order, f"goods_{receipt}", now)
    if receipt not in _TROUBLE:
        return False
    return _tell(tx, company, order, _TROUBLE[receipt], now, f"{order.receipt_at:%Y%m%dT%H%M%S.%f}")


def wish_cancel(tx: Tx, company: Company, order: Order, now: datetime) -> bool:
    """Note that the buyer does not want the order any more; the admins are told once. True as in `receive`."""
    order.cancel_wished_at = order.cancel_wished_at or now
    tx.orm.add(order)
    _note(tx, order, "cancel_wished", now)
    return _tell(tx, company, order, What.CANCEL_WISHED, now)


def _note(tx: Tx, order: Order, what: str, now: datetime) -> None:
    audit.note_of(tx, order.company_id, order.member_id, what, now, order_number=order.number)


def _tell(tx: Tx, company: Company, order: Order, what: What, now: datetime, again: str = "") -> bool:
    buyer = tx.orm.get_one(Member, order.member_id)
    assert order.id is not None
    notices.tell_admins(tx, company, buyer, what, order.id, now, trace=order.trace, again=again)
    return preferences.anybody_reads(tx, company, buyer, what)
