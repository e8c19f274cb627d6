"""`kaimono demo` and `kaimono sandbox`: the stand-ins on loopback, and with the demo a bot that talks to them.

The demo is the real bot with a configuration of its own: the same routes, the same worker, SQLite in a folder that is
removed at the end (or kept with --keep).
"""

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web

from bot import log
from bot.app import outgoing, running, utc_now
from bot.config import Config
from bot.faults import TROUBLE, unstartable
from bot.line import line_of
from bot.serving import until_stopped
from bot.setup import menu_actions
from bot.talk.wording import Wording
from sandbox.app import make_sandbox
from sandbox.settings import AmazonSettings, LineWorksSettings, Person, Settings, make_keys
from sandbox.walk import Walk

PORT = 9300
TARO, HANAKO, ADMIN = (f"5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e0{n}" for n in (1, 2, 3))


@asynccontextmanager
async def _served(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


def free_port(wanted: int = 0) -> int:
    """The wanted port if nobody has it, else any that no outgoing connection is given (Linux starts those at 32768).

    The bot's own address stands in its configuration before it listens.
    """
    for port in (wanted or _any(), *(_any() for _ in range(20))):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise OSError("twenty ports on 127.0.0.1 were tried, and all are taken")


def _any() -> int:
    return random.randrange(10_000, 32_000)


def _sandbox_settings(port: int, bot_port: int, public_key: str, quick: bool) -> Settings:
    bot = f"http://127.0.0.1:{bot_port}"
    pause = 0.3 if quick else 4.0
    return Settings(
        listen=f"127.0.0.1:{port}",
        lineworks=LineWorksSettings(
            public_key=public_key,
            callback_url=f"{bot}/lineworks/callback",
            people=[
                Person(
                    user_id=TARO, login_id="taro.yamada@example.co.jp", last_name="山田", first_name="太郎"
                ),
                Person(
                    user_id=HANAKO, login_id="hanako.sato@example.co.jp", last_name="佐藤", first_name="花子"
                ),
                Person(user_id=ADMIN, login_id="kobai@example.co.jp", last_name="購買", first_name="管理者"),
            ],
        ),
        amazon=AmazonSettings(notice_url=f"{bot}/cxml", confirm_after=pause, ship_after=pause),
    )


def _config(settings: Settings, bot_port: int, private_key: str, folder: Path) -> Config:
    """A configuration as an administrator would write it, pointing at the stand-ins."""
    here, works, amazon = f"http://{settings.listen}", settings.lineworks, settings.amazon
    company: dict[str, Any] = {
        "name": "株式会社サンプル商事",
        "admins": [ADMIN],
        "lineworks": {
            "bot_id": works.bot_id,
            "bot_secret": works.bot_secret.get_secret_value(),
            "client_id": works.client_id,
            "client_secret": works.client_secret.get_secret_value(),
            "service_account": works.service_account,
            "private_key": private_key,
            "auth_url": f"{here}/lineworks/oauth2/v2.0",
            "api_url": f"{here}/lineworks/v1.0",
            "app_url": f"{here}/lineworks/app",
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
        "addresses": _addresses(),
    }
    return Config.model_validate(
        {
            "public_url": f"http://127.0.0.1:{bot_port}",
            "listen": f"127.0.0.1:{bot_port}",
            "database": f"sqlite:///{folder.resolve() / 'kaimono.db'}",
            "key_file": str(folder.resolve() / "kaimono.key"),
            "company": [company],
        }
    )


def _addresses() -> list[dict[str, str]]:
    names = ("id", "name", "postal_code", "prefecture", "city", "street", "building", "deliver_to", "phone")
    places = (
        (
            "honsha",
            "本社",
            "100-0005",
            "東京都",
            "千代田区",
            "丸の内1-1-1",
            "サンプルビル 8階",
            "総務部",
            "03-0000-0000",
        ),
        ("osaka", "大阪支店", "530-0001", "大阪府", "大阪市北区", "梅田3-1-3", "", "営業部", "06-0000-0000"),
        (
            "nagoya",
            "名古屋営業所",
            "450-0002",
            "愛知県",
            "名古屋市中村区",
            "名駅1-1-4",
            "",
            "管理課",
            "052-000-0000",
        ),
    )
    return [dict(zip(names, place, strict=True)) for place in places]


@asynccontextmanager
async def house(port: int, folder: Path, *, quick: bool = False) -> AsyncIterator[Settings]:
    """Stand-ins and bot, each with the other's address."""
    private_key, public_key = make_keys()
    bot_port = free_port()
    settings = _sandbox_settings(port, bot_port, public_key, quick)
    async with (
        _served(make_sandbox(settings), "127.0.0.1", port),
        running(config := _config(settings, bot_port, private_key, folder)),
    ):
        await _put_menu(config)
        yield settings


async def _put_menu(config: Config) -> None:
    """The menu below the talk, as `kaimono bot setup --apply` would put it."""
    async with outgoing() as session:
        client = line_of(config.company[0], session, utc_now).client
        await client.set_menu([action.content() for action in menu_actions()])


async def demo(words: Wording, port: int | None, keep: Path | None, *, walk: bool) -> int:
    """Start everything and wait for Ctrl-C; with `walk`, buy something and judge it instead."""
    log.set_up(level=log.QUIET)
    async with AsyncExitStack() as stack:
        folder = keep or Path(stack.enter_context(TemporaryDirectory(prefix="kaimono-")))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            print(words("cli", "unreadable", file=folder, reason=error.strerror))
            return 1
        try:
            settings = await stack.enter_async_context(
                house(free_port(PORT) if port is None else port, folder, quick=walk)
            )
        except TROUBLE as error:
            raise unstartable(error) from error
        here = f"http://{settings.listen}"
        if walk:
            return await _walk(words, here)
        print(words("cli", "demo_ready", url=f"{here}/lineworks/talk", amazon=f"{here}/amazon/"), flush=True)
        await until_stopped()
    return 0


async def _walk(words: Wording, here: str) -> int:
    loop = asyncio.get_running_loop()
    started = loop.time()
    folder = Path(os.environ.get("KAIMONO_CXML_DTD") or "../shared/reference/amazon/dtd")
    found = (folder / "cXML.dtd").is_file()
    faults = await Walk(here, TARO, ADMIN, print).run(dtd_expected=found)
    print()
    print(words("cli", "walk_dtd", folder=folder) if found else words("cli", "walk_no_dtd"))
    for fault in faults:
        print(f"NG  {fault}")
    seconds = loop.time() - started
    print(
        words("cli", "walk_bad", count=len(faults)) if faults else words("cli", "walk_good", seconds=seconds)
    )
    return 1 if faults else 0


async def sandbox(words: Wording, settings: Settings) -> int:
    """Only the stand-ins, for a bot that runs elsewhere."""
    log.set_up(level=log.QUIET)
    host, port = settings.address
    here = f"http://{settings.listen}"
    try:
        async with _served(make_sandbox(settings), host, port):
            print(
                words(
                    "cli",
                    "sandbox_ready",
                    url=f"{here}/lineworks/talk",
                    auth=f"{here}/lineworks/oauth2/v2.0",
                    api=f"{here}/lineworks/v1.0",
                    punchout=f"{here}/amazon/eprocurement/punchout",
                    orders=f"{here}/amazon/orders/{settings.amazon.order_token}",
                    callback=settings.lineworks.callback_url,
                ),
                flush=True,
            )
            await until_stopped()
    except OSError as error:
        raise unstartable(error) from error
    return 0
