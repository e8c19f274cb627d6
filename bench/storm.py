"""`python -m bench.storm`: 500 members write at once while 2,000 notices are queued, at 240 sends a minute.

The real bot (callback over HTTP, SQLite file, worker) against a small fast LINE WORKS in the same process. The pace alone
goes by a clock that runs `SPEED` times as fast, or the storm would take half an hour; its times are told in seconds of
that clock. Limits, each judged by itself: no answer waits for a notice of somebody else, every person's messages come in
order, nothing is lost or sent twice, and no 60 seconds see more than 240 sends. Ends with 1 when one is broken.
"""

import asyncio
import json
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
from sqlmodel import col, select

from bench.crowd import queue_notices, write_all
from bench.house import COMPANY, configured
from bench.hurry import PER_MINUTE, HurriedPace
from bench.inbox import Inbox, served
from bench.verdict import Storm, judged
from bot.app import provision, services_of, utc_now, worker_of
from bot.line import line_of
from bot.talk import outbox
from bot.talk.outbox import Send
from bot.web.routes import application
from bot.worker import SAFETY_NET
from punchout.supplier import Supplier
from storage import backlog
from storage.database import Database, Tx, open_database
from storage.migrate import migrate
from storage.tables import JobRow
from storage.vault import load_keyring

RESULT = Path(__file__).with_suffix(".json")


async def storm(folder: str) -> Storm:
    """The whole storm, until the last message has gone."""
    inbox, pace = Inbox(), HurriedPace()
    async with AsyncExitStack() as stack:
        works = await stack.enter_async_context(served(inbox.app()))
        config = configured(folder, works, sends=PER_MINUTE)
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
        codes = await write_all(f"{url}/lineworks/callback", session)
        taken = monotonic()
        await all_done(db, inbox)
        put = await db.read(all_sends)
    return Storm(put, inbox.came, pace.gone, began, taken, codes.count(200))


async def all_done(db: Database, inbox: Inbox) -> None:
    """Returns once the queue is empty; shows how many messages have come."""
    while any(depth.waiting + depth.ready + depth.leased for depth in await db.read(backlog.depth)):
        print(f"\r{len(inbox.came)} messages", end="", file=sys.stderr, flush=True)
        await asyncio.sleep(0.5)
    print(file=sys.stderr)


def all_sends(tx: Tx) -> list[tuple[str, Send]]:
    """State and message of every send that ever was, oldest first."""
    rows = tx.orm.exec(
        select(JobRow).where(JobRow.kind == outbox.kind(COMPANY)).order_by(col(JobRow.id))
    ).all()
    return [(row.state, Send.unpack(row.payload)) for row in rows]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        figures: dict[str, Any] = judged(asyncio.run(storm(folder)))
    text = json.dumps(figures, ensure_ascii=False, indent=2)
    print(text)
    RESULT.write_text(f"{text}\n", encoding="utf-8")
    return 0 if all(figures["limits"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
