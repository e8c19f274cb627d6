"""The stage of the transcripts: the real bot and both stand-ins, over HTTP on loopback, under a clock of its own.

Nothing here waits for a while: `quiet` waits until nobody has anything left to do. Amazon's confirmation and shipment
wait until the transcript says so.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import aiohttp
from aiohttp import web
from sqlalchemy import Connection, event
from sqlmodel import select

from bot.app import Running, running
from bot.config import Config, Record
from bot.demo import free_port
from bot.setup import menu_actions
from bot.talk import outbox
from punchout.secret import Secret
from sandbox.amazon.account import ACCOUNT
from sandbox.amazon.app import make_amazon
from sandbox.amazon.dtd import NOT_AVAILABLE, VALID
from sandbox.amazon.fulfilment import FULFILMENT
from sandbox.amazon.moods import MOODS
from sandbox.keys import Keys
from sandbox.lineworks.app import TENANT, make_lineworks
from sandbox.lineworks.client import TalkClient
from sandbox.lineworks.tenant import Tenant
from sandbox.settings import AmazonSettings, CallbackEvent, ChannelEvent, LineWorksSettings, Person
from storage import backlog, queue
from storage.database import Tx
from storage.tables import SendPace
from tests.certificates import Authority
from tests.talks.cast import CAST, EMAIL, configured
from tests.talks.pauses import CONFIRM, SHIP, Pauses
from tests.talks.scene import Scene
from tests.talks.shopper import Shopper

PATIENCE = 60.0
"""Seconds until a bot that does not come to rest fails the transcript."""
SAME_MOMENT = timedelta(milliseconds=5)
A_WHILE = timedelta(seconds=5)


class Clock:
    """The time of everybody on the stage. It stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Stage:
    """What a transcript plays on. One `Shopper` for all: people take turns."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        tenant: Tenant,
        shop: web.Application,
        pauses: Pauses,
        talk: TalkClient,
        bot: Running,
    ) -> None:
        self.config, self.clock, self.tenant, self.account = config, clock, tenant, shop[ACCOUNT]
        self.pauses, self.talk = pauses, talk
        self._fulfilment = shop[FULFILMENT]
        self._db = bot.services.db
        self._company_id = next(iter(bot.services.bots.values())).company_id
        self._stored = asyncio.Event()
        loop = asyncio.get_running_loop()

        # The event comes just before the commit; the worker always commits once more after it has finished a job.
        @event.listens_for(self._db.engine, "commit")
        def _committing(_connection: Connection) -> None:
            loop.call_soon_threadsafe(self._stored.set)

    def invalid_documents(self) -> list[str]:
        """What the bot sent to Amazon and cXML's DTD does not take; none where the DTD is not at hand."""
        sent = [entry for entry in self.account.journal if entry.direction == "in"]
        return [
            f"{one.kind} is not valid: {one.dtd}" for one in sent if one.dtd not in (VALID, NOT_AVAILABLE)
        ]

    async def say(self, who: str, text: str) -> None:
        self.act()
        await self.talk.say(CAST[who].user_id, text)

    async def start(self, who: str) -> None:
        self.act()
        await self.talk.start(CAST[who].user_id)

    async def tap(self, who: str, label: str, message: int) -> str:
        """Taps; returns the address that it opens, "" for a button that speaks."""
        tapped = await self.talk.tap(CAST[who].user_id, label, message)
        if not tapped["opens"]:
            self.act()
        return str(tapped["opens"] or "")

    def send(self, who: str, content: dict[str, Any]) -> None:
        """A message that is no text."""
        self.act()
        self.tenant.say(self.person(who), content)

    async def send_raw(self, who: str, content: dict[str, Any]) -> None:
        """Has the bot send a message as it stands, past everything that judges messages when they are built."""
        payload = json.dumps({"to": CAST[who].user_id, "content": content}).encode()

        def put(tx: Tx) -> None:
            queue.put(
                tx,
                company_id=self._company_id,
                lane="send:raw",
                kind=outbox.kind(self._company_id),
                key="raw",
                payload=payload,
                now=self.clock.now,
            )

        await self._db.write(put)

    def person(self, who: str) -> Person:
        """Somebody's record in LINE WORKS, to be changed."""
        found = self.tenant.directory.find(CAST[who].user_id)
        assert found is not None
        return found

    async def messages(self, who: str) -> list[dict[str, Any]]:
        """All that the bot has told somebody."""
        said = await self.talk.messages(CAST[who].user_id)
        return [message for message in said if message["from"] == "bot"]

    async def amazon_goes_on(self, seconds: float) -> None:
        """Whoever waits so goes on, one order after the other: the news of two would race for the same reader."""
        for task in await self.pauses.waiting(seconds):
            self.pauses.go_on(seconds, task)
            await self.quiet()

    async def amazon_decides_anew(self, mood: str) -> None:
        """Amazon speaks again of its newest order, in another mood."""
        await self.quiet()
        newest = next(reversed(self.account.orders.values()))
        self._fulfilment.push(newest, MOODS[mood])
        task = self._fulfilment.working_on(newest.facts.order_id)
        assert task is not None
        self.pauses.begin(task)
        await self.quiet()

    def act(self) -> None:
        """Every act is a moment later than the one before, so that no two callbacks are the same."""
        self.clock.now += SAME_MOMENT

    async def pass_time(self, span: timedelta) -> None:
        """Moves the clock and wakes whoever waits for it."""
        await self.quiet()
        self.clock.now += span
        await self._db.write(_wake_all)
        await self.quiet()

    async def until_the_next_send(self) -> None:
        """Moves the clock to the moment at which LINE WORKS takes one more message."""
        await self.quiet()
        held = await self._db.read(
            lambda tx: [pace.held_until for pace in tx.orm.exec(select(SendPace)).all()]
        )
        until = max((moment for moment in held if moment), default=0.0)
        span = datetime.fromtimestamp(until, UTC) + SAME_MOMENT / 5 - self.clock.now
        assert span > timedelta(0), "but LINE WORKS takes messages now"
        await self.pass_time(span)

    async def quiet(self) -> None:
        """Returns when nobody has anything left to do. Raises AssertionError when they do not come to rest."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not await self._at_rest():
                    await self.tenant.pulse.until(
                        lambda: self._answered >= self.tenant.callbacks.sent, PATIENCE
                    )
                    await self.pauses.rest()
                    while await self._open_jobs():
                        await self._stored.wait()
        except TimeoutError:
            left = await self._open_jobs()
            raise AssertionError(f"after {PATIENCE:g} s there is still work to do: {left}") from None

    async def _at_rest(self) -> bool:
        callbacks = self.tenant.callbacks.sent
        if self._answered < callbacks or self.pauses.at_work or await self._open_jobs():
            return False
        # A job that ended while we looked may have opened a room.
        return self.tenant.callbacks.sent == callbacks

    @property
    def _answered(self) -> int:
        return sum(entry.kind == "callback" for entry in self.tenant.log.after(0))

    async def _open_jobs(self) -> list[str]:
        """The kinds of jobs that somebody has in hand, or could take up now."""
        self._stored.clear()
        now = self.clock.now
        held = await self._db.read(lambda tx: _held(tx, now))
        return [
            depth.kind
            for depth in await self._db.read(backlog.depth)
            if depth.leased
            or (depth.kind not in held and depth.oldest_due is not None and depth.oldest_due <= now)
        ]


def _held(tx: Tx, now: datetime) -> set[str]:
    """The sends that nobody may take up yet, because LINE WORKS has said when it takes more."""
    paces = tx.orm.exec(select(SendPace)).all()
    return {outbox.kind(p.company_id) for p in paces if p.held_until and p.held_until > now.timestamp()}


def _wake_all(tx: Tx) -> None:
    for depth in backlog.depth(tx):
        tx.wake(f"queue:{depth.kind}")


@asynccontextmanager
async def staged(
    folder: Path, database: str, keys: Keys, scene: Scene
) -> AsyncIterator[tuple[Stage, Shopper]]:
    """A stage in this folder and on this database, and a browser on it; both are gone at the end."""
    clock, pauses, bot_port = Clock(), Pauses(), free_port()
    amazon = AmazonSettings.model_validate(
        {
            "notice_url": f"http://127.0.0.1:{bot_port}/cxml",
            "mode": "active" if scene.active else "test",
            "confirm_after": CONFIRM,
            "ship_after": SHIP,
            "registered_emails": [EMAIL["太郎"], EMAIL["花子"]],
        }
    )
    works = LineWorksSettings(
        public_key=keys.public_pem,
        callback_events=list(get_args(CallbackEvent)),
        channel_events=list(get_args(ChannelEvent)),
        callback_url=f"http://127.0.0.1:{bot_port}/lineworks/callback",
        sends_per_minute=100_000,
        people=list(scene.people.values()),
    )
    app = web.Application()
    lineworks, shop = make_lineworks(works, clock), make_amazon(amazon, clock=clock, pause=pauses)
    sold = shop[ACCOUNT].shelf
    shop[ACCOUNT].shelf = replace(sold, products=(*sold.products, *scene.goods))
    app.add_subapp("/lineworks", lineworks)
    app.add_subapp("/amazon", shop)
    async with AsyncExitStack() as stack:
        here = f"http://127.0.0.1:{await _serve(stack, app)}"
        config = configured(here, bot_port, works, amazon, keys, folder, database, scene.company, scene.scope)
        if scene.certificate_until:
            config = _with_certificate(config, scene.certificate_until)
        if scene.recorded:
            config = config.model_copy(update={"record": Record(callbacks=str(folder / "記録"))})
        bot = await stack.enter_async_context(running(config, clock=clock))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        talk = TalkClient(here, session)
        if scene.registered:
            lineworks[TENANT].set_menu({"actions": [action.content() for action in menu_actions()]})
        else:
            unheard = {"enableCallback": False, "callbackUrl": "https://bot.example.co.jp/"}
            lineworks[TENANT].bot.change(unheard, replace=False)
        yield Stage(config, clock, lineworks[TENANT], shop, pauses, talk, bot), Shopper(session)


def _with_certificate(config: Config, until: datetime) -> Config:
    (company,) = config.company
    pem = Secret(Authority("Amazon").pem("kaimono", end=until))
    amazon = company.amazon.model_copy(update={"client_certificate": pem})
    return config.model_copy(update={"company": [company.model_copy(update={"amazon": amazon})]})


async def _serve(stack: AsyncExitStack, app: web.Application) -> int:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port: int = runner.addresses[0][1]
    return port
