"""What all documents share: who sends, to whom, when, in which mode, which document is inside (Amazon
reference 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from punchout.dates import read_time, write_time
from punchout.markup import Markup, declared, tag
from punchout.secret import Secret
from punchout.status import CXML_DTD, Status, read_status
from punchout.xml import LANG, DocumentRefused, Element, parse, text

__all__ = [
    "CXML_DTD", "FULFILL_DTD", "Account", "Credential", "Envelope", "content_of", "new_payload_id", "payload_of",
    "read_envelope", "read_header", "write_header", "write_message", "write_request", "write_supplier_request",
]  # fmt: skip

FULFILL_DTD = "http://xml.cxml.org/schemas/cXML/1.2.024/Fulfill.dtd"
USER_AGENT = "kaimono"
AMAZONS_AGENT = "Amazon LLC eProcurement Application"
NETWORK_ID = "NetworkId"
_HEADER_END = re.compile(rb"</((?:[A-Za-z_][\w.-]{0,40}:)?)Header\s*>")

Mode = Literal["test", "production"]


@dataclass(frozen=True, slots=True)
class Account:
    """Our side of the connection: the system login and password that Amazon's settings page gave us."""

    identity: str
    secret: Secret
    deployment_mode: Mode = "test"


@dataclass(frozen=True, slots=True)
class Credential:
    """A name in a domain. Domains are compared without regard to case (Amazon reference 3)."""

    domain: str
    identity: str
    secret: Secret | None = None

    def names(self, domain: str, identity: str) -> bool:
        return self.domain.lower() == domain.lower() and self.identity == identity


AMAZON = Credential(NETWORK_ID, "Amazon")


@dataclass(frozen=True, slots=True)
class Envelope:
    """`kind` is the name of the element inside ("OrderRequest"), "" when there is none; `carrier` is Request,
    Message or Response. What the document leaves out is None or empty."""

    payload_id: str | None = None
    timestamp: datetime | None = None
    from_: tuple[Credential, ...] = ()
    to: tuple[Credential, ...] = ()
    sender: tuple[Credential, ...] = ()
    user_agent: str = ""
    lang: str = ""
    deployment_mode: str = "production"
    carrier: str = ""
    kind: str = ""
    status: Status | None = None


def read_envelope(root: Element) -> Envelope:
    """The envelope of any cXML document; raises `DocumentRefused` when the root is something else."""
    if root.tag != "cXML":
        raise DocumentRefused(f"This is not a cXML document but “{str(root.tag)[:40]}”.")
    parties: dict[str, tuple[Credential, ...]] = {}
    user_agent = ""
    header = root.find("Header")
    for party in header if header is not None else ():
        parties[str(party.tag)] = tuple(_credential(child) for child in party if child.tag == "Credential")
        if party.tag == "Sender":
            agent = party.find("UserAgent")
            user_agent = text(agent) if agent is not None else ""
    carrier, inside, status = payload_of(root)
    return Envelope(
        payload_id=(root.get("payloadID") or "").strip() or None,
        timestamp=read_time(root.get("timestamp")),
        from_=parties.get("From", ()),
        to=parties.get("To", ()),
        sender=parties.get("Sender", ()),
        user_agent=user_agent,
        lang=root.get(LANG, ""),
        deployment_mode=(carrier.get("deploymentMode") if carrier is not None else None) or "production",
        carrier=str(carrier.tag) if carrier is not None else "",
        kind=str(inside.tag) if inside is not None else "",
        status=status,
    )


def read_header(beginning: bytes) -> Envelope:
    """The envelope up to the end of the Header, so that a Sender can be judged before the rest is read. Raises
    `XmlRefused` and `DocumentRefused`, also where the Header does not end within these first bytes."""
    end = _HEADER_END.search(beginning)
    if end is None:
        raise DocumentRefused("The document's Header does not end within its first bytes.")
    return read_envelope(parse(beginning[: end.end()] + b"</" + end.group(1) + b"cXML>"))


def payload_of(root: Element) -> tuple[Element | None, Element | None, Status | None]:
    """The Request, Message or Response, the document inside it, and the Status beside that, each if there."""
    for carrier in root:
        if carrier.tag in ("Request", "Message", "Response"):
            inside, status = None, None
            for child in carrier:
                if child.tag == "Status":
                    status = read_status(child)
                elif inside is None:
                    inside = child
            return carrier, inside, status
    return None, None, None


def content_of(root: Element, name: str) -> Element:
    """The document inside, which has to be of this name. Raises `DocumentRefused` for any other."""
    _, inside, _ = payload_of(root)
    if inside is None or inside.tag != name:
        raise DocumentRefused(f"This is no {name}.")
    return inside


def _credential(element: Element) -> Credential:
    identity, secret = "", None
    for child in element:
        if child.tag == "Identity":
            identity = text(child)
        elif child.tag == "SharedSecret":
            secret = Secret(text(child))
    return Credential(element.get("domain", "").strip(), identity, secret)


def new_payload_id(now: datetime, host: str, entropy: str) -> str:
    """A world-wide unique id: our clock to the millisecond, unguessable `entropy`, our host. It is made once
    per document and stays the same on every retry (Amazon reference 8.5)."""
    return f"{now.astimezone(UTC):%Y%m%d%H%M%S}.{now.microsecond // 1000:03d}.{entropy}@{host}"


def write_request(payload: Markup, account: Account, payload_id: str, now: datetime) -> bytes:
    """A document of ours: the account's identity in From and Sender, the shared secret in Sender."""
    header = write_header(
        from_=(Credential(NETWORK_ID, account.identity),),
        to=(AMAZON,),
        sender=(Credential(NETWORK_ID, account.identity, account.secret),),
        user_agent=USER_AGENT,
    )
    request = tag("Request", payload, deploymentMode=account.deployment_mode)
    root = tag("cXML", header, request, payloadID=payload_id, timestamp=write_time(now), lang="ja-JP")
    return declared(root, CXML_DTD)


def write_message(payload: Markup, header: Markup, payload_id: str, timestamp: str) -> bytes:
    """A Message document, as a cart is one; without version and xml:lang, as Amazon's."""
    root = tag("cXML", header, tag("Message", payload), payloadID=payload_id, timestamp=timestamp)
    return declared(root, CXML_DTD)


def write_supplier_request(
    payload: Markup, payload_id: str, to: Credential, timestamp: str, secret: Secret | None
) -> bytes:
    """A confirmation or ship notice of Amazon's, for the stand-in: `to` as the buyer's order wrote it, the
    secret only where the customer chose to be authenticated by it."""
    header = write_header(
        from_=(AMAZON,),
        to=(Credential(to.domain, to.identity),),
        sender=(replace(AMAZON, secret=secret),),
        user_agent=AMAZONS_AGENT,
    )
    root = tag(
        "cXML", header, tag("Request", payload), payloadID=payload_id, timestamp=timestamp, lang="ja-JP"
    )
    return declared(root, FULFILL_DTD)


def write_header(
    *,
    from_: tuple[Credential, ...],
    to: tuple[Credential, ...],
    sender: tuple[Credential, ...],
    user_agent: str,
) -> Markup:
    return tag(
        "Header",
        tag("From", *map(_write_credential, from_)),
        tag("To", *map(_write_credential, to)),
        tag("Sender", *map(_write_credential, sender), tag("UserAgent", user_agent)),
    )


def _write_credential(credential: Credential) -> Markup:
    secret = credential.secret
    return tag(
        "Credential",
        tag("Identity", credential.identity),
        tag("SharedSecret", secret.reveal()) if secret is not None else None,
        domain=credential.domain,
    )
