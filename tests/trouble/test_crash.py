"""The real program, killed at the worst moments: nothing is lost, nothing is bought twice."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlmodel import select

from punchout.envelope import read_envelope
from punchout.received import read_order
from punchout.xml import parse
from purchasing.ordering import SUBMIT
from storage.database import Tx, open_database
from storage.tables import JobRow
from tests.trouble.house import ADMIN, HANAKO, TARO
from tests.trouble.serving import Serving, Warm
from tests.trouble.town import PATIENCE, Town, town

pytestmark = pytest.mark.xdist_group("killed")
TAKEN_UP_WITHIN = 10.0
"""Seconds from when the next process is ready, which the contract promises."""


@asynccontextmanager
async def serving(config: Path, warm: Warm, role: str = "all") -> AsyncIterator[Serving]:
    made = Serving(config, role, warm)
    try:
        yield made
    except BaseException:
        sys.stderr.write("\n".join([f"the log of the bot ({role}):", *made.log, ""]))
        raise
    finally:
        await made.close()


def number_of(order: bytes) -> str:
    return read_order(parse(order)).number


async def settled(place: Town, user: str, number: str) -> None:
    """The buyer reads what became of the order, and so does the admin."""
    for words in ("受注確定", "発送完了"):
        await place.hears(user, words, number)
        await place.hears(ADMIN, f"【{words}】", number)


async def test_killed_before_and_after_amazon_took_it_and_in_the_middle_of_a_greeting(
    tmp_path: Path, database_url: str, warm: Warm
) -> None:
    """One kill for three: 太郎's order waits at Amazon's door, 花子's was taken but not yet answered, and somebody
    unknown is just being looked up."""
    async with town(more_people=1) as place, serving(place.write_config(tmp_path, database_url), warm) as bot:
        await bot.start()
        for user in (TARO, HANAKO):
            await place.come_to_the_question(user)
        place.door.plan += ["hold", "take and hold"]
        place.amazon_will("never")
        told = [await place.buy(TARO)]
        await place.door.came(orders=1)
        told.append(await place.buy(HANAKO))
        await place.door.came(orders=2)
        await place.talk.trouble(answer="slow", seconds=60, at="user")
        before = place.callbacks
        await place.talk.say("member-0", "こんにちは")
        await place.acknowledged(before + 2)
        assert list(place.orders) == told[1:]
        await bot.kill()

        await place.talk.trouble(clear=True)
        await bot.start()
        async with asyncio.timeout_at(bot.ready + TAKEN_UP_WITHIN):
            await place.door.came(orders=4)
            await place.sees("member-0", "はい、会員です。")
        await settled(place, TARO, told[0])
        first, second, *again = place.door.orders
        assert sorted(again) == sorted((first, second)), "not the same bytes"
        assert [number_of(order) for order in (first, second)] == told
        assert len({read_envelope(parse(order)).payload_id for order in place.door.orders}) == 2
        assert sorted(place.orders) == sorted(told)
        assert await bot.stop() == 0


async def noted(url: str, attempts: int) -> None:
    """Returns once the bot has written down that so many attempts to order came to nothing."""
    database = open_database(url)

    def waits(tx: Tx) -> bool:
        jobs = select(JobRow).where(
            JobRow.kind == SUBMIT, JobRow.state == "ready", JobRow.attempts == attempts
        )
        return tx.orm.exec(jobs).first() is not None

    try:
        async with asyncio.timeout(PATIENCE):
            while not await database.read(waits):
                pass  # every look is a read of the database; it comes within milliseconds
    finally:
        await database.close()


async def test_killed_again_and_again(tmp_path: Path, database_url: str, warm: Warm) -> None:
    """Amazon's door breaks the connection each time but the last, and each time the bot is killed."""
    async with town() as place, serving(place.write_config(tmp_path, database_url), warm) as bot:
        await bot.start()
        await place.come_to_the_question(TARO)
        place.door.plan += ["hang up", "hang up"]
        number = await place.buy(TARO)
        for attempt in (1, 2):
            await place.door.came(orders=attempt)
            await noted(database_url, attempt)
            await bot.kill()
            await bot.start()
        await settled(place, TARO, number)
        assert list(place.orders) == [number]
        assert len(place.door.orders) >= 3
        assert len(set(place.door.orders)) == 1
        assert await bot.stop() == 0


async def test_killed_before_anybody_could_read_what_was_acknowledged(
    tmp_path: Path, database_url: str, warm: Warm
) -> None:
    """The web part alone says 200, and is killed with the last byte; nobody has looked at the event yet."""
    async with town() as place:
        config = place.write_config(tmp_path, database_url)
        async with serving(config, warm, "web") as web_part:
            await web_part.start()
            await place.talk.start(TARO)
            await place.acknowledged(2)
            await web_part.kill()
        async with serving(config, warm) as bot:
            await bot.start()
            async with asyncio.timeout_at(bot.ready + TAKEN_UP_WITHIN):
                await place.sees(TARO, "はい、会員です。")
            assert await bot.stop() == 0


async def test_asked_to_stop_in_the_middle_of_everything(
    tmp_path: Path, database_url: str, warm: Warm
) -> None:
    """An order and a visit wait at Amazon's door, LINE WORKS is slow, and thirty members have just said hello."""
    members = 30
    async with (
        town(more_people=members) as place,
        serving(place.write_config(tmp_path, database_url), warm) as bot,
    ):
        await bot.start()
        await place.come_to_the_question(TARO)
        place.door.plan.append("hold")
        place.door.setup_plan.append("hold")
        number = await place.buy(TARO)
        await place.door.came(orders=1)
        link = await place.link(TARO)
        visit = asyncio.create_task(place.session.get(link))
        await place.door.came(setups=2)
        await place.talk.trouble(answer="slow", seconds=60, times=2, at="send")
        await asyncio.gather(*(place.post(f"member-{member}", "こんにちは") for member in range(members)))
        assert await bot.stop() == 0
        await asyncio.gather(visit, return_exceptions=True)
        assert list(place.orders) == []

        await place.talk.trouble(clear=True)
        await bot.start()
        async with asyncio.timeout_at(bot.ready + TAKEN_UP_WITHIN):
            for member in range(members):
                await place.sees(f"member-{member}", "はい、会員です。")
        await settled(place, TARO, number)
        assert list(place.orders) == [number]
        assert len(set(place.door.orders)) == 1
        assert await bot.stop() == 0


async def test_two_processes_on_one_postgres(empty_postgres_url: str, tmp_path: Path, warm: Warm) -> None:
    """One takes, the other works; they start at the same moment, on a database that has no table yet."""
    async with town() as place:
        config = place.write_config(tmp_path, empty_postgres_url)
        async with serving(config, warm, "web") as web_part, serving(config, warm, "worker") as worker:
            await asyncio.gather(web_part.start(), worker.start())
            await place.come_to_the_question(TARO)
            number = await place.buy(TARO)
            await settled(place, TARO, number)
            assert list(place.orders) == [number]
            codes = await asyncio.gather(web_part.stop(), worker.stop())
            assert list(codes) == [0, 0]
