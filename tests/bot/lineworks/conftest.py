"""One fake platform, one clock and one client per test; one RSA key for all of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.lineworks.client import Client
from bot.lineworks.token import TokenSource
from punchout.secret import Secret

from .fake import FakeLineWorks

CLIENT_SECRET = "client-secret-for-tests"


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 20, 2, 15, 30, 250_000, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Platform:
    """The fake and where it listens."""

    fake: FakeLineWorks
    server: TestServer
    session: aiohttp.ClientSession

    @property
    def auth_url(self) -> str:
        return str(self.server.make_url("/oauth2/v2.0"))

    @property
    def api_url(self) -> str:
        return str(self.server.make_url("/v1.0"))


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def pem(key: rsa.RSAPrivateKey) -> Secret:
    """As the developer console gives it: PKCS#8."""
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Secret(text.decode())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    fake = FakeLineWorks()
    server = TestServer(fake.app())
    async with server, aiohttp.ClientSession() as session:
        yield Platform(fake, server, session)


@pytest.fixture
def tokens(platform: Platform, pem: Secret, clock: Clock) -> TokenSource:
    return TokenSource(
        platform.session,
        platform.auth_url,
        client_id="client-1",
        client_secret=Secret(CLIENT_SECRET),
        service_account="bot.serviceaccount@sample",
        private_key=pem,
        clock=clock,
    )


@pytest.fixture
def client(platform: Platform, tokens: TokenSource, clock: Clock) -> Client:
    return Client(platform.session, platform.api_url, 2000001, tokens, clock)
