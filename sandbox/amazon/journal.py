"""The log of every document in and out: what an administrator and the tests look at."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lxml import etree

from punchout import xml
from sandbox.amazon import dtd

Direction = Literal["in", "out"]
KEPT = 2000

_SECRET = re.compile(rb"(<(?:[\w.-]+:)?SharedSecret\b[^>]*>).*?(</(?:[\w.-]+:)?SharedSecret\s*>)", re.DOTALL)


@dataclass(slots=True)
class Entry:
    """One document. `http` and `status` (cXML) are of the answer: given for "in", received for "out".

    None means no answer. `verdict` is what the stand-in's rules say in words, `dtd` what the DTD says.
    `raw` and `answer` hold no shared secret.
    """

    number: int
    at: datetime
    direction: Direction
    kind: str
    payload_id: str
    order_id: str
    http: int | None
    status: int | None
    verdict: str
    dtd: str
    raw: bytes
    answer: bytes = b""

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "direction": self.direction,
            "kind": self.kind,
            "payload_id": self.payload_id,
            "order_id": self.order_id,
            "http": self.http,
            "status": self.status,
            "verdict": self.verdict,
            "dtd": self.dtd,
        }


class Journal:
    """The newest `KEPT` documents, in the order in which they passed."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def entry(self, number: int) -> Entry | None:
        return next((entry for entry in self._entries if entry.number == number), None)

    def note(
        self,
        at: datetime,
        direction: Direction,
        raw: bytes,
        *,
        http: int | None = None,
        status: int | None = None,
        verdict: str = "",
        answer: bytes = b"",
    ) -> Entry:
        """Keep a document; kind, ids and DTD verdict are read off the document, if it can be read."""
        self._count += 1
        kind, payload_id, order_id, dtd_verdict = _read(raw)
        entry = Entry(
            self._count,
            at,
            direction,
            kind,
            payload_id,
            order_id,
            http,
            status,
            verdict,
            dtd_verdict,
            redact(raw),
            redact(answer),
        )
        self._entries.append(entry)
        return entry


def redact(raw: bytes) -> bytes:
    """The document without the text of any SharedSecret."""
    return _SECRET.sub(rb"\1***\2", raw)


def kind_of(root: etree._Element) -> str:
    """The payload element's name: below Request, Message, or Response after Status; else "Response"."""
    for part in ("Request", "Message"):
        inner = root.find(f"{part}/*")
        if inner is not None:
            return str(inner.tag)
    answer = root.find("Response/*[2]")
    if answer is not None:
        return str(answer.tag)
    return "Response" if root.find("Response") is not None else ""


def _read(raw: bytes) -> tuple[str, str, str, str]:
    try:
        root = xml.parse(raw)
    except xml.XmlRefused as refused:
        return "", "", "", str(refused)
    kind = kind_of(root)
    order = next(root.iter("OrderRequestHeader", "OrderReference"), None)
    order_id = order.get("orderID", "") if order is not None else ""
    return kind, root.get("payloadID", ""), order_id, dtd.verdict(root, kind)
