"""What the web routes need, under one typed key of the application."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from bot.metrics import Metrics
from bot.record import Recorder
from bot.web.bodies import Bodies
from bot.web.inbox import Inbox
from bot.web.limits import Limits
from bot.web.waiting import Waiting
from punchout.secret import Secret
from punchout.supplier import Supplier
from purchasing.values import Company
from storage.database import Database
from storage.migrate import newest
from storage.vault import Keyring

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
    waiting: Waiting
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
