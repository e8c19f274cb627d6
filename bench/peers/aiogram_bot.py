"""aiogram's own request handler and its memory storage; nothing survives the process."""

import asyncio

from aiogram import Bot, Dispatcher
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web
from serving import SECRET, serve

dispatcher = Dispatcher()


@dispatcher.message()
async def message(_message: Message) -> None:
    """Nothing: what is measured is the way here."""


app = web.Application()
SimpleRequestHandler(dispatcher, Bot("1:bench"), secret_token=SECRET).register(app, "/")
asyncio.run(serve(app))
