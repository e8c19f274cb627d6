"""What goes wrong on the way: bodies that break off, and a queue that was full a while ago."""

import asyncio
import secrets

import pytest
from sqlalchemy import update
from sqlmodel import col

from bot.web.limits import Limits
from bot.web.waiting import Waiting
from storage.database import Tx
from storage.tables.job import JobRow
from tests.bot.web.conftest import Site
from tests.bot.web.test_callback import event
from tests.bot.web.test_limits import serving
from tests.trouble.house import BOT_ID


@pytest.mark.parametrize("path", ["/lineworks/callback", "/cxml", "/punchout/cart/nobody"])
@pytest.mark.parametrize(
    "rest",
    [
        pytest.param("Content-Length: 100\r\n\r\nabc", id="breaks off"),
        pytest.param("Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nzz\r\n", id="bad chunks"),
        pytest.param("Content-Length: 8\r\nContent-Encoding: gzip\r\n\r\nnot gzip", id="not gzip"),
    ],
)
async def test_a_broken_body_is_the_senders_fault_and_is_counted(site: Site, path: str, rest: str) -> None:
    """Anybody can send one: it is answered at once, fills no log, and does not go on for ever."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-WORKS-BotId: {BOT_ID}\r\nX-WORKS-Signature: x\r\n"
    async with serving(site, limits=Limits(per_minute=3, trusted_proxies=())) as bounded:
        answers = [await broken(bounded, (head + rest).encode()) for _ in range(5)]
    assert b" 500 " not in b"".join(answers)
    assert all(b" 429 " in answer for answer in answers[3:] if answer)
    assert '"level": "error"' not in site.written.getvalue()
    assert "Traceback" not in site.written.getvalue()


async def broken(site: Site, request: bytes) -> bytes:
    """The first line that comes back to a request whose sender then says no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(site.base.rpartition(":")[2]))
    writer.write(request)
    await writer.drain()
    writer.write_eof()
    async with asyncio.timeout(10):
        answer = await reader.readline()
    writer.close()
    return answer


async def test_nobody_is_refused_for_what_waited_a_while_ago(site: Site) -> None:
    async with serving(site, waiting=Waiting(site.db, 2)) as bounded:
        async with asyncio.timeout(10):
            while (await bounded.call("GET", "/readyz")).status == 200:
                await bounded.callback(event(secrets.token_hex(4)))
        assert await bounded.callback(event("one too many")) == 503
        await site.db.write(all_done)
        assert await bounded.callback(event("after a while")) == 200
        assert (await bounded.call("GET", "/readyz")).status == 200


def all_done(tx: Tx) -> None:
    tx.conn.execute(update(JobRow).values(state="done", finished_at=col(JobRow.created_at)))
