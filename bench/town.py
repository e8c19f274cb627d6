"""A whole town for the load tests: both stand-ins in a process of their own, two web and two worker processes on one
PostgreSQL, and the balancer in front of them, in this process.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bench.balancer import Balancer
from bench.processes import Bot, sandbox
from bench.shoppers import Buyer
from bot.demo import free_port
from sandbox.lineworks.client import TalkClient
from sandbox.settings import make_keys
from tests.trouble.serving import Warm

COMPANY, BOT_ID, BOT_SECRET, ADMIN = "town", 2000001, "town-bot-secret", "admin"
STARTS_WITHIN = 60.0
_PLACE = {
    "id": "honsha",
    "name": "本社",
    "postal_code": "100-0005",
    "prefecture": "東京都",
    "city": "千代田区",
    "street": "丸の内1-1-1",
    "deliver_to": "総務部",
    "phone": "03-0000-0000",
}


@dataclass(frozen=True)
class Town:
    """`bots` are web and worker processes in turn."""

    database: str
    standins: str
    session: aiohttp.ClientSession
    balancer: Balancer
    bots: list[Bot]
    buyers: list[Buyer]
    chatters: list[str]

    @property
    def talk(self) -> TalkClient:
        return TalkClient(self.standins, self.session)

    async def amazon(self, path: str) -> Any:
        """What the stand-in for Amazon tells: orders, documents."""
        async with self.session.get(f"{self.standins}/amazon/api/{path}") as answer:
            return await answer.json()


@asynccontextmanager
async def town(database: str, folder: Path, warm: Warm, buyers: int, chatters: int) -> AsyncIterator[Town]:
    """Everything started and answering; at the end nothing of it is left. The database needs no table yet."""
    ports = [free_port() for _ in range(4)]
    front, standins, *webs = (f"http://127.0.0.1:{port}" for port in ports)
    names = [f"buyer-{n:02}" for n in range(buyers)], [f"chatter-{n:02}" for n in range(chatters)]
    private_key, public_key = make_keys()
    _write(folder / "sandbox.toml", _sandbox(front, ports[1], public_key, [*names[0], *names[1], ADMIN]))
    company = _config(front, standins, private_key, database, folder)
    bots = []
    for number, address in enumerate(webs, 1):
        for role in ("web", "worker"):
            config = folder / f"{role}-{number}.toml"
            _write(config, company | {"listen": address.removeprefix("http://")})
            bots.append(Bot(f"{role}-{number}", config, role, warm))
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        balancer = Balancer(webs, session)
        await _serve(stack, balancer.app(), ports[0])
        await stack.enter_async_context(sandbox(folder / "sandbox.toml"))
        await _answers(session, f"{standins}/lineworks/talk/api/people")
        for bot in bots:
            stack.push_async_callback(bot.close)
            await bot.begin()
        await asyncio.gather(*(bot.up() for bot in bots))
        people = [Buyer(name, f"{name}@example.co.jp", TalkClient(standins, session)) for name in names[0]]
        try:
            yield Town(database, standins, session, balancer, bots, people, names[1])
        except BaseException:
            for bot in bots:
                sys.stderr.write("\n".join([f"the end of the log of {bot.name}:", *bot.log[-40:], ""]))
            raise


def _sandbox(front: str, port: int, public_key: str, people: list[str]) -> dict[str, Any]:
    return {
        "listen": f"127.0.0.1:{port}",
        "lineworks": {
            "bot_id": BOT_ID,
            "bot_secret": BOT_SECRET,
            "public_key": public_key,
            "callback_url": f"{front}/lineworks/callback",
            "callback_seconds": 60.0,
            "sends_per_minute": 100_000,
            "people": [{"user_id": name, "login_id": f"{name}@sample", "last_name": name} for name in people],
        },
        "amazon": {
            "notice_url": f"{front}/cxml",
            "confirm_after": 0.2,
            "ship_after": 0.2,
            "registered_emails": [f"{name}@example.co.jp" for name in people],
        },
    }


def _config(front: str, standins: str, private_key: str, database: str, folder: Path) -> dict[str, Any]:
    return {
        "public_url": front,
        "database": database,
        "key_file": str(folder / "kaimono.key"),
        "company": [_company(standins, private_key)],
    }


def _company(standins: str, private_key: str) -> dict[str, Any]:
    return {
        "id": COMPANY,
        "name": "株式会社サンプル商事",
        "admins": [ADMIN],
        "lineworks": {
            "bot_id": BOT_ID,
            "bot_secret": BOT_SECRET,
            "client_id": "sandbox-client-id",
            "client_secret": "sandbox-client-secret",
            "service_account": "sandbox.serviceaccount@sample",
            "private_key": private_key,
            "auth_url": f"{standins}/lineworks/oauth2/v2.0",
            "api_url": f"{standins}/lineworks/v1.0",
            "app_url": f"{standins}/lineworks/app",
            "sends_per_minute": 100_000,
        },
        "amazon": {
            "from_identity": "kaimono-sandbox",
            "shared_secret": "sandbox-shared-secret",
            "punchout_url": f"{standins}/amazon/eprocurement/punchout",
            "order_url": f"{standins}/amazon/orders/sandbox-orders",
            "mode": "test",
            "notice_user": "kaimono",
            "notice_password": "sandbox-notice-password",
        },
        "addresses": [_PLACE],
    }


def _write(path: Path, values: dict[str, Any]) -> None:
    path.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in values.items()), encoding="utf-8")


def _toml(value: Any) -> str:
    """JSON's numbers and strings are TOML's."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {_toml(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


async def _answers(session: aiohttp.ClientSession, address: str) -> None:
    """Returns once this address answers with 200."""
    async with asyncio.timeout(STARTS_WITHIN):
        while True:
            try:
                async with session.get(address) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def _serve(stack: AsyncExitStack, app: web.Application, port: int) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", port).start()
