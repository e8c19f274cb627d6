"""What is looked at again after a while, without anybody asking: a cart that did not come back, an order without news, a
certificate that nears its end."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import col, select

from purchasing import certificate, notices
from purchasing.lifecycle import OrderState, SessionState
from purchasing.notices import What
from purchasing.values import Company, local
from storage import queue
from storage.database import Tx
from storage.tables import Member, Order, OrderConfirmation, ShoppingSession

KIND = "reminder"
CART_EXPECTED = timedelta(minutes=20)
"""How long people shop before it is worth asking where their cart is."""
NEWS_EXPECTED = timedelta(hours=24)
"""Amazon confirms within seconds to a day (Amazon reference 1)."""
_RECEIVED = "received"
_WAITING = (OrderState.RECEIVED, OrderState.CONFIRMING)


def watch_session(tx: Tx, session: ShoppingSession, now: datetime) -> None:
    """Look after a while whether the visit's cart came."""
    _put(tx, session.company_id, f"session:{session.id}", now, now + CART_EXPECTED)


def watch_order(tx: Tx, order: Order, now: datetime) -> None:
    """Look after a day whether Amazon said anything of the order's lines."""
    _put(tx, order.company_id, f"order:{order.id}", now, now + NEWS_EXPECTED)


def watch_received(tx: Tx, order: Order, now: datetime) -> None:
    """Amazon has taken the order, be it long after it was placed: look a day from now."""
    _put(tx, order.company_id, f"order:{order.id}", now, now + NEWS_EXPECTED, _RECEIVED)


def watch_again(tx: Tx, order: Order, since: str, now: datetime) -> None:
    """Look once more: what Amazon had said was taken back; `since` names by what, and late since then is late anew."""
    _put(tx, order.company_id, f"order:{order.id}", now, now + NEWS_EXPECTED, since)


def watch_certificates(tx: Tx, companies: Iterable[Company], now: datetime) -> None:
    """Tell each company's admins where its certificate stands, and look again when there is more to tell.

    Every process may ask for it: a step is told once, for as long as the keys of jobs are kept.
    """
    for company in companies:
        if (until := company.certificate_until) is None:
            continue
        ref = int(until.timestamp())
        if (step := certificate.step(until, now)) is not None:
            notices.tell_company(tx, company, What.CERTIFICATE, ref, now, again=str(step))
        if (moment := certificate.next_moment(until, now)) is not None:
            _put(tx, company.id, f"certificate:{ref}", now, moment, since=f"{local(moment):%Y%m%d}")


def _put(tx: Tx, company_id: str, about: str, now: datetime, due: datetime, since: str = "") -> None:
    about += f":{since}" if since else ""
    key = f"reminder:{company_id}:{about}"
    queue.put(
        tx, company_id=company_id, lane=key, kind=KIND, key=key, payload=about.encode(), now=now, due=due
    )


def look(tx: Tx, company: Company, payload: bytes, now: datetime) -> None:
    """Tell people if what was expected has not come."""
    kind, ref, *since = payload.decode().split(":", 2)
    if kind == "session":
        _look_at_session(tx, tx.orm.get_one(ShoppingSession, int(ref)), now)
    elif kind == "certificate":
        watch_certificates(tx, [company], now)  # as it is now: it may have been renewed
    else:
        again = "".join(since).replace(_RECEIVED, "")
        _look_at_order(tx, company, tx.orm.get_one(Order, int(ref)), again, now)


def _look_at_order(tx: Tx, company: Company, order: Order, again: str, now: datetime) -> None:
    """Amazon's day begins when it takes the order."""
    received = order.answered_at
    early = received is not None and now - received < NEWS_EXPECTED
    if order.state in _WAITING and not early and (again or not _taken_back(tx, order)):
        assert order.id is not None
        notices.tell_all(tx, company, order, What.ORDER_LATE, order.id, now, again=again)


def _taken_back(tx: Tx, order: Order) -> bool:
    """Whether Amazon has spoken of the order and taken that back: a later look, a day after that, tells of it."""
    gone = select(OrderConfirmation).where(
        OrderConfirmation.order_id == order.id, OrderConfirmation.operation == "delete"
    )
    return tx.orm.exec(gone.limit(1)).first() is not None


def _look_at_session(tx: Tx, session: ShoppingSession, now: datetime) -> None:
    """Only the member's newest visit is asked about: who went in again knows."""
    newer = select(ShoppingSession).where(
        ShoppingSession.member_id == session.member_id, col(ShoppingSession.id) > session.id
    )
    if session.state == SessionState.OPEN and tx.orm.exec(newer.limit(1)).first() is None:
        assert session.id is not None
        notices.tell_member(tx, tx.orm.get_one(Member, session.member_id), What.CART_MISSING, session.id, now)
