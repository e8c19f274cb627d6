"""Access tokens for a service account: a signed JWT in, a token out, kept until shortly before it dies.

LINE WORKS reference 1.2 to 1.7. One token at a time, and however many callers ask while there is none, one
request; where processes share a `Shelf`, one request of all of them. No refresh token is kept: with a service
account a new JWT is as cheap. Nothing here ever prints a key or a token.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import aiohttp
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot.lineworks.answer import Answer, read_answer
from punchout.secret import Secret

SCOPE = "bot.message user.profile.read"
TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_LIFE = timedelta(seconds=3600)
_MARGIN = timedelta(seconds=60)
_OUTDATED = timedelta(minutes=10)
_SHORTEST_LIFE = 3600
_LONGEST_LIFE = 86_400


class KeyUnreadable(ValueError):
    """The private key is not one; says what to give instead, never what was given."""


class TokenRefused(Exception):
    """The platform won't give a token to these credentials: a person has to look."""


class TokenUnreachable(Exception):
    """The token server didn't answer, or not with a token: worth another try."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and when another one is due."""

    secret: Secret
    issued_at: datetime
    renew_at: datetime


class Shelf(Protocol):
    """Where processes that share a token leave it for each other."""

    async def find(self, refused: Secret | None) -> Token | None:
        """The token that is there, waiting for one that is being fetched. None: it is the caller's to fetch one, and
        to `leave` it here soon. A token that the platform `refused` counts as none."""

    async def leave(self, token: Token | None) -> None:
        """What was fetched; None when nothing was to be had, so that somebody else may try."""


class TokenSource:
    """The one place that knows the current token. `private_key` is PEM text, `clock` gives aware UTC."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        auth_url: str,
        *,
        client_id: str,
        client_secret: Secret,
        service_account: str,
        private_key: Secret,
        clock: Callable[[], datetime],
        scope: str = SCOPE,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
        shelf: Shelf | None = None,
    ) -> None:
        self._session = session
        self._url = f"{auth_url.rstrip('/')}/token"
        self._client_id = client_id
        self._client_secret = client_secret
        self._service_account = service_account
        self._key = _load_key(private_key)
        self._clock = clock
        self._scope = scope
        self._timeout = timeout
        self._shelf = shelf
        self._token: Token | None = None
        self._refused: Secret | None = None
        self._flight: asyncio.Task[Secret] | None = None

    async def token(self) -> Secret:
        """A token with some life left; TokenRefused or TokenUnreachable, the same for all who waited."""
        if self._token is not None and self._clock() < self._token.renew_at:
            return self._token.secret
        if self._flight is None:
            self._flight = asyncio.create_task(self._renew(), name="line works token")
            self._flight.add_done_callback(self._landed)
        return await asyncio.shield(self._flight)

    def invalidate(self, token: Secret) -> None:
        """The platform refused `token`; one that has already been replaced is none of our business."""
        if self._token is not None and self._token.secret == token:
            self._token, self._refused = None, token

    def outdated(self, token: Secret) -> bool:
        """Whether `token` is so old that a fresh one may be allowed more: scopes are granted with the token."""
        current = self._token
        return (
            current is not None and current.secret == token and self._clock() - current.issued_at > _OUTDATED
        )

    def _landed(self, flight: asyncio.Task[Secret]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # every caller may have left; asyncio would complain of an error nobody took

    async def _renew(self) -> Secret:
        found = await self._shelf.find(self._refused) if self._shelf else None
        if found is None:
            try:
                found = await self._fetch()
            finally:
                if self._shelf:
                    await self._shelf.leave(found)
        self._token = found
        return found.secret

    async def _fetch(self) -> Token:
        asked_at = self._clock()
        answer = await self._ask(asked_at)
        token = answer.facts.get("access_token")
        if answer.status != 200 or not isinstance(token, str) or not token:
            raise self._fault(answer)
        life = _life(answer.facts.get("expires_in"))
        return Token(Secret(token), asked_at, asked_at + life - min(_MARGIN, life / 10))

    async def _ask(self, now: datetime) -> Answer:
        form = {
            "assertion": self._assertion(now),
            "grant_type": _GRANT,
            "client_id": self._client_id,
            "client_secret": self._client_secret.reveal(),
            "scope": self._scope,
        }
        try:
            async with self._session.post(
                self._url, data=form, timeout=self._timeout, allow_redirects=False
            ) as response:
                return await read_answer(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TokenUnreachable(
                f"the LINE WORKS token server can't be reached ({type(error).__name__}): "
                "check the network and auth_url"
            ) from None

    def _assertion(self, now: datetime) -> str:
        """RS256 over whole seconds; the samples' fractions are not needed, and an hour is the most (1.2)."""
        claims = {
            "iss": self._client_id,
            "sub": self._service_account,
            "iat": int(now.timestamp()),
            "exp": int((now + _ASSERTION_LIFE).timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm="RS256")

    def _fault(self, answer: Answer) -> TokenRefused | TokenUnreachable:
        said = f"HTTP {answer.status}{f' {answer.code}' if answer.code else ''}"
        if answer.status == 200 or answer.status == 429 or answer.status >= 500:
            return TokenUnreachable(f"the LINE WORKS token server gave no token ({said})")
        if answer.status in (404, 405) or answer.status < 400:
            return TokenRefused(f"no LINE WORKS token server at auth_url ({said}): check auth_url")
        return TokenRefused(
            f"LINE WORKS refused to give a token ({said}): check client_id, client_secret, service_account "
            f"and private key, that the app is granted the scopes {self._scope!r}, and this machine's clock"
        )


def _load_key(pem: Secret) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.reveal().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyUnreadable(
            "the LINE WORKS private key can't be read: give the whole .key file of the developer console, "
            "unencrypted, from BEGIN to END with its line breaks"
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise KeyUnreadable(
            "the LINE WORKS private key is not an RSA key: give the .key file of the developer console"
        )
    return key


def _life(expires_in: object) -> timedelta:
    """Seconds as text or number, both are seen; what can't be read counts as the shortest life (1.4)."""
    try:
        seconds = int(expires_in) if isinstance(expires_in, str | int | float) else _SHORTEST_LIFE
    except (ValueError, OverflowError):
        seconds = _SHORTEST_LIFE
    return timedelta(seconds=min(max(seconds, 0), _LONGEST_LIFE))
