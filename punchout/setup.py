"""PunchOutSetupRequest: a member goes shopping; and its answer, the address of the shop (Amazon reference
5, 6).

We write the DTD's order; the reader, which serves the stand-in, takes any order, as Amazon's does. Amazon
demands the e-mail address and the address the browser posts the cart to, and `create` is the only operation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from punchout.address import Address, read_address, write_contact, write_ship_to
from punchout.envelope import Account, content_of, write_request
from punchout.markup import tag
from punchout.status import Status, write_response, write_status
from punchout.xml import DocumentRefused, Element, text

__all__ = ["SetupRequest", "build_setup", "build_setup_response", "read_setup"]


@dataclass(frozen=True, slots=True)
class SetupRequest:
    """One way into the shop. `buyer_cookie` comes back with the cart and is its only proof: 128 random bits
    or more. `business_unit` picks the Amazon group of an account that has several. `extrinsics` are those
    beside the known ones. `selected` is the article (SupplierPartID) that the shop should open with: cXML takes
    one, and Amazon may ignore it. `operation` matters to the reader only."""

    buyer_cookie: str
    return_url: str
    email: str
    first_name: str = ""
    last_name: str = ""
    business_unit: str = ""
    ship_to: Address | None = None
    contact: Address | None = None
    operation: str = "create"
    selected: str = ""
    extrinsics: tuple[tuple[str, str], ...] = ()


def build_setup(request: SetupRequest, account: Account, payload_id: str, now: datetime) -> bytes:
    """The document to post. Raises `DocumentRefused` without cookie, return address or e-mail."""
    for value, name in (
        (request.buyer_cookie, "BuyerCookie"),
        (request.return_url, "return address"),
        (request.email, "e-mail address"),
    ):
        if not value.strip():
            raise DocumentRefused(f"A setup request needs a {name}.")
    extrinsics = (
        ("UserEmail", request.email),
        ("FirstName", request.first_name),
        ("LastName", request.last_name),
        ("UserBusinessUnit", request.business_unit),
        *request.extrinsics,
    )
    payload = tag(
        "PunchOutSetupRequest",
        tag("BuyerCookie", request.buyer_cookie),
        *(tag("Extrinsic", value, name=name) for name, value in extrinsics if value),
        tag("BrowserFormPost", tag("URL", request.return_url)),
        write_contact(request.contact, "endUser") if request.contact else None,
        write_ship_to(request.ship_to) if request.ship_to else None,
        tag("SelectedItem", tag("ItemID", tag("SupplierPartID", request.selected)))
        if request.selected
        else None,
        operation="create",
    )
    return write_request(payload, account, payload_id, now)


def read_setup(root: Element) -> SetupRequest:
    """What a setup request asks for, its parts in any order; a part that is missing is empty, for the caller
    to refuse. Raises `DocumentRefused` when the document is another one."""
    setup = content_of(root, "PunchOutSetupRequest")
    cookie = return_url = selected = ""
    ship_to = contact = None
    named: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for part in setup:
        match part.tag:
            case "BuyerCookie":
                cookie = text(part)
            case "Extrinsic":
                name = part.get("name", "")
                (named.setdefault(name, text(part)) if name in _KNOWN else others.append((name, text(part))))
            case "BrowserFormPost":
                return_url = (part.findtext("URL") or "").strip()
            case "Contact":
                contact = contact or read_address(part)
            case "ShipTo":
                ship_to = read_address(part)
            case "SelectedItem":
                selected = (part.findtext("ItemID/SupplierPartID") or "").strip()
    return SetupRequest(
        buyer_cookie=cookie,
        return_url=return_url,
        # The order in which Amazon looks for it (Amazon reference 5).
        email=named.get("UserEmail")
        or (ship_to.email if ship_to else "")
        or (contact.email if contact else "")
        or named.get("Email", ""),
        first_name=named.get("FirstName", ""),
        last_name=named.get("LastName", ""),
        business_unit=named.get("UserBusinessUnit", ""),
        ship_to=ship_to,
        contact=contact,
        operation=setup.get("operation", ""),
        selected=selected,
        extrinsics=tuple(others),
    )


_KNOWN = frozenset({"UserEmail", "Email", "FirstName", "LastName", "UserBusinessUnit"})


def build_setup_response(
    status: Status, payload_id: str, now: datetime, start_page: str | None = None, *, bare: bool = False
) -> bytes:
    """Amazon's answer, for the stand-in. `bare` is the form of 2015: no declaration, payloadID, text."""
    page = tag("PunchOutSetupResponse", tag("StartPage", tag("URL", start_page))) if start_page else None
    if bare:
        answer = tag("Response", tag("Status", code=str(status.code)), page)
        return tag("cXML", answer).xml
    return write_response(payload_id, now, write_status(status), *([page] if page else []))
