"""Documents of Amazon's, as bytes: carts, confirmations, ship notices, for a test that says only what matters to it."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from punchout.cart import CartLine, amazon_extrinsics, build_cart
from punchout.confirmation import Comment, Confirmation, ConfirmationLine, LineStatus, build_confirmation
from punchout.envelope import Credential
from punchout.money import Money
from punchout.secret import Secret
from punchout.shipment import Parcel, Portion, ShipLine, ShipNotice, build_ship_notice
from storage.tables import Order

IDENTITY = "kaimono-sandbox"
EARLY = datetime.fromisoformat("2026-11-24T10:00:00+09:00")
OUT_OF_STOCK = "在庫が足りないため、この商品をご用意できません。[エラーコード: 015-005]"
_US = Credential("NetworkId", IDENTITY)


@dataclass(frozen=True, slots=True)
class Goods:
    """One line of a cart."""

    price: int = 1000
    quantity: int = 1
    name: str = "木かげ工房 パソコンデスク"
    seller: str = "Amazon"
    spaid: str = "358-9479393-6024619"


@dataclass(frozen=True, slots=True)
class Said:
    """What a confirmation says of one line. `ordered` is filled up by the accepted and the refused pieces."""

    line: int = 1
    accepted: int = 0
    refused: int = 0
    price: int | None = None
    reason: str = OUT_OF_STOCK


def new_payload_id() -> str:
    return f"1763604930{secrets.randbelow(1000):03}.{secrets.randbelow(10**9)}@amazon.com"


def yen(amount: int) -> Money:
    return Money(Decimal(amount), "JPY")


def cart(cookie: str, *goods: Goods, now: datetime = EARLY, payload_id: str = "") -> bytes:
    """A cart with 10 % tax and free shipping; without goods the empty one of somebody who signs out."""
    lines = [
        CartLine(
            quantity=Decimal(each.quantity),
            asin=f"B0SAMPLE{number:02}",
            auxiliary_xml=f"{each.spaid},{number}",
            unit_price=yen(each.price),
            description=each.name,
            unit="EA",
            unspsc="56101703",
            extrinsics=amazon_extrinsics(f"B0SAMPLE{number:02}", sold_by=each.seller),
            shipping=yen(0),
            tax=yen(each.price * each.quantity // 10),
        )
        for number, each in enumerate(goods, start=1)
    ]
    tax = sum(each.price * each.quantity // 10 for each in goods)
    return build_cart(
        cookie,
        lines,
        to=_US,
        payload_id=payload_id or new_payload_id(),
        now=now,
        shipping=yen(0) if goods else None,
        tax=yen(tax) if goods else None,
    )


def confirmation(
    order: Order,
    *said: Said,
    amazon_order: str | None = "250-5123176-9239824",
    operation: str = "new",
    now: datetime = EARLY,
    payload_id: str = "",
    secret: str = "",
) -> bytes:
    """What Amazon made of some lines: of all of them as ordered where nothing is said; refusals have no Amazon order."""
    comments = () if amazon_order else (Comment("OrderErrorCode", OUT_OF_STOCK),)
    value = Confirmation(
        payload_id=payload_id or new_payload_id(),
        notice_date=now,
        confirm_id=amazon_order,
        operation=operation,
        type="detail",
        total=yen(int(order.total)) if amazon_order else None,
        shipping=None,
        tax=None,
        order_id=order.number,
        order_date=order.placed_at,
        order_payload_id=order.payload_id,
        comments=comments,
        lines=tuple(_line(each, amazon_order) for each in said or (Said(accepted=1),)),
    )
    return build_confirmation(value, _US, now, sender_secret=Secret(secret) if secret else None)


def _line(said: Said, amazon_order: str | None) -> ConfirmationLine:
    statuses = []
    if said.accepted:
        price = yen(said.price) if said.price is not None else None
        comments = (Comment("confirmID", amazon_order),) if amazon_order else ()
        statuses.append(LineStatus("detail", Decimal(said.accepted), unit_price=price, comments=comments))
    if said.refused:
        reason = (Comment("LineItemErrorCode", said.reason),)
        statuses.append(LineStatus("reject", Decimal(said.refused), comments=reason))
    return ConfirmationLine(said.line, Decimal(said.accepted + said.refused), "EA", tuple(statuses))


def ship_notice(
    order: Order,
    *lines: tuple[int, int],
    shipment: str = "10490141796303",
    tracking: str = "444269227953",
    parcels: tuple[Parcel, ...] = (),
    operation: str = "new",
    now: datetime = EARLY,
    payload_id: str = "",
) -> bytes:
    """Some pieces of some lines (number, pieces) are on their way."""
    value = ShipNotice(
        payload_id=payload_id or new_payload_id(),
        shipment_id=shipment,
        operation=operation,
        notice_date=now,
        shipment_date=now,
        delivery_date=now,
        shipment_type="actual",
        parcels=parcels or (Parcel("ヤマト運輸", tracking),),
        portions=(
            Portion(
                order_id=order.number,
                order_payload_id=order.payload_id,
                lines=tuple(ShipLine(number, Decimal(pieces), "EA") for number, pieces in lines or ((1, 1),)),
            ),
        ),
    )
    return build_ship_notice(value, _US, now)
