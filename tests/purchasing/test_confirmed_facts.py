"""What is told of a confirmation is what it says: nothing confirmed where nothing is, every price, the shipping."""

from datetime import datetime
from decimal import Decimal

import pytest
from sqlmodel import select

from bot.lineworks.message import ButtonTemplate, Outgoing, Text
from bot.talk import orders, telling
from bot.talk.wording import wording
from punchout.confirmation import Comment, Confirmation, ConfirmationLine, LineStatus, build_confirmation
from punchout.envelope import Credential
from punchout.money import Money
from purchasing import history
from purchasing.lifecycle import OrderState
from purchasing.notices import Notice
from storage.database import Tx
from storage.tables import JobRow, Order
from tests.bot.talk.given import labels, written
from tests.purchasing.test_fulfilment import ALL, LATER, Desk, desk
from tests.trouble.documents import EARLY, IDENTITY, Said, confirmation, new_payload_id
from tests.trouble.house import ADMIN, NOW, TARO

__all__ = ["desk"]

ONE, TWO = "250-1111111-1111111", "250-2222222-2222222"


def yen(amount: int) -> Money:
    return Money(Decimal(amount), "JPY")


def line(number: int, *statuses: LineStatus) -> ConfirmationLine:
    return ConfirmationLine(number, sum((s.quantity for s in statuses), Decimal(0)), "EA", statuses)


def pieces(count: int, kind: str = "detail", price: int | None = None, tax: int | None = None) -> LineStatus:
    money = (None if each is None else yen(each) for each in (price, tax))
    return LineStatus(kind, Decimal(count), *money)


def says(
    order: Order,
    *lines: ConfirmationLine,
    kind: str = "detail",
    amazon_order: str | None = ONE,
    shipping: int | None = None,
    tax: int | None = None,
    later: bool = False,
) -> bytes:
    value = Confirmation(
        payload_id=new_payload_id(),
        notice_date=LATER if later else EARLY,
        confirm_id=amazon_order,
        operation="new",
        type=kind,
        total=yen(9999) if amazon_order else None,
        shipping=None if shipping is None else yen(shipping),
        tax=None if tax is None else yen(tax),
        order_id=order.number,
        order_date=order.placed_at,
        order_payload_id=order.payload_id,
        comments=(Comment("confirmID", amazon_order),) if amazon_order else (),
        lines=lines,
    )
    return build_confirmation(value, Credential("NetworkId", IDENTITY), EARLY)


async def cards(desk: Desk, reader: str = TARO) -> list[str]:
    """What the buyer (or the administrator) reads of every confirmation, in order."""
    return [_text(card) for card in await notices(desk, reader)]


async def notices(desk: Desk, reader: str = TARO) -> list[list[Outgoing]]:
    def load(tx: Tx) -> list[list[Outgoing]]:
        rows = tx.orm.exec(select(JobRow).where(JobRow.kind == "notice").order_by(JobRow.id)).all()  # type: ignore[arg-type]
        told = [Notice.unpack(row.payload) for row in rows]
        mine = [each for each in told if each.recipient == reader and each.what == "confirmed"]
        return [telling.write(tx, desk.company, each, "https://sample", NOW) for each in mine]

    return await desk.shop.read(load)


async def when_confirmed(desk: Desk) -> datetime | None:
    return (await desk.shop.read(lambda tx: tx.orm.get_one(Order, desk.order.id))).confirmed_at


async def detail(desk: Desk) -> str:
    def load(tx: Tx) -> str:
        found = history.detail(tx, tx.orm.get_one(Order, desk.order.id))
        return _text(orders.detail(wording("ja"), found, own=True))

    return await desk.shop.read(load)


def _text(messages: object) -> str:
    assert isinstance(messages, list)
    return "\n".join(
        m.content_text if isinstance(m, ButtonTemplate) else m.text
        for m in messages
        if isinstance(m, ButtonTemplate | Text)
    )


@pytest.mark.parametrize("how", ["backordered", "unknown", "header"])
async def test_what_waits_is_not_confirmed(desk: Desk, how: str) -> None:
    raw = (
        says(desk.order, line(77, pieces(1)), kind="backordered", amazon_order=None)
        if how == "header"
        else says(desk.order, line(1, pieces(3, how)), line(2, pieces(2, how)))
    )
    await desk.hear(raw)
    assert await desk.state() == OrderState.RECEIVED
    (card,) = await cards(desk)
    assert "入荷待ち／確認中のお知らせ" in card
    assert "× 3  入荷待ち／確認中" in card
    assert "× 2  入荷待ち／確認中" in card
    assert "まだ受注が確定していません" in card
    assert "確定金額" not in card
    placed, confirmed = (await detail(desk)).partition("受注確定")[0], await when_confirmed(desk)
    assert confirmed is None
    assert placed.endswith(f"{wording('ja')('timeline', 'to_come')} ")
    await desk.hear(confirmation(desk.order, *ALL, now=LATER))
    assert await desk.state() == OrderState.CONFIRMED
    assert (await cards(desk))[-1].count("  確定") == 2


