"""What the web routes need, under one typed key of the application."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from bot.handlers import CALLBACK
from bot.metrics import Metrics
from bot.record import Recorder
from bot.web.bodies import Bodies
from bot.web.inbox import Inbox
from bot.web.limits import Limits
from punchout.secret import Secret
from punchout.supplier import Supplier
from purchasing.values import Company
from storage import backlog
from storage.database import Database, DatabaseFault
from storage.migrate import newest
from storage.vault import Keyring

_log = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between two looks at how many callbacks wait."""
AGAIN = "30"
"""Seconds (Retry-After) for who comes while the database is full or far behind."""


@dataclass(frozen=True, slots=True)
class Bot:
    """Which company a callback belongs to, and the secret that signs it."""

    company_id: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Login:
    """What Amazon shows when it posts to us in a company's name."""

    company_id: str
    user: str
    password: Secret


class Waiting:
    """How many callbacks wait to be worked on. Looked at beside the callbacks, at most every LOOK seconds."""

    def __init__(self, db: Database, most: int) -> None:
        self._db, self._most = db, most
        self._count, self._look_at = 0, 0.0
        self._looking: asyncio.Task[None] | None = None

    async def too_many(self) -> bool:
        """Whether no more should be taken. Knows what was true at the last look; nobody is refused without a new one."""
        now, full = asyncio.get_running_loop().time(), self._count >= self._most
        if self._looking is None and (full or now >= self._look_at):
            self._look_at = now + LOOK
            self._looking = asyncio.create_task(self._look(), name="waiting callbacks")
        if full and self._looking is not None:
            await asyncio.shield(self._looking)
        return self._count >= self._most

    async def _look(self) -> None:
        try:
            self._count = await self._db.read(lambda tx: backlog.waiting(tx, CALLBACK, self._most))
            if self._count >= self._most:
                _log.error("%d callbacks wait already: more are refused", self._count)
        except DatabaseFault:
            pass  # whoever stores the callback will say so
        finally:
            self._looking = None


@dataclass(frozen=True, slots=True)
class Services:
    db: Database
    vault: Keyring
    supplier: Supplier
    companies: Mapping[str, Company]
    bots: Mapping[str, Bot]
    logins: tuple[Login, ...]
    app_urls: Mapping[str, str]
    clock: Callable[[], datetime]
    inbox: Inbox
    waiting: "Waiting"
    recorder: Recorder | None = None
    limits: Limits = field(default_factory=Limits)
    bodies: Bodies = field(default_factory=Bodies)
    revision: str = field(default_factory=newest)
    troubles: list[Callable[[], str]] = field(default_factory=list)
    """Asked by /readyz: each says what is wrong with a part of this process, "" where nothing is."""
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def first_company(self) -> str:
        """Where evidence goes that names no company."""
        return next(iter(self.companies))

    def app_url(self, company_id: str = "") -> str:
        """Where the LINE WORKS app of this company opens. Where nobody knows the company: the address that all
        companies have in common, or "" if they have none."""
        if company_id in self.app_urls:
            return self.app_urls[company_id]
        shared = set(self.app_urls.values())
        return shared.pop() if len(shared) == 1 else ""


SERVICES = web.AppKey("services", Services)


def loop_time() -> float:
    """Now, in the seconds that limits count in."""
    return asyncio.get_running_loop().time()
