"""When LINE WORKS or Amazon behave badly: every message arrives, every order is bought once, people are told."""

from pathlib import Path

import pytest

from bot import worker
from bot.talk import outbox
from purchasing.lifecycle import OrderState
from storage import backlog
from tests.trouble.documents import EARLY, Said, confirmation, ship_notice
from tests.trouble.house import ADMIN, COMPANY, HANAKO, TARO
from tests.trouble.scene import scene

SEND = outbox.kind(COMPANY)


async def test_line_works_slows_us_down_breaks_and_forgets_our_token(
    tmp_path: Path, database_url: str
) -> None:
    """Nothing is lost, nothing comes twice, and what is told to one person comes in order."""
    async with scene(tmp_path, database_url) as here:
        place = here.place
        await place.register(TARO)
        troubles = (
            {"answer": "429", "seconds": 1},
            {"answer": "500", "times": 2},
            {"answer": "503"},
            {"answer": "401"},
            {"answer": "307"},
        )
        for trouble in troubles:
            before = len(await place.talk.messages(TARO))
            await place.talk.trouble(at="send", **trouble)
            await place.talk.say(TARO, "ヘルプ")
            await place.talk.say(TARO, "注文履歴")
            for attempt in range(1, 3 if trouble.get("times") else 2):
                if trouble["answer"] in ("429", "500", "503"):
                    await here.retried(SEND, attempt)
                    await here.later(seconds=5)
            await place.hears(TARO, "このボットでできること")
            await place.hears(TARO, "ご注文はまだありません")
            said = (await place.talk.messages(TARO))[before:]
            assert [message["from"] for message in said].count("bot") == 2, trouble


async def test_the_token_server_is_out_of_order(tmp_path: Path, database_url: str) -> None:
    async with scene(tmp_path, database_url) as here:
        await here.place.talk.trouble(answer="500", times=3, at="token")
        await here.place.talk.say(TARO, "こんにちは")
        for attempt in range(1, 3):
            await here.retried(SEND, attempt)
            await here.later(seconds=5)
        await here.place.sees(TARO, "はい、会員です。")


async def test_who_may_not_be_reached_is_buried_in_sight_and_keeps_nobody_waiting(
    tmp_path: Path, database_url: str
) -> None:
    async with scene(tmp_path, database_url) as here:
        place = here.place
        await place.register(TARO)
        await place.talk.trouble(answer="403", at="send")
        await place.talk.say(TARO, "ヘルプ")
        await place.talk.say(TARO, "注文履歴")
        await place.hears(TARO, "ご注文はまだありません")
        assert await place.said(TARO, "このボットでできること") == 0
        (buried,) = await here.bot.services.db.read(backlog.buried)
        assert (buried.kind, buried.lane) == (SEND, f"send:sample:{TARO}")
        assert "403" in buried.last_error
        assert f'kaimono_jobs{{kind="{SEND}",state="buried"}} 1.0' in await here.metrics()
        # A person looks at it and sends it again.
        assert await here.bot.services.db.write(lambda tx: backlog.exhume(tx, buried.id, here.clock()))
        await place.hears(TARO, "このボットでできること")


async def test_a_message_whose_arrival_nobody_confirmed_comes_again_rather_than_never(
    tmp_path: Path, database_url: str
) -> None:
    async with scene(tmp_path, database_url) as here:
        place = here.place
        await place.register(TARO)
        await place.talk.trouble(answer="cut", at="send")
        await place.talk.say(TARO, "ヘルプ")
        await here.retried(SEND, 1)
        await here.later(seconds=5)
        await place.hears(TARO, "このボットでできること")
        await place.hears(TARO, "このボットでできること")


