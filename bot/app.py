"""The composition: from a configuration to a running bot, and back down in good order.

`running` is all there is to it: database and keys, one connection to LINE WORKS per company, the web routes, the worker.
The command line, the demo and the tests start the same bot with it.
"""

import asyncio
import logging
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from bot import sweeping, unconfigured
from bot.certificate import contexts, show_ends, valid_until
from bot.config import CompanyConfig, Config
from bot.handlers import CALLBACK, Handlers
from bot.line import Line, line_of, shelf_of
from bot.metrics import Metrics
from bot.record import Recorder
from bot.sweeping import Sweeper, ages_of
from bot.talk import outbox
from bot.unconfigured import configured
from bot.watching import Watch, WatchedSupplier, watched
from bot.web import health, routes
from bot.web.door import open_door
from bot.web.inbox import Inbox
from bot.web.limits import Limits
from bot.web.services import Bot, Login, Services
from bot.web.waiting import Waiting
from bot.worker import ALONE, SAFETY_NET, Hands, Worker
from punchout.envelope import Account
from punchout.supplier import Supplier
from purchasing import addresses, companies, evidence, intake, notices, ordering, preferences, reminders
from purchasing.accounting import Accounting
from purchasing.addresses import Declared
from purchasing.retention import Ages
from purchasing.values import Company, Group
from storage import audit
from storage.database import Database, Tx, open_database
from storage.migrate import migrate
from storage.vault import Keyring, load_keyring

Clock = Callable[[], datetime]
End = Callable[[], Awaitable[None]]
_log = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Running:
    """A bot at work. `port` is 0 where no web server was asked for."""

    services: Services
    port: int


def buying(config: CompanyConfig, public_url: str, visits_per_hour: int = 60) -> Company:
    """What purchasing must know of a configured company."""
    amazon = config.amazon
    test = amazon.mode == "test"
    return Company(
        id=config.key,
        name=config.name,
        public_url=public_url,
        account=Account(
            identity=amazon.from_identity,
            secret=amazon.shared_secret,
            deployment_mode="test" if test else "production",
        ),
        punchout_url=amazon.punchout_url,
        order_url=amazon.order_url,
        test=test,
        admins=tuple(config.admins),
        number_pattern=config.order_number,
        business_unit=amazon.business_unit,
        link_life=config.link_life,
        permitted=tuple(config.permitted),
        contact=config.contact,
        groups=tuple(
            Group(
                g.name,
                tuple(g.members),
                tuple(g.addresses),
                tuple(g.admins),
                g.business_unit,
                Accounting(**g.accounting.model_dump()),
            )
            for g in config.groups
        ),
        ask_purpose=config.ask_purpose,
        accounting=Accounting(**config.accounting.model_dump()),
        certificate_until=valid_until(amazon.client_certificate) if amazon.client_certificate else None,
        visits_per_hour=visits_per_hour,
    )


def outgoing() -> aiohttp.ClientSession:
    """Without a cookie jar: the shop sessions of different members and companies must never meet in one."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())


def provision(tx: Tx, config: Config, now: datetime) -> None:
    """Make the file's companies and addresses rows."""
    for company in config.company:
        companies.provision(tx, company.key, company.name, now)
        audit.note(
            tx,
            company.key,
            "kaimono",
            "configured",
            now,
            mode=company.amazon.mode,
            addresses=len(company.addresses),
            digest=company.digest,
        )
        addresses.provision(
            tx,
            company.key,
            [Declared(key=a.id, **a.model_dump(exclude={"id"})) for a in company.addresses],
        )


def services_of(
    config: Config,
    db: Database,
    vault: Keyring,
    supplier: Supplier,
    clock: Clock,
    metrics: Metrics | None = None,
) -> Services:
    bot_secrets = {c.key: c.lineworks.bot_secret for c in config.company}
    return Services(
        db=db,
        vault=vault,
        supplier=supplier,
        companies={
            c.key: buying(c, config.public_url, config.limits.visits_per_hour) for c in config.company
        },
        bots={str(c.lineworks.bot_id): Bot(c.key, c.lineworks.bot_secret) for c in config.company},
        logins=tuple(Login(c.key, c.amazon.notice_user, c.amazon.notice_password) for c in config.company),
        app_urls={c.key: c.lineworks.app_url for c in config.company},
        clock=clock,
        metrics=metrics or Metrics(),
        limits=Limits(
            config.limits.requests_per_minute,
            config.limits.strangers_per_day,
            tuple(config.limits.trusted_proxies),
        ),
        inbox=Inbox(db),
        waiting=Waiting(db, config.limits.callbacks_waiting),
        recorder=Recorder(db, Path(config.record.callbacks), bot_secrets) if config.record else None,
    )


