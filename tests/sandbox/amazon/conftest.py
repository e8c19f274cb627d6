"""The stand-in on a port of its own, with a buyer in front of it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from sandbox.settings import AmazonSettings
from tests.sandbox.amazon.buyer import Buyer, Clock, Pause, Receiver, mounted


@pytest.fixture
def mode() -> str:
    """Overridden by tests of the active mode."""
    return "test"


@pytest.fixture
async def buyer(mode: str) -> AsyncIterator[Buyer]:
    receiver, clock, pause = Receiver(), Clock(), Pause()
    inbox = web.Application()
    inbox.router.add_post("/cxml", receiver.take)
    async with TestServer(inbox) as inbox_server:
        settings = AmazonSettings.model_validate(
            {"notice_url": str(inbox_server.make_url("/cxml")), "mode": mode}
        )
        async with TestServer(mounted(settings, clock, pause)) as server, ClientSession() as session:
            yield Buyer(session, str(server.make_url("/amazon")), clock, pause, receiver, settings)
