"""The door on real sockets: connections that only rest cost nobody a callback, and nonsense does not fill the log."""

import asyncio
import logging
import resource
from collections.abc import Awaitable, Callable, Iterator

import pytest

from bot.log import Seldom
from bot.web import door
from tests.bot.web.conftest import Site
from tests.bot.web.test_callback import event
from tests.bot.web.test_limits import raw, serving

WHOLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[Site], Awaitable[Connection]]


@pytest.fixture
def connected() -> Iterator[Connect]:
    """Makes a connection that has asked once and now rests."""
    writers = []

    async def connect(site: Site) -> Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(site.base.rpartition(":")[2]))
        writers.append(writer)
        await asked(reader, writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()


async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(WHOLE)
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"200 OK" in head.splitlines()[0]
        size = next(line for line in head.splitlines() if line.lower().startswith(b"content-length:"))
        await reader.readexactly(int(size.partition(b":")[2]))


async def closed(connection: Connection) -> bool:
    async with asyncio.timeout(10):
        return await connection[0].read() == b""


async def test_of_many_connections_the_one_that_rested_longest_makes_room(
    site: Site, connected: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "most_open", lambda: 3)
    async with serving(site) as bounded:
        first, second, third = [await connected(bounded) for _ in range(3)]
        await asked(*first)
        fourth = await connected(bounded)
        assert await closed(second)
        for connection in (first, third, fourth):
            await asked(*connection)
        for _ in range(20):
            await connected(bounded)
        assert await bounded.callback(event("x")) == 200


async def test_where_all_are_busy_nobody_more_comes_in(
    site: Site, connected: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "most_open", lambda: 1)
    async with serving(site) as bounded:
        reader, writer = await connected(bounded)
        writer.write(b"POST /cxml HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
        assert await raw(bounded, WHOLE) == b""
        writer.write(b"no")
        assert b" 401 " in await reader.readline()


async def test_a_connection_rests_so_long_and_no_longer(
    site: Site, connected: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "KEPT", 0.3)
    async with serving(site) as bounded:
        assert await closed(await connected(bounded))


async def test_what_is_no_http_is_answered_and_not_logged(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(site) as bounded:
        assert b" 400 " in await raw(bounded, WHOLE + b"no http\r\n\r\n")
        assert b" 400 " in await raw(bounded, b"GET / HTTP/1.1\r\nno header\r\n\r\n")
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_the_process_asks_for_the_files_that_it_can_have() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (300, before[1]))
        most = door.most_open()
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        assert soft > 300
        assert most == min(door.MOST_OPEN, soft // 2)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_that_no_file_is_left_is_said_once_a_minute() -> None:
    seldom, said = Seldom(), []
    for second in range(130):
        record = logging.LogRecord(
            "asyncio",
            logging.ERROR,
            "",
            0,
            "socket.accept() out of system resource\nsocket: %s",
            ("x",),
            None,
        )
        record.created = float(second)
        if seldom.filter(record):
            said.append(record.getMessage())
    assert len(said) == 3
    assert "limit of open files" in said[0]
    other = logging.LogRecord("asyncio", logging.ERROR, "", 0, "another trouble", (), None)
    assert seldom.filter(other)
    assert other.getMessage() == "another trouble"