def certificates_of(config: Config) -> dict[str, ssl.SSLContext]:
    return contexts((c.amazon.from_identity, c.amazon.client_certificate) for c in config.company)


def worker_of(
    services: Services,
    lines: Mapping[str, Line],
    look_every: float,
    ages: Ages = Ages(),  # noqa: B008 - a frozen value
) -> Worker:
    """The worker with its pools: talking, sending and ordering never wait for each other."""
    owner = f"{socket.gethostname()}-{secrets.token_hex(6)}"
    handlers = Handlers(
        services.db,
        services.vault,
        services.supplier,
        services.companies,
        lines,
        services.clock,
        owner,
    )
    sweeper = Sweeper(services.db, ages, services.metrics, services.clock, owner)
    pools = [
        Hands(32, {CALLBACK: handlers.callback, intake.APPLY: handlers.document}, buried=handlers.buried),
        Hands(4, {notices.KIND: handlers.notice, preferences.DIGEST: handlers.digest}),
        Hands(2, {reminders.KIND: handlers.reminder}),
        Hands(1, {sweeping.KIND: sweeper.sweep}),
        *(Hands(5, {outbox.kind(key): handlers.send}, line.pace) for key, line in lines.items()),
        Hands(8, {ordering.SUBMIT: handlers.submit}, buried=handlers.buried),
    ]
    known = [watched(configured(each, services.companies), services.metrics) for each in pools]
    return Worker(services.db, services.clock, owner, known, look_every)


@asynccontextmanager
async def running(
    config: Config, *, web_too: bool = True, worker_too: bool = True, clock: Clock = utc_now
) -> AsyncIterator[Running]:
    """A bot at work until the block is left; then it stops taking, ends what it has in hand and closes."""
    vault = load_keyring(Path(config.key_file))
    await asyncio.to_thread(migrate, config.database)
    async with AsyncExitStack() as stack:
        db = open_database(config.database)
        stack.push_async_callback(db.close)
        await db.serve()
        if warning := health.clock_differs(await db.ahead()):
            _log.error("%s", warning)
        await db.write(lambda tx: provision(tx, config, clock()))
        if key := await db.read(lambda tx: evidence.lacking_key(tx, vault)):
            _log.error(
                "the newest document is sealed with the key %s, which is not in %s", key, config.key_file
            )
        session = await stack.enter_async_context(outgoing())
        metrics = Metrics()
        db.committed = metrics.units.observe
        lines = {
            c.key: line_of(c, session, clock, shelf_of(c, db, vault, clock), metrics) for c in config.company
        }
        supplier = WatchedSupplier(session, certificates_of(config))
        supplier.watched_by(Watch("Amazon", metrics.circuits, clock), metrics)
        services = services_of(config, db, vault, supplier, clock, metrics)
        show_ends(services.companies.values(), metrics.certificates, clock())
        ends: list[End] = []
        stack.push_async_callback(_at_once, ends)
        if worker_too:
            # On SQLite nobody wakes a worker that lives in a process of its own.
            alone = not web_too and config.database.startswith("sqlite")
            worker = worker_of(services, lines, ALONE if alone else SAFETY_NET, ages_of(config))
            await db.write(lambda tx: sweeping.plan(tx, clock()))
            await db.write(lambda tx: reminders.watch_certificates(tx, services.companies.values(), clock()))
            await unconfigured.tell(db, services.companies)
            worker.start()
            services.troubles.append(worker.trouble)
            _log.info("working as %s", worker.owner)
            ends.append(worker.stop)
        port = 0
        if web_too:
            port = await _listen(ends, config.listen, routes.application(services))
        elif config.worker_listen:
            port = await _listen(ends, config.worker_listen, health.application(services))
        yield Running(services, port)
        _log.info("stopping")


async def _at_once(ends: list[End]) -> None:
    """Web and worker each take some of the ten seconds that a stop may last: they take them at the same time."""
    await asyncio.gather(*(end() for end in ends))


async def _listen(ends: list[End], at: str, app: web.Application) -> int:
    host, _, port = at.rpartition(":")
    opened = await open_door(app, host.strip("[]"), int(port))
    ends.append(opened.close)
    _log.info("listening on %s:%d", host, opened.port)
    return opened.port
