"""What Amazon takes back without naming what it takes back: the newest word on a piece counts, and is told as it is."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from bot.talk import counter
from bot.talk.hearing import Heard, Verb
from bot.talk.orders import REFUSED
from bot.talk.wording import wording
from punchout import inbound
from punchout.confirmation import Confirmation
from purchasing import history
from purchasing.lifecycle import OrderState
from storage.database import Tx
from storage.tables import Order
from tests.purchasing.test_fulfilment import ALL, LATER, Desk, Line, desk
from tests.trouble.documents import EARLY, Said, confirmation, ship_notice
from tests.trouble.house import NOW, known

__all__ = ["desk"]

LAST = LATER + timedelta(minutes=5)
ONE, TWO = "250-1111111-1111111", "250-2222222-2222222"
GONE = [Line("rejected", 0, 3, 0), Line("rejected", 0, 2, 0)]


def header(order: Order, kind: str, amazon_order: str | None, now: object = LATER) -> bytes:
    """A confirmation that lists no line: its header speaks of all."""
    raw = confirmation(order, amazon_order=amazon_order, now=now)  # type: ignore[arg-type]
    start, end = (
        raw.index(b"<ConfirmationItem"),
        raw.rindex(b"</ConfirmationItem>") + len(b"</ConfirmationItem>"),
    )
    return raw[:start].replace(b'type="detail"', f'type="{kind}"'.encode(), 1) + raw[end:]


async def confirmed_total(desk: Desk) -> Decimal | None:
    def load(tx: Tx) -> Decimal | None:
        return history.detail(tx, tx.orm.get_one(Order, desk.order.id)).confirmed_total

    return await desk.shop.read(load)


async def chosen_again(desk: Desk) -> str:
    """What the button 不成立の商品を選び直す answers with first."""

    def tap(tx: Tx) -> str:
        heard = Heard(Verb.REORDER, ref=desk.order.number, nonce=REFUSED)
        first = counter.again(tx, desk.company, wording("ja"), known(tx), heard, NOW, ())[0]
        return str(first)

    return await desk.shop.write(tap)


@pytest.mark.parametrize("how", ["header", "header of its Amazon order", "lines"])
async def test_a_refusal_after_the_acceptance_of_every_line(desk: Desk, how: str) -> None:
    refusal = {
        "header": header(desk.order, "reject", None),
        "header of its Amazon order": header(desk.order, "reject", "250-5123176-9239824"),
        "lines": confirmation(
            desk.order, Said(1, refused=3), Said(2, refused=2), amazon_order=None, now=LATER
        ),
    }[how]
    await desk.hear(confirmation(desk.order, *ALL), refusal)
    assert await desk.state() == OrderState.REJECTED
    assert await desk.lines() == GONE
    assert await confirmed_total(desk) is None
    assert await desk.told() == ["confirmed", "confirmed"]


async def test_one_line_refused_after_all_were_accepted_is_the_only_one_chosen_again(desk: Desk) -> None:
    await desk.hear(
        confirmation(desk.order, *ALL),
        confirmation(desk.order, Said(2, refused=2), amazon_order=None, now=LATER),
    )
    assert await desk.lines() == [Line("accepted", 3, 0, 0), Line("rejected", 0, 2, 0)]
    assert await confirmed_total(desk) is None, "Amazon does not say what is left of its total"
    again = await chosen_again(desk)
    assert "B0SAMPLE02" in again
    assert "B0SAMPLE01" not in again


async def test_a_part_of_every_line_refused_offers_these_pieces_alone(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, Said(1, accepted=2, refused=1), Said(2, accepted=1, refused=1)))
    again = await chosen_again(desk)
    assert again.count("× 1") == 2
    assert "× 3" not in again


async def test_what_is_refused_no_more_is_not_offered_again(desk: Desk) -> None:
    """The button is older than the acceptance that took the refusal's place."""
    await desk.hear(
        confirmation(desk.order, Said(1, refused=3), Said(2, refused=2), amazon_order=None),
        confirmation(desk.order, *ALL, now=LATER),
    )
    assert await desk.state() == OrderState.CONFIRMED
    assert [row.reason for row in await desk.rows()] == ["", ""]
    again = await chosen_again(desk)
    assert "不成立の商品はもうありません" in again
    assert "B0SAMPLE" not in again


async def test_an_older_word_that_comes_late_changes_nothing_and_is_no_news(desk: Desk) -> None:
    await desk.hear(header(desk.order, "reject", None, LATER), confirmation(desk.order, *ALL))
    assert await desk.lines() == GONE
    assert await desk.told() == ["confirmed"]


async def test_in_whatever_order_they_come_the_newest_word_counts(desk: Desk) -> None:
    documents = (
        confirmation(desk.order, *ALL),
        header(desk.order, "reject", None, LATER),
        confirmation(desk.order, Said(1, accepted=1), amazon_order=TWO, now=LAST),
    )
    for arrival in permutations(documents):
        await desk.hear(*arrival)
        assert await desk.lines() == [Line("partly", 1, 2, 0), Line("rejected", 0, 2, 0)]


