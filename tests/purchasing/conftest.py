"""A database with a company, its addresses and two members, and an Amazon that does as it is told."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from punchout.supplier import Supplier
from purchasing.values import Company
from storage.database import Database
from tests.trouble.amazon import FakeAmazon, fake_amazon
from tests.trouble.house import Clock, company_at, furnished


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def amazon() -> AsyncIterator[FakeAmazon]:
    async with fake_amazon() as found:
        yield found


@pytest.fixture
def company(amazon: FakeAmazon) -> Company:
    return company_at(amazon)


@pytest.fixture
async def shop(database: Database) -> Database:
    """The database, furnished; on both engines."""
    await database.write(furnished)
    return database


@pytest.fixture
async def supplier() -> AsyncIterator[Supplier]:
    async with aiohttp.ClientSession() as session:
        yield Supplier(session, total=0.5)
