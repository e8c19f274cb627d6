"""What Amazon posts to us: one door for all kinds of documents (`POST /cxml`).

`read` looks at the bytes and gives values; it does not judge who sent them. Whatever it is fed, it raises
nothing but `XmlRefused` and `DocumentRefused`, each with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from punchout.confirmation import Confirmation, read_confirmation
from punchout.envelope import Envelope, read_envelope
from punchout.invoice import Invoice, read_invoice
from punchout.profile import ProfileRequest, read_profile_request
from punchout.reference import OrderReference
from punchout.shipment import ShipNotice, read_ship_notice
from punchout.status_update import StatusUpdate, read_status_update
from punchout.xml import DocumentRefused, Element, XmlRefused, parse

__all__ = ["ABOUT_ORDERS", "Document", "DocumentRefused", "OrderReference", "Value", "XmlRefused", "read"]

Value: TypeAlias = Confirmation | ShipNotice | ProfileRequest | StatusUpdate | Invoice

_READERS: dict[str, Callable[[Element], Value]] = {
    "ConfirmationRequest": read_confirmation,
    "ShipNoticeRequest": read_ship_notice,
    "ProfileRequest": read_profile_request,
    "StatusUpdateRequest": read_status_update,
    "InvoiceDetailRequest": read_invoice,
}

ABOUT_ORDERS = ("ConfirmationRequest", "ShipNoticeRequest", "InvoiceDetailRequest", "StatusUpdateRequest")
"""The documents that speak of an order of ours."""
MOST_ITEMS = 1000
"""An order has 50 lines (Amazon reference 8.3), and each may come back in several states or parcels."""
_ITEMS = (
    "ConfirmationItem", "ConfirmationStatus", "ShipNoticePortion", "ShipNoticeItem", "ShipControl", "ShipmentIdentifier",
    "InvoiceDetailOrder", "InvoiceDetailHeaderOrder", "InvoiceDetailItem", "InvoiceDetailServiceItem",
    "Comments",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """`kind` is the name of the document; `value` is None for a Request of a kind we do not take (answer
    450). `orders` are the orders it speaks of, `notes` what could not be read."""

    envelope: Envelope
    kind: str
    value: Value | None
    orders: tuple[OrderReference, ...] = ()
    notes: tuple[str, ...] = ()
    raw: bytes = field(default=b"", repr=False)


def read(data: bytes) -> Document:
    """Raises `XmlRefused` for bytes that are no XML of ours (answer 406), `DocumentRefused` for XML that is
    no cXML Request, or one with more items than any order has (answer 400)."""
    root = parse(data)
    envelope = read_envelope(root)
    if envelope.carrier != "Request" or not envelope.kind:
        raise DocumentRefused("This is no cXML Request.")
    reader = _READERS.get(envelope.kind)
    if reader and next(islice(root.iter(*_ITEMS), MOST_ITEMS, None), None) is not None:
        raise DocumentRefused(f"The document has more than {MOST_ITEMS} items: no order has so many lines.")
    value = reader(root) if reader else None
    return Document(envelope, envelope.kind, value, _orders(value), _notes(value), data)


def _orders(value: Value | None) -> tuple[OrderReference, ...]:
    match value:
        case Confirmation():
            found = [value.order]
        case ShipNotice():
            found = [portion.order for portion in value.portions]
        case Invoice():
            found = list(value.orders)
        case StatusUpdate():
            found = [OrderReference(payload_id=value.document_payload_id)]
        case _:
            found = []
    return tuple(dict.fromkeys(order for order in found if order.order_id or order.payload_id))


def _notes(value: Value | None) -> tuple[str, ...]:
    return value.notes if isinstance(value, Confirmation | ShipNotice | Invoice) else ()
