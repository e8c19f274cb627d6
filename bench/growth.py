"""From ten thousand orders to a million: look-ups, purchases, the acknowledgement's p99, and the process's memory."""

import asyncio
import random
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import stock
from bench.aims import Row, row
from bench.events import callback
from bench.house import COMPANY, configured
from bench.servers import memory, peak_memory, program
from bench.wire import hammer
from bench.works import works
from bot.app import provision, utc_now
from purchasing import history
from storage.database import Database, Tx, open_database
from storage.migrate import migrate
from storage.tables import Member

SMALL, LARGE, NOTICES = 10_000, 1_000_000, 100_000
ROUNDS, LOOKS, PURCHASES, SLICE = 5, 200, 200, 500
LIMIT = 300 * 1024 * 1024


def measure() -> list[Row]:
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    with ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(3)]
        small = await _stocked(folders[0], SMALL, 0)
        large = await _stocked(folders[1], LARGE, NOTICES)
        rows = await _growth(small, large)
        await small.close()
        await large.close()
        size = Path(folders[1], "bench.db").stat().st_size
        return [*rows, *_full(folders[2], folders[1], size)]


async def _stocked(folder: str, orders: int, notices: int) -> Database:
    config = configured(folder)
    migrate(config.database)
    db = open_database(config.database)
    await db.write(lambda tx: provision(tx, config, utc_now()))
    await db.write(lambda tx: stock.fill(tx, orders, notices))
    return db


async def _growth(small: Database, large: Database) -> list[Row]:
    chance = random.Random(1)
    looks, purchases = [], []
    for number in range(ROUNDS):
        ten = await _looking(small, SMALL, chance)
        million = await _looking(large, LARGE, chance)
        looks.append(million / ten)
        few = await _buying(small, SMALL + number * PURCHASES)
        many = await _buying(large, LARGE + number * PURCHASES)
        purchases.append(few / many)
    return [
        row("lookup_growth", looks, **{"microseconds at 1 million": round(million / LOOKS * 1e6)}),
        row("insert_growth", purchases, **{"orders per second at 1 million": round(PURCHASES / many)}),
    ]


async def _looking(db: Database, orders: int, chance: random.Random) -> float:
    """Seconds for so many looks: a member's last orders, and all about one order found by its number."""

    def look(tx: Tx) -> None:
        number = chance.randrange(1, orders)
        found = history.by_number(tx, COMPANY, f"KM-{number:08}")
        assert found is not None
        history.detail(tx, found)
        orders_of_member, _ = history.recent(tx, tx.orm.get_one(Member, found.member_id))
        assert orders_of_member

    return await _seconds(db.read, look, LOOKS)


async def _buying(db: Database, first: int) -> float:
    numbers = iter(range(first + 1, first + PURCHASES + 1))
    began = perf_counter()
    await asyncio.gather(
        *(db.write(lambda tx, n=n: stock.purchase(tx, n, 1 + n % stock.MEMBERS)) for n in numbers)  # type: ignore[misc]
    )
    return perf_counter() - began


async def _seconds(
    door: Callable[[Callable[[Tx], None]], object], work: Callable[[Tx], None], times: int
) -> float:
    began = perf_counter()
    for _ in range(times):
        await door(work)  # type: ignore[misc]
    return perf_counter() - began


def _full(empty_folder: str, full_folder: str, size: int) -> list[Row]:
    """The bot on the full database beside one on an empty one: the same callbacks, web and worker in one process."""
    bot, p99 = "bench.programs.bot", []
    with works() as counterparty, ExitStack() as stack:
        words = ("--works", counterparty.url, "--sends", "240")
        empty, _ = stack.enter_context(program("-m", bot, "both", empty_folder, *words))
        full, pid = stack.enter_context(program("-m", bot, "both", full_folder, *words))
        rest = memory(pid)
        for number in range(ROUNDS + 1):
            times = []
            for place, port in enumerate((empty, full)):
                first = (2 * number + place) * SLICE
                load = [callback(first + n, f"writer-{n % 100}") for n in range(SLICE)]
                times.append(hammer(port, load).percentile(0.99))
            p99.append((times[1] / times[0], times[1]))
        peak = peak_memory(pid)
    ratios, seconds = zip(*p99[1:], strict=True)
    megabytes = {"MB at rest": round(rest / 2**20), "MB at most": round(peak / 2**20)}
    return [
        row("ack_p99_growth", ratios, **{"p99 ms at 1 million": round(median(seconds) * 1000, 1)}),
        row("memory_full", [peak / LIMIT], **megabytes, **{"database MB": round(size / 2**20)}),
    ]
