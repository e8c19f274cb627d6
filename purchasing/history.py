"""Looking back: a member's orders and everything known of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlmodel import col, select

from purchasing import addresses, invoicing, standing
from purchasing.invoicing import Invoiced
from storage.database import Tx
from storage.tables import (
    DeliveryAddress,
    Member,
    Order,
    OrderConfirmation,
    OrderLine,
    Shipment,
    ShipmentLine,
)

PAGE = 5
_LATELY = 100


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """An order with its lines, its parcels that stand, its address and its buyer."""

    order: Order
    lines: list[OrderLine]
    shipments: list[Shipment]
    address: DeliveryAddress
    buyer: Member
    confirmed_total: Decimal | None = None
    """What Amazon's confirmations add up to, tax and shipping included; None where that is not known."""
    invoices: Sequence[Invoiced] = ()
    confirmed_shipping: Decimal | None = None
    prices: Mapping[int, Mapping[Decimal, Decimal]] = field(default_factory=dict)
    """Of a line that is confirmed at several prices: how many pieces at each."""
    contested: Mapping[int, Decimal] = field(default_factory=dict)
    """Of a line: the pieces that Amazon says both to have sent and to have refused."""

    @property
    def amount(self) -> Decimal:
        """What the order comes to: what Amazon confirmed, once it has spoken of every piece; before, what was ordered."""
        settled = all(line.accepted + line.rejected >= line.quantity for line in self.lines)
        known = self.confirmed_total if settled else None
        return self.order.total if known is None else known


def recent(tx: Tx, member: Member, before: int | None = None) -> tuple[list[Order], int | None]:
    """A page of the member's orders, newest first, and the order id before which the next page begins."""
    query = select(Order).where(Order.member_id == member.id).order_by(col(Order.id).desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(col(Order.id) < before)
    orders = list(tx.orm.exec(query).all())
    return orders[:PAGE], orders[PAGE - 1].id if len(orders) > PAGE else None


def lately(tx: Tx, company_id: str) -> list[tuple[Order, Member]]:
    """The company's newest orders with their buyers, newest first; a hundred at most."""
    query = (
        select(Order, Member)
        .join(Member, col(Member.id) == Order.member_id)
        .where(Order.company_id == company_id)
        .order_by(col(Order.id).desc())
        .limit(_LATELY)
    )
    return [(order, buyer) for order, buyer in tx.orm.exec(query).all()]


def by_number(tx: Tx, company_id: str, number: str) -> Order | None:
    return tx.orm.exec(select(Order).where(Order.company_id == company_id, Order.number == number)).first()


def by_amazon_number(tx: Tx, company_id: str, number: str) -> Order | None:
    """The order that Amazon confirmed under a number of its own, be it as one of several."""
    confirmed = select(Order).join(OrderConfirmation, col(OrderConfirmation.order_id) == Order.id)
    named = confirmed.where(OrderConfirmation.confirm_id == number, Order.company_id == company_id)
    return tx.orm.exec(named.order_by(col(Order.id).desc())).first()


def detail(tx: Tx, order: Order) -> OrderDetail:
    ordered = select(OrderLine).where(OrderLine.order_id == order.id).order_by(col(OrderLine.line_number))
    on_their_way = col(Shipment.id).in_(select(ShipmentLine.shipment_id))
    shipments = select(Shipment).where(Shipment.order_id == order.id, on_their_way).order_by(col(Shipment.id))
    lines = list(tx.orm.exec(ordered).all())
    said = standing.words(tx, order, lines)
    prices = {line.line_number: standing.prices(line, said) for line in lines}
    return OrderDetail(
        order,
        lines,
        list(tx.orm.exec(shipments).all()),
        addresses.get(tx, order.company_id, order.address_key),
        tx.orm.get_one(Member, order.member_id),
        standing.total(said),
        invoicing.of_order(tx, order),
        standing.shipping(said),
        {number: found for number, found in prices.items() if len(found) > 1},
        standing.contested(said),
    )
