"""The PO Request URL: an order is judged, taken once, and answered; what becomes of it is decided later."""

from datetime import datetime

from aiohttp import encode_basic_auth, hdrs, web

from punchout import xml
from sandbox.amazon.account import ACCOUNT, Account, Order
from sandbox.amazon.documents import profile
from sandbox.amazon.fulfilment import FULFILMENT
from sandbox.amazon.journal import kind_of
from sandbox.amazon.moods import SLOW_SECONDS
from sandbox.amazon.order_rules import OrderFacts, judge_cart, judge_order
from sandbox.amazon.rules import same_secret
from sandbox.amazon.wire import answer, html_error, read_body, status_bytes


async def take_order(request: web.Request) -> web.StreamResponse:
    """POST /orders/{order_token}: 404 for another token, HTTP 401 without the right Basic credentials.

    Else the Status says it: 200 received (the same bytes again: 200, and nothing else happens), 400, 401 or
    406 with the reason. 200 means received, not accepted (reference 8.4).
    """
    account = request.app[ACCOUNT]
    received = account.clock()
    if not same_secret(request.match_info["order_token"], account.settings.order_token):
        raise web.HTTPNotFound
    body = await read_body(request)
    if not _authorized(request, account):
        response = _settle(account, body, 401, "HTTP Basic credentials are missing or not known.", http=401)
        response.headers[hdrs.WWW_AUTHENTICATE] = 'Basic realm="orders"'
        return response
    try:
        root = xml.parse(body)
    except xml.XmlRefused as refused:
        return _settle(account, body, 406, str(refused))
    if kind_of(root) == "ProfileRequest":
        return _settle(account, body, 200, document=profile(request, received))
    facts, findings = judge_order(root, account.settings.identity, account.password)
    if findings.faults:
        return _settle(account, body, findings.code, " ".join(findings.faults))
    known = account.orders.get(facts.order_id)
    if known is not None and known.facts.payload_id == facts.payload_id:
        return _again(account, known, body)
    if fault := _used_before(account, facts):
        return _settle(account, body, 400, fault)
    named = {line.cart for line in facts.lines} & account.carts.keys()
    if any(received > account.carts[name].hold_until for name in named):
        findings.remark("価格と在庫の保持期限(7日間)を過ぎています。")
    findings_of_cart = judge_cart(facts, {name: account.carts[name].facts for name in named})
    if findings_of_cart.faults:
        return _settle(account, body, findings_of_cart.code, " ".join(findings_of_cart.faults))
    remarks = " ".join(findings.remarks + findings_of_cart.remarks)
    return await _in_its_mood(request, facts, body, received, remarks)


async def _in_its_mood(
    request: web.Request, facts: OrderFacts, body: bytes, received: datetime, remarks: str
) -> web.StreamResponse:
    account = request.app[ACCOUNT]
    mood = account.mood_for(facts.order_id)
    match mood.answer:
        case "refuse":
            return _settle(account, body, 400, "The order cannot be accepted.")
        case "error":
            return _settle(account, body, 500, "Internal error. The order was not taken.", http=500)
        case "html_error_first" if facts.payload_id not in account.failed_once:
            account.failed_once.add(facts.payload_id)
            account.journal.note(received, "in", body, http=500, verdict="HTMLのエラーページを返しました。")
            return html_error()
    order = _take(account, facts, body, received)
    if mood.answer in ("close", "close_then_refuse"):
        account.journal.note(received, "in", body, verdict=f"受理後に応答せず切断しました。{remarks}")
        request.app[FULFILMENT].begin(order)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if mood.answer == "slow":
        request.app[FULFILMENT].begin(order)
        await account.pause(SLOW_SECONDS)
        return _settle(account, body, 200, remarks)
    if mood.answer == "after_confirming":
        request.app[FULFILMENT].begin(order)
        await order.confirmation_sent.wait()
        return _settle(account, body, 200, remarks)
    response = _settle(account, body, 200, remarks)
    # The answer leaves before anything is decided: 200 first, the rest later.
    try:
        await response.prepare(request)
        await response.write_eof()
    finally:
        request.app[FULFILMENT].begin(order)
    return response


def _take(account: Account, facts: OrderFacts, body: bytes, received: datetime) -> Order:
    cart = account.carts[facts.lines[0].cart]
    mood = account.mood_for(facts.order_id)
    order = Order(facts, body, cart, mood, received, account.clock(), scenario=account.scenario)
    account.orders[facts.order_id] = order
    account.taken_payloads.add(facts.payload_id)
    cart.order_id = facts.order_id
    return order


def _again(account: Account, known: Order, body: bytes) -> web.Response:
    """The same payloadID: a repeat of the same bytes is welcome, anything else is not the same document."""
    if body != known.document:
        return _settle(account, body, 400, "This payloadID was used by another document.")
    known.attempts += 1
    if known.mood.answer == "close_then_refuse":
        return _settle(account, body, 400, "This order was received before.")
    return _settle(account, body, 200, "受領済みの注文の再送です。処理は1回だけ行います。")


def _used_before(account: Account, facts: OrderFacts) -> str:
    if facts.order_id in account.orders:
        return f"Order {facts.order_id} was received before with another payloadID."
    if facts.payload_id in account.taken_payloads:
        return "This payloadID was used by another order."
    cart = account.carts.get(facts.lines[0].cart)
    if cart is not None and cart.order_id:
        return f"This cart was ordered before, as {cart.order_id}."
    return ""


def _authorized(request: web.Request, account: Account) -> bool:
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    right = encode_basic_auth(account.settings.identity, account.password).partition(" ")[2]
    return scheme.casefold() == "basic" and same_secret(given.strip(), right)


def _settle(
    account: Account, body: bytes, status: int, verdict: str = "", *, http: int = 200, document: bytes = b""
) -> web.Response:
    now = account.clock()
    document = document or status_bytes(now, status, "" if status == 200 else verdict)
    account.journal.note(now, "in", body, http=http, status=status, verdict=verdict, answer=document)
    return answer(document, http)
