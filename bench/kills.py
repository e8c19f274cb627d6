"""`python -m bench.kills`: a minute of purchases while every process is killed every five seconds; then all is counted.

Two web and two worker processes share a PostgreSQL of this run; the stand-ins for LINE WORKS and Amazon run in a process
of their own; the balancer sends a request again when its process dies, as a reverse proxy does. Limits: what was
acknowledged was handled; a cart that was confirmed is one order with one number and one payloadID, at Amazon too; what
was to be said was said, and again only if a worker was killed meanwhile. Ends with 1 when one is broken.
"""

import asyncio
import json
import os
import platform
import random
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.accounts import counted, drained, limits
from bench.processes import Program
from bench.shoppers import Buyer, chat
from bench.town import BOT_ID, BOT_SECRET, Town, town
from punchout.secret import Secret
from storage.database import open_database
from tests.postgres import postgres_server

SECONDS, EVERY = 60.0, 5.0
BUYERS, CHATTERS = 8, 20
RESULT = Path(__file__).with_suffix(".json")
Trouble = Callable[[Sequence[Program]], Awaitable[None]]


async def under_load(town: Town, trouble: Trouble) -> dict[str, Any]:
    """Members buy and talk until the trouble is over; then everybody is asked to stop, and the figures are taken."""
    await asyncio.gather(*(buyer.register() for buyer in town.buyers))
    over, secret = asyncio.Event(), Secret(BOT_SECRET)
    load = [asyncio.create_task(_buy_on(buyer, over)) for buyer in town.buyers]
    load += [asyncio.create_task(chat(town.balancer, user, BOT_ID, secret, over)) for user in town.chatters]
    await trouble(town.bots)
    over.set()
    refused = sum(await asyncio.gather(*load))
    db = open_database(town.database)
    try:
        await drained(db)
        await asyncio.gather(*(bot.stop() for bot in town.bots))
        figures = await counted(town, db) | {"not_acknowledged": refused}
    finally:
        await db.close()
    return figures | {"limits": limits(figures)}


async def _buy_on(buyer: Buyer, over: asyncio.Event) -> int:
    while not over.is_set():
        await buyer.buy()
    return 0


def kills(seconds: float, every: float) -> Trouble:
    """Every process is killed about so many seconds after it was at work, and started again at once."""

    async def one(bot: Program, over: asyncio.Event) -> None:
        while True:
            await bot.up()
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), every * random.uniform(0.5, 1.5))
            if over.is_set():
                return
            await bot.kill()
            await bot.start()

    async def all_of_them(bots: Sequence[Program]) -> None:
        over = asyncio.Event()
        killing = [asyncio.create_task(one(bot, over)) for bot in bots]
        await asyncio.sleep(seconds)
        over.set()
        await asyncio.gather(*killing)

    return all_of_them


async def rolling_restart(bots: Sequence[Program]) -> None:
    """One after the other is asked to stop, and the next one only when it is back."""
    for bot in bots:
        await bot.stop()
        await bot.start()
        await bot.up()


async def run(database: str, folder: Path, trouble: Trouble) -> dict[str, Any]:
    """The whole run; the figures, and which limits hold."""
    async with town(database, folder, BUYERS, CHATTERS) as place:
        return await under_load(place, trouble)


def main() -> int:
    with postgres_server() as server, tempfile.TemporaryDirectory() as folder:
        if server is None:
            print("no PostgreSQL: run  make test  once, or set TEST_DATABASE_URL", file=sys.stderr)
            return 1
        with server.fresh() as database:
            figures = asyncio.run(run(database, Path(folder), kills(SECONDS, EVERY)))
    where = {
        "at": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL",
        "seconds_of_load": SECONDS,
        "killed_after_seconds_at_work": EVERY,
    }
    text = json.dumps(where | figures, ensure_ascii=False, indent=2)
    print(text)
    RESULT.write_text(f"{text}\n", encoding="utf-8")
    return 0 if all(figures["limits"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
