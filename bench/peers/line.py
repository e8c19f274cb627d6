"""line-bot-sdk: its parser checks the signature and makes typed events; nothing is stored."""

import asyncio

from aiohttp import web
from linebot.v3 import WebhookParser
from serving import SECRET, serve

parser = WebhookParser(SECRET)


async def callback(request: web.Request) -> web.Response:
    parser.parse((await request.read()).decode(), request.headers["X-Line-Signature"])
    return web.Response()


app = web.Application()
app.router.add_post("/", callback)
asyncio.run(serve(app))
