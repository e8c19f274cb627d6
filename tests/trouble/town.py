"""Both stand-ins in this process, a door in front of Amazon that can be held shut, and members who buy."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import aiohttp
from aiohttp import web

from bot.app import Running, running, utc_now
from bot.config import load
from bot.demo import free_port
from bot.lineworks.signature import sign
from punchout.secret import Secret
from sandbox.amazon.account import ACCOUNT, Order
from sandbox.amazon.app import make_amazon
from sandbox.amazon.fulfilment import FULFILMENT
from sandbox.amazon.journal import Entry
from sandbox.lineworks.app import TENANT, make_lineworks
from sandbox.lineworks.client import Message, TalkClient, labels
from sandbox.lineworks.taps import find
from sandbox.settings import AmazonSettings, LineWorksSettings, Person
from tests.talks.shopper import Shopper
from tests.trouble import house
from tests.trouble.amazon import ORDER_TOKEN
from tests.trouble.house import ADMIN, HANAKO, TARO, config_text, email_of, key_pair

PATIENCE = 60.0
ARTICLE = "パソコンデスク"
How = Literal["pass", "hold", "take and hold", "hang up", "take and hang up", "error page"]
"""What the door does: pass on, or `take` (pass on, but not the answer); `hold`: keep waiting for ever."""


class Door:
    """Stands before Amazon's two addresses. `plan` is used up first in, first out; afterwards all may pass."""

    def __init__(self, amazon: str) -> None:
        self._amazon = amazon
        self.plan: deque[How] = deque()
        self.setup_plan: deque[How] = deque()
        self.orders: list[bytes] = []
        self.setups: list[bytes] = []
        self.changed = asyncio.Condition()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/punchout", self._setup)
        app.router.add_post(f"/orders/{ORDER_TOKEN}", self._order)
        app.cleanup_ctx.append(self._outward)
        return app

    async def came(self, orders: int = 0, setups: int = 0) -> None:
        """Returns once so many have knocked and those that may pass have been passed on."""
        async with self.changed, asyncio.timeout(PATIENCE):
            await self.changed.wait_for(lambda: len(self.orders) >= orders and len(self.setups) >= setups)

    async def _outward(self, _app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as self._session:
            yield

    async def _order(self, request: web.Request) -> web.StreamResponse:
        return await self._pass(request, self.plan, self.orders, f"{self._amazon}/orders/{ORDER_TOKEN}")

    async def _setup(self, request: web.Request) -> web.StreamResponse:
        return await self._pass(
            request, self.setup_plan, self.setups, f"{self._amazon}/eprocurement/punchout"
        )

    async def _pass(
        self, request: web.Request, plan: deque[How], seen: list[bytes], to: str
    ) -> web.StreamResponse:
        body = await request.read()
        how = plan.popleft() if plan else "pass"
        answer = web.Response()
        if how == "error page":
            answer = web.Response(
                status=503, text="<html>Service Unavailable</html>", content_type="text/html"
            )
        if how == "pass" or how.startswith("take"):
            login = {"Authorization": request.headers.get("Authorization", "")}
            try:
                async with self._session.post(to, data=body, headers=login) as response:
                    answer = web.Response(
                        body=await response.read(), status=response.status, content_type="text/xml"
                    )
            except aiohttp.ServerDisconnectedError:
                how = "hang up"
        async with self.changed:
            seen.append(body)
            self.changed.notify_all()
        if how in ("hold", "take and hold"):
            await asyncio.Event().wait()
        if how in ("hang up", "take and hang up") and request.transport is not None:
            request.transport.abort()
        return answer


class Town:
    """Where people live: the talk, the shop behind its door, and what Amazon knows."""

    def __init__(
        self,
        stack: AsyncExitStack,
        here: str,
        session: aiohttp.ClientSession,
        lineworks: web.Application,
        shop: web.Application,
        bot_port: int,
    ) -> None:
        self._stack, self._here, self._shop = stack, here, shop
        self.session, self.bot_port = session, bot_port
        self.talk = TalkClient(here, session)
        self.tenant = lineworks[TENANT]
        self.door = Door(f"{here}/amazon")
        self.door_port = free_port()
        self._seen: dict[str, int] = defaultdict(int)
        self._posted = 0

    @property
    def orders(self) -> dict[str, Order]:
        """What Amazon has taken, by order number."""
        return dict(self._shop[ACCOUNT].orders)

    @property
    def sent(self) -> list[Entry]:
        """Every document that Amazon posted to the bot, with what it was answered, oldest first."""
        return [entry for entry in self._shop[ACCOUNT].journal if entry.direction == "out" and entry.http]

    @property
    def received(self) -> list[Entry]:
        """Every document that the bot posted to Amazon, oldest first."""
        return [entry for entry in self._shop[ACCOUNT].journal if entry.direction == "in"]

    async def amazon_is_done(self, number: str) -> None:
        """Returns once Amazon has nothing more to say of this order."""
        if (work := self._shop[FULFILMENT].working_on(number)) is not None:
            await work

    async def push(self, number: str, mood: str) -> None:
        """Push a mood at an order, on the stand-in's page."""
        page = f"{self._here}/amazon/moods/{number}"
        async with self.session.post(page, data={"mood": mood}, allow_redirects=False) as answer:
            assert answer.status == 303

    def amazon_will(self, mood: str) -> None:
        """How the next order that comes to Amazon will fare: one of the stand-in's moods."""
        assert self._shop[ACCOUNT].set_mood(mood)

    def write_config(self, folder: Path, database: str) -> Path:
        """The bot's configuration in this folder."""
        door = f"http://127.0.0.1:{self.door_port}"
        path = folder / "config.toml"
        path.write_text(
            config_text(
                port=self.bot_port,
                database=database,
                key_file=str(folder / "kaimono.key"),
                works=f"{self._here}/lineworks",
                punchout_url=f"{door}/punchout",
                order_url=f"{door}/orders/{ORDER_TOKEN}",
            ),
            encoding="utf-8",
        )
        return path

    async def hears(self, user: str, *words: str) -> Message:
        """The next message of the bot that says all of this."""
        return await self._next(user, lambda message: all(word in text(message) for word in words))

    async def sees(self, user: str, label: str) -> Message:
        """The next message of the bot that has this button."""
        return await self._next(user, lambda message: label in labels(message["content"]))

    async def _next(self, user: str, fits: Callable[[Message], bool]) -> Message:
        message = await self.talk.wait_for(
            user, lambda message: message["from"] == "bot" and fits(message), PATIENCE, self._seen[user]
        )
        self._seen[user] = message["id"]
        return message

    def caught_up(self, user: str, message: int) -> None:
        """What came up to this message is heard no more."""
        self._seen[user] = max(self._seen[user], message)

    async def said(self, user: str, *words: str) -> int:
        """How many messages of the bot say all of this."""
        told = [text(message) for message in await self.talk.messages(user) if message["from"] == "bot"]
        return sum(all(word in each for word in words) for each in told)

    async def post(self, user: str, words: str, postback: str = "") -> str:
        """A message event straight to the bot, beside the talk; it must be acknowledged. Returns it as it was sent."""
        body, signed = self.callback(user, words, postback)
        async with self.session.post(
            f"{self.bot_url}/lineworks/callback", data=body, headers=signed
        ) as answer:
            assert answer.status == 200
        return body.decode()

    @property
    def bot_url(self) -> str:
        return f"http://127.0.0.1:{self.bot_port}"

    def callback(self, user: str, words: str, postback: str = "") -> tuple[bytes, dict[str, str]]:
        """A message event that is like no other, and the headers that sign it."""
        self._posted += 1
        content = {"type": "text", "text": words} | ({"postback": postback} if postback else {})
        body = json.dumps(
            {
                "type": "message",
                "source": {"userId": user, "domainId": 12345678},
                "issuedTime": f"2026-11-24T01:00:{self._posted // 1000:02}.{self._posted % 1000:03}Z",
                "content": content,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        signed = {
            "X-WORKS-BotId": str(house.BOT_ID),
            "X-WORKS-Signature": sign(Secret(house.BOT_SECRET), body),
        }
        return body, signed

    def postback(self, user: str, label: str, message: int) -> str:
        """What a button carries, as the platform knows it."""
        found = self.tenant.talks.with_bot(user).message(message)
        assert found is not None
        return str(find(found.content, label=label)["postback"])

    async def register(self, user: str) -> None:
        await self.talk.start(user)
        await self.sees(user, "はい、会員です。")
        await self.talk.tap(user, "はい、会員です。")
        await self.hears(user, "メールアドレス")
        await self.talk.say(user, email_of(user))
        await self.hears(user, "登録しました")

    async def link(self, user: str) -> str:
        await self.talk.say(user, "買い物をする")
        await self.sees(user, "選択する")
        return str((await self.talk.tap(user, "選択する"))["opens"])

    async def fill_a_cart(self, user: str, *goods: tuple[str, int]) -> None:
        shopper = Shopper(self.session)
        await shopper.open(await self.link(user))
        for article, pieces in goods or ((ARTICLE, 1),):
            await shopper.put(article, pieces)
        await shopper.ask_approval()
        await self.sees(user, "決済する")

    async def come_to_the_question(self, user: str) -> int:
        """All the way to 「はい、決済します。」; the number of the message that asks."""
        await self.register(user)
        await self.fill_a_cart(user)
        await self.talk.tap(user, "決済する")
        return int((await self.sees(user, "はい、決済します。"))["id"])

    async def buy(self, user: str) -> str:
        """Say yes; the order number that is told."""
        await self.talk.tap(user, "はい、決済します。")
        return number_in(await self.hears(user, "ご注文を受け付けました", "注文番号"))

    @property
    def callbacks(self) -> int:
        """How many callbacks got their 200 so far."""
        log = self.tenant.log.after(0)
        return sum(entry.kind == "callback" and entry.status == 200 for entry in log)

    async def acknowledged(self, count: int) -> None:
        """Returns once so many callbacks got their 200."""
        await self.tenant.pulse.until(lambda: self.callbacks >= count, PATIENCE)
        assert self.callbacks >= count


@asynccontextmanager
async def town(
    *,
    more_people: int = 0,
    clock: Callable[[], datetime] = utc_now,
    confirm_after: float = 0.05,
    ship_after: float = 0.05,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Town]:
    """Stand-ins on loopback, which live by this clock and wait in this way. The bot is the test's affair."""
    bot_port = free_port()
    bot = f"http://127.0.0.1:{bot_port}"
    people = [
        Person(user_id=TARO, login_id="taro.yamada@sample", last_name="山田", first_name="太郎"),
        Person(user_id=HANAKO, login_id="hanako.sato@sample", last_name="佐藤", first_name="花子"),
        Person(user_id=ADMIN, login_id="buyer-admin@sample", last_name="購買管理者"),
        *(Person(user_id=f"member-{n}", login_id=f"member-{n}@sample") for n in range(more_people)),
    ]
    works = LineWorksSettings.model_validate(
        {
            "bot_id": house.BOT_ID,
            "bot_secret": house.BOT_SECRET,
            "client_id": "client-1",
            "client_secret": house.CLIENT_SECRET,
            "public_key": key_pair()[1],
            "callback_url": f"{bot}/lineworks/callback",
            "sends_per_minute": 100_000,
            "people": people,
        }
    )
    amazon = AmazonSettings.model_validate(
        {
            "identity": "kaimono-sandbox",
            "password": house.SHARED_SECRET,
            "order_token": ORDER_TOKEN,
            "notice_url": f"{bot}/cxml",
            "notice_user": house.NOTICE_USER,
            "notice_password": house.NOTICE_PASSWORD,
            "confirm_after": confirm_after,
            "ship_after": ship_after,
            "registered_emails": [email_of(person.user_id) for person in people],
        }
    )
    app, lineworks = web.Application(), make_lineworks(works, clock)
    shop = make_amazon(amazon, clock=clock, pause=pause)
    app.add_subapp("/lineworks", lineworks)
    app.add_subapp("/amazon", shop)
    async with AsyncExitStack() as stack:
        here = f"http://127.0.0.1:{await _serve(stack, app, 0)}"
        session = await stack.enter_async_context(aiohttp.ClientSession())
        made = Town(stack, here, session, lineworks, shop, bot_port)
        await _serve(stack, made.door.app(), made.door_port)
        yield made


@asynccontextmanager
async def bots(
    place: Town, folder: Path, count: int = 1, *, database: str, **how: Any
) -> AsyncIterator[list[Running]]:
    """The bot in this process; more than one are workers besides it, each on connections of its own.

    `how` may name the `clock` by which they live.
    """
    config = load(place.write_config(folder, database), {})
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(running(config, web_too=number == 0, **how))
            for number in range(count)
        ]


async def _serve(stack: AsyncExitStack, app: web.Application, port: int) -> int:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    taken: int = runner.addresses[0][1]
    return taken


def text(message: Message) -> str:
    """What a person reads in a message."""
    content = message["content"]
    return str(content.get("text") or content.get("contentText") or content.get("altText") or "")


def number_in(message: Message) -> str:
    """The order number that a message tells."""
    return text(message).partition("注文番号: ")[2].split("\n")[0].strip()
