"""Which order a document of Amazon's speaks of: our order number, and the payloadID of our OrderRequest.

Both come back as we wrote them (Amazon reference 9.3, 10); the unguessable payloadID also shows that the
sender has seen the order. The date is rewritten, in UTC in confirmations, as we wrote it in ship notices.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from punchout.dates import read_time
from punchout.markup import Markup, tag
from punchout.xml import Element

__all__ = ["OrderReference", "read_order_reference", "write_order_reference"]


@dataclass(frozen=True, slots=True)
class OrderReference:
    """`order_id` and `payload_id` are empty when the document leaves them out."""

    order_id: str = ""
    payload_id: str = ""
    order_date: datetime | None = None


def read_order_reference(element: Element | None) -> OrderReference:
    """An `OrderReference` (or `OrderIDInfo`), with whatever it has."""
    if element is None:
        return OrderReference()
    document = element.find("DocumentReference")
    return OrderReference(
        order_id=element.get("orderID", "").strip(),
        payload_id=document.get("payloadID", "").strip() if document is not None else "",
        order_date=read_time(element.get("orderDate")),
    )


def write_order_reference(order_id: str, payload_id: str, order_date: str | None) -> Markup:
    return tag(
        "OrderReference",
        tag("DocumentReference", payloadID=payload_id),
        orderID=order_id,
        orderDate=order_date,
    )
