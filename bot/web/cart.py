"""POST /punchout/cart/{token}: Amazon's cart, carried here by the member's browser. The answer is a page for the member.

The post is cross-site and comes without a cookie of ours; the token and the BuyerCookie are all that counts.
"""

import logging
from math import ceil

from aiohttp import web

from bot.web.bodies import MIB, read_beginning
from bot.web.pages import language_of, page, too_many
from bot.web.services import SERVICES, loop_time
from bot.web.shop import trouble_page
from punchout.form import CartRefused, decode_cart_form
from purchasing import carts
from purchasing.carts import OF_A_STRANGER, ReadCart
from purchasing.shopping import Denied, hash_token
from storage.database import trace

LIMIT = 48 * MIB
"""A cart of 16 MiB, percent-encoded."""
_log = logging.getLogger(__name__)


async def cart(request: web.Request) -> web.Response:
    services, token, words = request.app[SERVICES], request.match_info["token"], language_of(request)
    known = await services.db.read(lambda tx: carts.is_awaited(tx, token))
    if known and (seconds := ceil(services.limits.carts.take(hash_token(token), loop_time()))):
        return too_many(request, seconds, services.app_url())
    try:
        body = await (services.bodies.read(request, LIMIT) if known else _beginning(request))
    except web.HTTPRequestEntityTooLarge:
        title, text = words("trouble_title", "cart_unreadable"), words("page", "too_large")
        return page(words, title=title, text=text, status=413, tone="bad", app_url=services.app_url())
    content_type = request.headers.get("Content-Type", "")
    taken = await services.bodies.made_of(body, lambda: _read(content_type, body))
    kept_for = services.first_company
    if not known and services.limits.strangers.take("", loop_time()):
        kept_for = ""  # enough evidence of strangers for today: the disk is ours
    outcome = await services.db.write(
        lambda tx: carts.accept_cart(
            tx, services.vault, services.companies.get, kept_for, token, taken, services.clock()
        )
    )
    trace.set(outcome.trace or trace.get())
    _log.info("a cart: %s", outcome.trouble if isinstance(outcome, Denied) else "taken")
    if isinstance(outcome, Denied):
        services.metrics.carts.labels(outcome.trouble.value).inc()
        return trouble_page(request, services, outcome)
    words, name = language_of(request, outcome.language), "empty" if outcome.empty else "accepted"
    services.metrics.carts.labels(name).inc()
    return page(
        words,
        title=words("page", f"{name}_title"),
        text=words("page", name),
        app_url=services.app_url(outcome.company_id),
    )


async def _beginning(request: web.Request) -> bytes:
    """As much of a stranger's post as is kept; the rest is not read."""
    if (request.content_length or 0) > LIMIT:
        raise web.HTTPRequestEntityTooLarge(max_size=LIMIT, actual_size=request.content_length or 0)
    return await read_beginning(request, OF_A_STRANGER)


def _read(content_type: str, body: bytes) -> ReadCart:
    try:
        return ReadCart.of(decode_cart_form(content_type, body))
    except CartRefused as refused:
        return ReadCart(body, str(refused))
