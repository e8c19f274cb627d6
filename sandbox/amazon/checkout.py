"""The way out of the shop: checkout, the cart handed over, or leaving without one."""

import base64

from aiohttp import web

from sandbox.amazon.account import ACCOUNT, Account
from sandbox.amazon.documents import cart as cart_document
from sandbox.amazon.documents import empty_cart
from sandbox.amazon.entrance import living_session
from sandbox.amazon.pages import SessionOver, page
from sandbox.amazon.sessions import PRICE_HOLD, HandedCart, ShopSession, new_number
from sandbox.amazon.shop import arrives, entered


async def checkout(request: web.Request) -> web.Response:
    """GET /shop/{session}/checkout: address, shipping, tax, total, and how long the price holds."""
    session = entered(request)
    account = request.app[ACCOUNT]
    if not session.basket:
        raise web.HTTPFound(request.app.router["basket"].url_for(session=session.key))
    return page(
        request,
        "checkout.html",
        session=session,
        quote=session.price(account.shelf),
        hold_until=account.clock() + PRICE_HOLD,
        arrives=arrives,
    )


async def submit(request: web.Request) -> web.Response:
    """POST /shop/{session}/submit, 「承認を依頼する」: a form carries the cart to the BrowserFormPost URL.

    Pressed again (back button, reload) it carries the very same document.
    """
    account = request.app[ACCOUNT]
    session = account.sessions.get(request.match_info["session"])
    if session is not None and session.handed is not None:
        return _carry(request, session, session.handed.document)
    session = entered(request)
    if not session.basket:
        raise web.HTTPSeeOther(request.app.router["basket"].url_for(session=session.key))
    cart = _hand_over(account, session)
    return _carry(request, session, cart.document)


async def sign_out(request: web.Request) -> web.Response:
    """POST /shop/{session}/signout, 「カタログ連携を終了してサインアウト」: an empty cart goes back."""
    account = request.app[ACCOUNT]
    session = account.sessions.get(request.match_info["session"])
    if session is None or session.handed is not None:
        raise SessionOver(session)
    if not session.signed_out:
        session = living_session(request)
        session.signed_out = True
    now = account.clock()
    document = empty_cart(account, session, now)
    account.journal.note(now, "out", document, verdict="空のカート(ブラウザ経由)")
    return _carry(request, session, document)


def _hand_over(account: Account, session: ShopSession) -> HandedCart:
    now = account.clock()
    name, quote = new_number(), session.price(account.shelf)
    payload_id, document = cart_document(account, session, name, quote, now)
    prefecture = session.ship_to.prefecture if session.ship_to else ""
    cart = HandedCart(name, now, quote, session.setup, prefecture, payload_id, document)
    session.handed = account.carts[cart.name] = cart
    account.journal.note(now, "out", cart.document, verdict="カート(ブラウザ経由)")
    return cart


def _carry(request: web.Request, session: ShopSession, document: bytes) -> web.Response:
    hook_url, field = session.setup.facts.hook_url, request.app[ACCOUNT].cart_field
    return page(
        request,
        "handover.html",
        posts_to=hook_url,
        session=session,
        hook_url=hook_url,
        field=field,
        document=base64.b64encode(document).decode() if field == "cxml-base64" else document.decode(),
    )
