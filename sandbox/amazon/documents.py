"""The documents that the stand-in sends, composed as Amazon Japan composes them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from aiohttp import web

from punchout.cart import CartLine, TaxDetail, amazon_extrinsics, build_cart
from punchout.confirmation import Comment, Confirmation, ConfirmationLine, LineStatus, build_confirmation
from punchout.dates import clock_as_offset, plain_utc, read_time
from punchout.envelope import Credential
from punchout.money import Money
from punchout.profile import build_profile_response
from punchout.secret import Secret
from punchout.shipment import Parcel, Portion, ShipLine, ShipNotice, build_ship_notice
from sandbox.amazon.account import Account, Order, Shipment
from sandbox.amazon.decision import REASONS, BoughtLine, Decision, Purchase, RefusedLine
from sandbox.amazon.order_rules import OrderedLine
from sandbox.amazon.pricing import SHIPPING_TAX_RATE, PricedLine, Quote
from sandbox.amazon.sessions import ShopSession
from sandbox.amazon.wire import payload_id

PROFILE_SINCE = datetime.fromisoformat("2018-09-20T00:00:00+09:00")


def cart(account: Account, session: ShopSession, name: str, quote: Quote, now: datetime) -> tuple[str, bytes]:
    """The cart `name` as it goes to the buyer; returns its payloadID and the document (reference 7)."""
    lines = [_cart_line(line, f"{name},{position}") for position, line in enumerate(quote.lines, 1)]
    new_id = payload_id(now)
    document = build_cart(
        session.setup.facts.buyer_cookie,
        lines,
        to=Credential("NetworkId", account.settings.identity),
        payload_id=new_id,
        now=now,
        shipping=_yen(quote.shipping),
        tax=_yen(quote.tax),
    )
    return new_id, document


def empty_cart(account: Account, session: ShopSession, now: datetime) -> bytes:
    """The cart of somebody who leaves without buying: a total of 0.00 and nothing else (reference 7.4)."""
    to = Credential("NetworkId", account.settings.identity)
    return build_cart(session.setup.facts.buyer_cookie, (), to=to, payload_id=payload_id(now), now=now)


def confirmation(
    account: Account, order: Order, purchase: Purchase, now: datetime, operation: str = "new"
) -> bytes:
    """One confirmation per Amazon order: its own amounts, UnitPrice only where it changed (reference 9.3)."""
    return _confirmation(
        account,
        order,
        now,
        confirm_id=purchase.confirm_id,
        operation=operation,
        total=_yen(purchase.total),
        shipping=_yen(purchase.shipping),
        tax=_yen(purchase.tax),
        lines=tuple(_confirmed(line, purchase.confirm_id) for line in purchase.lines),
    )


def refusal(account: Account, order: Order, decision: Decision, now: datetime) -> bytes:
    """The refused lines in a document of their own, without confirmID and amounts (reference 9.4)."""
    errors = " || ".join(REASONS[code] for code in decision.error_codes)
    return _confirmation(
        account,
        order,
        now,
        comments=(Comment("OrderErrorCode", errors),),
        lines=tuple(_refused(line) for line in decision.refused),
    )


def ship_notice(account: Account, order: Order, shipment: Shipment, now: datetime) -> bytes:
    """One notice per shipment; no Amazon order number in it, the order's date as the buyer wrote it."""
    units = {line.number: line.unit for line in order.facts.lines}
    notice = ShipNotice(
        payload_id=payload_id(now),
        shipment_id=shipment.shipment_id,
        operation=shipment.operation,
        notice_date=now,
        shipment_date=shipment.at,
        delivery_date=(shipment.at + timedelta(days=1)).replace(hour=11, minute=0, second=0, microsecond=0),
        shipment_type="actual",
        parcels=(Parcel("" if order.mood.style == "of_2014" else shipment.carrier, shipment.tracking),),
        portions=(
            Portion(
                order_id=_named(order, order.facts.order_id),
                order_payload_id=_named(order, order.facts.payload_id),
                lines=tuple(
                    ShipLine(number, Decimal(pieces), units[number]) for number, pieces in shipment.lines
                ),
                order_date_text=order.facts.order_date,
            ),
        ),
    )
    return build_ship_notice(
        notice, _buyer(account, order), now, sender_secret=_secret(account, order), stamp=_stamp(order)
    )


