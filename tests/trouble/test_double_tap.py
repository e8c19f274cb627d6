"""Taps that come together, and buttons that have done their work: one order, and a polite word for everybody else."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import select

from bot.talk.hearing import Verb
from bot.talk.wording import wording
from storage import backlog, tables
from storage.database import Tx
from tests.trouble.house import ADMIN, HANAKO, TARO
from tests.trouble.town import Town, bots, text, town

YES = "はい、決済します。"


@pytest.fixture
async def place() -> AsyncIterator[Town]:
    async with town() as made:
        yield made


async def answers(place: Town, user: str, count: int, after: int) -> list[str]:
    """So many messages of the bot after a message; there may be no more."""
    found: list[str] = []
    while len(found) < count:
        message = await place.talk.wait_for(user, lambda message: message["from"] == "bot", 15, after)
        found.append(text(message))
        after = int(message["id"])
    return found


def beginning(section: str, name: str) -> str:
    """How a sentence of the bot begins, up to what is filled in."""
    return wording("ja")(section, name, mark="", number="\0", state="\0").partition("\0")[0].strip()


@pytest.mark.parametrize("taps", [2, 20])
async def test_taps_at_the_same_moment_make_one_order(
    place: Town, tmp_path: Path, empty_url: str, taps: int
) -> None:
    """On PostgreSQL two workers, each on connections of its own, pull at the same lane."""
    workers = 2 if empty_url.startswith("postgres") else 1
    async with bots(place, tmp_path, workers, database=empty_url) as (bot, *_):
        question = await place.come_to_the_question(TARO)
        yes = place.postback(TARO, YES, question)
        place.amazon_will("never")
        await asyncio.gather(*(place.post(TARO, YES, yes) for _ in range(taps)))
        heard = await answers(place, TARO, taps, question)
        placed = [words for words in heard if "ご注文を受け付けました" in words]
        told_politely = [words for words in heard if "二重には注文されません" in words]
        assert (len(placed), len(told_politely)) == (1, taps - 1)
        await place.hears(ADMIN, "【購入】")
        await place.door.came(orders=1)
        orders = await bot.services.db.read(lambda tx: tx.orm.exec(select(tables.Order)).all())
        assert len(orders) == 1
        assert len(place.orders) == len(place.door.orders) == 1
        number = next(iter(place.orders))
        assert all(number in words for words in heard)


async def test_buttons_that_have_done_their_work(place: Town, tmp_path: Path, database_url: str) -> None:
    """Every button of a paid cart, of a cancelled one and of one that never was, tapped again and again."""
    async with bots(place, tmp_path, database=database_url) as (bot,):
        question = await place.come_to_the_question(TARO)
        paid = place.postback(TARO, YES, question).partition(":")[2]
        number = await place.buy(TARO)
        await place.hears(TARO, "発送完了", number)
        last = (await place.talk.messages(TARO))[-1]["id"]
        for verb in ("pay", "pay_yes", "pay_no", "drop"):
            await place.post(TARO, YES, f"{verb}:{paid}")
        for words in await answers(place, TARO, 4, last):
            assert words.startswith("【テスト】" + beginning("cart", "already_ordered"))
            assert number in words

        await place.fill_a_cart(TARO)
        newest = (await place.talk.messages(TARO))[-1]["id"]
        dropped = place.postback(TARO, "決済する", newest).partition(":")[2]
        await place.talk.tap(TARO, "キャンセル", newest)
        await place.hears(TARO, "を取り消しました")
        last = (await place.talk.messages(TARO))[-1]["id"]
        for verb in ("pay", "pay_yes", "pay_no", "drop"):
            await place.post(TARO, YES, f"{verb}:{dropped}")
        for words in await answers(place, TARO, 4, last):
            assert "このカートは取り消し済みです" in words

        await place.register(HANAKO)
        last = (await place.talk.messages(HANAKO))[-1]["id"]
        cart, _, nonce = paid.partition(":")
        made_up = (
            paid,
            dropped,
            f"{cart}:{nonce}x",
            f"{cart}:",
            f"{cart}:ノンス",
            f"{cart}:😀",
            f"４７１１:{nonce}",
            f"0:{nonce}",
            f"999999999999999999:{nonce}",
        )
        for claim in made_up:
            await place.post(HANAKO, YES, f"pay_yes:{claim}")
        polite = (beginning("cart", "unknown"), beginning("menu", "no_cart_to_pay"))
        for words in await answers(place, HANAKO, len(made_up), last):
            assert words.startswith(polite)
        assert list(place.orders) == [number]
        assert await bot.services.db.read(backlog.buried) == []


async def test_postbacks_that_nobody_made(place: Town, tmp_path: Path, database_url: str) -> None:
    """Every verb about anything: each is answered or passed over at the first attempt; nothing holds the talk's lane."""
    async with bots(place, tmp_path, database=database_url) as (bot,):
        await place.register(TARO)
        refs = ("1", "9" * 18, "9" * 200, "１２", "番号 x")
        claims = [f"{verb}:{ref}:ノンス" for verb in Verb for ref in refs]
        claims += [f"{verb}:" for verb in Verb]
        claims += [":", "::", "pay_yes", "pay_yes:1:y:z", "no_such_verb:1:2", "a" * 300, "pay_yes:1:\u0000"]
        for start in range(0, len(claims), 50):
            await asyncio.gather(*(place.post(TARO, "？", claim) for claim in claims[start : start + 50]))

        def attempts(tx: Tx) -> list[tuple[str, int]]:
            rows = tx.orm.exec(select(tables.JobRow.state, tables.JobRow.attempts).where(_OF_THE_TALK)).all()
            return [(state, tries) for state, tries in rows]

        done = asyncio.Event()
        bot.services.db.listen("queue:callback", done.set)
        async with asyncio.timeout(60):
            while {state for state, _ in await bot.services.db.read(attempts)} != {"done"}:
                done.clear()
                await bot.services.db.write(lambda tx: tx.wake("queue:callback"))
                await done.wait()
        assert max(tries for _, tries in await bot.services.db.read(attempts)) == 1
        assert list(place.orders) == []


_OF_THE_TALK = tables.JobRow.kind == "callback"


async def test_yes_that_is_typed_buys_nothing(place: Town, tmp_path: Path, database_url: str) -> None:
    async with bots(place, tmp_path, database=database_url) as (_,):
        question = await place.come_to_the_question(TARO)
        await place.talk.say(TARO, YES)
        (heard,) = await answers(place, TARO, 1, question)
        assert "「はい、決済します。」ボタンでだけ行えます" in heard
        assert list(place.orders) == []
