"""The stand-in on a real port, with a clock to turn and a bot that only listens."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from sandbox import web as pages
from sandbox.keys import make_keys
from sandbox.lineworks.app import TENANT, make_lineworks
from sandbox.lineworks.client import TalkClient
from sandbox.lineworks.tenant import Tenant
from sandbox.settings import LineWorksSettings, Person

TARO = Person(
    user_id="7d3f0a52-9c41-4e08-8a6b-1f2e3d4c5b6a",
    login_id="taro.yamada@sample",
    last_name="山田",
    first_name="太郎",
    external_key="E-0001",
    organizations=["営業部", "大阪支店"],
)
HANAKO = Person(
    user_id="b81c6e90-25fd-4d37-9e10-6a7b8c9d0e1f",
    login_id="hanako.sato@sample",
    last_name="佐藤",
    first_name=None,
    language="en_US",
)
OUTSIDER = Person(
    user_id="0d4be7a1-0000-4aaa-8bbb-123456789abc", login_id="outsider@sample", bot_allowed=False
)
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 2, 15, 30, 1000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Received:
    """A callback exactly as it came over the wire."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """A bot that answers every callback with `status` once `gate` is open, and keeps what it got."""

    status: int = 200
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    queue: "asyncio.Queue[Received]" = field(default_factory=asyncio.Queue)

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.decode(): value.decode() for name, value in request.raw_headers}
        self.queue.put_nowait(Received(headers, await request.read()))
        await self.gate.wait()
        return web.Response(status=self.status)

    async def next(self) -> Received:
        async with asyncio.timeout(30):
            return await self.queue.get()


@dataclass
class StandIn:
    """Everything a test needs to talk to the stand-in as a bot and as a member."""

    url: str
    tenant: Tenant
    clock: Clock
    listener: Listener
    session: aiohttp.ClientSession
    talk: TalkClient
    private_pem: str = field(repr=False)

    def claims(self) -> dict[str, Any]:
        now = int(self.clock.now.timestamp())
        return {"iss": "client", "sub": "bot.serviceaccount@sample", "iat": now, "exp": now + 3600}

    def token_form(self, **changes: str) -> dict[str, str]:
        """A right token request, with what the test changes about it."""
        form = {
            "assertion": jwt.encode(self.claims(), self.private_pem, algorithm="RS256"),
            "grant_type": JWT_BEARER,
            "client_id": "client",
            "client_secret": "client-secret-for-tests",
            "scope": "bot.message user.profile.read",
        }
        return form | changes

    async def token_answer(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        async with self.session.post(f"{self.url}/oauth2/v2.0/token", data=form) as answer:
            return answer.status, await answer.json()

    async def token(self, scope: str = "bot.message user.profile.read") -> str:
        status, values = await self.token_answer(self.token_form(scope=scope))
        assert status == 200, values
        return str(values["access_token"])

    async def call(
        self, method: str, path: str, token: str | None, json: object = None, **request: Any
    ) -> tuple[int, dict[str, str], Any]:
        """An API call; returns status, headers and the JSON body (None when it is empty)."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        if json is not None:
            request["json"] = json
        url = f"{self.url}/v1.0{path}"
        async with self.session.request(
            method, url, headers=headers, allow_redirects=False, **request
        ) as answer:
            body = await answer.read()
            return answer.status, dict(answer.headers), await answer.json() if body else None

    async def send(
        self, token: str | None, content: object, user: str = TARO.user_id
    ) -> tuple[int, dict[str, str], Any]:
        return await self.call("POST", f"/bots/2000001/users/{user}/messages", token, {"content": content})

    async def logged(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """The entries of a kind, once there are so many."""

        def entries() -> list[dict[str, Any]]:
            return [e.as_json() for e in self.tenant.log.after(0) if e.kind == kind]

        deadline = time.monotonic() + 5
        await self.tenant.pulse.until(lambda: len(entries()) >= count, deadline - time.monotonic())
        assert len(entries()) >= count
        return entries()


@pytest.fixture(scope="session")
def keys() -> tuple[str, str]:
    """One key pair for all tests, because making one takes a while: private, public."""
    return make_keys()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(keys: tuple[str, str]) -> LineWorksSettings:
    return LineWorksSettings(
        bot_secret=SecretStr("bot-secret-for-tests-0001"),
        client_id="client",
        client_secret=SecretStr("client-secret-for-tests"),
        service_account="bot.serviceaccount@sample",
        public_key=keys[1],
        callback_seconds=2.0,
        people=[TARO, HANAKO, OUTSIDER],
    )


@pytest.fixture
async def stand_in(
    settings: LineWorksSettings, clock: Clock, keys: tuple[str, str]
) -> AsyncIterator[StandIn]:
    """The stand-in at /lineworks, its callbacks going to a listener that answers at once."""
    listener = Listener()
    listener.gate.set()
    bot = web.Application()
    bot.router.add_post("/callback", listener.take)
    async with TestServer(bot) as bot_server:
        settings.callback_url = str(bot_server.make_url("/callback"))
        lineworks = make_lineworks(settings, clock)
        app = web.Application()
        app.add_subapp("/lineworks", lineworks)
        app.router.add_static("/static", pages.STATIC)
        jar = aiohttp.CookieJar(unsafe=True)  # takes cookies of a bare address, as a browser does
        async with TestServer(app) as server, aiohttp.ClientSession(cookie_jar=jar) as session:
            root = str(server.make_url("")).rstrip("/")
            yield StandIn(
                f"{root}/lineworks",
                lineworks[TENANT],
                clock,
                listener,
                session,
                TalkClient(root, session),
                keys[0],
            )
            listener.gate.set()
