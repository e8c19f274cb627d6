"""A load balancer for the load tests: a request goes to a web process that lives, again to another one if it breaks off.

It stands where a company's reverse proxy stands. Only what a web process answered counts: `acknowledged` holds the
digests of the callbacks that got their 200.
"""

import asyncio
from hashlib import sha256
from itertools import count

import aiohttp
from aiohttp import web

PATIENCE = 60.0
"""Seconds in which at least one of the web processes has to come back."""
CALLBACK = "/lineworks/callback"
_ONCE = aiohttp.ClientTimeout(total=15, sock_connect=1)
_AWAY = (502, 503, 504)
_HOP = {"host", "content-length", "connection", "keep-alive", "transfer-encoding"}


class Balancer:
    """`webs` are the addresses of the web processes."""

    def __init__(self, webs: list[str], session: aiohttp.ClientSession) -> None:
        self._webs, self._session, self._turn = webs, session, count()
        self.acknowledged: set[str] = set()
        self.again = 0
        """How many requests did not get through at the first try."""

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._pass)
        return app

    async def post_callback(self, body: bytes, headers: dict[str, str]) -> int:
        """A callback that LINE WORKS might have sent."""
        return (await self._send("POST", CALLBACK, body, headers)).status

    async def _pass(self, request: web.Request) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        return await self._send(request.method, request.raw_path, await request.read(), headers)

    async def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> web.Response:
        try:
            async with asyncio.timeout(PATIENCE):
                for attempt in count():
                    answer = await self._try(method, path, body, headers)
                    if answer is not None:
                        return answer
                    self.again += attempt == 0
                    await asyncio.sleep(0.1 if attempt % len(self._webs) else 0)
        except TimeoutError:
            pass
        return web.Response(status=502)

    async def _try(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> web.Response | None:
        """The answer of the process whose turn it is; None if it is away."""
        base = self._webs[next(self._turn) % len(self._webs)]
        try:
            async with self._session.request(
                method, base + path, data=body, headers=headers, allow_redirects=False, timeout=_ONCE
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        if answer.status in _AWAY:
            return None
        if path == CALLBACK and answer.status == 200:
            self.acknowledged.add(digest(body))
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
        kept.pop("Content-Encoding", None)
        return web.Response(status=answer.status, body=content, headers=kept)


def digest(body: bytes) -> str:
    """What a callback's key in the queue ends with."""
    return sha256(body).hexdigest()[:32]