async def test_a_header_that_names_one_of_two_amazon_orders_speaks_of_that_alone(desk: Desk) -> None:
    await desk.hear(
        confirmation(desk.order, Said(1, accepted=2), amazon_order=ONE),
        confirmation(desk.order, Said(1, accepted=1), Said(2, accepted=2), amazon_order=TWO),
        header(desk.order, "reject", ONE),
    )
    assert await desk.lines() == [Line("partly", 1, 2, 0), Line("accepted", 2, 0, 0)]


async def test_a_header_of_a_second_amazon_order_speaks_of_what_the_first_left(desk: Desk) -> None:
    await desk.hear(
        confirmation(desk.order, Said(1, accepted=3, price=1100), amazon_order=ONE),
        header(desk.order, "accept", TWO),
    )
    assert [row.amazon_order for row in await desk.rows()] == [ONE, TWO]
    assert await desk.lines() == [Line("changed", 3, 0, 0), Line("accepted", 2, 0, 0)]


async def test_a_part_that_is_refused_twice_is_refused_once(desk: Desk) -> None:
    """Amazon's refusals never carry a number of their own; the same lines and pieces again are the same refusal."""
    for now in (EARLY, LATER):
        await desk.hear(confirmation(desk.order, Said(1, refused=1), amazon_order=None, now=now))
    assert (await desk.lines())[0].rejected == 1
    await desk.hear(confirmation(desk.order, Said(1, refused=2), amazon_order=None, now=LAST))
    assert (await desk.lines())[0].rejected == 3, "another number of pieces is another refusal"


REFUSED_WHOLE = (Said(1, refused=3), Said(2, refused=2))


@pytest.mark.parametrize("first", ["shipped", "refused"])
async def test_what_is_on_its_way_is_not_refused_whichever_is_told_first(desk: Desk, first: str) -> None:
    """It may arrive and be charged: the order is not over, its price stands, nothing is offered to be bought again."""
    parcel = ship_notice(desk.order, (1, 3), (2, 2))
    refusal = confirmation(desk.order, *REFUSED_WHOLE, amazon_order=None, now=LATER)
    documents = (parcel, refusal) if first == "shipped" else (refusal, parcel)
    await desk.hear(confirmation(desk.order, *ALL), *documents)
    assert await desk.state() == OrderState.SHIPPED
    assert await desk.lines() == [Line("shipped", 3, 0, 3), Line("shipped", 2, 0, 2)]
    assert sorted((await desk.told())[1:]) == ["confirmed", "shipped"]
    assert "不成立の商品はもうありません" in await chosen_again(desk)


async def test_only_what_was_not_sent_is_refused(desk: Desk) -> None:
    await desk.hear(
        confirmation(desk.order, *ALL),
        ship_notice(desk.order, (1, 1)),
        confirmation(desk.order, *REFUSED_WHOLE, amazon_order=None, now=LATER),
    )
    assert await desk.state() == OrderState.SHIPPED, "nothing else is to come"
    assert await desk.lines() == [Line("shipped", 1, 2, 1), Line("rejected", 0, 2, 0)]
    again = await chosen_again(desk)
    assert again.count("× 2") == 2


async def test_when_the_parcel_is_taken_back_the_refusal_counts(desk: Desk) -> None:
    await desk.hear(
        ship_notice(desk.order, (1, 3), (2, 2)),
        confirmation(desk.order, *REFUSED_WHOLE, amazon_order=None),
        ship_notice(desk.order, (1, 3), operation="delete", now=LATER),
    )
    assert await desk.state() == OrderState.REJECTED
    assert await desk.lines() == GONE


async def test_in_whatever_order_parcels_and_refusals_come_the_sums_are_the_same(desk: Desk) -> None:
    documents = (
        confirmation(desk.order, *ALL),
        ship_notice(desk.order, (1, 2)),
        confirmation(desk.order, Said(1, refused=3), amazon_order=None, now=LATER),
        confirmation(desk.order, Said(1, refused=3), amazon_order=None, now=LAST),
    )
    for arrival in permutations(documents):
        await desk.hear(*arrival)
        assert await desk.lines() == [Line("shipped", 2, 1, 2), Line("accepted", 2, 0, 0)]


@pytest.mark.parametrize(
    "code", ["[エラーコード: 015-005]", "［エラーコード：015-005］", "［エラーコード: 015-005 ］"]
)
def test_a_code_in_brackets_of_either_width(desk: Desk, code: str) -> None:
    raw = confirmation(desk.order, Said(1, refused=1, reason=f"在庫が足りません。{code}"), amazon_order=None)
    value = inbound.read(raw).value
    assert isinstance(value, Confirmation)
    (error,) = value.lines[0].statuses[0].errors
    assert (error.code, error.text) == ("015-005", "在庫が足りません。")
