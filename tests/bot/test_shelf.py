"""One token for all processes: one fetches it, the others find it, and nobody can read it in the database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import text

from bot.app import provision
from bot.lineworks.token import TokenRefused, TokenSource
from bot.shelf import FETCHING, TokenShelf
from punchout.secret import Secret
from storage.database import Database
from storage.vault import Keyring
from tests.bot.lineworks.fake import FakeLineWorks, answer
from tests.trouble.house import CLIENT_SECRET, COMPANY, NOW, Clock, config, key_pair, vault


@dataclass
class Company:
    """A company whose processes each have a source of tokens of their own."""

    db: Database
    fake: FakeLineWorks
    session: aiohttp.ClientSession
    auth_url: str
    clock: Clock

    def shelf(self, scope: str = "bot", ring: Keyring | None = None) -> TokenShelf:
        return TokenShelf(self.db, ring or vault(), COMPANY, ("client-1", scope), self.clock)

    def process(self, scope: str = "bot", ring: Keyring | None = None) -> TokenSource:
        return TokenSource(
            self.session,
            self.auth_url,
            client_id="client-1",
            client_secret=Secret(CLIENT_SECRET),
            service_account="bot.serviceaccount@sample",
            private_key=Secret(key_pair()[0]),
            clock=self.clock,
            scope=scope,
            shelf=self.shelf(scope, ring),
        )

    @property
    def fetched(self) -> int:
        return len(self.fake.tokens_asked)


@pytest.fixture
async def company(database: Database) -> AsyncIterator[Company]:
    await database.write(lambda tx: provision(tx, config(), NOW))
    fake = FakeLineWorks()
    async with TestServer(fake.app()) as server, aiohttp.ClientSession() as session:
        yield Company(database, fake, session, str(server.make_url("/oauth2/v2.0")), Clock())


async def said(source: TokenSource) -> str:
    return (await source.token()).reveal()


async def test_processes_that_start_together_fetch_one_token(company: Company) -> None:
    company.fake.token_free.clear()
    asking = [asyncio.create_task(said(company.process())) for _ in range(5)]
    await company.fake.token_wanted.wait()
    company.fake.token_free.set()
    assert await asyncio.gather(*asking) == ["token-1"] * 5
    assert company.fetched == 1


async def test_a_restart_finds_the_token_until_it_is_due(company: Company) -> None:
    company.fake.expires_in = "3600"
    assert await said(company.process()) == "token-1"
    company.clock.advance(seconds=3539)
    assert await said(company.process()) == "token-1"
    company.clock.advance(seconds=1)
    assert await said(company.process()) == "token-2"


async def test_a_token_that_is_refused_to_many_processes_is_replaced_once(company: Company) -> None:
    processes = [company.process() for _ in range(4)]
    for process in processes:
        process.invalidate(await process.token())
    assert [await said(process) for process in processes] == ["token-2"] * 4
    assert company.fetched == 2


async def test_nobody_reads_it_in_the_database(company: Company) -> None:
    await said(company.process())
    sealed = await company.db.read(
        lambda tx: tx.conn.execute(text("SELECT sealed FROM access_token")).scalar_one()
    )
    assert bytes(sealed).startswith(b"1.k1.")
    assert b"token-1" not in bytes(sealed)


async def test_other_scopes_or_another_key_ring_ask_anew(company: Company) -> None:
    assert await said(company.process()) == "token-1"
    assert await said(company.process(scope="bot user.read")) == "token-2"
    assert await said(company.process(scope="bot user.read", ring=Keyring({"k2": b"2" * 32}))) == "token-3"


async def test_a_refusal_lets_the_next_one_try(company: Company) -> None:
    company.fake.token_answers.append(answer(400, {"returnCode": "99"}))
    with pytest.raises(TokenRefused):
        await said(company.process())
    assert await said(company.process()) == "token-2"


async def test_who_died_while_fetching_is_not_waited_for_long(company: Company) -> None:
    assert await company.shelf().find(None) is None
    waiting = asyncio.create_task(said(company.process()))
    await asyncio.sleep(0.05)
    assert company.fetched == 0
    company.clock.advance(seconds=FETCHING.total_seconds())
    assert await waiting == "token-1"


async def test_a_claim_from_before_the_clock_was_set_back_binds_nobody(company: Company) -> None:
    company.clock.advance(hours=3)
    assert await company.shelf().find(None) is None
    company.clock.advance(hours=-3)
    assert await said(company.process()) == "token-1"


async def test_an_old_token_may_lack_a_scope_that_was_granted_since(company: Company) -> None:
    process = company.process()
    token = await process.token()
    assert not process.outdated(token)
    company.clock.advance(seconds=timedelta(minutes=11).total_seconds())
    assert process.outdated(token)
    assert not process.outdated(Secret("another"))
