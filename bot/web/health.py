"""GET /healthz, /readyz and /metrics: for a load balancer and for Prometheus."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from aiohttp import web
from sqlmodel import col, func, select

from bot.handlers import CALLBACK
from bot.web.services import SERVICES, Services
from storage import backlog
from storage.database import DatabaseFault, Tx
from storage.tables import AccessToken, Order

PATIENCE = 3.0
"""Seconds that the database may take to store something; whoever asks waits little longer."""
APART = timedelta(seconds=2)
"""What the clocks of machines that share the work may differ by: work waits for the later one, and a lease (8 s, renewed
every 3) that another clock sees run out is taken from a worker that lives."""
UNATTENDED = timedelta(seconds=30)
"""A worker that lives takes a callback within seconds, and one that a dead one held after its lease."""


def application(services: Services) -> web.Application:
    """What a process without public routes serves: a worker alone."""
    app = web.Application()
    app[SERVICES] = services
    add_routes(app)
    return app


def add_routes(app: web.Application) -> None:
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


async def healthz(_request: web.Request) -> web.Response:
    """The process runs and its event loop turns."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """Whether a callback sent now would be stored, and worked on: something is stored all the way to the disk.

    Callbacks that nobody works on are a warning and no reason to be taken out of service: stored they are answered
    later, and what is turned away LINE WORKS never sends again. For the same reason a schema that is newer than the
    program is a warning: it was migrated for those who start one after the other in a rolling restart.
    """
    services = request.app[SERVICES]
    reasons = [reason for trouble in services.troubles if (reason := trouble())]
    warnings: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE):
            await services.db.probe()
            revision, unattended = await services.db.read(
                lambda tx: (_revision(tx), _unattended(tx, services.clock()))
            )
            other_clock = clock_differs(await services.db.ahead())
        warnings += [warning for warning in (unattended, other_clock) if warning]
        if revision != services.revision:
            newer = revision.isdecimal() and revision > services.revision
            said = f"the database is at revision {revision}, this program at {services.revision}"
            (warnings if newer else reasons).append(f"{said}: update the program" if newer else said)
        if await services.waiting.too_many():
            reasons.append("too many callbacks wait already: more are refused")
    except DatabaseFault as fault:
        reasons.append(str(fault))
    except TimeoutError:
        reasons.append(f"the database did not store anything for {PATIENCE:.0f} seconds")
    told = {"status": "not ready" if reasons else "ready", "reasons": reasons, "warnings": warnings}
    return web.json_response(told, status=503 if reasons else 200)


def _revision(tx: Tx) -> str:
    return str(tx.conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def _unattended(tx: Tx, now: datetime) -> str:
    """A warning if the oldest callback has been waiting for so long that no worker can be alive and well."""
    since = backlog.untouched_since(tx, CALLBACK)
    if since is None or now - since < UNATTENDED:
        return ""
    waited = (now - since).total_seconds()
    return f"a callback has been waiting for {waited:.0f} seconds: no worker takes it, or they are far behind"


def clock_differs(ahead: timedelta) -> str:
    """A warning if this machine's clock and the database's are too far apart."""
    if abs(ahead) < APART:
        return ""
    how = "ahead of" if ahead > timedelta(0) else "behind"
    return f"this machine's clock is {abs(ahead).total_seconds():.0f} seconds {how} the database's: set both by NTP"


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
    for depth in await services.db.read(backlog.depth):
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
