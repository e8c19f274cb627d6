"""A callback posted again when nothing remembers it is known by its age; an old recording is not taken for one."""

import json
from datetime import datetime, timedelta

import aiohttp
import pytest

from bot.app import buying
from bot.handlers import CALLBACK, Handlers
from bot.late import REMEMBERED, came_again
from bot.lineworks.events import read_event
from punchout.supplier import Supplier
from storage.database import Database
from storage.queue import Done, Job
from tests.trouble.house import COMPANY, NOW, TARO, Clock, assert_silent, config, furnished, vault

NEW = "5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e09"


def job(came: datetime, payload: bytes = b"") -> Job:
    return Job(1, COMPANY, "talk", CALLBACK, "key", payload, 1, 0, came, "")


@pytest.mark.parametrize(
    ("user_id", "issued", "came", "again"),
    [
        (TARO, timedelta(0), timedelta(seconds=1), False),
        (TARO, timedelta(days=1), timedelta(days=2), False),
        (TARO, timedelta(days=1), timedelta(days=40), True),
        (TARO, timedelta(seconds=-1), REMEMBERED, True),  # the word that we met the member by
        (TARO, timedelta(days=-40), timedelta(minutes=1), False),  # a recording from before
        (NEW, timedelta(days=1), timedelta(days=40), False),
        (None, timedelta(days=1), timedelta(days=40), False),
    ],
    ids=["at once", "late", "again", "the first word again", "a recording", "a stranger", "a room"],
)
async def test_what_comes_later_than_it_is_remembered_came_before(
    sqlite_database: Database, user_id: str | None, issued: timedelta, came: timedelta, again: bool
) -> None:
    await sqlite_database.write(furnished)
    said = {"type": "message", "issuedTime": f"{NOW + issued:%Y-%m-%dT%H:%M:%S.000Z}"}
    event = read_event(json.dumps(said | {"source": {"userId": user_id}}).encode())
    assert await came_again(sqlite_database, job(NOW + came), event) is again


async def test_what_came_again_is_left_unanswered_and_the_log_says_so(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await sqlite_database.write(furnished)
    content = {"type": "text", "text": "秘密の用途"}
    said = {"type": "message", "issuedTime": f"{NOW:%Y-%m-%dT%H:%M:%S.000Z}", "content": content}
    body = json.dumps(said | {"source": {"userId": TARO}}).encode()
    company = buying(config().company[0], config().public_url)
    async with aiohttp.ClientSession() as session:
        supplier = Supplier(session, total=0.5)
        handlers = Handlers(sqlite_database, vault(), supplier, {COMPANY: company}, {}, Clock(), "test")
        assert await handlers.callback(job(NOW + timedelta(days=40), body)) == Done()
    [record] = caplog.records
    assert (record.levelname, "not answered" in record.getMessage()) == ("WARNING", True)
    assert_silent(caplog.text, TARO, "秘密の用途")