async def test_a_part_that_waits_stands_beside_what_is_confirmed(desk: Desk) -> None:
    await desk.hear(says(desk.order, line(1, pieces(2), pieces(1, "backordered"))))
    (card,) = await cards(desk)
    assert "受注確定" in card
    assert "× 2  確定" in card
    assert "× 1  入荷待ち／確認中" in card
    assert await desk.state() == OrderState.CONFIRMING


async def test_a_document_that_speaks_of_no_line_of_ours_confirms_nothing(desk: Desk) -> None:
    await desk.hear(says(desk.order, line(77, pieces(1))))
    assert await cards(desk) == []
    assert await desk.state() == OrderState.RECEIVED
    assert await when_confirmed(desk) is None


async def test_one_line_at_two_prices(desk: Desk) -> None:
    await desk.hear(says(desk.order, line(1, pieces(2), pieces(1, price=1300)), line(2, pieces(2))))
    (card,) = await cards(desk)
    assert "× 2  確定\n" in card
    assert "× 1  確定（単価 1,000円 → 1,300円）" in card
    first = (await desk.rows())[0]
    assert (first.state, first.accepted, first.confirmed_price) == ("changed", 3, None)
    told = await detail(desk)
    assert "単価 1,000円 × 2" in told
    assert "単価 1,300円 × 1" in told


async def test_one_line_at_two_prices_over_two_amazon_orders(desk: Desk) -> None:
    await desk.hear(
        says(desk.order, line(1, pieces(2))),
        says(desk.order, line(1, pieces(1, price=1300)), amazon_order=TWO),
    )
    first = (await desk.rows())[0]
    assert (first.state, first.accepted, first.confirmed_price) == ("changed", 3, None)
    assert "× 1  確定（単価 1,000円 → 1,300円）" in (await cards(desk))[1]


async def test_one_price_told_in_two_parts_is_one_price(desk: Desk) -> None:
    await desk.hear(says(desk.order, line(1, pieces(2, price=1300)), line(1, pieces(1, price=1300))))
    assert "× 3  確定（単価 1,000円 → 1,300円）" in (await cards(desk))[0]
    assert (await desk.rows())[0].confirmed_price == 1300


async def test_more_pieces_than_ordered_at_two_prices_are_cut(desk: Desk) -> None:
    await desk.hear(says(desk.order, line(1, pieces(2), pieces(9, price=1300))))
    assert (await desk.rows())[0].accepted == 3


async def test_shipping_that_was_raised_is_told(desk: Desk) -> None:
    await desk.hear(says(desk.order, line(1, pieces(3)), line(2, pieces(2)), shipping=800))
    assert "配送料: 0円 → 800円" in (await cards(desk))[0]


async def test_shipping_of_two_amazon_orders_is_compared_in_all(desk: Desk) -> None:
    await desk.hear(
        says(desk.order, line(1, pieces(3)), shipping=0),
        says(desk.order, line(2, pieces(2)), amazon_order=TWO, shipping=400),
    )
    assert "配送料: 0円 → 400円" in (await cards(desk))[1]


WHOLE_ORDER = (line(1, pieces(3)), line(2, pieces(2)))


@pytest.mark.parametrize(
    ("lines", "charged", "shown", "named", "counted"),
    [
        (WHOLE_ORDER, {"shipping": 800}, "配送料: 0円 → 800円", "配送料", "配送料: 0円 → 800円"),
        (
            WHOLE_ORDER,
            {"tax": 480},
            "消費税（合計）: 400円 → 480円",
            "消費税",
            "消費税（合計）: 400円 → 480円",
        ),
        (
            (line(1, pieces(3, tax=450)), line(2, pieces(2, tax=100))),
            {"tax": 550},
            "消費税 300円 → 450円",
            "消費税",
            "消費税のみ変更: 1件",
        ),
        (
            (line(1, pieces(3, price=1200, tax=360)), line(2, pieces(2, tax=100))),
            {"tax": 460, "shipping": 800},
            "確定（単価 1,000円 → 1,200円）",
            "単価・配送料",
            "単価変更: 1件",
        ),
    ],
)
async def test_whatever_is_dearer_says_what_to_do_now(
    desk: Desk,
    lines: tuple[ConfirmationLine, ...],
    charged: dict[str, int],
    shown: str,
    named: str,
    counted: str,
) -> None:
    await desk.hear(says(desk.order, *lines, **charged))  # type: ignore[arg-type]
    (card,) = await notices(desk)
    assert shown in written(card)
    assert f"{named}が変わりました。新しい金額で請求されます。" in written(card)
    assert labels(card)[0] == "注文を取り消したい"
    (theirs,) = await notices(desk, ADMIN)
    assert counted in telling.in_short(theirs)[0], "a digest shows the head alone"
    assert "変わりました" not in written(theirs)


