"""ProfileRequest and ProfileResponse: "which documents do you take, and where?" (Amazon reference 4).

Amazon does not list it; cXML hubs ask it as a handshake. We answer with what we take and depend on nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from punchout.dates import write_time
from punchout.envelope import content_of
from punchout.markup import tag
from punchout.status import Status, write_response, write_status
from punchout.xml import DocumentRefused, Element

__all__ = ["ProfileRequest", "build_profile_response", "read_profile_request"]


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """The question has no content but its payloadID."""

    payload_id: str | None


def read_profile_request(root: Element) -> ProfileRequest:
    content_of(root, "ProfileRequest")
    return ProfileRequest(root.get("payloadID", "").strip() or None)


def build_profile_response(
    transactions: Mapping[str, str], payload_id: str, now: datetime, effective: datetime
) -> bytes:
    """`transactions` maps the name of a document we take to the address to post it to; at least one."""
    if not transactions:
        raise DocumentRefused("A profile lists at least one document.")
    profile = tag(
        "ProfileResponse",
        *(tag("Transaction", tag("URL", url), requestName=name) for name, url in transactions.items()),
        effectiveDate=write_time(effective),
    )
    return write_response(payload_id, now, write_status(Status(200, "OK")), profile)
