"""Killed at every commit boundary and around every call to the outside: nothing is lost, nothing is bought twice.

How: one town, one bot in a process of its own (forked from one that is warm, so that a start takes a tenth of a second),
and purchases one after the other. At every crash point (`tests.trouble.points`) the bot stands still and asks. At the
first one of each stage at which none was killed before it gets a real SIGKILL, is started again on the same database, and
has to finish the purchase. No stage sees two kills in one purchase, so that each repeat can be put down to one. The walk
is over when a purchase goes through without any kill: every point that was found has been walked then.
"""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from storage.database import open_database
from tests.conftest import Tell
from tests.trouble.conftest import told
from tests.trouble.mortal import Mortal
from tests.trouble.serving import Warm
from tests.trouble.town import town
from tests.trouble.walk import TOLD_OF_A_PURCHASE, Amazon, Walk

pytestmark = pytest.mark.xdist_group("killed")
PURCHASES = 60
"""More are not begun: points that never end would be a discovery of its own."""


async def test_every_crash_point_of_a_purchase(
    empty_url: str, tmp_path: Path, warm: Warm, tell: Tell
) -> None:
    bot = Mortal(warm)
    amazon = Amazon(bot.up)
    async with (
        town(
            more_people=PURCHASES,
            clock=bot.clock,
            confirm_after=Amazon.CONFIRM,
            ship_after=Amazon.SHIP,
            pause=amazon.pause,
        ) as place,
        bot.alive(place.write_config(tmp_path, empty_url)),
    ):
        database = open_database(empty_url)
        try:
            walk = Walk(place, bot, database, amazon)
            for number in range(PURCHASES):
                before, user = len(bot.walked), f"member-{number}"
                walk.told.clear()
                bought = await walk.purchase(user)
                assert walk.told == TOLD_OF_A_PURCHASE
                await walk.judge_purchase(user, bought)
                assert len(place.orders) == number + 1
                if len(bot.walked) == before:
                    break
            else:
                pytest.fail(f"new crash points after {PURCHASES} purchases: {[*bot.walked][-5:]}")
        finally:
            await database.close()
    tell(*told(make_url(empty_url).get_backend_name(), bot.walked))
