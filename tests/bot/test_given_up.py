"""A message that LINE WORKS fails to take, without saying why or until when: those behind it do not wait for ever."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.app import buying
from bot.handlers import ATTEMPTS, PATIENCE, Handlers
from bot.line import Line
from bot.lineworks.client import Client
from bot.lineworks.message import Text
from bot.lineworks.outcome import Later
from bot.pacing import SharedPace
from bot.talk import outbox
from punchout.supplier import Supplier
from storage import backlog, queue
from storage.database import Database, Tx
from storage.queue import Job, Retry
from tests.purchasing.jobs import told
from tests.trouble.house import ADMIN, COMPANY, NOW, TARO, Clock, config, furnished, vault

KIND = outbox.kind(COMPANY)
OWNER = "test"


class OutOfOrder(Client):
    """LINE WORKS on a bad day."""

    def __init__(self) -> None:
        """Nobody is connected to."""

    async def send(self, user_id: str, content: dict[str, Any]) -> Later:
        return Later(None, "LINE WORKS is out of order (HTTP 500)")


@pytest.fixture
async def handlers(database: Database) -> AsyncIterator[Handlers]:
    """The handlers of a house whose clock stands at `clock.now`; two messages wait for 太郎."""

    def furnish(tx: Tx) -> None:
        furnished(tx)
        texts = [Text("受注確定"), Text("発送完了")]
        outbox.post(tx, COMPANY, TARO, texts, key="notice:1", now=NOW, priority=outbox.NOTICE)

    await database.write(furnish)
    company = buying(config().company[0], config().public_url)
    line = Line(OutOfOrder(), SharedPace(COMPANY, 100), "")
    async with aiohttp.ClientSession() as session:
        supplier = Supplier(session, total=0.5)
        yield Handlers(database, vault(), supplier, {COMPANY: company}, {COMPANY: line}, Clock(), OWNER)


async def _taken(handlers: Handlers) -> list[Job]:
    """What a worker would send now."""
    return await handlers.db.write(
        lambda tx: queue.claim(
            tx, kinds=[KIND], owner=OWNER, limit=10, now=handlers.clock(), lease=timedelta(minutes=1)
        )
    )


async def _tried(handlers: Handlers, times: int) -> Retry | None:
    """What became of the first message at the last of so many attempts."""
    decision = None
    for attempt in range(times):
        [job] = await _taken(handlers)
        decision = await handlers.send(job)
        if attempt + 1 < times:
            assert isinstance(decision, Retry)
            await handlers.db.write(
                lambda tx, job=job: queue.retry(  # type: ignore[misc]
                    tx, job, owner=OWNER, due=handlers.clock(), error=""
                )
            )
    assert decision is None or isinstance(decision, Retry)
    return decision


async def test_after_a_day_the_message_is_given_up_and_told_and_the_next_goes_on(handlers: Handlers) -> None:
    assert isinstance(handlers.clock, Clock)
    handlers.clock.now = NOW + PATIENCE
    assert await _tried(handlers, ATTEMPTS) is None
    [buried] = await handlers.db.read(backlog.buried)
    assert "HTTP 500" in buried.last_error
    assert await handlers.db.read(told) == [("undeliverable", ADMIN, True)]
    assert [job.key for job in await _taken(handlers)] == ["send:notice:1:1"]


@pytest.mark.parametrize(("age", "attempts"), [(PATIENCE / 2, 3 * ATTEMPTS), (2 * PATIENCE, ATTEMPTS - 1)])
async def test_before_that_it_is_tried_again(handlers: Handlers, age: timedelta, attempts: int) -> None:
    assert isinstance(handlers.clock, Clock)
    handlers.clock.now = NOW + age
    assert isinstance(await _tried(handlers, attempts), Retry)
    assert await handlers.db.read(told) == []
