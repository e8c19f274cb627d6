"""The limit of a turn in this stack: a callback is verified and answered, and a word is posted to LINE WORKS.

Nothing is stored, nothing decided. `python -m bench.programs.relay WORKS-URL`
"""

import asyncio
import json
import sys

import aiohttp
from aiohttp import web

from bench.programs.serving import serve
from bench.programs.verify import is_signed

HANDS = 5
"""Posts side by side: as many as the bot's own."""
_WORD = json.dumps({"content": {"type": "text", "text": "ようこそ"}}).encode()
_HEADERS = {"Authorization": "Bearer t", "Content-Type": "application/json"}


async def main(works: str) -> None:
    members: asyncio.Queue[str] = asyncio.Queue()

    async def callback(request: web.Request) -> web.Response:
        body = await request.read()
        if not is_signed(request, body):
            return web.Response(status=401)
        members.put_nowait(json.loads(body)["source"]["userId"])
        return web.Response(status=200)

    async def post(client: aiohttp.ClientSession) -> None:
        while True:
            url = f"{works}/bots/1/users/{await members.get()}/messages"
            async with client.post(url, data=_WORD, headers=_HEADERS) as answer:
                await answer.read()

    app = web.Application()
    app.router.add_post("/lineworks/callback", callback)
    async with aiohttp.ClientSession() as client:
        hands = [asyncio.create_task(post(client)) for _ in range(HANDS)]
        await serve(app)
        for hand in hands:
            hand.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
