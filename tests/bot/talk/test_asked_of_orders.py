"""What is answered about orders where more than one may be meant, or where nobody knows how an order stands."""

from datetime import timedelta

from bot.app import buying
from bot.talk import afterwards, counter
from bot.talk.explaining import explain
from bot.talk.hearing import Heard, Verb
from bot.talk.steps import At
from bot.talk.till import Till
from bot.talk.topics import Topic
from bot.talk.wording import wording
from purchasing import aftercare, history, members
from purchasing.aftercare import DUPLICATE, Receipt
from purchasing.lifecycle import OrderState
from purchasing.members import Person
from storage.database import Database, Tx
from storage.tables import Member, Talk
from tests.trouble.house import ADMIN, COMPANY, HANAKO, NOW, TARO, config, furnished, ordered

HOUSE = buying(config().company[0], config().public_url)
WORDS = wording("ja_JP")


def _member(tx: Tx, user_id: str) -> Member:
    member = members.find(tx, COMPANY, user_id)
    assert member
    return member


async def test_an_order_that_amazon_may_have_is_never_said_to_be_free_of_charge(database: Database) -> None:
    def work(tx: Tx) -> None:
        furnished(tx)
        order = ordered(tx, HOUSE, user_id=TARO)
        order.state, order.refusal_status = OrderState.REFUSED, DUPLICATE
        (card,) = afterwards.not_shipped(WORDS, order)
        assert "請求もされません" not in str(card.content())
        order.refusal_status = 400
        (card,) = afterwards.not_shipped(WORDS, order)
        assert "請求もされません" in str(card.content())

    await database.write(work)


async def test_a_typed_arrival_asks_about_the_order_that_was_reported_missing_too(database: Database) -> None:
    def work(tx: Tx) -> None:
        furnished(tx)
        first, second = (ordered(tx, HOUSE, user_id=TARO) for _ in range(2))
        for order in (first, second):
            order.state, order.placed_at = OrderState.SHIPPED, NOW
        second.receipt = Receipt.MISSING
        tx.orm.flush()
        (card,) = counter.receive(
            tx, HOUSE, WORDS, _member(tx, TARO), Heard(Verb.ARRIVED), NOW + timedelta(days=1), buys=True
        )
        assert first.number in str(card.content())
        assert second.number in str(card.content())
        assert first.receipt == ""

    await database.write(work)


async def test_an_older_order_that_is_under_way_is_not_hidden_by_one_that_ended(database: Database) -> None:
    def work(tx: Tx) -> None:
        furnished(tx)
        open_order, ended = (ordered(tx, HOUSE, user_id=TARO) for _ in range(2))
        open_order.state, ended.state = OrderState.CONFIRMED, OrderState.SHIPPED
        tx.orm.flush()
        assert aftercare.under_way(tx, _member(tx, TARO)) == open_order

    await database.write(work)


async def test_everybodys_orders_are_found_behind_a_batch_of_somebody_elses(database: Database) -> None:
    def work(tx: Tx) -> None:
        furnished(tx)
        members.meet(tx, COMPANY, Person(ADMIN, "admin@sample", "購買管理者"), NOW, looked_up=True)
        numbers = [ordered(tx, HOUSE, user_id=who).number for who in (TARO, *[HANAKO] * 6)]
        admin, page = _member(tx, ADMIN), history.PAGE
        assert len(numbers) > page
        newest = counter.list_watched(tx, HOUSE, WORDS, admin, "", buys=True)
        assert numbers[-1] in str([card.content() for card in newest])
        assert numbers[0] not in str([card.content() for card in newest])
        oldest_shown = history.by_number(tx, COMPANY, numbers[-page])
        assert oldest_shown
        # made later, by a process whose clock is behind: it comes among those before, and is not passed over
        late = ordered(tx, HOUSE, user_id=HANAKO)
        late.placed_at = oldest_shown.placed_at - timedelta(seconds=1)
        tx.orm.flush()
        older = counter.list_watched(tx, HOUSE, WORDS, admin, str(oldest_shown.id), buys=True)
        assert late.number in str([card.content() for card in older])
        assert numbers[0] in str([card.content() for card in older])
        (none,) = counter.list_watched(tx, HOUSE, WORDS, admin, str(late.id), buys=True)
        assert "お知らせの届く方" in str(none.content())

    await database.write(work)


async def test_goods_that_do_not_come_are_those_of_the_order_under_way(database: Database) -> None:
    """The newest was refused, or has arrived: the question is about the one before."""

    def work(tx: Tx) -> None:
        furnished(tx)
        coming, ended = (ordered(tx, HOUSE, user_id=TARO) for _ in range(2))
        coming.state = OrderState.CONFIRMED
        taro = _member(tx, TARO)
        talk = Talk(company_id=COMPANY, user_id=TARO, state=At.READY, changed_at=NOW)
        for state, receipt in ((OrderState.REJECTED, ""), (OrderState.SHIPPED, Receipt.ARRIVED)):
            ended.state, ended.receipt = state, receipt
            tx.orm.flush()
            (card,) = explain(Till(tx, HOUSE, WORDS, taro, talk, At.READY, NOW), Topic.NOT_HERE)
            assert coming.number in str(card.content())

    await database.write(work)
