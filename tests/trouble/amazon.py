"""Amazon as the bot calls it: a small counterparty that answers as the test says, one answer after the other.

It keeps every body it was sent, and judges nothing: the strict stand-in is `sandbox/`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.test_utils import TestServer

from punchout.setup import build_setup_response
from punchout.status import Status, build_response

ORDER_TOKEN = "po-request-token-31b8"
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]
PATIENCE = 60.0


@dataclass
class FakeAmazon:
    """`answers` are used up first in, first out; without one a setup gets a start page and an order Status 200."""

    setups: list[bytes] = field(default_factory=list)
    orders: list[bytes] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    answers: deque[Reply] = field(default_factory=deque)
    called: asyncio.Condition = field(default_factory=asyncio.Condition)
    base: str = ""

    @property
    def punchout_url(self) -> str:
        return f"{self.base}/punchout"

    @property
    def order_url(self) -> str:
        return f"{self.base}/orders/{ORDER_TOKEN}"

    @property
    def start_page(self) -> str:
        return f"{self.base}/start/456-5872162-123264"

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/punchout", self._setup)
        app.router.add_post(f"/orders/{ORDER_TOKEN}", self._order)
        return app

    async def wait_for_an_order(self) -> None:
        async with self.called, asyncio.timeout(PATIENCE):
            await self.called.wait_for(lambda: bool(self.orders))

    async def _setup(self, request: web.Request) -> web.StreamResponse:
        await self._note(request, self.setups)
        if self.answers:
            return await self.answers.popleft()(request)
        return _xml(build_setup_response(Status(200, "OK"), "answer@amazon", NOW, self.start_page))

    async def _order(self, request: web.Request) -> web.StreamResponse:
        await self._note(request, self.orders)
        if self.answers:
            return await self.answers.popleft()(request)
        return _xml(build_response(Status(200, "OK"), "answer@amazon", NOW))

    async def _note(self, request: web.Request, bodies: list[bytes]) -> None:
        body = await request.read()
        async with self.called:
            bodies.append(body)
            self.logins.append(request.headers.get("Authorization", ""))
            self.called.notify_all()


@asynccontextmanager
async def fake_amazon() -> AsyncIterator[FakeAmazon]:
    """An Amazon on a port of its own."""
    amazon = FakeAmazon()
    async with TestServer(amazon.app()) as server:
        amazon.base = str(server.make_url("")).rstrip("/")
        yield amazon


def _xml(body: bytes, http: int = 200) -> web.Response:
    return web.Response(body=body, status=http, content_type="text/xml", charset="utf-8")


def says(code: int, sentence: str = "", *, http: int = 200) -> Reply:
    """A Status of cXML."""

    async def reply(_request: web.Request) -> web.StreamResponse:
        text = "OK" if code < 300 else "failure"
        return _xml(build_response(Status(code, text, sentence), "answer@amazon", NOW), http)

    return reply


def page(http: int, text: str = "<html><body><h1>Service Unavailable</h1></body></html>") -> Reply:
    """A page of HTML where cXML was due."""

    async def reply(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=http, text=text, content_type="text/html")

    return reply


def leads_to(url: str) -> Reply:
    """A setup response with this start page."""

    async def reply(_request: web.Request) -> web.StreamResponse:
        return _xml(build_setup_response(Status(200, "OK"), "answer@amazon", NOW, url))

    return reply


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Closes the connection in place of an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def never_answers(_request: web.Request) -> web.StreamResponse:
    """Waits until the caller has gone."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")
