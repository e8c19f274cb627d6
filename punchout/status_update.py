"""StatusUpdateRequest: a later word on a document that was answered with 201 (Amazon reference 11). Amazon
does not list it; it is read, kept and answered with 200."""

from __future__ import annotations

from dataclasses import dataclass

from punchout.envelope import content_of
from punchout.status import Status, read_status
from punchout.xml import Element

__all__ = ["StatusUpdate", "read_status_update"]


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """`document_payload_id` is the payloadID of the document meant, "" when none is named; `about` the name
    of the detail element (PaymentStatus, DocumentStatus, ...)."""

    payload_id: str | None
    document_payload_id: str
    status: Status
    about: str = ""


def read_status_update(root: Element) -> StatusUpdate:
    update = content_of(root, "StatusUpdateRequest")
    document, about = "", ""
    status = Status(0)
    for part in update:
        match part.tag:
            case "DocumentReference":
                document = part.get("payloadID", "").strip()
            case "Status":
                status = read_status(part)
            case "Extrinsic":
                pass
            case name:
                about = about or str(name)
    return StatusUpdate(root.get("payloadID", "").strip() or None, document, status, about)
