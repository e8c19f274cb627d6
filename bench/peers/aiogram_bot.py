"""aiogram's own request handler, and a state of the talk in its memory storage; nothing survives the process."""

import asyncio

from aiogram import Bot, Dispatcher
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web
from serving import SECRET, serve

dispatcher = Dispatcher()


class Talk(StatesGroup):
    greeted = State()


@dispatcher.message()
async def message(_message: Message, state: FSMContext) -> None:
    """Where the talk stands now; all else that is measured is the way here."""
    await state.set_state(Talk.greeted)


app = web.Application()
SimpleRequestHandler(dispatcher, Bot("1:bench"), secret_token=SECRET).register(app, "/")
asyncio.run(serve(app))
