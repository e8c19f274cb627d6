"""What Amazon takes back or corrects: what people read of it, and what the order shows afterwards."""

from datetime import timedelta

import pytest

from bot.app import buying
from bot.lineworks.message import Outgoing
from bot.talk import orders, telling
from bot.talk.wording import wording
from purchasing import history, reminders, submission
from purchasing.lifecycle import OrderEvent, OrderState
from purchasing.notices import Notice, What
from purchasing.reminders import KIND
from storage import tables
from storage.database import Database, Tx
from tests.bot.talk.given import labels, written
from tests.purchasing.jobs import jobs_of
from tests.purchasing.test_fulfilment import ALL, LATER, WHOLE, Desk
from tests.trouble.documents import Goods, Said, confirmation, ship_notice
from tests.trouble.house import ADMIN, NOW, TARO, config, furnished, ordered, vault

WORDS = wording("ja")


@pytest.fixture
async def desk(database: Database) -> Desk:
    """An order of two lines, three and two pieces, taken by Amazon."""

    company = buying(config().company[0], config().public_url)

    def taken(tx: Tx) -> tables.Order:
        furnished(tx)
        order = ordered(tx, company, Goods(1000, 3), Goods(500, 2))
        assert order.id is not None
        submission._take_up(tx, vault(), order.id)
        submission._note(tx, company, order.id, OrderEvent.TAKEN, NOW)
        return order

    return Desk(database, company, await database.write(taken))


async def shown(desk: Desk) -> list[Outgoing]:
    """The order's details, as its buyer sees them."""

    def look(tx: Tx) -> list[Outgoing]:
        order = tx.orm.get_one(tables.Order, desk.order.id)
        return orders.detail(WORDS, history.detail(tx, order), own=True)

    return await desk.shop.read(look)


async def read(desk: Desk, user_id: str, what: What) -> list[str]:
    """The texts of all notices of this kind to somebody, as they would be sent now."""

    def write(tx: Tx) -> list[str]:
        told = [Notice.unpack(job.payload) for job in jobs_of(tx, "notice")]
        cards = [
            telling.write(tx, desk.company, notice, "https://line.example", NOW)
            for notice in told
            if notice.recipient == user_id and notice.what is what
        ]
        return [written(card) for card in cards]

    return await desk.shop.read(write)


async def test_a_confirmation_that_is_taken_back(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, *ALL))
    await desk.hear(confirmation(desk.order, operation="delete", now=LATER))
    assert await desk.state() == OrderState.RECEIVED
    number = desk.order.number
    (mine,) = await read(desk, TARO, What.CONFIRMATION_WITHDRAWN)
    assert f"注文 {number} の受注確定の知らせを、Amazonが取り消しました。" in mine
    assert "いまの状況: 受付（Amazonが受領・確定待ち）" in mine
    assert "注文を取り消したい" in mine
    (theirs,) = await read(desk, ADMIN, What.CONFIRMATION_WITHDRAWN)
    assert f"山田 太郎さんの注文 {number} の受注確定の知らせを、Amazonが取り消しました。" in theirs
    assert "Amazonビジネスの注文履歴で" in theirs
    assert await read(desk, TARO, What.CONFIRMED) == [""], "what is no longer true is not told any more"
    card = await shown(desk)
    assert "状況: 受付（Amazonが受領・確定待ち）" in written(card)
    assert "・ 受注確定" in written(card)
    assert "注文を取り消したい" in labels(card)
    again = await desk.shop.read(lambda tx: [job.key for job in jobs_of(tx, KIND) if "withdrawn" in job.key])
    assert len(again) == 1, "a day later somebody looks whether Amazon spoke again"


