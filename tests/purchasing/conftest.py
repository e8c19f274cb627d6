"""A database with a company, its addresses and two members, and an Amazon that does as it is told."""

import tomllib
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.config import Config
from punchout.supplier import Supplier
from purchasing.values import Company
from storage.database import Database
from tests.trouble.amazon import FakeAmazon, fake_amazon
from tests.trouble.house import Clock, company_of, config_text, furnished


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def amazon() -> AsyncIterator[FakeAmazon]:
    async with fake_amazon() as found:
        yield found


@pytest.fixture
def config(amazon: FakeAmazon) -> Config:
    text = config_text(punchout_url=amazon.punchout_url, order_url=amazon.order_url)
    return Config.model_validate(tomllib.loads(text))


@pytest.fixture
def company(config: Config) -> Company:
    return company_of(config)


@pytest.fixture
async def shop(database: Database, config: Config) -> Database:
    """The database, furnished; on both engines."""
    await database.write(lambda tx: furnished(tx, config))
    return database


@pytest.fixture
async def supplier() -> AsyncIterator[Supplier]:
    async with aiohttp.ClientSession() as session:
        yield Supplier(session, total=0.5)
