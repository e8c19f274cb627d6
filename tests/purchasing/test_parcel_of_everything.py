"""A ship notice that names no line carries all that was not refused, whenever the refusal comes."""

import re
from itertools import permutations

import pytest
from sqlmodel import select

from bot.talk import telling
from purchasing import history
from purchasing.lifecycle import OrderState
from purchasing.notices import Notice, What
from purchasing.values import Company
from storage.database import Database, Tx
from storage.tables import Order, ShipmentLine
from tests.bot.talk.given import written
from tests.purchasing.jobs import jobs_of
from tests.purchasing.test_fulfilment import ALL, LATER, Desk, Line, desk
from tests.trouble.documents import Goods, Said, confirmation, ship_notice
from tests.trouble.house import ADMIN, NOW, TARO, furnished, ordered

__all__ = ["desk"]
CONTRADICTION = "発送と不成立の"


def everything(order: Order, shipment: str = "1", operation: str = "new") -> bytes:
    raw = ship_notice(order, (1, 1), shipment=shipment, operation=operation)
    return re.sub(rb"<ShipNoticeItem.*</ShipNoticeItem>", b"", raw, flags=re.DOTALL)


def second_refused(order: Order) -> bytes:
    return confirmation(order, Said(1, accepted=3), Said(2, refused=2), operation="update", now=LATER)


def all_refused(order: Order) -> bytes:
    return confirmation(order, Said(1, refused=3), Said(2, refused=2), operation="update", now=LATER)


async def read(desk: Desk, user_id: str) -> str:
    """All that somebody reads of the order's documents, as it would be sent now."""

    def write(tx: Tx) -> str:
        told = [Notice.unpack(job.payload) for job in jobs_of(tx, "notice")]
        return "\n".join(
            written(telling.write(tx, desk.company, notice, "https://line.example", NOW))
            for notice in told
            if notice.recipient == user_id and notice.what in (What.CONFIRMED, What.SHIPPED)
        )

    return await desk.shop.read(write)


async def contested(desk: Desk) -> dict[int, int]:
    def load(tx: Tx) -> dict[int, int]:
        found = history.detail(tx, tx.orm.get_one(Order, desk.order.id)).contested
        return {number: int(pieces) for number, pieces in found.items()}

    return await desk.shop.read(load)


@pytest.mark.parametrize("first", ["refusal", "parcel"])
async def test_what_is_refused_was_never_in_it(desk: Desk, first: str) -> None:
    documents = [second_refused(desk.order), everything(desk.order)]
    await desk.hear(*(documents if first == "refusal" else documents[::-1]))
    assert await desk.state() == OrderState.SHIPPED
    assert await desk.lines() == [Line("shipped", 3, 0, 3), Line("rejected", 0, 2, 0)]
    assert await contested(desk) == {}
    for person in (TARO, ADMIN):
        shown = await read(desk, person)
        assert "発送完了" in shown
        assert "× 0" not in shown
        assert CONTRADICTION not in shown


@pytest.mark.parametrize("first", ["refusal", "parcel"])
async def test_a_parcel_of_nothing_contradicts_the_refusal_of_all(desk: Desk, first: str) -> None:
    documents = [all_refused(desk.order), everything(desk.order)]
    await desk.hear(*(documents if first == "refusal" else documents[::-1]))
    assert await desk.state() == OrderState.SHIPPED
    assert await contested(desk) == {1: 3, 2: 2}
    for person in (TARO, ADMIN):
        shown = await read(desk, person)
        assert "× 3" in shown
        assert "× 0" not in shown
        assert CONTRADICTION in shown


async def test_once_the_parcel_is_taken_back_the_refusals_count(desk: Desk) -> None:
    await desk.hear(everything(desk.order), all_refused(desk.order))
    await desk.hear(everything(desk.order, operation="delete"))
    assert await desk.state() == OrderState.REJECTED
    assert await contested(desk) == {}


async def test_a_refusal_that_is_taken_back_puts_the_goods_into_it(desk: Desk) -> None:
    await desk.hear(second_refused(desk.order), everything(desk.order))
    await desk.hear(confirmation(desk.order, *ALL, operation="update", now=LATER))
    assert await desk.lines() == [Line("shipped", 3, 0, 3), Line("shipped", 2, 0, 2)]


async def test_told_twice_it_is_no_news(desk: Desk) -> None:
    await desk.hear(everything(desk.order), second_refused(desk.order), everything(desk.order))
    assert await desk.told() == ["shipped", "confirmed"]
    rows = await desk.shop.read(lambda tx: tx.orm.exec(select(ShipmentLine)).all())
    assert sorted((row.line_number, int(row.quantity)) for row in rows) == [(1, 3), (2, 0)]


async def test_in_whatever_order_it_comes_the_sums_are_the_same(database: Database, company: Company) -> None:
    await database.write(furnished)
    seen = set()
    for arrival in permutations(range(4)):
        order = await database.write(lambda tx: ordered(tx, company, Goods(1000, 3), Goods(500, 2)))
        desk = Desk(database, company, order)
        documents = (
            confirmation(order, *ALL),
            confirmation(order, Said(1, refused=1), Said(2, refused=2), amazon_order=None, now=LATER),
            ship_notice(order, (1, 1), shipment="2"),
            everything(order),
        )
        await desk.hear(*(documents[index] for index in arrival))
        seen.add((await desk.state(), *await desk.lines(), bool(await contested(desk))))
    assert seen == {(OrderState.SHIPPED, Line("shipped", 2, 1, 2), Line("rejected", 0, 2, 0), False)}
