"""Asked to stop while the database does not answer: the real program ends in time all the same, and loses nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from storage.database import open_database
from tests.trouble.house import TARO
from tests.trouble.serving import Warm
from tests.trouble.test_crash import TAKEN_UP_WITHIN, serving
from tests.trouble.town import Town, town

pytestmark = pytest.mark.xdist_group("killed")


@asynccontextmanager
async def database_that_hangs(url: str) -> AsyncIterator[None]:
    """Somebody else holds it: whoever wants to write waits, and on PostgreSQL whoever wants to read the queue, too."""
    database = open_database(url)
    with database.engine.connect() as conn, conn.begin():
        if url.startswith("postgresql"):
            conn.exec_driver_sql("LOCK TABLE job IN ACCESS EXCLUSIVE MODE")
        yield
    await database.close()


async def acknowledged(place: Town, words: str) -> bool:
    """Whether somebody's words are taken; not so where they are refused, or the connection breaks."""
    body, signed = place.callback(TARO, words)
    try:
        async with place.session.post(
            f"{place.bot_url}/lineworks/callback", data=body, headers=signed
        ) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def test_a_stop_does_not_wait_for_a_database_that_does_not_answer(
    tmp_path: Path, database_url: str, warm: Warm
) -> None:
    """An answer is in hand that LINE WORKS has not taken yet, and something new has just been said."""
    async with town() as place, serving(place.write_config(tmp_path, database_url), warm) as bot:
        await bot.start()
        await place.register(TARO)
        await place.talk.trouble(answer="slow", seconds=60, at="send")
        assert await acknowledged(place, "ヘルプ")
        async with database_that_hangs(database_url):
            unheard = asyncio.create_task(acknowledged(place, "注文履歴"))
            await asyncio.sleep(0.2)  # so that it is on its way to the database
            assert await bot.stop() == 1
            assert "taken up again at the next start" in bot.log[-1]
            assert not await unheard

        await place.talk.trouble(clear=True)
        await bot.start()
        async with asyncio.timeout_at(bot.ready + TAKEN_UP_WITHIN):
            await place.hears(TARO, "このボットでできること")
        assert await bot.stop() == 0
