"""The bodies of requests: how long one may take, how large it may be, and how much all of them may take of the memory.

A document of 15 MiB can take 400 MiB while it is parsed. So large ones are parsed one after the other, and what has
come of all those that are still being read or worked on has a bound.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

T = TypeVar("T")

MIB = 1024 * 1024
PATIENCE, SLOWEST = 20.0, 16 * 1024
"""A body may take so many seconds, and one more for so many bytes: a slow phone is waited for, a trickle is not."""
MOST_HELD = 128 * MIB
SMALL = 64 * 1024
"""What is parsed at once and beside everything else."""
_AGAIN = "30"
BROKEN = (web.RequestPayloadError, web.PayloadAccessError, HttpProcessingError, ConnectionError)
"""A body that breaks off or is not what its head says: answered, and no failure of ours, or it could fill the log."""


class Bodies:
    """The bodies in the memory of this process. Who reads one releases it when the request is answered."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self._most, self._held = most, dict[int, int]()
        self._large = asyncio.Semaphore(1)

    async def read(self, request: web.Request, limit: int, begun: bytes = b"") -> bytes:
        """The body, of which `begun` has been read, at most `limit` bytes of it. Raises 413 without reading further, 408
        for a sender who trickles, 400 for a body that breaks off or is not what its head says, 503 when the large bodies
        of others leave no room."""
        length = request.content_length
        if length is not None and length > limit:
            raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=length)
        try:
            if not request.content.is_eof():
                return await self._read(request, limit, begun)
            # All of it came with the head, as nearly all callbacks do.
            body = begun + request.content.read_nowait()
        except BROKEN:
            raise web.HTTPBadRequest(headers={"Connection": "close"}) from None
        if len(body) > limit:
            raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(body))
        self._hold(request, len(body))
        return body

    async def _read(self, request: web.Request, limit: int, begun: bytes) -> bytes:
        received, started = bytearray(begun), asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(started + PATIENCE) as cut:
                while chunk := await request.content.readany():
                    received += chunk
                    if len(received) > limit:
                        raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(received))
                    self._hold(request, len(received))
                    cut.reschedule(started + PATIENCE + len(received) / SLOWEST)
        except TimeoutError:
            raise web.HTTPRequestTimeout(headers={"Connection": "close"}) from None
        return bytes(received)

    def release(self, request: web.Request) -> None:
        """The request is answered: what it held is free."""
        self._held.pop(id(request), None)

    async def made_of(self, body: bytes, make: Callable[[], T]) -> T:
        """What `make` makes of a body: of a small one at once, of large ones in a thread and one at a time."""
        if len(body) <= SMALL:
            return make()
        async with self._large:
            return await asyncio.to_thread(make)

    def _hold(self, request: web.Request, size: int) -> None:
        if size <= SMALL:
            return
        self._held[id(request)] = size
        if sum(self._held.values()) > self._most:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": _AGAIN, "Connection": "close"})


async def read_beginning(request: web.Request, size: int) -> bytes:
    """The first bytes of a body, all that came of them in time. They may be up to twice `size`; the rest is not read."""
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.content.iter_chunked(size):
                body += chunk
                if len(body) >= size:
                    break
    except BROKEN:
        raise web.HTTPBadRequest(headers={"Connection": "close"}) from None
    except TimeoutError:
        pass  # what has come until then will do
    return bytes(body)
