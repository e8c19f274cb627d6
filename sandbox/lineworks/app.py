"""The stand-in for LINE WORKS as a web application."""

from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.lineworks.api import Api
from sandbox.lineworks.attachments import Attachments
from sandbox.lineworks.auth import Auth
from sandbox.lineworks.pages import Pages
from sandbox.lineworks.room_api import RoomApi
from sandbox.lineworks.talk_api import TalkApi
from sandbox.lineworks.tenant import Clock, Tenant, utc_now
from sandbox.settings import LineWorksSettings

TENANT = web.AppKey("tenant", Tenant)


def make_lineworks(settings: LineWorksSettings, clock: Clock = utc_now) -> web.Application:
    """Token server at `/oauth2/v2.0`, API at `/v1.0`, the talk at `/talk`; mounted at `/lineworks`.

    Raises KeyUnusable when a named key file can't be used.
    """
    app = web.Application()
    tenant = app[TENANT] = Tenant(settings, clock)
    # Api comes after the others under /v1.0: it answers every path that nobody knows.
    api = (Auth(tenant), Attachments(tenant), RoomApi(tenant), Api(tenant))
    for part in (*api, TalkApi(tenant), Pages(tenant)):
        app.add_routes(part.routes())
    app.cleanup_ctx.append(_callbacks)
    app.on_shutdown.append(_stop_waiting)
    return app


async def _callbacks(app: web.Application) -> AsyncIterator[None]:
    await app[TENANT].callbacks.open()
    yield
    await app[TENANT].callbacks.close()


async def _stop_waiting(app: web.Application) -> None:
    app[TENANT].pulse.stop()
