"""ShipNoticeRequest: something is on its way (Amazon reference 10).

One notice per shipment, not per order. It names our lines in any order, without ASIN, price or Amazon's order
number: what ships is found by order number and line number. A portion without items is the whole order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from punchout.dates import plain_utc, read_time
from punchout.envelope import Credential, content_of, write_supplier_request
from punchout.markup import Markup, tag
from punchout.money import MoneyRefused, read_number, read_quantity, write_decimal
from punchout.reference import OrderReference, read_order_reference, write_order_reference
from punchout.secret import Secret
from punchout.xml import Element, attributes, text

__all__ = ["Parcel", "Portion", "ShipLine", "ShipNotice", "build_ship_notice", "read_ship_notice"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """`carrier` is a name (ヤマト運輸), empty in Amazon's notices of 2014, which send no `tracking_url`
    either."""

    carrier: str
    tracking: str
    tracking_url: str = ""


@dataclass(frozen=True, slots=True)
class ShipLine:
    line_number: int
    quantity: Decimal
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Portion:
    """What of one order is in the shipment. `order_date_text` is the order's date as the notice writes it; `unread` are
    items of which none could be read."""

    order_id: str
    order_payload_id: str
    lines: tuple[ShipLine, ...] = ()
    order_date: datetime | None = None
    order_date_text: str = ""
    unread: bool = False

    @property
    def whole(self) -> bool:
        """Without items it is the whole order, which nobody says with items that cannot be read."""
        return not self.lines and not self.unread

    @property
    def order(self) -> OrderReference:
        return OrderReference(self.order_id, self.order_payload_id, self.order_date)


@dataclass(frozen=True, slots=True)
class ShipNotice:
    """`delivery_date` is the promise. `shipment_id` is unique per shipment; `operation` is new with Amazon,
    by the standard also update (complete replacement) and delete. `notes` say what could not be read."""

    payload_id: str | None
    shipment_id: str
    operation: str
    notice_date: datetime | None
    shipment_date: datetime | None
    delivery_date: datetime | None
    shipment_type: str
    parcels: tuple[Parcel, ...]
    portions: tuple[Portion, ...]
    notes: tuple[str, ...] = ()
    fulfillment_type: str = ""


def read_ship_notice(root: Element) -> ShipNotice:
    """All that the notice says. Raises `DocumentRefused` only when it is no ShipNoticeRequest."""
    notice = content_of(root, "ShipNoticeRequest")
    notes: list[str] = []
    header: Element | None = None
    parcels: list[Parcel] = []
    portions: list[Portion] = []
    for part in notice:
        match part.tag:
            case "ShipControl":
                parcels.extend(_read_parcels(part))
            case "ShipNoticePortion":
                portions.append(_read_portion(part, notes))
            case "ShipNoticeHeader":
                header = part
    facts = attributes(header)
    for missing, name in ((not facts.get("shipmentID"), "shipmentID"), (not portions, "ShipNoticePortion")):
        if missing:
            notes.append(f"The ship notice has no {name}.")
    return ShipNotice(
        payload_id=root.get("payloadID", "").strip() or None,
        shipment_id=facts.get("shipmentID", "").strip(),
        operation=facts.get("operation") or "new",
        notice_date=read_time(facts.get("noticeDate")),
        shipment_date=read_time(facts.get("shipmentDate")),
        delivery_date=read_time(facts.get("deliveryDate")),
        shipment_type=facts.get("shipmentType", ""),
        parcels=tuple(parcels),
        portions=tuple(portions),
        notes=tuple(notes),
        fulfillment_type=facts.get("fulfillmentType", ""),
    )


def _read_parcels(control: Element) -> list[Parcel]:
    """One parcel for each tracking number; the carrier's name rather than one of its codes."""
    carriers: dict[str, str] = {}
    tracked: list[tuple[str, str]] = []
    for part in control:
        if part.tag == "CarrierIdentifier":
            carriers.setdefault(part.get("domain", "").lower(), text(part))
        elif part.tag == "ShipmentIdentifier":
            tracked.append((text(part), part.get("trackingURL", "").strip()))
    carrier = carriers.get("companyname") or next((name for name in carriers.values() if name), "")
    return [Parcel(carrier, number, url) for number, url in tracked or ([("", "")] if carrier else [])]


def _read_portion(portion: Element, notes: list[str]) -> Portion:
    reference = portion.find("OrderReference")
    order = read_order_reference(reference)
    if not order.order_id and not order.payload_id:
        notes.append("A part of the shipment names no order.")
    items = portion.findall("ShipNoticeItem")
    lines = [line for item in items if (line := _read_line(item, notes)) is not None]
    return Portion(
        order_id=order.order_id,
        order_payload_id=order.payload_id,
        lines=tuple(lines),
        order_date=order.order_date,
        order_date_text=reference.get("orderDate", "") if reference is not None else "",
        unread=bool(items) and not lines,
    )


def _read_line(item: Element, notes: list[str]) -> ShipLine | None:
    written = item.get("lineNumber", "").strip()
    number = read_number(written)
    try:
        quantity = read_quantity(item.get("quantity"))
    except MoneyRefused as refusal:
        notes.append(f"Line {written[:20]} of the shipment: {refusal.reason}")
        return None
    if number is None:
        notes.append(f"A shipped line has the number “{written[:20]}” and was left out.")
        return None
    unit = item.find("UnitOfMeasure")
    return ShipLine(number, quantity, text(unit) if unit is not None else "")


def build_ship_notice(
    notice: ShipNotice,
    to: Credential,
    now: datetime,
    *,
    sender_secret: Secret | None = None,
    stamp: Callable[[datetime], str] = plain_utc,
) -> bytes:
    """A ship notice as Amazon writes it, for the stand-in; arguments as for `build_confirmation`. A portion
    repeats the order's date in the buyer's own writing (`order_date_text`)."""
    header = tag(
        "ShipNoticeHeader",
        shipmentID=notice.shipment_id,
        operation=notice.operation,
        noticeDate=stamp(notice.notice_date or now),
        shipmentDate=stamp(notice.shipment_date) if notice.shipment_date else None,
        deliveryDate=stamp(notice.delivery_date) if notice.delivery_date else None,
        shipmentType=notice.shipment_type or None,
        fulfillmentType=notice.fulfillment_type or None,
    )
    payload = tag("ShipNoticeRequest", header, *map(_parcel, notice.parcels), *map(_portion, notice.portions))
    return write_supplier_request(payload, notice.payload_id or "", to, stamp(now), sender_secret)


def _parcel(parcel: Parcel) -> Markup:
    return tag(
        "ShipControl",
        tag("CarrierIdentifier", parcel.carrier, domain="companyName"),
        tag("ShipmentIdentifier", parcel.tracking, trackingURL=parcel.tracking_url or None),
        tag("PackageIdentification", rangeBegin="1", rangeEnd="1"),
    )


def _portion(portion: Portion) -> Markup:
    ordered = portion.order_date_text or (plain_utc(portion.order_date) if portion.order_date else None)
    return tag(
        "ShipNoticePortion",
        write_order_reference(portion.order_id, portion.order_payload_id, ordered),
        *(
            tag(
                "ShipNoticeItem",
                tag("UnitOfMeasure", line.unit or "EA"),
                lineNumber=str(line.line_number),
                quantity=write_decimal(line.quantity),
            )
            for line in portion.lines
        ),
    )
