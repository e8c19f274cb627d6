"""What was bought for in a month, as it was ordered: what somebody means who asks いくら使った?"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlmodel import col, func, or_, select

from purchasing import policy
from purchasing.aftercare import DUPLICATE
from purchasing.lifecycle import OrderState
from purchasing.values import Company, local
from storage.database import Tx
from storage.tables import Member, Order

_CAME_TO_NOTHING = (OrderState.REFUSED, OrderState.REJECTED)


@dataclass(frozen=True, slots=True)
class Spent:
    """How many orders, and what they come to, in one currency."""

    orders: int
    total: Decimal
    currency: str


def this_month(
    tx: Tx, company: Company, viewer: Member, now: datetime, *, watched: bool = False
) -> list[Spent]:
    """Since the month began on a Japanese clock, of the mode that the company is in, one entry for each currency: the
    viewer's own orders, or those of everybody whose purchases the viewer is told of (`watched`)."""
    begun = local(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    query = (
        select(Member, Order.currency, func.count(), func.sum(Order.total))
        .join(Member, col(Member.id) == Order.member_id)
        .where(
            Order.company_id == company.id if watched else Order.member_id == viewer.id,
            Order.test == company.test,
            Order.placed_at >= begun,
            or_(col(Order.state).not_in(_CAME_TO_NOTHING), Order.refusal_status == DUPLICATE),
        )
        .group_by(col(Member.id), col(Order.currency))
    )
    sums: dict[str, Spent] = {}
    for buyer, currency, orders, total in tx.orm.exec(query).all():
        if watched and not policy.may_see(company, viewer, buyer):
            continue
        before = sums.get(currency, Spent(0, Decimal(0), currency))
        sums[currency] = Spent(before.orders + orders, before.total + total, currency)
    return [sums[currency] for currency in sorted(sums)]