async def test_a_refusal_that_is_taken_back_is_called_one(desk: Desk) -> None:
    refusal = "1763604930000.1@amazon.com"
    await desk.hear(confirmation(desk.order, Said(1, refused=3), amazon_order=None, payload_id=refusal))
    back = confirmation(desk.order, amazon_order=None, operation="delete", now=LATER)
    head, begin, rest = back.partition(b"<ConfirmationHeader")
    attributes, end, body = rest.partition(b">")
    named = f'<DocumentReference payloadID="{refusal}"/>'.encode()
    await desk.hear(head + begin + attributes + end + named + body)
    assert await desk.state() == OrderState.RECEIVED
    (mine,) = await read(desk, TARO, What.CONFIRMATION_WITHDRAWN)
    assert "の不成立の知らせを、Amazonが取り消しました。" in mine


@pytest.mark.parametrize("confirmed", [False, True])
async def test_a_parcel_that_is_taken_back(desk: Desk, confirmed: bool) -> None:
    if confirmed:
        await desk.hear(confirmation(desk.order, *ALL))
    await desk.hear(ship_notice(desk.order, *WHOLE))
    assert {"荷物を追跡する", "届きました"} <= set(labels(await shown(desk)))
    await desk.hear(ship_notice(desk.order, *WHOLE, operation="delete", now=LATER))
    state = OrderState.CONFIRMED if confirmed else OrderState.RECEIVED
    assert await desk.state() == state
    (mine,) = await read(desk, TARO, What.SHIPMENT_WITHDRAWN)
    assert f"注文 {desk.order.number} の発送の知らせを、Amazonが取り消しました。" in mine
    assert WORDS("order_state", state) in mine
    assert await read(desk, TARO, What.SHIPPED) == [""]
    card = await shown(desk)
    assert not {"荷物を追跡する", "届きました", "一部届いていない"} & set(labels(card))
    assert "注文を取り消したい" in labels(card)
    assert "・ 発送" in written(card)
    assert "444269227953" not in written(card)
    assert "・ お届け予定\n" in f"{written(card)}\n", "the date went with the notice"


async def test_a_confirmation_taken_back_while_the_parcel_is_on_its_way(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, *ALL), ship_notice(desk.order, *WHOLE))
    await desk.hear(confirmation(desk.order, operation="delete", now=LATER))
    assert await desk.state() == OrderState.SHIPPED
    (mine,) = await read(desk, TARO, What.CONFIRMATION_WITHDRAWN)
    assert "いまの状況: 発送完了" in mine
    assert "注文を取り消したい" not in mine


async def test_what_never_stood_is_taken_back_in_silence(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, operation="delete"))
    await desk.hear(ship_notice(desk.order, *WHOLE, operation="delete"))
    assert await desk.state() == OrderState.RECEIVED
    assert await desk.told() == []


async def test_a_parcel_that_is_corrected_is_shown_once(desk: Desk) -> None:
    await desk.hear(ship_notice(desk.order, *WHOLE, tracking="111111111111"))
    await desk.hear(ship_notice(desk.order, *WHOLE, tracking="222222222222", operation="update", now=LATER))
    card = written(await shown(desk))
    assert "222222222222" in card
    assert "111111111111" not in card


async def test_a_document_that_says_the_same_again_is_no_news(desk: Desk) -> None:
    for operation, now in (("new", NOW), ("update", LATER), ("new", LATER)):
        await desk.hear(
            confirmation(desk.order, *ALL, operation=operation, now=now),
            ship_notice(desk.order, *WHOLE, operation=operation),
        )
    assert await desk.told() == ["confirmed", "shipped"]
    (confirmed,) = await read(desk, TARO, What.CONFIRMED)
    (shipped,) = await read(desk, TARO, What.SHIPPED)
    assert confirmed
    assert shipped
    assert "訂正" not in confirmed + shipped
    assert await desk.state() == OrderState.SHIPPED


async def test_the_same_said_again_after_a_refusal_is_news(desk: Desk) -> None:
    """The newest word on a piece counts: what was refused in between is accepted again."""
    await desk.hear(
        confirmation(desk.order, *ALL, now=NOW),
        confirmation(desk.order, Said(1, refused=3), amazon_order=None, now=NOW + timedelta(minutes=1)),
        confirmation(desk.order, *ALL, operation="update", now=NOW + timedelta(minutes=2)),
    )
    assert [line.accepted for line in await desk.lines()] == [3, 2]
    assert await desk.told() == ["confirmed"] * 3


