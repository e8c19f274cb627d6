"""GET /healthz, /readyz and /metrics: for a load balancer and for Prometheus."""

from contextlib import suppress

from aiohttp import web

from bot.web.services import SERVICES, Services
from storage import queue
from storage.database import DatabaseFault


async def healthz(_request: web.Request) -> web.Response:
    """The process runs and its event loop turns."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """Whether a callback sent now would be stored: an empty write goes all the way to the disk."""
    try:
        await request.app[SERVICES].db.write(lambda tx: None)
    except DatabaseFault as fault:
        return web.json_response({"status": "not ready", "reasons": [str(fault)]}, status=503)
    return web.json_response({"status": "ready", "reasons": []})


async def metrics(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    with suppress(DatabaseFault):  # what was counted here is told all the same
        await _look_at_queue(services)
    return web.Response(
        body=services.metrics.expose(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    )


async def _look_at_queue(services: Services) -> None:
    now = services.clock()
    services.metrics.jobs.clear()
    services.metrics.oldest.clear()
    for depth in await services.db.read(queue.depth):
        for state in ("waiting", "ready", "leased", "buried"):
            services.metrics.jobs.labels(depth.kind, state).set(getattr(depth, state))
        if depth.oldest_due is not None and depth.oldest_due <= now:
            services.metrics.oldest.labels(depth.kind).set((now - depth.oldest_due).total_seconds())
