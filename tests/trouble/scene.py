"""One bot in a town where the time is told: what happens there, and what is known of it afterwards."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import aiohttp
from sqlmodel import col, select

from bot.app import Running
from storage import backlog, tables
from storage.database import Tx
from tests.trouble.house import NOTICE_PASSWORD, NOTICE_USER, Clock
from tests.trouble.town import PATIENCE, Town, bots, town


class Ticking(Clock):
    """Moved by the test, and a millisecond by whoever looks: no two callbacks are the same to the byte."""

    def __call__(self) -> datetime:
        self.advance(milliseconds=1)
        return self.now


class Patience:
    """How Amazon waits: long waits (moods "slow", "late") end with `release`, and it says nothing without `speaks`.

    Between a confirmation and its shipment it waits until people have read what came first: goods that are on their
    way by the time a confirmation is worded change its words, rightly, and which of the two is first nobody knows.
    """

    LONG, BETWEEN = 35.0, 30.0

    def __init__(self) -> None:
        self.release, self.speaks = asyncio.Event(), asyncio.Event()
        self.speaks.set()
        self.all_is_told: Callable[[], Awaitable[None]]

    async def __call__(self, seconds: float) -> None:
        if seconds > self.LONG:
            await self.release.wait()
        elif seconds == self.BETWEEN:
            await self.all_is_told()
        else:
            await asyncio.sleep(min(seconds, 0.05))
        await self.speaks.wait()


class Scene:
    """A town, one bot in it, the time that both live by, and Amazon's patience."""

    def __init__(self, place: Town, bot: Running, clock: Clock, amazon: Patience) -> None:
        self.place, self.bot, self.clock, self.amazon = place, bot, clock, amazon
        amazon.all_is_told = partial(self.quiet, but="submit")  # whose answer Amazon may still owe

    async def later(self, **parts: float) -> None:
        """The time passes, and whoever waits for it wakes up."""
        self.clock.advance(**parts)

        def wake(tx: Tx) -> None:
            for depth in backlog.depth(tx):
                tx.wake(f"queue:{depth.kind}")

        await self.bot.services.db.write(wake)

    async def retried(self, kind: str, attempts: int) -> None:
        """Returns once a job of this kind has failed so often and waits for its next turn."""
        stored = asyncio.Event()
        stop = self.bot.services.db.listen(f"queue:{kind}", stored.set)

        def waiting(tx: Tx) -> bool:
            found = tx.conn.exec_driver_sql(
                f"SELECT 1 FROM job WHERE kind = '{kind}' AND state = 'ready' AND attempts = {attempts}"
            )
            return found.first() is not None

        try:
            async with asyncio.timeout(PATIENCE):
                while not await self.bot.services.db.read(waiting):
                    await stored.wait()
                    stored.clear()
        finally:
            stop()

    async def quiet(self, but: str = "") -> None:
        """Returns once nothing is left to be done that is due by now; jobs of the kind `but` do not count."""

        def due(tx: Tx) -> bool:
            unfinished = col(tables.JobRow.state).not_in(("done", "buried"))
            jobs = tx.orm.exec(select(tables.JobRow).where(unfinished, tables.JobRow.kind != but)).all()
            return any(job.due <= self.clock.now for job in jobs)

        async with asyncio.timeout(PATIENCE):
            while True:
                if not await self.bot.services.db.read(due):
                    return
                await asyncio.sleep(0.02)

    async def order(self, number: str) -> tables.Order:
        def load(tx: Tx) -> tables.Order:
            rows = tx.conn.exec_driver_sql(f"SELECT id FROM purchase_order WHERE number = '{number}'")
            return tx.orm.get_one(tables.Order, rows.scalar_one())

        return await self.bot.services.db.read(load)

    async def notice(self, document: bytes) -> None:
        """A document of Amazon's, posted to the bot."""
        login = aiohttp.encode_basic_auth(NOTICE_USER, NOTICE_PASSWORD)
        url = f"http://127.0.0.1:{self.place.bot_port}/cxml"
        async with self.place.session.post(url, data=document, headers={"Authorization": login}) as answer:
            assert answer.status == 200
            assert b'code="200"' in await answer.read()

    async def metrics(self) -> str:
        url = f"http://127.0.0.1:{self.place.bot_port}/metrics"
        async with self.place.session.get(url) as answer:
            return await answer.text()


@asynccontextmanager
async def scene(folder: Path, database: str = "", more_people: int = 0) -> AsyncIterator[Scene]:
    """A bot on this database; without one on a SQLite file in the folder."""
    clock, patience = Ticking(), Patience()
    async with (
        town(clock=clock, pause=patience, ship_after=Patience.BETWEEN, more_people=more_people) as place,
        bots(place, folder, database=database or f"sqlite:///{folder}/kaimono.db", clock=clock) as (bot,),
    ):
        yield Scene(place, bot, clock, patience)
