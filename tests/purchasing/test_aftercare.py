"""After an order: what the buyer says of the goods, the wish to cancel, and who is told of it."""

from datetime import timedelta

import pytest

from purchasing import aftercare
from purchasing.aftercare import OVER, SHIPPED, Receipt
from purchasing.lifecycle import OrderState
from purchasing.values import Company
from storage.database import Database, Tx
from storage.tables import Order
from tests.purchasing.jobs import told
from tests.trouble.house import ADMIN, HANAKO, NOW, TARO, known, ordered

LATER = NOW + aftercare.ONE_REPORT / 2


@pytest.fixture
async def number(shop: Database, company: Company) -> int:
    """An order of 太郎's that was just placed."""
    order_id = await shop.write(lambda tx: ordered(tx, company).id)
    assert order_id is not None
    return order_id


def the(tx: Tx, number: int) -> Order:
    return tx.orm.get_one(Order, number)


@pytest.mark.parametrize(
    ("receipt", "trouble"),
    [
        (Receipt.ARRIVED, []),
        (Receipt.MISSING, [("goods_missing", ADMIN, True)]),
        (Receipt.DAMAGED, [("goods_damaged", ADMIN, True)]),
    ],
)
async def test_what_the_buyer_says_is_kept_and_the_admins_are_told_of_trouble_once(
    shop: Database, company: Company, number: int, receipt: Receipt, trouble: list[tuple[str, str, bool]]
) -> None:
    for moment in (NOW, LATER):
        await shop.write(
            lambda tx, moment=moment: aftercare.receive(tx, company, the(tx, number), receipt, moment)  # type: ignore[misc]
        )
    order = await shop.read(lambda tx: the(tx, number))
    assert (order.receipt, order.receipt_at) == (receipt, NOW)
    assert await shop.read(told) == trouble


async def test_the_same_trouble_days_later_is_another_parcel_and_told_again(
    shop: Database, company: Company, number: int
) -> None:
    days_later = NOW + timedelta(days=3)
    for moment in (NOW, days_later):
        await shop.write(
            lambda tx, moment=moment: aftercare.receive(  # type: ignore[misc]
                tx, company, the(tx, number), Receipt.MISSING, moment
            )
        )
    assert (await shop.read(lambda tx: the(tx, number))).receipt_at == days_later
    assert await shop.read(told) == [("goods_missing", ADMIN, True)] * 2


async def test_the_last_word_counts_and_each_kind_of_trouble_is_told(
    shop: Database, company: Company, number: int
) -> None:
    for receipt in (Receipt.MISSING, Receipt.DAMAGED, Receipt.ARRIVED):
        await shop.write(
            lambda tx, receipt=receipt: aftercare.receive(tx, company, the(tx, number), receipt, NOW)  # type: ignore[misc]
        )
    assert (await shop.read(lambda tx: the(tx, number))).receipt == Receipt.ARRIVED
    assert await shop.read(told) == [("goods_missing", ADMIN, True), ("goods_damaged", ADMIN, True)]


async def test_the_first_wish_to_cancel_is_kept_and_told_and_changes_nothing_else(
    shop: Database, company: Company, number: int
) -> None:
    for moment in (NOW, LATER):
        await shop.write(
            lambda tx, moment=moment: aftercare.wish_cancel(tx, company, the(tx, number), moment)  # type: ignore[misc]
        )
    order = await shop.read(lambda tx: the(tx, number))
    assert (order.cancel_wished_at, order.state) == (NOW, OrderState.PLACED)
    assert await shop.read(told) == [("cancel_wished", ADMIN, True)]


async def test_the_newest_order_is_the_members_own_and_in_a_state_that_is_asked_for(
    shop: Database, company: Company, number: int
) -> None:
    def more(tx: Tx) -> None:
        the(tx, number).state = OrderState.SHIPPED
        ordered(tx, company)
        ordered(tx, company, user_id=HANAKO)

    def look(tx: Tx) -> list[int | None]:
        taro, hanako = known(tx, TARO), known(tx, HANAKO)
        found = [aftercare.newest(tx, taro), aftercare.newest(tx, taro, SHIPPED)]
        found += [aftercare.newest(tx, hanako), aftercare.newest(tx, hanako, SHIPPED)]
        return [order.id if order else None for order in found]

    await shop.write(more)
    assert await shop.read(look) == [number + 1, number, number + 2, None]


def test_an_order_on_its_way_can_be_received_and_one_that_is_over_cannot_be_cancelled() -> None:
    assert set(SHIPPED) == {OrderState.SHIPPING, OrderState.SHIPPED}
    assert set(OVER) == {OrderState.SHIPPED, OrderState.REFUSED, OrderState.REJECTED}
