"""A company's line to LINE WORKS."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from bot.config import CompanyConfig
from bot.lineworks.client import Client
from bot.lineworks.token import Shelf, TokenSource
from bot.metrics import Metrics
from bot.pacing import SharedPace
from bot.shelf import TokenShelf
from bot.watching import Watch, WatchedClient, WatchedPace
from storage.database import Database
from storage.vault import Keyring

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Line:
    """A company's connection to LINE WORKS: its client and the pace it may send at, in common with all processes."""

    client: Client
    pace: SharedPace
    app_url: str


def line_of(
    config: CompanyConfig,
    session: aiohttp.ClientSession,
    clock: Clock,
    shelf: Shelf | None = None,
    metrics: Metrics | None = None,
) -> Line:
    """The company's connection to LINE WORKS. Raises KeyUnreadable for a private key that is none."""
    works = config.lineworks
    tokens = TokenSource(
        session,
        works.auth_url,
        client_id=works.client_id,
        client_secret=works.client_secret,
        service_account=works.service_account,
        private_key=works.private_key,
        clock=clock,
        scope=works.scope,
        shelf=shelf,
    )
    metrics = metrics or Metrics()
    watch = Watch(f"LINE WORKS {config.key}", metrics.circuits, clock)
    client = WatchedClient(session, works.api_url, works.bot_id, tokens, clock)
    pace = WatchedPace(config.key, works.sends_per_minute)
    return Line(client.watched_by(watch, metrics), pace.watched_by(watch), works.app_url)


def shelf_of(config: CompanyConfig, db: Database, vault: Keyring, clock: Clock) -> TokenShelf:
    """Where all processes of the company find its token, as long as they ask for it in the same way."""
    works = config.lineworks
    credentials = (works.auth_url, works.client_id, works.service_account, works.scope)
    return TokenShelf(db, vault, config.key, credentials, clock)
