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
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.accounts import counted, drained, limits
from bench.processes import Bot
from bench.shoppers import Buyer, chat
from bench.town import BOT_ID, BOT_SECRET, Town, town
from punchout.secret import Secret
from storage.database import open_database
from tests.postgres import postgres_server
from tests.trouble.serving import Warm, warm_process

SECONDS, EVERY = 60.0, 5.0
BUYERS, CHATTERS = 8, 20
RESULT = Path(__file__).with_suffix(".json")
Trouble = Callable[[Sequence[Bot]], Awaitable[None]]


async def under_load(town: Town, trouble: Trouble) -> dict[str, Any]:
    """Members buy and talk until the trouble is over; then everybody is asked to stop, and the figures are taken."""
    await asyncio.gather(*(buyer.register() for buyer in town.buyers))
    over, secret = asyncio.Event(), Secret(BOT_SECRET)
    async with asyncio.TaskGroup() as load:  # whoever fails ends the run
        for buyer in town.buyers:
            load.create_task(_buy_on(buyer, over))
        chats = [load.create_task(chat(town.balancer, user, BOT_ID, secret, over)) for user in town.chatters]
        await trouble(town.bots)
        over.set()
    db = open_database(town.database)
    try:
        await drained(db)
        await asyncio.gather(*(bot.stop() for bot in town.bots))
        figures = await counted(town, db) | {"not_acknowledged": sum(chat.result() for chat in chats)}
    finally:
        await db.close()
    return figures | {"limits": limits(figures)}


async def _buy_on(buyer: Buyer, over: asyncio.Event) -> None:
    while not over.is_set():
        await buyer.buy()


def kills(seconds: float, every: float) -> Trouble:
    """By the clock, whatever it is doing: each process is killed every so many seconds, and started again at once. They
    take turns, so that the next one dies a quarter of that time later."""

    async def one(bot: Bot, first: float) -> None:
        for round_ in range(int(seconds / every)):
            await asyncio.sleep(first + round_ * every - asyncio.get_running_loop().time())
            await bot.kill()
            await bot.begin()

    async def all_of_them(bots: Sequence[Bot]) -> None:
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as killing:
            for turn, bot in enumerate(bots, 1):
                killing.create_task(one(bot, began + turn * every / len(bots)))
        await asyncio.gather(*(bot.up() for bot in bots))

    return all_of_them


async def rolling_restart(bots: Sequence[Bot]) -> None:
    """One after the other is asked to stop, and the next one only when it is back."""
    for bot in bots:
        await bot.stop()
        await bot.start()
        await bot.up()


async def run(database: str, folder: Path, warm: Warm, trouble: Trouble) -> dict[str, Any]:
    """The whole run; the figures, and which limits hold."""
    async with town(database, folder, warm, BUYERS, CHATTERS) as place:
        return await under_load(place, trouble)


def table(figures: dict[str, Any]) -> str:
    """For people: every figure, and every limit with whether it holds."""
    lines = [f"{name.replace('_', ' '):<40} {value}" for name, value in figures.items() if name != "limits"]
    verdicts = {True: "holds", False: "BROKEN"}
    lines += [f"{name.replace('_', ' '):<40} {verdicts[holds]}" for name, holds in figures["limits"].items()]
    return "\n".join(lines)


def main() -> int:
    with postgres_server() as server, tempfile.TemporaryDirectory() as folder, warm_process() as warm:
        if server is None:
            print("no PostgreSQL: run  make test  once, or set TEST_DATABASE_URL", file=sys.stderr)
            return 1
        with server.fresh() as database:
            figures = asyncio.run(run(database, Path(folder), warm, kills(SECONDS, EVERY)))
    where = {
        "at": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL",
        "seconds_of_load": SECONDS,
        "each_killed_every_seconds": EVERY,
    }
    print(table(where | figures))
    RESULT.write_text(f"{json.dumps(where | figures, ensure_ascii=False, indent=2)}\n", encoding="utf-8")
    return 0 if all(figures["limits"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