@pytest.mark.parametrize("operation", ["update", "new"])
async def test_what_takes_the_place_of_something_told_is_called_a_correction(
    desk: Desk, operation: str
) -> None:
    await desk.hear(confirmation(desk.order, *ALL), ship_notice(desk.order, *WHOLE))
    await desk.hear(
        confirmation(desk.order, Said(1, accepted=3, price=1100), Said(2, accepted=2), operation=operation),
        ship_notice(desk.order, *WHOLE, tracking="222222222222", operation=operation),
    )
    for user_id, confirmed, shipped in (
        (TARO, "【訂正】受注確定", "【訂正】発送完了"),
        (ADMIN, "【訂正】【受注確定】", "【訂正】【発送完了】"),
    ):
        former, corrected = await read(desk, user_id, What.CONFIRMED)
        assert former == ""
        assert confirmed in corrected
        assert "1,100円" in corrected
        former, corrected = await read(desk, user_id, What.SHIPPED)
        assert former == ""
        assert shipped in corrected


@pytest.mark.parametrize("first", ["shipped", "refused"])
async def test_goods_that_are_said_to_be_both_sent_and_refused(desk: Desk, first: str) -> None:
    """Whoever reads it second is told that the two contradict each other, and what to do."""
    parcel = ship_notice(desk.order, *WHOLE)
    refusal = confirmation(desk.order, Said(1, refused=3), amazon_order=None, now=LATER)
    await desk.hear(*((parcel, refusal) if first == "shipped" else (refusal, parcel)))
    assert await desk.state() == OrderState.SHIPPED
    what = What.CONFIRMED if first == "shipped" else What.SHIPPED
    (mine,) = await read(desk, TARO, what)
    assert "※3点は、Amazonから発送と不成立の両方の知らせが届いています。" in mine
    assert "選び直す前に管理者にご相談ください。" in mine
    assert "不成立の商品は請求されません" not in mine
    (theirs,) = await read(desk, ADMIN, what)
    assert "発送と不成立の知らせが食い違っています。Amazonビジネスの注文履歴で" in theirs
    card = await shown(desk)
    assert "状況: 発送完了" in written(card)
    assert written(card).count("※3点は、Amazonから発送と不成立の両方の知らせが届いています。") == 1
    assert {"荷物を追跡する", "届きました"} <= set(labels(card))


async def test_an_order_that_is_late_again_is_told_again(desk: Desk) -> None:
    """Late, then confirmed, then taken back, and a day later still nothing; that it is late twice is no news."""

    async def looked() -> None:
        def look(tx: Tx) -> None:
            for job in jobs_of(tx, KIND):
                reminders.look(tx, desk.company, job.payload, job.due)

        for _ in range(2):
            await desk.shop.write(look)

    await looked()
    await desk.hear(confirmation(desk.order, *ALL))
    await desk.hear(confirmation(desk.order, operation="delete", now=LATER))
    await looked()
    for user_id, again in ((TARO, "管理者がAmazonビジネスの画面で確かめます"), (ADMIN, "【確定待ち】")):
        first, second = await read(desk, user_id, What.ORDER_LATE)
        assert "1日たっても受注確定の知らせがありません" in first
        assert "Amazonが前の知らせを取り消してから1日たっても、新しい知らせがありません" in second
        assert again in second


async def test_of_an_order_confirmed_in_part_the_rest_is_late(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, *ALL[:1]))

    def look(tx: Tx) -> None:
        for job in jobs_of(tx, KIND):
            reminders.look(tx, desk.company, job.payload, job.due)

    await desk.shop.write(look)
    for user_id in (TARO, ADMIN):
        [told] = await read(desk, user_id, What.ORDER_LATE)
        assert "1日たっても受注確定の知らせがない商品があります" in told
