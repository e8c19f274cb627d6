"""What became of a document we posted, told from the HTTP code and the body of the answer.

The Status inside the body decides, whatever the HTTP code says (Amazon reference 12). Without cXML in the
body:

- HTTP 401 and 403 are final. They are the door's refusal of our login, before any document is read: nothing
  was taken, and only a person with the right password helps. It is what cXML's own 401 says.
- An order answered with any other HTTP 4xx is final too (contract, "Time"), but for 408, 425 and 429, which ask for
  the same again: a wrong PO Request URL is told at once, not after a day.
- Everything else (a redirect, an HTML page, an empty 200, HTTP 5xx) is a transport error by the standard: it may be a
  proxy or a deployment speaking, not Amazon. A setup is then unreadable, or unreachable for a 5xx; an order may have
  been taken, so its outcome is unknown and the same bytes must be sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from punchout.status import Response, Status, read_response
from punchout.xml import DocumentRefused, XmlRefused

__all__ = [
    "OrderOutcome", "Refused", "SetupOutcome", "StartPage", "Taken", "Unknown", "Unreachable", "Unreadable",
    "is_start_page", "order_outcome", "setup_outcome",
]  # fmt: skip

_LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class StartPage:
    """The shop is open at `url`: checked, short-lived, for one member."""

    url: str
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """The order was received (200) or queued (201 and other 2xx). Whether it is accepted comes later."""

    status: Status
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The supplier said no. For an order this is final; a setup may also be refused with 5xx, try later.

    `status` is the Status of cXML, or the HTTP code of an answer without one; `said` are the supplier's own words,
    empty where `reason` is all ours.
    """

    status: int
    reason: str
    raw: bytes = field(default=b"", repr=False)
    said: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No connection was made, so nothing was sent."""

    why: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The setup was answered, but not with a page of the shop."""

    why: str
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The order may or may not have been taken: send the same bytes again."""

    why: str
    raw: bytes = field(default=b"", repr=False)


SetupOutcome: TypeAlias = StartPage | Refused | Unreachable | Unreadable
OrderOutcome: TypeAlias = Taken | Refused | Unknown | Unreachable


def setup_outcome(punchout_url: str, http: int, body: bytes) -> SetupOutcome:
    """What the answer to a setup request means."""
    answer = _response(body)
    if answer is None:
        if http >= 500:
            return Unreachable(_not_cxml(http))
        return _door(http, body) or Unreadable(_not_cxml(http), body)
    status = answer.status
    if 400 <= status.code < 600:
        return Refused(status.code, _reason(status), body, (status.message or status.text)[:_LONGEST_REASON])
    if not status.taken:
        return Unreadable(f"The Status {status.code} in the answer is not one of cXML.", body)
    if answer.start_page is None:
        return Unreadable(f"Status {status.code}, but no StartPage to go to.", body)
    if not is_start_page(answer.start_page, punchout_url):
        return Unreadable("The StartPage is not at Amazon.", body)
    return StartPage(answer.start_page, body)


def order_outcome(http: int, body: bytes) -> OrderOutcome:
    """What the answer to an order means."""
    answer = _response(body)
    if answer is None:
        if 400 <= http < 500 and http not in _AGAIN:
            return _door(http, body) or Refused(http, _not_cxml(http), body)
        return Unknown(_not_cxml(http), body)
    status = answer.status
    if status.taken:
        return Taken(status, body)
    if status.permanent:
        return Refused(status.code, _reason(status), body, (status.message or status.text)[:_LONGEST_REASON])
    return Unknown(f"Status {status.code}: {_reason(status)}", body)


def is_start_page(url: str, punchout_url: str) -> bool:
    """Whether a member may be sent to `url`: https at Amazon, or, when the punchout URL itself is not at
    Amazon (a stand-in), at the same host as that (all names of loopback are one), any port, and http only on
    loopback or where the punchout URL is http too."""
    page, door = _split(url), _split(punchout_url)
    if page is None or door is None:
        return False
    host = page.hostname or ""
    if page.scheme == "https" and _at_amazon(host):
        return True
    entrance = door.hostname or ""
    same_host = host == entrance or (_loopback(host) and _loopback(entrance))
    if _at_amazon(entrance) or not same_host:
        return False
    return page.scheme == "https" or (page.scheme == "http" and (_loopback(host) or door.scheme == "http"))


def _response(body: bytes) -> Response | None:
    try:
        return read_response(body)
    except (XmlRefused, DocumentRefused):
        return None


_AGAIN = (408, 425, 429)
"""HTTP codes of the 4xx that ask for the same again later."""


def _door(http: int, body: bytes) -> Refused | None:
    if http in (401, 403):
        return Refused(http, f"The login was refused at the door (HTTP {http}).", body)
    return None


def _not_cxml(http: int) -> str:
    if 300 <= http < 400:
        return f"The answer is a redirect (HTTP {http}), which is not followed."
    return f"The answer is not cXML (HTTP {http})."


def _reason(status: Status) -> str:
    return status.reason[:_LONGEST_REASON]


def _split(url: str) -> SplitResult | None:
    """The parts of an address without tricks: no blanks, control characters, backslash or user name."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.hostname and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if usable else None


def _at_amazon(host: str) -> bool:
    return host in ("amazon.co.jp", "amazon.com") or host.endswith((".amazon.co.jp", ".amazon.com"))


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
