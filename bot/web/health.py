"""GET /healthz, /readyz and /metrics: for a load balancer and for Prometheus."""

from contextlib import suppress

from aiohttp import web
from sqlmodel import col, func, select

from bot.web.services import SERVICES, Services
from storage import queue
from storage.database import DatabaseFault, Tx
from storage.tables import AccessToken, Order


async def healthz(_request: web.Request) -> web.Response:
    """The process runs and its event loop turns."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """Whether a callback sent now would be stored and worked on: an empty write goes all the way to the disk."""
    services = request.app[SERVICES]
    reasons = [reason for trouble in services.troubles if (reason := trouble())]
    try:
        await services.db.write(lambda tx: None)
        revision = await services.db.read(_revision)
        if revision != services.revision:
            reasons.append(f"the database is at revision {revision}, this program at {services.revision}")
    except DatabaseFault as fault:
        reasons.append(str(fault))
    if reasons:
        return web.json_response({"status": "not ready", "reasons": reasons}, status=503)
    return web.json_response({"status": "ready", "reasons": []})


def _revision(tx: Tx) -> str:
    return str(tx.conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


async def metrics(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    with suppress(DatabaseFault):  # what was counted here is told all the same
        await _look_at_queue(services)
        await _look_at_rows(services)
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


async def _look_at_rows(services: Services) -> None:
    """Orders by state, counted along an index, and how old the tokens are."""
    metrics, now = services.metrics, services.clock()

    def look(tx: Tx) -> None:
        for state, count in tx.orm.exec(select(Order.state, func.count()).group_by(Order.state)).all():
            metrics.orders.labels(state).set(count)
        issued = select(AccessToken.company_id, AccessToken.issued_at).where(
            col(AccessToken.issued_at).is_not(None)
        )
        for company, at in tx.orm.exec(issued).all():
            if at is not None:
                metrics.token_age.labels(company).set((now - at).total_seconds())

    metrics.orders.clear()
    await services.db.read(look)
