"""POST /punchout/cart/{token}: Amazon's cart, carried here by the member's browser. The answer is a page for the member.

The post is cross-site and comes without a cookie of ours; the token and the BuyerCookie are all that counts.
"""

import asyncio

from aiohttp import web

from bot.web.pages import language_of, page
from bot.web.services import MIB, SERVICES, read_limited
from bot.web.shop import trouble_page
from punchout.form import CartRefused, decode_cart_form
from purchasing import carts
from purchasing.carts import ReadCart
from purchasing.shopping import Denied

LIMIT = 48 * MIB
"""A cart of 16 MiB, percent-encoded."""
_INLINE = 64 * 1024


async def cart(request: web.Request) -> web.Response:
    services, token, words = request.app[SERVICES], request.match_info["token"], language_of(request)
    try:
        body = await read_limited(request, LIMIT)
    except web.HTTPRequestEntityTooLarge:
        title, text = words("trouble_title", "cart_unreadable"), words("page", "too_large")
        return page(words, title=title, text=text, status=413, tone="bad", app_url=services.app_url())
    content_type = request.headers.get("Content-Type", "")
    if len(body) > _INLINE:
        taken = await asyncio.to_thread(_read, content_type, body)
    else:
        taken = _read(content_type, body)
    outcome = await services.db.write(
        lambda tx: carts.accept_cart(
            tx, services.vault, services.first_company, token, taken, services.clock()
        )
    )
    if isinstance(outcome, Denied):
        services.metrics.carts.labels(outcome.trouble.value).inc()
        return trouble_page(request, services, outcome)
    name = "empty" if outcome.empty else "accepted"
    services.metrics.carts.labels(name).inc()
    return page(
        words,
        title=words("page", f"{name}_title"),
        text=words("page", name),
        app_url=services.app_url(outcome.company_id),
    )


def _read(content_type: str, body: bytes) -> ReadCart:
    try:
        return ReadCart.of(decode_cart_form(content_type, body))
    except CartRefused as refused:
        return ReadCart(body, str(refused))