def profile(request: web.Request, now: datetime) -> bytes:
    """What the stand-in takes, and where (reference 4). The orders' address is a secret and not told."""
    setup = str(request.url.origin()) + str(request.app.router["setup"].url_for())
    return build_profile_response({"PunchOutSetupRequest": setup}, payload_id(now), now, PROFILE_SINCE)


def _confirmation(
    account: Account,
    order: Order,
    now: datetime,
    *,
    lines: tuple[ConfirmationLine, ...],
    confirm_id: str | None = None,
    operation: str = "new",
    total: Money | None = None,
    shipping: Money | None = None,
    tax: Money | None = None,
    comments: tuple[Comment, ...] = (),
) -> bytes:
    value = Confirmation(
        payload_id=payload_id(now),
        notice_date=now,
        confirm_id=confirm_id,
        operation=operation,
        type="detail",
        total=total,
        shipping=shipping,
        tax=tax,
        order_id=_named(order, order.facts.order_id),
        order_date=read_time(order.facts.order_date),
        order_payload_id=_named(order, order.facts.payload_id),
        comments=comments,
        lines=lines,
    )
    return build_confirmation(
        value, _buyer(account, order), now, sender_secret=_secret(account, order), stamp=_stamp(order)
    )


def _confirmed(line: BoughtLine, confirm_id: str) -> ConfirmationLine:
    bought = LineStatus(
        type="detail",
        quantity=Decimal(line.priced.quantity),
        unit_price=_yen(line.new_price) if line.new_price is not None else None,
        tax=_yen(line.priced.tax),
        tax_details=_tax_details(line.priced),
        shipping=_yen(line.priced.shipping),
        comments=(Comment("confirmID", confirm_id),),
    )
    missing = (_reject(line.short, line.code),) if line.short else ()
    return _line(line.ordered, (bought, *missing) if line.priced.quantity else missing)


def _refused(line: RefusedLine) -> ConfirmationLine:
    return _line(line.ordered, (_reject(line.ordered.quantity, line.code),))


def _reject(pieces: int, code: str) -> LineStatus:
    reason = Comment("LineItemErrorCode", REASONS[code])
    return LineStatus(type="reject", quantity=Decimal(pieces), comments=(reason,))


def _line(ordered: OrderedLine, statuses: tuple[LineStatus, ...]) -> ConfirmationLine:
    """What happens to a line, in the buyer's own unit; the statuses add up to what was ordered."""
    return ConfirmationLine(ordered.number, Decimal(ordered.quantity), ordered.unit, statuses)


def _cart_line(line: PricedLine, spaid: str) -> CartLine:
    product = line.product
    return CartLine(
        quantity=Decimal(line.quantity),
        asin=product.asin,
        auxiliary_xml=spaid,
        unit_price=_yen(line.unit_price),
        description=product.name,
        unit="EA",
        unspsc=product.unspsc,
        manufacturer_part=product.model,
        manufacturer=product.brand,
        extrinsics=amazon_extrinsics(
            product.asin,
            sold_by=product.seller,
            fulfilled_by=product.shipper,
            category=product.category.code,
            sub_category=product.sub_category,
            ean=product.ean,
        ),
        shipping=_yen(line.shipping),
        tax=_yen(line.tax),
        tax_details=_tax_details(line),
    )


def _tax_details(line: PricedLine) -> tuple[TaxDetail, ...]:
    goods = TaxDetail(line.product.tax_rate, "subtotalTax", "vat", _yen(line.goods_tax))
    if not line.shipping:
        return (goods,)
    return goods, TaxDetail(SHIPPING_TAX_RATE, "shippingTax", "vat", _yen(line.shipping_tax))


def _buyer(account: Account, order: Order) -> Credential:
    """The buyer's domain exactly as the order wrote it (reference 3)."""
    return Credential(order.facts.domain, account.settings.identity)


def _named(order: Order, name: str) -> str:
    """The order's number or payloadID, or one that nobody knows."""
    return f"unknown-{name[-8:]}" if order.mood.style == "unknown_order" else name


def _secret(account: Account, order: Order) -> Secret | None:
    """ "cXML authentication": the Sender carries the shared secret (reference 9.6)."""
    return Secret(account.password) if order.mood.style == "shared_secret" else None


def _stamp(order: Order) -> Callable[[datetime], str]:
    return clock_as_offset if order.mood.style == "of_2014" else plain_utc


def _yen(amount: Decimal) -> Money:
    return Money(amount, "JPY")