async def test_amazon_refuses_an_order(tmp_path: Path, database_url: str) -> None:
    """Told at once to the buyer and to the admin, with Amazon's reason; nothing is sent again."""
    async with scene(tmp_path, database_url) as here:
        place = here.place
        await place.come_to_the_question(TARO)
        place.amazon_will("refuse_400")
        number = await place.buy(TARO)
        await place.hears(TARO, "受け付けられませんでした", number, "The order cannot be accepted.")
        await place.hears(ADMIN, "【不成立】", number)
        await here.later(hours=25)
        assert (await here.order(number)).state == OrderState.REFUSED
        assert len(place.door.orders) == 1
        assert place.orders == {}
        await place.fill_a_cart(TARO)  # the next purchase is free to begin


async def test_amazon_is_out_of_order_and_gives_no_answer_although_it_took_the_order(
    tmp_path: Path, database_url: str
) -> None:
    """The same bytes each time; Amazon holds one order; after a minute people know that we keep trying."""
    async with scene(tmp_path, database_url) as here:
        place = here.place
        await place.come_to_the_question(TARO)
        place.door.plan += ["hang up", "error page", "take and hang up"]
        place.amazon_will("never")
        number = await place.buy(TARO)
        for attempt in range(1, 4):
            await here.retried("submit", attempt)
            assert (await here.order(number)).state == OrderState.UNANSWERED
            await here.later(seconds=31)
        await place.hears(TARO, "まだAmazonから返事がありません", number)
        await place.hears(ADMIN, "【返事待ち】", number)
        await place.door.came(orders=4)
        assert len(set(place.door.orders)) == 1
        assert list(place.orders) == [number]
        assert place.orders[number].attempts == 2


async def test_a_day_without_an_answer(tmp_path: Path, database_url: str) -> None:
    """Then a person is asked; what that person sends again is still the same order."""
    async with scene(tmp_path, database_url) as here:
        place = here.place
        await place.come_to_the_question(TARO)
        place.door.plan += ["hang up"] * 3
        number = await place.buy(TARO)
        await here.retried("submit", 1)
        await here.later(hours=23, minutes=59)
        await here.retried("submit", 2)
        await here.later(minutes=10)
        await place.hears(TARO, "24時間たってもAmazonから返事がありません", number)
        await place.hears(ADMIN, "【要確認】", number)
        (buried,) = await here.bot.services.db.read(backlog.buried)
        assert (await here.order(number)).state == OrderState.STUCK
        await here.bot.services.db.write(lambda tx: backlog.exhume(tx, buried.id, here.clock()))
        await place.hears(TARO, "受注確定", number)
        assert list(place.orders) == [number]
        assert len(set(place.door.orders)) == 1


async def test_a_confirmation_comes_while_our_order_still_waits_for_its_answer(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "GRACE", 0.1)
    async with scene(tmp_path, database_url) as here:
        place = here.place
        await place.come_to_the_question(TARO)
        place.door.plan.append("take and hold")
        number = await place.buy(TARO)
        await place.hears(TARO, "受注確定", number)
        await place.hears(TARO, "発送完了", number)
        assert (await here.order(number)).state == OrderState.SHIPPED
        assert len(place.door.orders) == 1


async def test_documents_in_the_worst_order(tmp_path: Path, database_url: str) -> None:
    """By hand: a correction, then what it corrects, a parcel, its correction, and each of them three times."""
    async with scene(tmp_path, database_url) as here:
        place = here.place
        await place.come_to_the_question(HANAKO)
        place.amazon_will("never")
        number = await place.buy(HANAKO)
        order = await here.order(number)
        later = EARLY.replace(hour=23)
        documents = (
            confirmation(order, Said(1, refused=1), amazon_order=None, now=later),
            ship_notice(order, (1, 1), operation="delete", now=later),
            ship_notice(order, (1, 1), now=EARLY),
            confirmation(order, Said(1, accepted=1), operation="update", now=later),
        )
        for _ in range(3):
            for document in documents:
                await here.notice(document)
        await place.hears(HANAKO, "受注確定", number)
        assert (await here.order(number)).state == OrderState.CONFIRMED
        assert await place.said(HANAKO, "発送完了") == 0
        assert await here.bot.services.db.read(backlog.buried) == []
