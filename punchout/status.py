"""Response and its Status: the supplier's answer to what we post, and ours to what the supplier posts.

The code in `Status` is cXML's own and another layer than HTTP's (Amazon reference 12). What a code means
for the one who sent the document: taken (done or queued), permanent (the same bytes will never be taken);
with 5xx, and any number that is no cXML code, nothing final was said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from punchout.dates import write_time
from punchout.markup import Markup, declared, tag
from punchout.money import read_number
from punchout.xml import LANG, DocumentRefused, Element, parse, text

__all__ = [
    "CXML_DTD", "Response", "Status", "build_response", "read_response", "read_status", "write_response",
    "write_status",
]  # fmt: skip

CXML_DTD = "http://xml.cxml.org/schemas/cXML/1.2.024/cXML.dtd"


@dataclass(frozen=True, slots=True)
class Status:
    """`code`, its short `text` ("OK") and the sentence inside the element (`message`)."""

    code: int
    text: str = ""
    message: str = ""
    lang: str = ""

    @property
    def taken(self) -> bool:
        """200 done, 201 queued, 204 nothing to do, 211/280/281 passed on; an unknown 2xx counts as 200."""
        return 200 <= self.code < 300

    @property
    def permanent(self) -> bool:
        """Every 4xx: repeating the same document changes nothing. An unknown 4xx counts as 400."""
        return 400 <= self.code < 500

    @property
    def reason(self) -> str:
        """The words that tell a person most."""
        return self.message or self.text or f"Status {self.code}"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `payload_id` is None in Amazon's bare form of 2015; `start_page` only answers a setup."""

    status: Status
    payload_id: str | None = None
    start_page: str | None = None
    raw: bytes = field(default=b"", repr=False)


def read_response(data: bytes) -> Response:
    """Any Response, the bare form of 2015 too. Raises `XmlRefused`, and `DocumentRefused` when it is none."""
    root = parse(data)
    answer = root.find("Response") if root.tag == "cXML" else None
    status = answer.find("Status") if answer is not None else None
    if answer is None or status is None:
        raise DocumentRefused("The answer is not a cXML Response with a Status.")
    url = answer.find("PunchOutSetupResponse/StartPage/URL")
    return Response(
        status=read_status(status),
        payload_id=root.get("payloadID"),
        start_page=(text(url) or None) if url is not None else None,
        raw=data,
    )


def read_status(element: Element) -> Status:
    """A Status; `text` may be missing. A code that is no number becomes 0: neither taken nor final."""
    return Status(
        code=read_number(element.get("code")) or 0,
        text=element.get("text", "").strip(),
        message=text(element),
        lang=element.get(LANG, ""),
    )


def build_response(status: Status, payload_id: str, now: datetime) -> bytes:
    """A Response that holds only a Status."""
    return write_response(payload_id, now, write_status(status))


def write_status(status: Status) -> Markup:
    name = status.text or ("OK" if status.taken else "Error")
    return tag("Status", status.message, code=str(status.code), text=name, lang=status.lang or None)


def write_response(payload_id: str, now: datetime, *content: Markup) -> bytes:
    """A Response document around Status and what belongs to it. It has no Header."""
    answer = tag("Response", *content)
    return declared(tag("cXML", answer, payloadID=payload_id, timestamp=write_time(now)), CXML_DTD)
