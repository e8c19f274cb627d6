"""LINE WORKS as far as a storm needs it: gives tokens, knows everybody, and keeps every message that comes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bench.events import BOT_ID
from bench.hurry import hurried


@dataclass
class Inbox:
    """`came`: recipient, content and time of every message."""

    came: list[tuple[str, dict[str, Any], float]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/token", self._token)
        app.router.add_get("/users/{user}", self._user)
        app.router.add_post(f"/bots/{BOT_ID}/users/{{user}}/messages", self._message)
        return app

    async def _token(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {"access_token": "t", "token_type": "Bearer", "expires_in": "86400", "scope": "bot.message"}
        )

    async def _user(self, request: web.Request) -> web.Response:
        name = {"lastName": "見本", "firstName": request.match_info["user"]}
        return web.json_response({"userId": request.match_info["user"], "userName": name})

    async def _message(self, request: web.Request) -> web.Response:
        content = (await request.json())["content"]
        self.came.append((request.match_info["user"], content, hurried()))
        return web.Response(status=201)


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """The application at a free port; its address."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
