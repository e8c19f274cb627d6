"""The test log: what an administrator sees after a test purchase, in Amazon Japan's words (japan.md 4)."""

from aiohttp import web

from sandbox.amazon.account import ACCOUNT, Order
from sandbox.amazon.pages import page


async def log(request: web.Request) -> web.Response:
    """GET /testlog: the scenarios, the orders (newest first), the setups; `q` searches order numbers."""
    account = request.app[ACCOUNT]
    words = request.query.get("q", "").strip()
    orders = [order for order in account.orders.values() if words in order.facts.order_id]
    return page(
        request,
        "testlog.html",
        orders=orders[::-1],
        words=words,
        setups=account.setups[:-51:-1],
        passed=account.basic_passed,
    )


async def entry(request: web.Request) -> web.Response:
    """GET /testlog/{order}: setup, POOM, order, confirmation, ship notices, and the mark."""
    return page(request, "testlog_entry.html", order=_order(request))


async def mark(request: web.Request) -> web.Response:
    """POST /testlog/{order}: mark the test as 成功 or 失敗, or take the mark away."""
    order = _order(request)
    form = await request.post()
    order.mark = "成功" if form.get("mark") == "成功" else "失敗" if form.get("mark") == "失敗" else ""
    raise web.HTTPSeeOther(request.app.router["testlog_entry"].url_for(order=order.facts.order_id))


def _order(request: web.Request) -> Order:
    order = request.app[ACCOUNT].orders.get(request.match_info["order"])
    if order is None:
        raise web.HTTPNotFound(text="この発注番号のテストログはありません。")
    return order
