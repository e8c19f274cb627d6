"""Killed at random moments under load, on both engines: every callback that got its 200 is answered, every order is one.

The seed is printed with a failure; KAIMONO_TEST_SEED repeats it, as far as moments can be repeated.
"""

import asyncio
import os
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import aiohttp

from storage.database import open_database
from tests.trouble.house import HANAKO, TARO
from tests.trouble.mortal import Hunted
from tests.trouble.serving import Warm
from tests.trouble.town import town
from tests.trouble.walk import TOLD_OF_A_PURCHASE, Walk

KILLS = 6
STRANGERS = 20


class Rush(Walk):
    """Purchases side by side: nothing is judged before all is over."""

    @asynccontextmanager
    async def _stage(self, name: str, user: str) -> AsyncIterator[None]:
        yield


async def chatter(walk: Rush, bot: Hunted, user: str) -> None:
    """Somebody who says hello again and again, taken or not, as long as bots die."""
    while not bot.left_alone.is_set():
        await bot.up.wait()
        try:
            walk.taken.append(await walk.place.post(user, "こんにちは"))
        except aiohttp.ClientError:
            await asyncio.sleep(0)


async def test_killed_at_random_moments_under_load(empty_url: str, tmp_path: Path, warm: Warm) -> None:
    seed = int(os.environ.get("KAIMONO_TEST_SEED") or secrets.randbelow(10**9))
    print(f"KAIMONO_TEST_SEED={seed}")  # noqa: T201 - shown when the test fails
    bot = Hunted(warm, Random(seed), KILLS)
    strangers = [f"member-{number}" for number in range(STRANGERS)]
    async with (
        town(more_people=STRANGERS, clock=bot.clock) as place,
        bot.alive(place.write_config(tmp_path, empty_url)),
    ):
        database = open_database(empty_url)
        try:
            walk = Rush(place, bot, database)
            async with asyncio.TaskGroup() as together:
                for stranger in strangers:
                    together.create_task(chatter(walk, bot, stranger))
                buyers = {user: together.create_task(walk.purchase(user)) for user in (TARO, HANAKO)}
            await walk.quiet()
            await walk.judge(TARO, HANAKO, *strangers)
            for user, bought in buyers.items():
                await walk.judge_purchase(user, bought.result())
            assert walk.told == Counter({what: 2 * count for what, count in TOLD_OF_A_PURCHASE.items()})
            assert len(place.orders) == 2
            assert bot.lives == KILLS + 1
        finally:
            await database.close()
