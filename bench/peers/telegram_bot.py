"""python-telegram-bot behind a web server of one's own, as its documentation shows it; nothing is stored."""

import asyncio
import hmac

from aiohttp import web
from serving import SECRET, serve
from telegram import Update, User
from telegram.ext import Application, ContextTypes, ExtBot, MessageHandler, filters


class Offline(ExtBot):
    """Asks Telegram nothing."""

    async def initialize(self) -> None:
        self._bot_user = User(1, "bench", is_bot=True)


async def message(_update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    """Nothing: what is measured is the way here."""


async def main() -> None:
    application = Application.builder().bot(Offline("1:bench")).updater(None).build()
    application.add_handler(MessageHandler(filters.TEXT, message))

    async def callback(request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), SECRET):
            return web.Response(status=401)
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", callback)
    await application.initialize()
    await application.start()
    await serve(app)


asyncio.run(main())
