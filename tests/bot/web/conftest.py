"""The bot's web application on a port of its own: real HTTP, both engines, an Amazon that does as it is told."""

import asyncio
import io
import logging
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import psycopg
import pytest
from aiohttp.test_utils import TestServer
from sqlmodel import select

from bot import log
from bot.app import services_of
from bot.lineworks.signature import sign
from bot.web.routes import application
from bot.web.services import Services
from punchout.secret import Secret
from punchout.supplier import Supplier
from purchasing.values import Company
from storage import tables
from storage.database import Database, Tx, open_database
from tests.trouble.amazon import FakeAmazon, fake_amazon
from tests.trouble.house import (
    BOT_ID,
    BOT_SECRET,
    NOTICE_PASSWORD,
    NOTICE_USER,
    Clock,
    assert_silent,
    company_at,
    config,
    furnished,
    vault,
)


@dataclass
class Site:
    """The bot as everybody outside meets it, and a second look at its database."""

    session: aiohttp.ClientSession
    base: str
    services: Services
    database_url: str
    amazon: FakeAmazon
    clock: Clock
    company: Company
    written: io.StringIO
    pages: list[str] = field(default_factory=list)

    @property
    def db(self) -> Database:
        return self.services.db

    async def call(self, method: str, path: str, **how: Any) -> "Answer":
        """One request, redirects not followed. Every body is kept for the search for secrets."""
        if isinstance(how.get("data"), bytes):
            how["data"] = io.BytesIO(how["data"])
        async with self.session.request(method, self.base + path, allow_redirects=False, **how) as response:
            body = await response.read()
            self.pages.append(body.decode("utf-8", "replace"))
            return Answer(response.status, body, response.headers)

    async def callback(self, body: bytes, **headers: str) -> int:
        """A callback of LINE WORKS, rightly signed where `headers` say nothing else; returns the HTTP code."""
        right = {
            "Content-Type": "application/json; charset=UTF-8",
            "X-WORKS-BotId": str(BOT_ID),
            "X-WORKS-Signature": sign(Secret(BOT_SECRET), body),
        }
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return (await self.call("POST", "/lineworks/callback", data=body, headers=right | named)).status

    async def notice(self, body: bytes, **how: Any) -> "Answer":
        """A document of Amazon's, with the right login where `how` says nothing else."""
        how.setdefault(
            "headers", {"Authorization": aiohttp.encode_basic_auth(NOTICE_USER, NOTICE_PASSWORD, "utf-8")}
        )
        return await self.call("POST", "/cxml", data=body, **how)

    async def stored(self, kind: str) -> list[tables.JobRow]:
        """The jobs of a kind, read through another connection: what is here is on the disk."""
        other = open_database(self.database_url)
        try:

            def load(tx: Tx) -> list[tables.JobRow]:
                rows = tx.orm.exec(select(tables.JobRow).where(tables.JobRow.kind == kind)).all()
                return sorted(rows, key=lambda row: row.id or 0)

            return await other.read(load)
        finally:
            await other.close()

    async def documents(self) -> list[tables.StoredDocument]:
        """What came from outside and was kept, oldest first."""

        def load(tx: Tx) -> list[tables.StoredDocument]:
            query = select(tables.StoredDocument).where(tables.StoredDocument.direction == "in")
            return sorted(tx.orm.exec(query).all(), key=lambda row: row.id or 0)

        return await self.db.read(load)

    async def store_no_more(self) -> None:
        """From now on the database stores nothing that needs room (SQLite), or nothing at all (PostgreSQL)."""

        def no_more_pages(tx: Tx) -> None:
            pages = tx.conn.exec_driver_sql("PRAGMA page_count").scalar_one()
            tx.conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        def read_only(url: str) -> None:
            """What is left after a fail-over to a server that only follows."""
            with psycopg.connect(url, autocommit=True) as conn:
                name = conn.info.dbname
                conn.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        if self.database_url.startswith("sqlite"):
            await self.db.write(no_more_pages)
        else:
            await asyncio.to_thread(read_only, self.database_url)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Any

    @property
    def text(self) -> str:
        return self.body.decode()


OWN_ACCOUNT = re.compile(r"<dd><strong>[^<]*</strong></dd>")
"""Where a page about a wrong account names the right one: to whoever holds the link of that very visit."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The process's log as it would be written, every line of it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log.JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
async def amazon() -> AsyncIterator[FakeAmazon]:
    async with fake_amazon() as found:
        yield found


@pytest.fixture
async def site(
    database_url: str, amazon: FakeAmazon, clock: Clock, written: io.StringIO
) -> AsyncIterator[Site]:
    """The site, furnished. At the end no page and no line of the log may have shown a secret."""
    db = open_database(database_url)
    await db.write(furnished)
    async with aiohttp.ClientSession() as outward, aiohttp.ClientSession() as session:
        company = company_at(amazon)
        services = replace(
            services_of(config(), db, vault(), Supplier(outward, total=0.5), clock),
            companies={company.id: company},
        )
        async with TestServer(application(services)) as server:
            base = str(server.make_url("")).rstrip("/")
            made = Site(session, base, services, database_url, amazon, clock, company, written)
            yield made
    await db.close()
    assert_silent(written.getvalue())
    for shown in made.pages:
        assert_silent(OWN_ACCOUNT.sub("", shown))
