"""ConfirmationRequest: what Amazon accepted, changed and refused of an order (Amazon reference 9).

One order may get several of these: one for each Amazon order it became (`confirm_id`), one for the refused
lines. Each speaks only of its own lines and amounts; a line that is not mentioned is still open. A
`unit_price` on a line means that the price changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from punchout.charges import write_shipping, write_tax, write_total
from punchout.confirmed_line import ConfirmationLine, LineStatus, read_amount, read_line, write_line
from punchout.dates import plain_utc, read_time, zulu
from punchout.envelope import Credential, content_of, write_supplier_request
from punchout.errors import Comment, ErrorCode, error_codes, read_comment, write_comment
from punchout.markup import tag
from punchout.money import Money
from punchout.reference import OrderReference, read_order_reference, write_order_reference
from punchout.secret import Secret
from punchout.xml import Element, attributes, text

__all__ = [
    "Comment", "Confirmation", "ConfirmationLine", "ErrorCode", "LineStatus", "build_confirmation",
    "read_confirmation",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`confirm_id` is Amazon's order number, None on a refusal. `total` is with tax and shipping, and like
    `shipping` and `tax` for this document's lines only. `notes` say what could not be read."""

    payload_id: str | None
    notice_date: datetime | None
    confirm_id: str | None
    operation: str
    type: str
    total: Money | None
    shipping: Money | None
    tax: Money | None
    order_id: str
    order_date: datetime | None
    order_payload_id: str
    comments: tuple[Comment, ...] = ()
    errors: tuple[ErrorCode, ...] = ()
    lines: tuple[ConfirmationLine, ...] = ()
    notes: tuple[str, ...] = ()
    extrinsics: tuple[tuple[str, str], ...] = ()
    previous_payload_id: str = ""

    @property
    def order(self) -> OrderReference:
        return OrderReference(self.order_id, self.order_payload_id, self.order_date)


def read_confirmation(root: Element) -> Confirmation:
    """All that the document says. Raises `DocumentRefused` only when it is no ConfirmationRequest; what is
    missing or unreadable inside is left out and named in `notes`."""
    confirmation = content_of(root, "ConfirmationRequest")
    notes: list[str] = []
    header: Element | None = None
    reference: Element | None = None
    lines: list[ConfirmationLine] = []
    for part in confirmation:
        match part.tag:
            case "ConfirmationItem":
                if (line := read_line(part, notes)) is not None:
                    lines.append(line)
            case "ConfirmationHeader":
                header = part
            case "OrderReference":
                reference = part
    money: dict[str, Money | None] = {}
    comments: list[Comment] = []
    extrinsics: list[tuple[str, str]] = []
    previous = ""
    for part in header if header is not None else ():
        match part.tag:
            case "Total" | "Shipping" | "Tax":
                money[str(part.tag)] = read_amount(part, "the header", notes)
            case "Comments":
                comments.append(read_comment(part))
            case "Extrinsic":
                extrinsics.append((part.get("name", ""), text(part)))
            case "DocumentReference":
                previous = part.get("payloadID", "")
    facts = attributes(header)
    order = read_order_reference(reference)
    for missing, name in ((header is None, "ConfirmationHeader"), (not order.order_id, "orderID")):
        if missing:
            notes.append(f"The confirmation has no {name}.")
    return Confirmation(
        payload_id=root.get("payloadID", "").strip() or None,
        notice_date=read_time(facts.get("noticeDate")),
        confirm_id=facts.get("confirmID", "").strip() or None,
        operation=facts.get("operation") or "new",
        type=facts.get("type", ""),
        total=money.get("Total"),
        shipping=money.get("Shipping"),
        tax=money.get("Tax"),
        order_id=order.order_id,
        order_date=order.order_date,
        order_payload_id=order.payload_id,
        comments=tuple(comments),
        errors=error_codes(comments),
        lines=tuple(lines),
        notes=tuple(notes),
        extrinsics=tuple(extrinsics),
        previous_payload_id=previous,
    )


def build_confirmation(
    confirmation: Confirmation,
    to: Credential,
    now: datetime,
    *,
    sender_secret: Secret | None = None,
    stamp: Callable[[datetime], str] = plain_utc,
) -> bytes:
    """A confirmation as Amazon writes it, for the stand-in: `+0000` times, the order's date in UTC with Z.

    `to` is the buyer's credential as its order wrote it; with `sender_secret` the Sender carries that ("cXML
    authentication"). `stamp=clock_as_offset` reproduces Amazon's mistake of 2014."""
    previous = confirmation.previous_payload_id
    header = tag(
        "ConfirmationHeader",
        tag("DocumentReference", payloadID=previous) if previous else None,
        write_total(confirmation.total),
        write_shipping(confirmation.shipping),
        write_tax(confirmation.tax),
        *map(write_comment, confirmation.comments),
        confirmID=confirmation.confirm_id,
        operation=confirmation.operation,
        type=confirmation.type,
        noticeDate=stamp(confirmation.notice_date or now),
    )
    ordered = zulu(confirmation.order_date)[:-5] + "Z" if confirmation.order_date else None
    reference = write_order_reference(confirmation.order_id, confirmation.order_payload_id, ordered)
    payload = tag("ConfirmationRequest", header, reference, *map(write_line, confirmation.lines))
    return write_supplier_request(payload, confirmation.payload_id or "", to, stamp(now), sender_secret)
