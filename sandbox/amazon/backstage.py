"""Backstage: where a person decides how the stand-in behaves, for what comes next and for any order there is."""

import json

from aiohttp import web

from sandbox.amazon.account import ACCOUNT, Account
from sandbox.amazon.fulfilment import FULFILMENT
from sandbox.amazon.moods import MOODS, SETUP_MOODS, Mood
from sandbox.amazon.pages import page

SHOWN = 50


class NotNow(Exception):
    """The order cannot be pushed so; the text is a sentence for a person."""


async def moods(request: web.Request) -> web.Response:
    """GET /moods: the next punchout, the next cart, the next order; then every order, newest first."""
    account = request.app[ACCOUNT]
    return page(
        request,
        "moods.html",
        moods=MOODS,
        setup_moods=SETUP_MOODS,
        answers=[mood for mood in MOODS.values() if mood.answer != "ok"],
        afterwards=[mood for mood in MOODS.values() if mood.answer == "ok"],
        orders=list(account.orders.values())[: -SHOWN - 1 : -1],
        told=request.query.get("told", ""),
    )


async def choose(request: web.Request) -> web.Response:
    """POST /moods: how the next setup, cart and order fare. A field that is not sent means the usual."""
    form = await request.post()
    account = request.app[ACCOUNT]
    known = account.set_mood(str(form.get("mood", "ok"))) and account.set_setup_mood(
        str(form.get("setup", "ok"))
    )
    if not known:
        raise web.HTTPBadRequest(text="その動作はありません。")
    account.cart_field = "cxml-base64" if form.get("cart") == "cxml-base64" else "cxml-urlencoded"
    raise _back(request, "次の動作を保存しました。")


async def push_order(request: web.Request) -> web.Response:
    """POST /moods/{order}: this order, in this mood, now. An order that was answered is answered no more: such a mood is
    for the next one."""
    form, account = await request.post(), request.app[ACCOUNT]
    number, key = request.match_info["order"], str(form.get("mood", ""))
    taken, chosen = number in account.orders, MOODS.get(key)
    if taken and chosen is not None and chosen.answer != "ok":
        account.set_mood(key)
        raise _back(
            request, f"{number}にはすでに応答しています。次に届く注文を「{chosen.label}」にしました。"
        )
    try:
        mood = push(request.app, number, key)
    except NotNow as fault:
        raise web.HTTPConflict(text=str(fault)) from None
    raise _back(request, f"{number}: 「{mood.label}」にしました。{_what_comes(mood, taken)}")


def _what_comes(mood: Mood, taken: bool) -> str:
    if not taken:
        return "この注文がもう一度届いたときに起こります。"
    match mood.delivery:
        case "never":
            return "これ以上の通知は送りません。"
        case "late":
            return "1日以上たってから通知を送ります。"
    return "通知の結果は、数秒後にこのページを開き直すと「送った通知」に出ます。"


async def push_api(request: web.Request) -> web.Response:
    """POST /api/push with `order` and `mood`: the same for tests and scripts."""
    try:
        wish = json.loads(await request.read())
    except (ValueError, RecursionError):  # not UTF-8, not JSON, nested without end
        wish = None
    if not isinstance(wish, dict):
        return web.json_response(
            {"fault": '本文は {"order": 発注番号, "mood": 動作} の形のJSONで送ってください。'}, status=400
        )
    try:
        mood = push(request.app, str(wish.get("order", "")), str(wish.get("mood", "")))
    except NotNow as fault:
        return web.json_response({"fault": str(fault)}, status=409)
    return web.json_response({"order": wish.get("order", ""), "mood": mood.key})


def push(app: web.Application, number: str, key: str) -> Mood:
    """Push a mood at an order: one that was taken is told of now; one that still knocks meets it the next time.

    Raises NotNow for an unknown mood or order, and for ways to answer an order that has been answered.
    """
    account: Account = app[ACCOUNT]
    mood, order = MOODS.get(key), account.orders.get(number)
    if mood is None:
        raise NotNow(f"動作 {key} はありません。")
    if order is None:
        if number not in account.order_moods:
            raise NotNow(f"発注番号 {number} はまだ届いていません。")
        account.set_mood(key, number)
    elif mood.answer != "ok":
        raise NotNow("この注文にはすでに応答しています。応答の動作は、次の注文に指定してください。")
    else:
        app[FULFILMENT].push(order, mood)
    return mood


def _back(request: web.Request, told: str) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(request.app.router["moods"].url_for().with_query(told=told))
