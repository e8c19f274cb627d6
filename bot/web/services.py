"""What the web routes need, under one typed key of the application."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from bot.metrics import Metrics
from bot.record import Recorder
from punchout.secret import Secret
from punchout.supplier import Supplier
from purchasing.values import Company
from storage.database import Database
from storage.vault import Keyring

MIB = 1024 * 1024


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
    recorder: Recorder | None = None
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


async def read_limited(request: web.Request, limit: int) -> bytes:
    """The body, at most `limit` bytes of it. Raises 413 without reading further."""
    if request.content_length is not None and request.content_length > limit:
        raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=request.content_length)
    body = bytearray()
    while chunk := await request.content.readany():
        body += chunk
        if len(body) > limit:
            raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(body))
    return bytes(body)
