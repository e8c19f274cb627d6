"""What is looked at again after a while: a cart that did not come back, an order of which Amazon says nothing."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from punchout.supplier import Supplier
from purchasing import reminders, shopping
from purchasing.lifecycle import OrderState, SessionState
from purchasing.reminders import CART_EXPECTED, KIND, NEWS_EXPECTED
from purchasing.values import Company
from storage.database import Database, Tx
from storage.tables import Order, ShoppingSession
from tests.purchasing.jobs import jobs_of, told
from tests.trouble.house import ADMIN, HANAKO, NOW, TARO, Clock, link_for, ordered, vault


async def enter(shop: Database, supplier: Supplier, company: Company, user_id: str = TARO) -> None:
    """A member goes into the shop."""
    link = await shop.write(lambda tx: link_for(tx, company, user_id))
    found = await shopping.enter(shop, supplier, vault(), lambda _: company, link, Clock())
    assert isinstance(found, str)


def newest(tx: Tx) -> ShoppingSession:
    return tx.orm.exec(select(ShoppingSession).order_by(col(ShoppingSession.id).desc())).all()[0]


def look_at_all(tx: Tx, company: Company) -> list[tuple[str, str, bool]]:
    """Every reminder comes due; who is told what."""
    for job in jobs_of(tx, KIND):
        reminders.look(tx, company, job.payload, job.due)
    return told(tx)


async def test_a_visit_without_a_cart_is_asked_about_after_twenty_minutes(
    shop: Database, supplier: Supplier, company: Company
) -> None:
    await enter(shop, supplier, company)
    jobs = await shop.read(lambda tx: jobs_of(tx, KIND))
    assert [job.due for job in jobs] == [NOW + CART_EXPECTED] == [NOW + timedelta(minutes=20)]
    assert await shop.write(lambda tx: look_at_all(tx, company)) == [("cart_missing", TARO, False)]
    again = await shop.write(lambda tx: look_at_all(tx, company))
    assert again == [("cart_missing", TARO, False)], "a second look tells nothing twice"


@pytest.mark.parametrize(
    "state", [SessionState.OPENING, SessionState.REFUSED, SessionState.RETURNED, SessionState.ENDED]
)
async def test_a_visit_that_is_over_or_never_began_is_not_asked_about(
    shop: Database, supplier: Supplier, company: Company, state: SessionState
) -> None:
    def settle(tx: Tx) -> None:
        newest(tx).state = state

    await enter(shop, supplier, company)
    await shop.write(settle)
    assert await shop.write(lambda tx: look_at_all(tx, company)) == []


async def test_of_two_visits_only_the_newer_is_asked_about_and_each_member_for_himself(
    shop: Database, supplier: Supplier, company: Company
) -> None:
    await enter(shop, supplier, company)
    await enter(shop, supplier, company)
    second = await shop.read(lambda tx: newest(tx).id)
    await enter(shop, supplier, company, HANAKO)

    def look(tx: Tx) -> list[tuple[str, str, bool]]:
        for job in jobs_of(tx, KIND)[:2]:
            reminders.look(tx, company, job.payload, job.due)
        return told(tx)

    assert await shop.write(look) == [("cart_missing", TARO, False)]
    notice = await shop.read(lambda tx: jobs_of(tx, "notice"))
    assert f":{second}:" in notice[0].key


@pytest.mark.parametrize("state", [OrderState.RECEIVED, OrderState.CONFIRMING])
async def test_the_day_is_counted_from_when_amazon_took_the_order(
    shop: Database, company: Company, state: OrderState
) -> None:
    taken = NOW + timedelta(hours=23)

    def take(tx: Tx) -> None:
        order = ordered(tx, company)
        order.state, order.answered_at = state, taken
        tx.orm.add(order)
        tx.orm.flush()
        reminders.watch_received(tx, order, taken)

    def look(tx: Tx, number: int) -> list[tuple[str, str, bool]]:
        job = jobs_of(tx, KIND)[number]
        reminders.look(tx, company, job.payload, job.due)
        return told(tx)

    await shop.write(take)
    assert await shop.write(lambda tx: look(tx, 0)) == []
    assert await shop.write(lambda tx: look(tx, 1)) == [
        ("order_late", TARO, False),
        ("order_late", ADMIN, True),
    ]
    assert [job.due for job in await shop.read(lambda tx: jobs_of(tx, KIND))][1] == taken + NEWS_EXPECTED


@pytest.mark.parametrize(
    ("state", "late"),
    [
        (OrderState.PLACED, False),
        (OrderState.SENDING, False),
        (OrderState.UNANSWERED, False),
        (OrderState.STUCK, False),
        (OrderState.DOUBTFUL, False),
        (OrderState.RECEIVED, True),
        (OrderState.CONFIRMING, True),
        (OrderState.CONFIRMED, False),
        (OrderState.REFUSED, False),
        (OrderState.REJECTED, False),
        (OrderState.SHIPPING, False),
        (OrderState.SHIPPED, False),
    ],
)
async def test_after_a_day_buyer_and_admins_are_told_of_an_order_that_still_waits(
    shop: Database, company: Company, state: OrderState, late: bool
) -> None:
    def place(tx: Tx) -> None:
        order = ordered(tx, company)
        order.state = state
        tx.orm.add(order)

    await shop.write(place)
    jobs = await shop.read(lambda tx: jobs_of(tx, KIND))
    assert [job.due for job in jobs] == [NOW + NEWS_EXPECTED] == [NOW + timedelta(days=1)]
    expected = [("order_late", TARO, False), ("order_late", ADMIN, True)] if late else []
    assert await shop.write(lambda tx: look_at_all(tx, company)) == expected
    assert (await shop.read(lambda tx: tx.orm.exec(select(Order)).one())).state == state
