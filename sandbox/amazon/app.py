"""The stand-in for Amazon Business as one web application, to be mounted at /amazon."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

from aiohttp import ClientSession, web

from sandbox.amazon import api, backstage, checkout, entrance, office, orders, shop, testlog
from sandbox.amazon.account import ACCOUNT, Account, utc_now
from sandbox.amazon.fulfilment import FULFILMENT, Fulfilment
from sandbox.amazon.pages import FOLDER, session_over_page
from sandbox.settings import AmazonSettings


def make_amazon(
    settings: AmazonSettings,
    *,
    clock: Callable[[], datetime] = utc_now,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> web.Application:
    """The whole counterparty: setup, shop, orders, notices, test log. Its public address is the request's.

    `pause` waits that many seconds; everything that takes time here waits through it.
    """
    app = web.Application(middlewares=[session_over_page])
    app[ACCOUNT] = Account(settings, clock, pause)
    app.cleanup_ctx.append(_fulfilment)
    app.add_routes(
        [
            web.get("/", office.home, name="home"),
            web.post("/eprocurement/punchout", entrance.take_setup, name="setup"),
            web.get("/eprocurement/initiate/{session}", entrance.start, name="start"),
            web.post("/eprocurement/initiate/{session}", entrance.register, name="register"),
            web.get("/shop/{session}", shop.browse, name="shop"),
            web.get("/shop/{session}/dp/{asin}", shop.product, name="product"),
            web.post("/shop/{session}/dp/{asin}", shop.add, name="add"),
            web.get("/shop/{session}/cart", shop.basket, name="basket"),
            web.post("/shop/{session}/cart", shop.change, name="change"),
            web.get("/shop/{session}/checkout", checkout.checkout, name="checkout"),
            web.post("/shop/{session}/submit", checkout.submit, name="submit"),
            web.post("/shop/{session}/signout", checkout.sign_out, name="sign_out"),
            web.post("/orders/{order_token}", orders.take_order, name="orders"),
            web.get("/testlog", testlog.log, name="testlog"),
            web.post("/testlog", testlog.activate, name="activate"),
            web.get("/testlog/{order}", testlog.entry, name="testlog_entry"),
            web.post("/testlog/{order}", testlog.mark, name="mark"),
            web.get("/settings", office.settings, name="settings"),
            web.get("/settings/mode", office.ask_mode, name="mode"),
            web.post("/settings/mode", office.set_mode, name="set_mode"),
            web.post("/settings/safeguards", office.set_safeguards, name="set_safeguards"),
            web.get("/moods", backstage.moods, name="moods"),
            web.post("/moods", backstage.choose, name="choose_mood"),
            web.post("/moods/{order}", backstage.push_order, name="push"),
            web.get("/documents", office.documents, name="documents"),
            web.get(r"/documents/{number:\d{1,9}}", office.document, name="document"),
            web.get(r"/documents/{number:\d{1,9}}/raw", office.raw_document, name="raw_document"),
            web.get("/api/documents", api.documents),
            web.get("/api/orders", api.orders),
            web.post("/api/mood", api.mood),
            web.post("/api/push", backstage.push_api),
            web.static("/static", FOLDER / "static", name="static"),
        ]
    )
    return app


async def _fulfilment(app: web.Application) -> AsyncIterator[None]:
    async with ClientSession() as session:
        app[FULFILMENT] = fulfilment = Fulfilment(app[ACCOUNT], session)
        yield
        await fulfilment.stop()
