"""The limit of a webhook in this stack: checks the signature, parses the JSON, stores nothing, answers 200."""

import asyncio
import json

from aiohttp import web

from bench.events import SECRET
from bench.programs.serving import serve
from bot.lineworks.signature import verify
from punchout.secret import Secret

_SECRET = Secret(SECRET)


def is_signed(request: web.Request, body: bytes) -> bool:
    return verify(_SECRET, body, request.headers.get("X-WORKS-Signature", ""))


async def callback(request: web.Request) -> web.Response:
    body = await request.read()
    if not is_signed(request, body):
        return web.Response(status=401)
    json.loads(body)
    return web.Response(status=200)


def application() -> web.Application:
    app = web.Application()
    app.router.add_post("/lineworks/callback", callback)
    return app


if __name__ == "__main__":
    asyncio.run(serve(application()))
