"""`python -m bench.storm`: 500 members write at once while 2,000 notices are queued, at 240 sends a minute.

The real bot (callback over HTTP, SQLite file, worker) against a small fast LINE WORKS in the same process. The pace alone
goes by a clock that runs `SPEED` times as fast, or the storm would take half an hour; its times are told in seconds of
that clock. Limits, each judged by itself: no answer waits for a notice of somebody else, every person's messages come in
order, nothing is lost or sent twice, and no 60 seconds see more than 240 sends. Ends with 1 when one is broken.
"""

import asyncio
import json
import os
import platform
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
from aiohttp import web
from sqlmodel import col, select

from bot.app import provision, services_of, utc_now, worker_of
from bot.config import Config
from bot.line import line_of
from bot.lineworks.message import Text
from bot.lineworks.signature import sign
from bot.pacing import SharedPace
from bot.talk import outbox
from bot.talk.outbox import NOTICE, Send
from bot.web.routes import application
from bot.worker import SAFETY_NET
from punchout.secret import Secret
from punchout.supplier import Supplier
from sandbox.settings import make_keys
from storage import queue
from storage.database import Tx, open_database
from storage.migrate import migrate
from storage.tables import JobRow
from storage.vault import load_keyring

SPEED = 20.0
PER_MINUTE = 240
MEMBERS, WORDS = 500, ("はじめまして", "ヘルプ")
NOTICES, OWN_NOTICES = 2000, 200
"""Of the notices, so many wait for people who write; the others for people who don't."""
AT_ONCE = 50
"""Connections that bring the callbacks: LINE WORKS' own number isn't known."""
TURN = 1.0
"""Real seconds after the last callback until every turn of a talk has certainly put its answer into the queue."""
COMPANY, BOT_ID, SECRET = "storm", 2000001, "storm-bot-secret"
RESULT = Path(__file__).with_suffix(".json")


class HurriedPace(SharedPace):
    """The real pace, under a clock that runs `SPEED` times as fast. `gone`: when each send was let go, in its seconds."""

    def __init__(self) -> None:
        super().__init__(COMPANY, PER_MINUTE)
        self.gone: list[float] = []

    def let(self, tx: Tx, take: Callable[[int], int], now: datetime) -> timedelta:
        def counting(room: int) -> int:
            taken = take(room)
            self.gone += [monotonic() * SPEED] * taken
            return taken

        return super().let(tx, counting, self._hurried()) / SPEED

    def _hurried(self) -> datetime:
        return datetime.fromtimestamp(monotonic() * SPEED, UTC)


