"""Where connections come in: who does not get on with the head of a request is shown out.

aiohttp bounds the size of a head (128 lines of 8 KiB) and waits for its end for ever. Here a connection has HEAD seconds
to complete its first head, and as long for every later one from its first byte on. A connection that rests between
requests is left alone: a reverse proxy keeps them, and must not find one closed just when it passes on a callback.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

HEAD = 15.0
"""Seconds for the head of a request. Bodies have their own patience: bot.web.services.read_limited."""
LINGER = 2.0
"""Seconds in which the rest of a refused body is read, so that the sender sees the answer."""
MOST_HEADERS = 100


class Doorkeeper(RequestHandler):
    """A connection; its base does everything but lose patience."""

    __slots__ = ("_patience",)

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        requests = self._request_count
        super().data_received(data)
        if self._request_count > requests:
            self._rest()
        elif self._patience is None and self._between_requests():
            self._wait()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._rest()
        super().connection_lost(exc)

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
    """Serve the application. Raises OSError."""
    # aiohttp waits this long twice: for a request to end, then for its cancellation.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.5)
    await runner.setup()
    manager = runner.server
    assert manager is not None
    loop = asyncio.get_running_loop()

    def doorkeeper() -> Doorkeeper:
        return Doorkeeper(
            manager, loop=loop, access_log=None, lingering_time=LINGER, max_headers=MOST_HEADERS
        )

    try:
        server = await loop.create_server(doorkeeper, host, port, backlog=1024, reuse_address=True)
    except OSError:
        await runner.cleanup()
        raise
    return Door(server.sockets[0].getsockname()[1], server, runner)
