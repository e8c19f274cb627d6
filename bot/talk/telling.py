"""From a notice to its cards: loads what the notice speaks of and hands it to the cards."""

from datetime import datetime

from sqlmodel import col, select

from bot.lineworks.message import Outgoing
from bot.talk import checkout, notices, registration
from bot.talk.notices import Reader
from bot.talk.wording import wording
from purchasing import addresses, history, members, ordering
from purchasing.lifecycle import CartState, OrderState
from purchasing.notices import Notice, What
from purchasing.values import Company
from storage.database import Tx
from storage.tables import (
    Cart,
    Member,
    Order,
    OrderConfirmation,
    OrderConfirmationLine,
    Shipment,
    ShipmentLine,
)

_STILL = {
    What.ORDER_UNANSWERED: OrderState.UNANSWERED,
    What.ORDER_STUCK: OrderState.STUCK,
    What.ORDER_REFUSED: OrderState.REFUSED,
}
"""News that is worth telling only while it is true: an answer may have come in between."""


def buyer_of(tx: Tx, notice: Notice) -> Member | None:
    """The buyer of the order that a notice speaks of."""
    order = _order_of(tx, notice)
    return tx.orm.get(Member, order.member_id) if order else None


def write(tx: Tx, company: Company, notice: Notice, app_url: str, now: datetime) -> list[Outgoing]:
    """The messages that tell the notice; none when it is no longer true."""
    recipient = members.find(tx, company.id, notice.recipient)
    words = wording(recipient.language if recipient else "")
    if notice.what is What.CART_EMPTY:
        return registration.menu(words, "cart", "empty", "")
    if notice.what is What.CART:
        cart = tx.orm.get_one(Cart, notice.ref)
        address = addresses.get(tx, company.id, cart.address_key)
        if cart.state != CartState.OFFERED:
            return []
        return checkout.cart_card(words, cart, ordering.lines_of(tx, cart), address, company.test, now)
    order = _order_of(tx, notice)
    if order is None:
        return []
    reader, found = Reader(words, notice.to_admin, app_url), history.detail(tx, order)
    if notice.what is What.ORDER_PLACED:
        return notices.placed(reader, found)
    if notice.what is What.CONFIRMED:
        head = tx.orm.get_one(OrderConfirmation, notice.ref)
        said = select(OrderConfirmationLine).where(OrderConfirmationLine.confirmation_id == head.id)
        rows = tx.orm.exec(said.order_by(col(OrderConfirmationLine.line_number))).all()
        return notices.confirmed(reader, found, head, rows) if rows else []
    if notice.what is What.SHIPPED:
        parcel = tx.orm.get_one(Shipment, notice.ref)
        sent = select(ShipmentLine).join(Shipment, col(Shipment.id) == ShipmentLine.shipment_id)
        until_then = sent.where(Shipment.order_id == order.id, col(Shipment.id) <= notice.ref)
        return notices.shipped(reader, found, parcel, tx.orm.exec(until_then).all())
    if order.state != _STILL[notice.what]:
        return []
    return notices.plain(reader, notice.what.removeprefix("order_"), found, order.refusal)


def _order_of(tx: Tx, notice: Notice) -> Order | None:
    match notice.what:
        case What.CART | What.CART_EMPTY:
            return None
        case What.CONFIRMED:
            return tx.orm.get_one(Order, tx.orm.get_one(OrderConfirmation, notice.ref).order_id)
        case What.SHIPPED:
            return tx.orm.get_one(Order, tx.orm.get_one(Shipment, notice.ref).order_id)
    return tx.orm.get_one(Order, notice.ref)
