"""What a month's orders come to: whose, of which month, and which of them count."""

from datetime import UTC, datetime, timedelta

from bot.app import buying
from purchasing import members, spending
from purchasing.aftercare import DUPLICATE
from purchasing.lifecycle import OrderState
from purchasing.members import Person
from purchasing.values import Company
from storage.database import Database, Tx
from storage.tables import Order
from tests.trouble.house import ADMIN, COMPANY, HANAKO, NOW, TARO, config, furnished, ordered

MONTH_BEGINS = datetime(2026, 10, 31, 15, 0, tzinfo=UTC)
"""Midnight of 1 November on a Japanese clock."""


def _order(tx: Tx, company: Company, user_id: str, placed_at: datetime) -> Order:
    order = ordered(tx, company, user_id=user_id)
    order.placed_at, order.state = placed_at, OrderState.CONFIRMED
    tx.orm.add(order)
    tx.orm.flush()
    return order


async def test_a_month_on_a_japanese_clock_of_what_came_about(database: Database) -> None:
    company = buying(config().company[0], config().public_url)
    now = MONTH_BEGINS + timedelta(days=20)

    def work(tx: Tx) -> None:
        furnished(tx)
        members.meet(tx, COMPANY, Person(ADMIN, "admin@sample", "購買管理者"), NOW, looked_up=True)
        taro, hanako, admin = (members.find(tx, COMPANY, who) for who in (TARO, HANAKO, ADMIN))
        assert taro
        assert hanako
        assert admin
        first = _order(tx, company, TARO, MONTH_BEGINS)
        _order(tx, company, TARO, MONTH_BEGINS - timedelta(seconds=1))
        for wrong in ("state", "test"):
            order = _order(tx, company, TARO, now)
            setattr(order, wrong, OrderState.REFUSED if wrong == "state" else not company.test)
        doubtful = _order(tx, company, HANAKO, now)
        doubtful.state, doubtful.refusal_status = OrderState.REFUSED, DUPLICATE
        hers = _order(tx, company, HANAKO, now)
        tx.orm.flush()

        (own,) = spending.this_month(tx, company, taro, now)
        assert (own.orders, own.total, own.currency) == (1, first.total, "JPY")
        (all_of_them,) = spending.this_month(tx, company, admin, now, watched=True)
        assert (all_of_them.orders, all_of_them.total) == (3, first.total + hers.total + doubtful.total)
        assert spending.this_month(tx, company, admin, now) == []
        (colleague,) = spending.this_month(tx, company, hanako, now, watched=True)
        assert colleague.orders == 2, "who is no administrator sees nobody else's"

    await database.write(work)
