"""The test log: what an administrator sees after a test purchase, in Amazon Japan's words (japan.md 4)."""

from datetime import date

from aiohttp import web

from sandbox.amazon.account import ACCOUNT, SCENARIOS, Account, Order
from sandbox.amazon.pages import TOKYO, page


async def log(request: web.Request) -> web.Response:
    """GET /testlog: the scenarios, the orders (newest first), the setups.

    `q` searches order numbers, `from` and `to` (dates in Japan) and `scenario` narrow the list.
    """
    account = request.app[ACCOUNT]
    wanted = {key: request.query.get(key, "").strip() for key in ("q", "from", "to", "scenario")}
    orders = [order for order in account.orders.values() if _fits(order, wanted)]
    return page(
        request,
        "testlog.html",
        orders=orders[::-1],
        wanted=wanted,
        setups=account.setups[:-51:-1],
        scenarios=SCENARIOS,
        counts={key: sum(o.scenario == key for o in account.orders.values()) for key in SCENARIOS},
    )


async def activate(request: web.Request) -> web.Response:
    """POST /testlog: mark a scenario as the active one; orders that come from now on belong to it."""
    account, wish = request.app[ACCOUNT], str((await request.post()).get("scenario", ""))
    if wish not in SCENARIOS or not unlocked(account, wish):
        raise web.HTTPConflict(text="基本的な注文が成功としてマークされると、このシナリオを始められます。")
    account.scenario = wish
    raise web.HTTPSeeOther(request.app.router["testlog"].url_for())


def unlocked(account: Account, scenario: str) -> bool:
    """The basic scenario is open from the start, the others once it was passed."""
    return scenario == "basic" or account.passed()


async def entry(request: web.Request) -> web.Response:
    """GET /testlog/{order}: setup, POOM, order, confirmation, ship notices, and the mark."""
    return page(request, "testlog_entry.html", order=_order(request), scenarios=SCENARIOS)


async def mark(request: web.Request) -> web.Response:
    """POST /testlog/{order}: mark the test as 成功 or 失敗, or take the mark away."""
    order = _order(request)
    form = await request.post()
    order.mark = "成功" if form.get("mark") == "成功" else "失敗" if form.get("mark") == "失敗" else ""
    raise web.HTTPSeeOther(request.app.router["testlog_entry"].url_for(order=order.facts.order_id))


def _fits(order: Order, wanted: dict[str, str]) -> bool:
    day = order.processed.astimezone(TOKYO).date()
    begin, end = _date(wanted["from"]), _date(wanted["to"])
    return (
        wanted["q"] in order.facts.order_id
        and wanted["scenario"] in ("", order.scenario)
        and (begin is None or begin <= day)
        and (end is None or day <= end)
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _order(request: web.Request) -> Order:
    order = request.app[ACCOUNT].orders.get(request.match_info["order"])
    if order is None:
        raise web.HTTPNotFound(text="この発注番号のテストログはありません。")
    return order
