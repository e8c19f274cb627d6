"""The stage of the transcripts: the real bot and both stand-ins, over HTTP on loopback, and a clock that is told the time.

Nothing here waits for a while: `quiet` waits until nobody has anything left to do. Amazon's confirmation and shipment
wait until the transcript says so.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from sqlalchemy import Connection, event

from bot.app import Running, running
from bot.config import Config
from sandbox.amazon.account import ACCOUNT, Account
from sandbox.amazon.app import make_amazon
from sandbox.keys import Keys
from sandbox.lineworks.app import TENANT, make_lineworks
from sandbox.lineworks.client import TalkClient
from sandbox.lineworks.tenant import Tenant
from sandbox.settings import AmazonSettings, LineWorksSettings, Person
from storage import queue
from storage.database import Tx
from tests.talks.shopper import Shopper

PATIENCE = 15.0
"""Seconds until a bot that does not come to rest fails the transcript."""
SAME_MOMENT = timedelta(milliseconds=5)
A_WHILE = timedelta(seconds=5)
CONFIRM, SHIP = 1001.0, 1002.0
"""Pauses of the Amazon stand-in that end when the transcript says so; every other one ends at once."""

CAST = {
    "太郎": Person(
        user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e01",
        login_id="taro.yamada@sample",
        last_name="山田",
        first_name="太郎",
    ),
    "花子": Person(
        user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e02",
        login_id="hanako.sato@example.co.jp",
        last_name="佐藤",
        first_name="花子",
    ),
    "Hanako": Person(
        user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e04",
        login_id="hanako.sato@sample",
        last_name="Sato",
        first_name="Hanako",
        language="en_US",
    ),
    "管理者": Person(
        user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e03", login_id="buyer-admin@sample", last_name="購買管理者"
    ),
}
EMAIL = {
    "太郎": "taro.yamada@example.co.jp",
    "花子": "hanako.sato@example.co.jp",
    "Hanako": "hanako@example.com",
}


class Clock:
    """The time of everybody on the stage. It stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Pauses:
    """How the Amazon stand-in waits: until it is let go on. It also knows who is at work for an order just now."""

    def __init__(self) -> None:
        self.at_work: set[asyncio.Task[Any]] = set()
        self._waiting: dict[float, dict[asyncio.Task[Any], asyncio.Future[None]]] = {CONFIRM: {}, SHIP: {}}
        self._changed = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        if seconds not in self._waiting:
            return
        task = asyncio.current_task()
        assert task is not None
        self._waiting[seconds][task] = go_on = asyncio.get_running_loop().create_future()
        task.add_done_callback(self._rests)
        self._rests(task)
        await go_on

    def _rests(self, task: asyncio.Task[Any]) -> None:
        self.at_work.discard(task)
        self._changed.set()

    async def go_on(self, seconds: float) -> None:
        """Lets everybody go on who waits so; waits for the first one to come."""
        while not self._waiting[seconds]:
            await self._change()
        for task, go_on in self._waiting[seconds].items():
            self.at_work.add(task)
            go_on.set_result(None)
        self._waiting[seconds] = {}

    async def rest(self) -> None:
        """Returns when nobody works any more: all wait to be let go on, or have done."""
        while self.at_work:
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class Stage:
    """What a transcript plays on. One `Shopper` for all: people take turns."""

    def __init__(
        self, clock: Clock, tenant: Tenant, account: Account, pauses: Pauses, talk: TalkClient, bot: Running
    ) -> None:
        self.clock, self.tenant, self.account, self.pauses, self.talk = clock, tenant, account, pauses, talk
        self._db = bot.services.db
        self._stored = asyncio.Event()
        self._acts = 0
        loop = asyncio.get_running_loop()

        # The event comes just before the commit; the worker always commits once more after it has finished a job.
        @event.listens_for(self._db.engine, "commit")
        def _committing(_connection: Connection) -> None:
            loop.call_soon_threadsafe(self._stored.set)

    async def say(self, who: str, text: str) -> None:
        self._act()
        await self.talk.say(CAST[who].user_id, text)

    async def start(self, who: str) -> None:
        self._act()
        await self.talk.start(CAST[who].user_id)

    async def tap(self, who: str, label: str, message: int) -> str:
        """Taps; returns the address that it opens, "" for a button that speaks."""
        tapped = await self.talk.tap(CAST[who].user_id, label, message)
        if not tapped["opens"]:
            self._act()
        return str(tapped["opens"] or "")

    def send(self, who: str, content: dict[str, Any]) -> None:
        """A message that is no text."""
        self._act()
        self.tenant.say(CAST[who], content)

    async def messages(self, who: str) -> list[dict[str, Any]]:
        """All that the bot has told somebody."""
        said = await self.talk.messages(CAST[who].user_id)
        return [message for message in said if message["from"] == "bot"]

    def _act(self) -> None:
        """Every act makes one callback. The next one is a moment later, so that no two are the same."""
        self._acts += 1
        self.clock.now += SAME_MOMENT

    async def pass_time(self, span: timedelta) -> None:
        """Moves the clock and wakes whoever waits for it."""
        await self.quiet()
        self.clock.now += span
        await self._db.write(_wake_all)
        await self.quiet()

    async def quiet(self) -> None:
        """Returns when nobody has anything left to do. Raises AssertionError when they do not come to rest."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not await self._at_rest():
                    await self.tenant.pulse.until(lambda: self._answered >= self._callbacks, PATIENCE)
                    await self.pauses.rest()
                    while await self._open_jobs():
                        await self._stored.wait()
        except TimeoutError:
            left = await self._open_jobs()
            raise AssertionError(f"after {PATIENCE:g} s there is still work to do: {left}") from None

    async def _at_rest(self) -> bool:
        callbacks = self._callbacks
        if self._answered < callbacks or self.pauses.at_work or await self._open_jobs():
            return False
        # A job that ended while we looked may have opened a room.
        return self._callbacks == callbacks

    @property
    def _callbacks(self) -> int:
        """How many there have been: one for each act, and one for each room that was opened."""
        opened = (self.tenant.talks.with_bot(person.user_id).opened for person in CAST.values())
        return self._acts + sum(opened)

    @property
    def _answered(self) -> int:
        return sum(entry.kind == "callback" for entry in self.tenant.log.after(0))

    async def _open_jobs(self) -> list[str]:
        """The kinds of jobs that somebody has in hand, or could take up now."""
        self._stored.clear()
        return [
            depth.kind
            for depth in await self._db.read(queue.depth)
            if depth.leased or (depth.oldest_due is not None and depth.oldest_due <= self.clock.now)
        ]


def _wake_all(tx: Tx) -> None:
    for depth in queue.depth(tx):
        tx.wake(f"queue:{depth.kind}")


@asynccontextmanager
async def staged(folder: Path, keys: Keys) -> AsyncIterator[tuple[Stage, Shopper]]:
    """A stage in this folder, and a browser on it; both are gone at the end."""
    clock, pauses, bot_port = Clock(), Pauses(), _free_port()
    amazon = AmazonSettings.model_validate(
        {
            "notice_url": f"http://127.0.0.1:{bot_port}/cxml",
            "confirm_after": CONFIRM,
            "ship_after": SHIP,
            "registered_emails": [EMAIL["太郎"], EMAIL["花子"]],
        }
    )
    works = LineWorksSettings(
        public_key=keys.public_pem,
        callback_url=f"http://127.0.0.1:{bot_port}/lineworks/callback",
        sends_per_minute=100_000,
        people=list(CAST.values()),
    )
    app = web.Application()
    lineworks, shop = make_lineworks(works, clock), make_amazon(amazon, clock=clock, pause=pauses)
    app.add_subapp("/lineworks", lineworks)
    app.add_subapp("/amazon", shop)
    async with AsyncExitStack() as stack:
        here = f"http://127.0.0.1:{await _serve(stack, app)}"
        bot = await stack.enter_async_context(
            running(_config(here, bot_port, works, amazon, keys, folder), clock=clock)
        )
        session = await stack.enter_async_context(aiohttp.ClientSession())
        talk = TalkClient(here, session)
        yield Stage(clock, lineworks[TENANT], shop[ACCOUNT], pauses, talk, bot), Shopper(session)


async def _serve(stack: AsyncExitStack, app: web.Application) -> int:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port: int = runner.addresses[0][1]
    return port


def _free_port() -> int:
    """The bot must know its own address before it listens: its links and the stand-ins' callbacks name it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _config(
    here: str, bot_port: int, works: LineWorksSettings, amazon: AmazonSettings, keys: Keys, folder: Path
) -> Config:
    company = {
        "name": "株式会社サンプル商事",
        "admins": [CAST["管理者"].user_id],
        "lineworks": {
            "bot_id": works.bot_id,
            "bot_secret": works.bot_secret.get_secret_value(),
            "client_id": works.client_id,
            "client_secret": works.client_secret.get_secret_value(),
            "service_account": works.service_account,
            "private_key": keys.private_pem,
            "auth_url": f"{here}/lineworks/oauth2/v2.0",
            "api_url": f"{here}/lineworks/v1.0",
            "app_url": f"{here}/lineworks/app",
            # user.read shows a member's language, which user.profile.read keeps to itself (reference 7)
            "scope": "bot.message user.read",
            "sends_per_minute": 100_000,
        },
        "amazon": {
            "from_identity": amazon.identity,
            "shared_secret": amazon.password.get_secret_value(),
            "punchout_url": f"{here}/amazon/eprocurement/punchout",
            "order_url": f"{here}/amazon/orders/{amazon.order_token}",
            "mode": amazon.mode,
            "notice_user": amazon.notice_user,
            "notice_password": amazon.notice_password.get_secret_value(),
        },
        "addresses": ADDRESSES,
    }
    return Config.model_validate(
        {
            "public_url": f"http://127.0.0.1:{bot_port}",
            "listen": f"127.0.0.1:{bot_port}",
            "database": f"sqlite:///{folder / 'kaimono.db'}",
            "key_file": str(folder / "kaimono.key"),
            "company": [company],
        }
    )


ADDRESSES = [
    {
        "id": "honsha",
        "name": "本社",
        "postal_code": "100-0005",
        "prefecture": "東京都",
        "city": "千代田区",
        "street": "丸の内1-1-1",
        "building": "サンプルビル8階",
        "deliver_to": "総務部",
        "phone": "03-0000-0000",
    },
    {
        "id": "osaka",
        "name": "大阪支店",
        "postal_code": "530-0001",
        "prefecture": "大阪府",
        "city": "大阪市北区",
        "street": "梅田3-1-3",
        "building": "",
        "deliver_to": "営業部",
        "phone": "06-0000-0000",
    },
]
