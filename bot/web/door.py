"""Where connections come in: who does not get on with the head of a request is shown out.

aiohttp bounds the size of a head (128 lines of 8 KiB) and waits for its end for ever. Here a connection has HEAD seconds
to complete its first head, and as long for every later one from its first byte on. A connection may rest between
requests for longer than a reverse proxy keeps one (nginx: 60 s), which must not find it closed just when it passes on a
callback. When too many are open, the one that has rested for longest makes room.
"""

import asyncio
import os
import resource
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

HEAD = 15.0
"""Seconds for the head of a request. Bodies have their own patience: bot.web.bodies."""
LINGER = 2.0
"""Seconds in which the rest of a refused body is read, so that the sender sees the answer."""
MOST_HEADERS = 100
KEPT = 120.0
"""Seconds that a connection may rest between two requests."""
MOST_OPEN = 2000
"""Connections at a time, and never more than half of the files that the process may have open."""


class Doorkeeper(RequestHandler):
    """A connection; its base does everything but lose patience and keep room for others."""

    __slots__ = ("_heard", "_most", "_patience")

    def __init__(self, *arguments: Any, most: int, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._patience: asyncio.TimerHandle | None = None
        self._most, self._heard = most, self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._wait()
        self._make_room()

    def data_received(self, data: bytes) -> None:
        requests, self._heard = self._request_count, self._loop.time()
        super().data_received(data)
        if self._request_count > requests:
            self._rest()
        elif self._patience is None and self._between_requests():
            self._wait()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """What is no HTTP, or no body, is the sender's fault: answered 400, and anybody could fill the log with it."""
        if not isinstance(kw.get("exc_info"), HttpProcessingError | web.RequestPayloadError):
            super().log_exception(*args, **kw)

    def _make_room(self) -> None:
        """Close the connection that has rested for longest; this one, where all others are busy."""
        assert self._manager is not None
        open_now = [each for each in self._manager.connections if isinstance(each, Doorkeeper)]
        if sum(not each._force_close for each in open_now) > self._most:
            resting = [each for each in open_now if each is not self and each._between_requests()]
            min(resting, key=lambda each: each._heard, default=self).force_close()

    def _between_requests(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def _wait(self) -> None:
        self._patience = asyncio.get_running_loop().call_later(HEAD, self._lose)

    def _lose(self) -> None:
        self._patience = None
        if self._between_requests():
            self.force_close()

    def _rest(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def most_open() -> int:
    """How many connections this process may hold, after it has asked for as many files as it can have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 4 * MOST_OPEN if hard == resource.RLIM_INFINITY else min(hard, 4 * MOST_OPEN)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return min(MOST_OPEN, most // 2)


@dataclass(frozen=True, slots=True)
class Door:
    """An open door, and the port that it took."""

    port: int
    _server: asyncio.Server
    _runner: web.AppRunner

    async def close(self) -> None:
        """Take nobody in any more, and let those inside end."""
        self._server.close()
        await self._runner.cleanup()


async def open_door(app: web.Application, host: str, port: int) -> Door:
    """Serve the application. Raises OSError, which names host, port and the reason."""
    # aiohttp waits this long twice: for a request to end, then for its cancellation.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.5)
    await runner.setup()
    manager = runner.server
    assert manager is not None
    loop, most = asyncio.get_running_loop(), most_open()

    def doorkeeper() -> Doorkeeper:
        return Doorkeeper(
            manager,
            most=most,
            loop=loop,
            access_log=None,
            keepalive_timeout=KEPT,
            lingering_time=LINGER,
            max_headers=MOST_HEADERS,
        )

    try:
        server = await loop.create_server(doorkeeper, host, port, backlog=1024, reuse_address=True)
    except OSError as error:
        await runner.cleanup()
        # A name that is unknown has a number of its own, below 0, and its words already.
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise OSError(f"{host}:{port} ({why or error})") from error
    return Door(server.sockets[0].getsockname()[1], server, runner)
