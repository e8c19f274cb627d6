"""Both stand-ins as one web application: LINE WORKS at /lineworks, Amazon Business at /amazon."""

from aiohttp import web

from sandbox import web as pages
from sandbox.amazon.app import make_amazon
from sandbox.lineworks.app import TENANT, make_lineworks
from sandbox.lineworks.tenant import Clock, utc_now
from sandbox.settings import Settings

TEMPLATES = pages.templates(pages.HERE / "templates")


def make_sandbox(settings: Settings, clock: Clock = utc_now) -> web.Application:
    """The sandbox, ready to be served at `settings.address`; raises KeyUnusable for a bad key file."""
    app = web.Application()
    lineworks = make_lineworks(settings.lineworks, clock)
    app[TENANT] = lineworks[TENANT]
    app.add_subapp("/lineworks", lineworks)
    app.add_subapp("/amazon", make_amazon(settings.amazon))
    app.router.add_static("/static", pages.STATIC)

    async def welcome(request: web.Request) -> web.Response:
        return pages.page(
            TEMPLATES,
            "welcome.html",
            base=str(request.url.origin()),
            lineworks=settings.lineworks,
            amazon=settings.amazon,
            has_private_key=lineworks[TENANT].keys.private_pem is not None,
        )

    app.router.add_get("/", welcome)
    return app
