"""Who is told: everybody once, whatever names the lists know them by, and others of somebody who cannot be reached."""

from dataclasses import replace

import pytest
from sqlmodel import select

from purchasing import members, notices, submission
from purchasing.lifecycle import OrderState
from purchasing.members import Person
from purchasing.notices import Notice, What
from purchasing.values import Company
from storage.database import Database, Tx
from storage.tables import JobRow, Order
from tests.trouble.house import ADMIN, COMPANY, HANAKO, NOW, TARO, known, ordered

LOGIN = "buyer-admin@sample"


def told(tx: Tx, what: What) -> list[str]:
    """Who is told this, in the order of the queue."""
    rows = tx.orm.exec(select(JobRow).where(JobRow.kind == notices.KIND)).all()
    found = [Notice.unpack(row.payload) for row in sorted(rows, key=lambda row: row.id or 0)]
    return [notice.recipient for notice in found if notice.what is what]


def meet_admin(tx: Tx) -> None:
    members.meet(tx, COMPANY, Person(ADMIN, LOGIN, "購買管理者"), NOW, looked_up=True)


async def test_an_admin_of_two_names_is_told_once(shop: Database, company: Company) -> None:
    twice = replace(company, admins=(LOGIN, ADMIN, "osaka-admin@sample"))

    def work(tx: Tx) -> list[str]:
        meet_admin(tx)
        notices.tell_admins(tx, twice, known(tx), What.GOODS_MISSING, 1, NOW)
        return told(tx, What.GOODS_MISSING)

    assert await shop.write(work) == [ADMIN, "osaka-admin@sample"]


async def test_an_admin_who_turns_out_to_be_known_is_told_under_one_name(
    shop: Database, company: Company
) -> None:
    def work(tx: Tx) -> list[str]:
        notices.tell_admins(
            tx, replace(company, admins=(LOGIN, ADMIN)), known(tx), What.GOODS_MISSING, 1, NOW
        )
        before = told(tx, What.GOODS_MISSING)
        for name in before:
            notice = Notice(What.GOODS_MISSING, 1, name, to_admin=True)
            if name != ADMIN:
                notices.readdress(tx, COMPANY, notice, ADMIN, NOW, "")
        return told(tx, What.GOODS_MISSING)

    assert await shop.write(work) == [LOGIN, ADMIN]


@pytest.mark.parametrize("out_of_reach", [ADMIN, LOGIN])
async def test_the_others_are_told_of_an_admin_who_cannot_be_reached(
    shop: Database, company: Company, out_of_reach: str
) -> None:
    several = replace(company, admins=(LOGIN, "osaka-admin@sample", ADMIN))

    def work(tx: Tx) -> list[str]:
        meet_admin(tx)
        notices.tell_others(tx, several, out_of_reach, 1, NOW)
        return told(tx, What.UNDELIVERABLE)

    assert await shop.write(work) == ["osaka-admin@sample"]


async def test_nobody_is_told_of_the_only_admin_and_the_admins_of_a_buyer(
    shop: Database, company: Company
) -> None:
    def work(tx: Tx) -> list[str]:
        notices.tell_others(tx, company, ADMIN, 1, NOW)
        assert told(tx, What.UNDELIVERABLE) == []
        notices.tell_others(tx, company, TARO, 2, NOW)
        return told(tx, What.UNDELIVERABLE)

    assert await shop.write(work) == [ADMIN]


def test_news_of_a_failed_delivery_is_known_by_its_key() -> None:
    key = f"send:notice:{COMPANY}:undeliverable:7:admin:{ADMIN}:0"
    assert notices.is_about(key, COMPANY, What.UNDELIVERABLE)
    assert not notices.is_about(key, COMPANY, What.DOCUMENT)
    assert not notices.is_about(f"send:callback:{COMPANY}:1:0", COMPANY, What.UNDELIVERABLE)


async def test_whom_a_buyer_can_ask(shop: Database, company: Company) -> None:
    def work(tx: Tx) -> list[str]:
        buyer = known(tx)
        nobody = notices.contact(tx, company, buyer)
        meet_admin(tx)
        return [
            nobody,
            notices.contact(tx, company, buyer),
            notices.contact(tx, replace(company, admins=("new-admin@sample",)), buyer),
            notices.contact(tx, replace(company, admins=(TARO, HANAKO)), buyer),
        ]

    assert await shop.write(work) == ["", LOGIN, "new-admin@sample", "02@sample"]


@pytest.mark.parametrize("state", [OrderState.PLACED, OrderState.SENDING, OrderState.UNANSWERED])
async def test_an_order_that_our_fault_keeps_from_being_sent_is_stuck_and_told_once(
    shop: Database, company: Company, state: OrderState
) -> None:
    def work(tx: Tx) -> tuple[str, list[str]]:
        order = ordered(tx, company)
        order.state = state
        tx.orm.add(order)
        for _ in range(2):
            submission.give_up(tx, company, order.id or 0, NOW)
        return tx.orm.get_one(Order, order.id).state, told(tx, What.ORDER_FAILED)

    assert await shop.write(work) == (OrderState.STUCK, [TARO, ADMIN])


async def test_an_order_that_amazon_has_is_not_stuck_by_a_fault_of_ours(
    shop: Database, company: Company
) -> None:
    def work(tx: Tx) -> tuple[str, list[str]]:
        order = ordered(tx, company)
        order.state = OrderState.CONFIRMED
        tx.orm.add(order)
        submission.give_up(tx, company, order.id or 0, NOW)
        return tx.orm.get_one(Order, order.id).state, told(tx, What.ORDER_FAILED)

    assert await shop.write(work) == (OrderState.CONFIRMED, [])
