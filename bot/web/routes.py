"""The application's routes, and the answer to whatever is not one.

Errors are made kind handler by handler, not by a middleware: callbacks, which have no reader, would pay for it as well,
and aiohttp's way to it took a twentieth of their time (bench/ack.py).
"""

import logging
from collections.abc import Mapping
from functools import wraps

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.web import health
from bot.web.callback import callback
from bot.web.cart import cart
from bot.web.cxml import cxml
from bot.web.guide import guide
from bot.web.pages import HERE, language_of, page, too_many
from bot.web.services import AGAIN, SERVICES, Services, loop_time
from bot.web.shop import fresh, head, shop
from storage.database import DatabaseFault

_log = logging.getLogger(__name__)
_FOR_PEOPLE = ("/shop/", "/punchout/", "/guide")
_COUNTED = ("/shop/", "/punchout/")


def _kind(handler: Handler) -> Handler:
    """The handler whose errors are a page for a member, and the code alone for a program: never a trace."""

    @wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        try:
            return await _answer(request, handler, services)
        finally:
            services.bodies.release(request)

    return handle


async def _answer(request: web.Request, handler: Handler, services: Services) -> web.StreamResponse:
    if request.path.startswith(_COUNTED) and (seconds := services.limits.too_many(request, loop_time())):
        return too_many(request, seconds, services.app_url())
    try:
        return await handler(request)
    except DatabaseFault as fault:
        _log.error("%s %s: %s", request.method, request.path, fault)
        answer = (
            _sorry(request, "busy", 503) if request.path.startswith(_FOR_PEOPLE) else web.Response(status=503)
        )
        answer.headers["Retry-After"] = AGAIN
        return answer
    except web.HTTPException as error:
        if error.status < 400 or not request.path.startswith(_FOR_PEOPLE):
            raise
        answer = _sorry(request, "busy" if error.status == 503 else "not_found", error.status)
        if again := error.headers.get("Retry-After"):
            answer.headers["Retry-After"] = again
        return answer
    # The last net: what went wrong is in the log, not on the page.
    except Exception:  # noqa: BLE001
        _log.exception("%s %s failed", request.method, request.path)
        if not request.path.startswith(_FOR_PEOPLE):
            return web.Response(status=500)
        return _sorry(request, "error", 500)


async def _nowhere(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound


async def _not_this_way(request: web.Request) -> web.StreamResponse:
    raise web.HTTPMethodNotAllowed(request.method, ())


def _sorry(request: web.Request, name: str, status: int) -> web.Response:
    words, services = language_of(request), request.app[SERVICES]
    return page(
        words,
        title=words("page", f"{name}_title"),
        text=words("page", name),
        status=status,
        tone="bad",
        app_url=services.app_url(),
    )


_PEOPLE: Mapping[str, Mapping[str, Handler]] = {
    "/shop/{token}": {"GET": shop, "HEAD": head},
    "/shop/{token}/fresh": {"POST": fresh},
    "/punchout/cart/{token}": {"POST": cart},
    "/guide": {"GET": guide, "HEAD": guide},
}
"""Where people come: whatever they find there is a page."""


def application(services: Services) -> web.Application:
    app = web.Application()
    app[SERVICES] = services
    app.router.add_post("/lineworks/callback", callback)
    for path, ways in _PEOPLE.items():
        for method, handler in {**ways, "*": _not_this_way}.items():
            app.router.add_route(method, path, _kind(handler))
    app.router.add_route("*", "/{area:shop|punchout}/{rest:.*}", _kind(_nowhere))
    app.router.add_post("/cxml", _kind(cxml))
    health.add_routes(app)
    app.router.add_static("/static", HERE / "static")
    return app
