"""PostgreSQL: how much more two workers get done than one. The turns of many talks wait; the workers empty the queue."""

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

from bench.aims import Row, row
from bench.events import body
from bench.house import COMPANY, configured
from bench.servers import program
from bench.works import Works, works
from bot.app import provision, utc_now
from bot.handlers import CALLBACK
from storage import queue
from storage.database import Database, Tx, open_database
from storage.migrate import migrate
from storage.tables import Member
from storage.vault import load_keyring
from tests.postgres import postgres_server

ROUNDS, TURNS, MEMBERS = 3, 600, 200


def measure() -> list[Row]:
    with postgres_server() as server:
        if server is None:
            raise RuntimeError("there is no PostgreSQL to measure: make bench installs one")
        with tempfile.TemporaryDirectory() as folder, server.fresh() as url:
            return asyncio.run(_measure(folder, url))


async def _measure(folder: str, url: str) -> list[Row]:
    config = configured(folder, database=url)
    load_keyring(Path(config.key_file))
    migrate(url)
    db = open_database(url)
    await db.write(lambda tx: provision(tx, config, utc_now()))
    await db.write(_meet)
    ratios, figures = [], {}
    with works() as counterparty:
        words = ("worker", folder, "--works", counterparty.url, "--database", url)
        for number in range(ROUNDS):
            speeds = []
            for workers in (1, 2):
                with ExitStack() as stack:
                    for _ in range(workers):
                        stack.enter_context(program("-m", "bench.programs.bot", *words))
                    speeds.append(await _turns(db, counterparty, (number * 10 + workers) * TURNS))
            ratios.append(speeds[1] / speeds[0])
            figures = {"turns per second of one": round(speeds[0]), "of two": round(speeds[1])}
    await db.close()
    return [row("postgres_two", ratios, **figures)]


async def _turns(db: Database, counterparty: Works, first: int) -> float:
    """Turns a second, from the moment that they are all there to the last answer."""
    already = counterparty.messages()
    await db.write(lambda tx: _say(tx, first))
    began = perf_counter()
    counterparty.until(already + TURNS)
    return TURNS / (perf_counter() - began)


def _meet(tx: Tx) -> None:
    for number in range(MEMBERS):
        tx.orm.add(
            Member(company_id=COMPANY, user_id=f"m-{number}", email="m@example.co.jp", met_at=utc_now())
        )


def _say(tx: Tx, first: int) -> None:
    now = utc_now()
    for number in range(first, first + TURNS):
        who = f"m-{number % MEMBERS}"
        queue.put(
            tx,
            company_id=COMPANY,
            lane=f"talk:{COMPANY}:{who}",
            kind=CALLBACK,
            key=f"said {number}",
            payload=body(number, who),
            now=now,
            priority=0,
        )