CANCEL = "注文を取り消したい"


@pytest.mark.parametrize(
    ("first", "shipping", "tax", "shown"),
    [
        (pieces(3, price=1200, tax=360), None, 360, "単価 1,000円 → 1,200円"),
        (pieces(3, price=900, tax=270), None, 270, "単価 1,000円 → 900円"),
        (pieces(3, tax=450), None, 450, "   消費税 300円 → 450円"),
        (pieces(3, tax=300), 500, 300, "配送料: 0円 → 500円"),
    ],
)
@pytest.mark.parametrize("at_once", [False, True])
async def test_what_the_first_amazon_order_changes_is_not_asked_again_by_the_second(
    desk: Desk, first: LineStatus, shipping: int | None, tax: int, shown: str, at_once: bool
) -> None:
    await desk.hear(says(desk.order, line(1, first), shipping=shipping, tax=tax))
    if not at_once:
        await _asks(desk, shown)
    rest = line(2, pieces(2, tax=100))
    await desk.hear(says(desk.order, rest, amazon_order=TWO, shipping=0 if shipping else None, tax=100))
    await _asks(desk, shown)
    for reader in (TARO, ADMIN):
        second = (await notices(desk, reader))[1]
        assert CANCEL not in labels(second)
        assert not [word for word in ("消費税", "配送料", "単価", "変わりました") if word in written(second)]


async def _asks(desk: Desk, shown: str) -> None:
    """The first notice tells it, and asks whether the goods are still wanted."""
    first = (await notices(desk))[0]
    assert shown in written(first)
    assert "変わりました" in written(first)
    assert "消費税（合計）" not in written(first)
    assert labels(first)[0] == CANCEL


async def test_tax_that_no_line_explains_is_told_once_by_the_last_amazon_order(desk: Desk) -> None:
    await desk.hear(
        says(desk.order, line(1, pieces(3)), tax=450),
        says(desk.order, line(2, pieces(2)), amazon_order=TWO, tax=100),
    )
    first, second = await notices(desk)
    assert "消費税" not in written(first)
    assert "消費税（合計）: 400円 → 550円" in written(second)
    assert labels(second)[0] == CANCEL


@pytest.mark.parametrize(("part", "told"), [(199, False), (203, False), (196, True), (204, True)])
async def test_a_yen_of_rounding_for_every_part_is_no_change(desk: Desk, part: int, told: bool) -> None:
    rest = says(
        desk.order, line(1, pieces(1, tax=100)), line(2, pieces(2, tax=100)), amazon_order=TWO, tax=200
    )
    await desk.hear(says(desk.order, line(1, pieces(2, tax=part)), tax=part), rest)
    first, second = await notices(desk)
    assert "消費税" not in written(first)
    assert (f"消費税（合計）: 400円 → {200 + part}円" in written(second)) == told
    assert (CANCEL in labels(second)) == told


@pytest.mark.parametrize(("tax", "told"), [(299, False), (301, False), (302, True)])
async def test_a_yen_of_rounding_of_a_whole_line_is_no_change(desk: Desk, tax: int, told: bool) -> None:
    whole = (line(1, pieces(3, tax=tax)), line(2, pieces(2, tax=100)))
    await desk.hear(says(desk.order, *whole, tax=tax + 100))
    (card,) = await notices(desk)
    assert ("消費税" in written(card)) == told
    assert (CANCEL in labels(card)) == told


async def test_what_is_cheaper_because_of_a_refusal_needs_no_cancelling(desk: Desk) -> None:
    await desk.hear(says(desk.order, line(1, pieces(3)), tax=300, shipping=0))
    assert "消費税" not in (await cards(desk))[0], "the rest may be to come"
    refusal = line(2, pieces(2, "reject"))
    await desk.hear(says(desk.order, refusal, amazon_order=None, later=True))
    assert "変わりました" not in (await cards(desk))[1]
    assert "消費税" not in (await cards(desk))[0]


@pytest.mark.parametrize("shipping", [None, 0])
async def test_shipping_as_ordered_or_untold_is_no_news(desk: Desk, shipping: int | None) -> None:
    await desk.hear(says(desk.order, line(1, pieces(3)), line(2, pieces(2)), shipping=shipping))
    assert "配送料" not in (await cards(desk))[0]


async def test_a_refusal_and_pieces_that_wait_in_one_document(desk: Desk) -> None:
    await desk.hear(
        confirmation(desk.order, Said(2, accepted=2)),
        says(desk.order, line(1, pieces(1, "reject"), pieces(2, "unknown")), amazon_order=None, later=True),
    )
    card = (await cards(desk))[1]
    assert "不成立のお知らせ" in card
    assert "× 2  入荷待ち／確認中" in card
