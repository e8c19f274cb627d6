"""The shop in the member's browser: shelves, a product, the basket."""

import re
from datetime import datetime, timedelta

from aiohttp import web

from sandbox.amazon.account import ACCOUNT
from sandbox.amazon.entrance import living_session
from sandbox.amazon.goods import ORDERS, Product
from sandbox.amazon.offers import days_of
from sandbox.amazon.pages import page
from sandbox.amazon.pricing import FREE_SHIPPING_FROM, MAX_LINES, MAX_PIECES
from sandbox.amazon.sessions import BasketFull, ShopSession


def entered(request: web.Request) -> ShopSession:
    """The living session of a shop page, its idle time begun anew."""
    session = living_session(request)
    session.seen = request.app[ACCOUNT].clock()
    return session


def arrives(product: Product, now: datetime) -> datetime:
    """The day that the page promises."""
    return now + timedelta(days=days_of(product.shipper))


async def browse(request: web.Request) -> web.Response:
    """GET /shop/{session}: search box, categories, goods."""
    session = entered(request)
    shelf = request.app[ACCOUNT].shelf
    words = request.query.get("q", "").strip()
    category = shelf.category(request.query.get("category", ""))
    order = request.query.get("order", "")
    return page(
        request,
        "shop.html",
        session=session,
        words=words,
        category=category,
        order=order if order in ORDERS else "",
        orders=ORDERS,
        found=shelf.search(words, category.key if category else "", order),
        arrives=arrives,
    )


async def product(request: web.Request) -> web.Response:
    """GET /shop/{session}/dp/{asin}."""
    session = entered(request)
    return _product_page(request, session, _product(request))


async def add(request: web.Request) -> web.Response:
    """POST /shop/{session}/dp/{asin}: into the basket, `quantity` pieces (1 without the field)."""
    session = entered(request)
    chosen = _product(request)
    form = await request.post()
    quantity = _quantity(str(form.get("quantity", "1")))
    if not quantity:
        return _product_page(request, session, chosen, "数量は1以上の整数で入力してください。")
    try:
        session.add(chosen, quantity)
    except BasketFull as full:
        return _product_page(request, session, chosen, str(full))
    basket = request.app.router["basket"].url_for(session=session.key)
    raise web.HTTPSeeOther(basket.with_query(added=chosen.asin))


async def basket(request: web.Request) -> web.Response:
    """GET /shop/{session}/cart."""
    session = entered(request)
    return _basket_page(request, session)


async def change(request: web.Request) -> web.Response:
    """POST /shop/{session}/cart: set the line `asin` to `quantity`; 0 takes it out."""
    session = entered(request)
    form = await request.post()
    chosen = request.app[ACCOUNT].shelf.product(str(form.get("asin", "")))
    quantity = _quantity(str(form.get("quantity", "")))
    if chosen is None or quantity is None:
        return _basket_page(request, session, "数量は0以上の整数で入力してください。")
    try:
        session.change(chosen, quantity)
    except BasketFull as full:
        return _basket_page(request, session, str(full))
    raise web.HTTPSeeOther(request.app.router["basket"].url_for(session=session.key))


def _product_page(
    request: web.Request, session: ShopSession, shown: Product, fault: str = ""
) -> web.Response:
    return page(
        request,
        "product.html",
        status=422 if fault else 200,
        session=session,
        product=shown,
        beside=request.app[ACCOUNT].shelf.beside(shown),
        arrives=arrives,
        fault=fault,
        max_pieces=MAX_PIECES,
    )


def _basket_page(request: web.Request, session: ShopSession, fault: str = "") -> web.Response:
    shelf = request.app[ACCOUNT].shelf
    return page(
        request,
        "basket.html",
        status=422 if fault else 200,
        session=session,
        quote=session.price(shelf),
        added=shelf.product(request.query.get("added", "")),
        fault=fault,
        arrives=arrives,
        max_lines=MAX_LINES,
        max_pieces=MAX_PIECES,
        free_from=FREE_SHIPPING_FROM,
    )


def _product(request: web.Request) -> Product:
    found = request.app[ACCOUNT].shelf.product(request.match_info["asin"])
    if found is None:
        raise web.HTTPNotFound(text="この商品はありません。")
    return found


def _quantity(text: str) -> int | None:
    """Whole pieces from 0, full-width digits too; None for anything else."""
    return int(text) if re.fullmatch(r"\d{1,6}", text.strip()) else None
