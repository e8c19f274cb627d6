"""The only door of this room to the outside: posts a setup or an order and says what came of it.

Redirects are not followed: whoever could bend one would get the order and the secret. No exception text of
the HTTP library leaves this file, because an address may hold the secret token of the PO Request URL.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp

from punchout.envelope import Account
from punchout.outcome import (
    OrderOutcome,
    Refused,
    SetupOutcome,
    StartPage,
    Taken,
    Unknown,
    Unreachable,
    Unreadable,
    order_outcome,
    setup_outcome,
)

__all__ = [
    "OrderOutcome", "Refused", "SetupOutcome", "StartPage", "Supplier", "Taken", "Unknown", "Unreachable",
    "Unreadable",
]  # fmt: skip

MAX_ANSWER: Final = 1024 * 1024
_HEADERS: Final = {
    "Content-Type": "text/xml; charset=UTF-8",
    "Accept": "text/xml, application/xml",
    # A packed answer could be a bomb, and none is long enough to be worth packing.
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True, slots=True)
class _Answer:
    http: int
    body: bytes


@dataclass(frozen=True, slots=True)
class _Broken:
    """Sent at least in part, and no answer that can be read."""

    why: str


class Supplier:
    """Posts documents over `session`, which stays the caller's. Times in seconds. `certificates` are the TLS of
    those accounts, by identity, that log in by a client certificate."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        certificates: Mapping[str, ssl.SSLContext] | None = None,
        *,
        connect: float = 10,
        total: float = 30,
    ) -> None:
        self._session = session
        self._certificates = certificates or {}
        self._timeout = aiohttp.ClientTimeout(total=total, connect=connect)

    async def setup(self, url: str, body: bytes) -> SetupOutcome:
        """Ask for a way into the shop. Nothing is lost when this fails: the member taps again."""
        match await self._post(url, body, _HEADERS):
            case _Answer(http, answer):
                return setup_outcome(url, http, answer)
            case Unreachable() as outcome:
                return outcome
            case _Broken(why):
                return Unreachable(why)

    async def order(self, url: str, account: Account, body: bytes) -> OrderOutcome:
        """Place the order in `body`; on `Unknown` call again with the same bytes, never with new ones. The
        login goes as HTTP Basic or as a client certificate besides the SharedSecret in the document (Amazon
        reference 8.1)."""
        tls, headers = self._certificates.get(account.identity), _HEADERS
        if tls is None:
            login = aiohttp.encode_basic_auth(account.identity, account.secret.reveal())
            headers = headers | {"Authorization": login}
        match await self._post(url, body, headers, tls):
            case _Answer(http, answer):
                return order_outcome(http, answer)
            case Unreachable() as outcome:
                return outcome
            case _Broken(why):
                return Unknown(why)

    async def _post(
        self, url: str, body: bytes, headers: dict[str, str], tls: ssl.SSLContext | None = None
    ) -> _Answer | _Broken | Unreachable:
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False, ssl=tls or True
            ) as answer:
                return _Answer(answer.status, await _read(answer))
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            return Unreachable("The address is not one that can be called.")
        except aiohttp.ClientSSLError:
            return Unreachable("The other side's certificate was not accepted.")
        except aiohttp.ClientConnectorDNSError:
            return Unreachable("The name of the host was not found.")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError):
            return Unreachable("The host did not accept a connection.")
        except TimeoutError:
            return _Broken("No answer came in time.")
        except aiohttp.ClientError:
            return _Broken("The connection broke before the answer was complete.")


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The body, cut off above the limit: what is that long is no answer of cXML and will not parse as one."""
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65536):
        body += chunk
        if len(body) > MAX_ANSWER:
            break
    return bytes(body)
