"""The OrderRequest of a cart: what Amazon is asked to send, where, and on whose account."""

from datetime import datetime

from punchout.address import Address
from punchout.money import Money
from punchout.order import OrderLine, OrderRequest
from purchasing import accounting, addresses
from purchasing.accounting import Accounting
from purchasing.values import Company
from storage.database import Tx
from storage.tables import Cart, CartLine, Member, ShoppingSession


def write_request(
    tx: Tx,
    company: Company,
    member: Member,
    cart: Cart,
    lines: list[CartLine],
    booked: Accounting,
    number: str,
    now: datetime,
) -> OrderRequest:
    # Amazon refuses an order from another address than the cart's, and the member may have changed theirs since.
    email = tx.orm.get_one(ShoppingSession, cart.session_id).email or member.email
    assert email is not None
    place: Address = addresses.to_cxml(company, addresses.get(tx, company.id, cart.address_key), email)
    return OrderRequest(
        number=number,
        ordered_at=now,
        total=Money(cart.total, cart.currency),
        shipping=None if cart.shipping is None else Money(cart.shipping, cart.currency),
        tax=None if cart.tax is None else Money(cart.tax, cart.currency),
        ship_to=place,
        bill_to=place,
        contact=place,
        email=email,
        comments=cart.purpose,
        extrinsics=accounting.extrinsics(booked),
        lines=tuple(
            OrderLine(
                line.line_number,
                line.quantity,
                line.item_xml,
                accounting.distributions(booked, line.unit_price, line.quantity, cart.currency),
            )
            for line in lines
        ),
    )
