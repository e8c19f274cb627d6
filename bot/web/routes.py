"""The application's routes, and the answer to whatever is not one."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

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


@web.middleware
async def _kind_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A member sees a page in place of a bare error; a program gets the code alone, never a trace."""
    services = request.app[SERVICES]
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
    finally:
        services.bodies.release(request)


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


def application(services: Services) -> web.Application:
    app = web.Application(middlewares=[_kind_errors])
    app[SERVICES] = services
    app.router.add_post("/lineworks/callback", callback)
    app.router.add_get("/shop/{token}", shop, allow_head=False)
    app.router.add_head("/shop/{token}", head)
    app.router.add_post("/shop/{token}/fresh", fresh)
    app.router.add_post("/punchout/cart/{token}", cart)
    app.router.add_get("/guide", guide)
    app.router.add_post("/cxml", cxml)
    health.add_routes(app)
    app.router.add_static("/static", HERE / "static")
    return app