@dataclass
class Platform:
    """LINE WORKS as far as the storm needs it. `came`: recipient, content and time of every message."""

    came: list[tuple[str, dict[str, Any], float]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/token", self._token)
        app.router.add_get("/users/{user}", self._user)
        app.router.add_post(f"/bots/{BOT_ID}/users/{{user}}/messages", self._message)
        return app

    async def _token(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {"access_token": "t", "token_type": "Bearer", "expires_in": "86400", "scope": "bot.message"}
        )

    async def _user(self, request: web.Request) -> web.Response:
        name = {"lastName": "見本", "firstName": request.match_info["user"]}
        return web.json_response({"userId": request.match_info["user"], "userName": name})

    async def _message(self, request: web.Request) -> web.Response:
        content = (await request.json())["content"]
        self.came.append((request.match_info["user"], content, monotonic() * SPEED))
        return web.Response(status=201)


def writers() -> list[str]:
    return [f"writer-{number:03d}" for number in range(MEMBERS)]


def queue_notices(tx: Tx, now: datetime) -> None:
    """Two for each of the first hundred writers, and four for each of the people who don't write."""
    readers = [f"reader-{number:03d}" for number in range((NOTICES - OWN_NOTICES) // 4)]
    recipients = [writers()[n // 2] for n in range(OWN_NOTICES)] + [
        reader for reader in readers for _ in range(4)
    ]
    for number, recipient in enumerate(recipients):
        news = [Text(f"お知らせ {number}")]
        outbox.post(tx, COMPANY, recipient, news, key=f"notice {number}", now=now, priority=NOTICE)


def is_notice(content: dict[str, Any]) -> bool:
    return str(content.get("text", "")).startswith("お知らせ ")


async def write(
    url: str, session: aiohttp.ClientSession, places: asyncio.Semaphore, member: str
) -> list[int]:
    """One member's words, one after the other, as LINE WORKS would bring them."""
    codes = []
    for place, text in enumerate(WORDS):
        issued = f"2026-11-24T01:00:00.{place:03d}Z"
        source = {"userId": member, "domainId": 1}
        event = {"type": "message", "source": source, "issuedTime": issued}
        body = json.dumps(event | {"content": {"type": "text", "text": text}}).encode()
        headers = {"X-WORKS-BotId": str(BOT_ID), "X-WORKS-Signature": sign(Secret(SECRET), body)}
        async with places, session.post(url, data=body, headers=headers) as response:
            codes.append(response.status)
    return codes


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def configured(folder: str, works: str) -> Config:
    nowhere = "http://127.0.0.1:1/"
    place = {
        "id": "honsha",
        "name": "本社",
        "postal_code": "100-0005",
        "prefecture": "東京都",
        "city": "千代田区",
    }
    company = {
        "id": COMPANY,
        "name": "株式会社サンプル商事",
        "lineworks": {
            "bot_id": BOT_ID,
            "bot_secret": SECRET,
            "client_id": "client",
            "client_secret": "secret",
            "service_account": "storm.serviceaccount@sample",
            "private_key": make_keys()[0],
            "auth_url": works,
            "api_url": works,
            "sends_per_minute": PER_MINUTE,
        },
        "amazon": {
            "from_identity": "storm",
            "shared_secret": "secret",
            "punchout_url": nowhere,
            "order_url": nowhere,
            "mode": "test",
            "notice_user": "storm",
            "notice_password": "secret",
        },
        "addresses": [place | {"street": "丸の内1-1-1", "deliver_to": "総務部", "phone": "03-0000-0000"}],
    }
    return Config.model_validate(
        {
            "public_url": "https://bot.example.co.jp",
            "database": f"sqlite:///{folder}/storm.db",
            "key_file": f"{folder}/storm.key",
            "company": [company],
        }
    )


async def storm(folder: str) -> dict[str, Any]:
    """The whole storm; the figures."""
    platform_, pace = Platform(), HurriedPace()
    async with AsyncExitStack() as stack:
        works = await stack.enter_async_context(served(platform_.app()))
        config = configured(folder, works)
        migrate(config.database)
        db = open_database(config.database)
        stack.push_async_callback(db.close)
        await db.write(lambda tx: provision(tx, config, utc_now()))
        await db.write(lambda tx: queue_notices(tx, utc_now()))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        line = replace(line_of(config.company[0], session, utc_now), pace=pace)
        vault = load_keyring(Path(config.key_file))
        services = services_of(config, db, vault, Supplier(session), utc_now)
        url = await stack.enter_async_context(served(application(services)))
        worker = worker_of(services, {COMPANY: line}, SAFETY_NET)
        worker.start()
        stack.push_async_callback(worker.stop)
        began = monotonic()
        places = asyncio.Semaphore(AT_ONCE)
        codes = await asyncio.gather(
            *(write(f"{url}/lineworks/callback", session, places, member) for member in writers())
        )
        taken = monotonic()
        while any(depth.waiting + depth.ready + depth.leased for depth in await db.read(queue.depth)):
            print(f"\r{len(platform_.came)} messages", end="", file=sys.stderr, flush=True)
            await asyncio.sleep(0.5)
        print(file=sys.stderr)
        sends = await db.read(all_sends)
    acknowledged = sum(code == 200 for pair in codes for code in pair)
    return judged(platform_, pace, sends, began, taken, acknowledged)


def all_sends(tx: Tx) -> list[tuple[str, Send]]:
    """State and message of every send that ever was, oldest first."""
    rows = tx.orm.exec(
        select(JobRow).where(JobRow.kind == outbox.kind(COMPANY)).order_by(col(JobRow.id))
    ).all()
    return [(row.state, Send.unpack(row.payload)) for row in rows]


def judged(
    works: Platform,
    pace: HurriedPace,
    sends: Sequence[tuple[str, Send]],
    began: float,
    taken: float,
    acknowledged: int,
) -> dict[str, Any]:
    start = began * SPEED
    put, came = defaultdict(list), defaultdict(list)
    for _, send in sends:
        put[send.recipient].append(send.content)
    for recipient, content, _ in works.came:
        came[recipient].append(content)
    answers = [at for _, content, at in works.came if not is_notice(content)]
    others = [at for to, content, at in works.came if is_notice(content) and not to.startswith("writer")]
    all_put = (taken + TURN) * SPEED
    late = sum(all_put < at < max(answers) for at in others)
    limits = {
        "answers_before_others_notices": late == 0,
        "each_person_in_order": put == came,
        "nothing_lost_or_twice": acknowledged == MEMBERS * len(WORDS)
        and len(sends) == len(works.came) == NOTICES + len(answers)
        and len({to for to, content, _ in works.came if not is_notice(content)}) == MEMBERS
        and all(state == "done" for state, _ in sends),
        "never_above_the_limit": busiest(pace.gone) <= PER_MINUTE,
    }
    return {
        "at": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite",
        "speed_of_the_clock": SPEED,
        "members": MEMBERS,
        "callbacks_acknowledged": acknowledged,
        "callbacks_per_second": round(acknowledged / (taken - began)),
        "answers": len(answers),
        "notices": len(works.came) - len(answers),
        "last_answer_after_seconds": round(max(answers) - start),
        "last_notice_after_seconds": round(max(others) - start),
        "notices_of_others_between_answers": late,
        "most_sends_in_60_seconds": busiest(pace.gone),
        "most_arrivals_in_60_seconds": busiest([at for _, _, at in works.came]),
        "limits": limits,
    }


def busiest(times: Sequence[float]) -> int:
    """The most of these moments that lie within 60 seconds."""
    most, first = 0, 0
    for place, at in enumerate(times):
        while at - times[first] >= 60:
            first += 1
        most = max(most, place - first + 1)
    return most


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(storm(folder))
    text = json.dumps(figures, ensure_ascii=False, indent=2)
    print(text)
    RESULT.write_text(f"{text}\n", encoding="utf-8")
    return 0 if all(figures["limits"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
