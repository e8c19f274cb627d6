"""Whom the directory is asked about before a notice: whoever is unknown, and whoever was last looked up too long ago."""

from datetime import datetime, timedelta

import pytest

from bot.app import buying
from bot.lineworks.message import Outgoing
from bot.talk import telling
from purchasing import members
from purchasing.members import Person
from purchasing.notices import Notice, What
from storage.database import Database, Tx
from storage.tables import Order
from tests.trouble.house import ADMIN, COMPANY, NOW, TARO, config, furnished, known, ordered

COMPANY_HERE = buying(config().company[0], config().public_url)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def given(tx: Tx) -> Order:
    """An order of 太郎's; its administrator has never met the bot."""
    furnished(tx)
    return ordered(tx, COMPANY_HERE)


def strangers(tx: Tx, order: Order, now: datetime, *, to_admin: bool = True) -> list[str]:
    """Whom a notice of this order asks about."""
    assert order.id is not None
    notice = Notice(What.ORDER_PLACED, order.id, ADMIN if to_admin else TARO, to_admin)
    return telling.strangers(tx, COMPANY_HERE, notice, now)


def meet_admin(tx: Tx) -> None:
    members.meet(tx, COMPANY, Person(ADMIN, "buyer-admin@sample"), NOW, looked_up=True)


@pytest.mark.parametrize("to_admin", [True, False])
async def test_an_unknown_admin_is_asked_about_and_a_buyer_of_yesterday(
    database: Database, to_admin: bool
) -> None:
    def work(tx: Tx) -> list[list[str]]:
        order, moments = given(tx), (NOW, NOW + DAY - MINUTE, NOW + DAY)
        return [sorted(strangers(tx, order, now, to_admin=to_admin)) for now in moments]

    assert await database.write(work) == [[ADMIN], [ADMIN], sorted([ADMIN, TARO])]


async def test_nobody_who_is_known_well_is_asked_about_for_a_day(database: Database) -> None:
    def work(tx: Tx) -> list[list[str]]:
        order = given(tx)
        meet_admin(tx)
        return [strangers(tx, order, NOW + DAY - MINUTE), strangers(tx, order, NOW + DAY)]

    assert await database.write(work) == [[], [ADMIN, TARO]]


async def test_a_buyer_whom_the_directory_could_not_tell_about_is_asked_about_at_once(
    database: Database,
) -> None:
    def work(tx: Tx) -> list[str]:
        order, taro = given(tx), known(tx)
        meet_admin(tx)
        taro.looked_up_at, taro.login_id = None, ""
        tx.orm.add(taro)
        tx.orm.flush()
        return strangers(tx, order, NOW)

    assert await database.write(work) == [TARO]


async def test_a_changed_login_id_is_the_one_that_a_button_leads_to(database: Database) -> None:
    def work(tx: Tx) -> list[Outgoing]:
        order = given(tx)
        members.meet(tx, COMPANY, Person(TARO, "taro.suzuki@sample"), NOW + DAY, looked_up=True)
        assert order.id is not None
        notice = Notice(What.ORDER_PLACED, order.id, ADMIN, to_admin=True)
        return telling.write(tx, COMPANY_HERE, notice, "https://line.worksmobile.com", NOW)

    (card,) = await database.write(work)
    assert "emailList=taro.suzuki%40sample" in str(card.content())
