"""LINE WORKS as the client needs it: a token server and an API on loopback, scripted answer by answer.

It keeps what it was asked and knows no rule of the platform; the strict stand-in is `sandbox/`. `answers` is
used up first in, first out; when it is empty a send gives 201 and a look-up 404.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Call:
    """One request to the API: the path as it was on the wire, the bearer, the body."""

    method: str
    path: str
    bearer: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FakeLineWorks:
    """`tokens_asked` holds the form of every token request, `calls` every request to the API."""

    def __init__(self) -> None:
        self.tokens_asked: list[dict[str, str]] = []
        self.calls: list[Call] = []
        self.answers: deque[Reply] = deque()
        self.token_answers: deque[Reply] = deque()
        self.expires_in: object = "86400"
        self.token_wanted = asyncio.Event()
        self.token_free = asyncio.Event()
        self.token_free.set()
        self.called = asyncio.Event()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/oauth2/v2.0/token", self._token)
        app.router.add_route("*", "/{path:.*}", self._api)
        return app

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        self.tokens_asked.append({name: str(value) for name, value in form.items()})
        number = len(self.tokens_asked)
        self.token_wanted.set()
        await self.token_free.wait()
        if self.token_answers:
            return await self.token_answers.popleft()(request)
        return web.json_response(
            {
                "access_token": f"token-{number}",
                "refresh_token": "refresh",
                "token_type": "Bearer",
                "expires_in": self.expires_in,
                "scope": form.get("scope"),
            }
        )

    async def _api(self, request: web.Request) -> web.StreamResponse:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.calls.append(Call(request.method, request.raw_path, bearer, await request.read()))
        self.called.set()
        if self.answers:
            return await self.answers.popleft()(request)
        return web.Response(status=201 if request.method == "POST" else 404)


def answer(status: int, facts: object = None, **headers: str) -> Reply:
    """A plain answer; an underscore in a header's name stands for a hyphen."""

    async def reply(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if facts is None:
            return web.Response(status=status, headers=named)
        return web.json_response(facts, status=status, headers=named)

    return reply


def raw(status: int, body: bytes) -> Reply:
    """An answer whose body is whatever it is."""

    async def reply(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body)

    return reply


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Closes the connection instead of answering."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def never(request: web.Request) -> web.StreamResponse:
    """Doesn't answer until the caller gives up."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


async def break_off(request: web.Request) -> web.StreamResponse:
    """201, then the connection breaks in the middle of the promised body."""
    response = web.StreamResponse(status=201, headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b'{"messageId":')
    assert request.transport is not None
    request.transport.close()
    return response
