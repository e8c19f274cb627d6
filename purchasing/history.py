"""Looking back: a member's orders and everything known of one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from unicodedata import normalize

from sqlmodel import col, or_, select

from purchasing import addresses, invoicing, policy, standing
from purchasing.invoicing import Invoiced
from purchasing.values import Company
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
LATELY = 100
"""How many orders are looked through for what somebody means."""


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
    prices: Mapping[int, Mapping[Decimal, Decimal]] = field(default_factory=dict)
    """Of a line that is confirmed at several prices: how many pieces at each."""
    contested: Mapping[int, Decimal] = field(default_factory=dict)
    """Of a line: the pieces that Amazon says both to have sent and to have refused."""
    said: Sequence[standing.Word] = ()
    """What Amazon's confirmations say of the lines."""

    @property
    def amount(self) -> Decimal:
        """What the order comes to: what Amazon confirmed, once it has spoken of every piece; before, what was ordered."""
        settled = all(line.accepted + line.rejected >= line.quantity for line in self.lines)
        known = self.confirmed_total if settled else None
        return self.order.total if known is None else known


def recent(
    tx: Tx, member: Member, before: int | None = None, page: int = PAGE
) -> tuple[list[Order], int | None]:
    """A page of the member's orders, newest first, and the order id before which the next page begins."""
    query = select(Order).where(Order.member_id == member.id).order_by(col(Order.id).desc()).limit(page + 1)
    if before is not None:
        query = query.where(col(Order.id) < before)
    orders = list(tx.orm.exec(query).all())
    return orders[:page], orders[page - 1].id if len(orders) > page else None


def lately(tx: Tx, company_id: str, before: int | None = None) -> list[tuple[Order, Member]]:
    """The company's newest orders with their buyers, newest first, of those `before` that one; a hundred at most."""
    query = (
        select(Order, Member)
        .join(Member, col(Member.id) == Order.member_id)
        .where(Order.company_id == company_id)
        .order_by(col(Order.placed_at).desc(), col(Order.id).desc())
        .limit(LATELY)
    )
    if before is not None:
        last = tx.orm.get(Order, before)
        if last is None or last.company_id != company_id:
            return []
        # by time, as the index is: the clocks of several processes differ, so ids alone would pass some over
        earlier = or_(col(Order.placed_at) < last.placed_at, col(Order.id) < before)
        query = query.where(col(Order.placed_at) <= last.placed_at, earlier)
    return [(order, buyer) for order, buyer in tx.orm.exec(query).all()]


def buyers(tx: Tx, company: Company, admin: Member) -> dict[str, str]:
    """Whose purchases the administrator was told of lately, the last first: login id and name."""
    return {
        buyer.login_id: buyer.display_name
        for _, buyer in lately(tx, company.id)
        if buyer.login_id and buyer.id != admin.id and policy.may_see(company, admin, buyer)
    }


def by_number(tx: Tx, company_id: str, number: str) -> Order | None:
    return tx.orm.exec(select(Order).where(Order.company_id == company_id, Order.number == number)).first()


def by_amazon_number(tx: Tx, company_id: str, number: str) -> Order | None:
    """The order that Amazon confirmed under a number of its own, be it as one of several."""
    confirmed = select(Order).join(OrderConfirmation, col(OrderConfirmation.order_id) == Order.id)
    named = confirmed.where(OrderConfirmation.confirm_id == number, Order.company_id == company_id)
    return tx.orm.exec(named.order_by(col(Order.id).desc())).first()


def by_parcel(tx: Tx, orders: Sequence[Order], tracking: str) -> Order | None:
    """Of these orders, newest first, the one with the parcel whose number ends so; the first that has a parcel at all
    where no number is given."""
    found = select(Shipment).where(col(Shipment.order_id).in_([order.id for order in orders]))
    parcels: dict[int, list[str]] = {}
    for parcel in tx.orm.exec(found).all():
        numbers = parcels.setdefault(parcel.order_id, [])
        numbers += [_bare(package.tracking) for package in parcel.packages]
    sent = [order for order in orders if order.id in parcels]
    asked = _bare(tracking)
    named = (order for order in sent if any(number.endswith(asked) for number in parcels[order.id or 0]))
    return next(named, None)


def _bare(number: str) -> str:
    """A number as it is compared: one width and case, without hyphens and blanks."""
    return re.sub(r"[\s-]", "", normalize("NFKC", number)).upper()


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
        {number: found for number, found in prices.items() if len(found) > 1},
        standing.contested(said),
        said,
    )
