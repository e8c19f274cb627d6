"""The cart that comes back from Amazon's shop: taken once, for the visit that its token and BuyerCookie name."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hmac import compare_digest
from typing import Any

from sqlmodel import select

from punchout.cart import Cart, CartRefused, read_cart
from punchout.order import MAX_LINES, MAX_PIECES
from punchout.xml import XmlRefused
from purchasing import addresses, evidence, notices, soundness
from purchasing.lifecycle import CartState, SessionEvent, SessionState, advance
from purchasing.notices import What
from purchasing.shopping import Companies, Denied, Trouble, hash_token
from storage import audit, tables
from storage.database import Tx
from storage.tables import Member, ShoppingSession
from storage.types import Amount, Quantity
from storage.vault import Keyring

PRICE_HOLD = timedelta(days=7)
"""How long Amazon keeps price and stock from 承認を依頼する on (Amazon reference 9.5): from the cart's own time, which a
browser may hand in days later. A clock that is ahead of ours wins nothing."""
OF_A_STRANGER = 64 * 1024
"""How much is kept of a cart for no visit of ours: anybody may post one, and the disk is ours."""
HUNDREDTH = Decimal("0.01")


def unstorable(cart: Cart) -> bool:
    """Whether an amount or a quantity is larger or finer than what can be kept: nothing of ours may round it."""
    amounts = [money.amount for money in (cart.total, cart.shipping, cart.tax, cart.payable) if money]
    for line in cart.lines:
        amounts += [money.amount for money in (line.unit_price, line.shipping, line.tax) if money]
    pieces = (line.quantity for line in cart.lines)
    return not all(map(Amount.holds, amounts)) or not all(map(Quantity.holds, pieces))


@dataclass(frozen=True, slots=True)
class Accepted:
    """The cart is ours (again: the same cart posted twice is told the same). Empty: the member ended the visit."""

    empty: bool
    company_id: str = field(default="", compare=False)
    trace: str = field(default="", compare=False)
    language: str = field(default="", compare=False)
    """The member's, where it is known."""


@dataclass(frozen=True, slots=True)
class ReadCart:
    """A cart as it came and what could be read of it; `value` is the refusal's sentence where nothing could."""

    raw: bytes
    value: Cart | str

    @staticmethod
    def of(raw: bytes) -> "ReadCart":
        try:
            return ReadCart(raw, read_cart(raw))
        except (CartRefused, XmlRefused) as refusal:
            return ReadCart(raw, str(refusal))


def is_awaited(tx: Tx, token: str) -> bool:
    """Whether some visit of ours has this token, open or not."""
    same = select(ShoppingSession.id).where(ShoppingSession.cart_token_hash == hash_token(token))
    return tx.orm.exec(same).first() is not None


def accept_cart(
    tx: Tx,
    vault: Keyring,
    companies: Companies,
    fallback_company: str,
    token: str,
    cart: ReadCart,
    now: datetime,
) -> Accepted | Denied:
    """Take a cart for the visit that the token and the BuyerCookie name, once.

    Whatever comes is kept as evidence. A cart for an unknown visit belongs to no company we could tell: it is kept under
    `fallback_company` (nowhere, where that is empty), and only its beginning.
    """
    session = tx.orm.exec(
        select(ShoppingSession).where(ShoppingSession.cart_token_hash == hash_token(token)).with_for_update()
    ).first()
    value = cart.value
    company_id = session.company_id if session else fallback_company
    language = tx.orm.get_one(Member, session.member_id).language if session else ""
    tx.trace = (session.trace if session else "") or tx.trace

    def said(what: str, **facts: Any) -> None:
        """Note it in the audit. What a stranger posts is kept as a document, and no more."""
        if session is not None:
            audit.note_of(tx, company_id, session.member_id, what, now, session=session.id, **facts)

    def keep(payload_id: str | None, outcome: str, note: str) -> tables.StoredDocument:
        return evidence.keep(
            tx,
            vault,
            company_id=company_id,
            direction="in",
            identity=evidence.identity_of(payload_id, cart.raw),
            kind="PunchOutOrderMessage",
            raw=cart.raw if session else cart.raw[:OF_A_STRANGER],
            now=now,
            outcome=outcome,
            note=note,
        )

    def refuse(trouble: Trouble, reason: str = "") -> Denied:
        if not company_id:
            return Denied(trouble, reason)
        # Kept by its bytes: anybody may post here, and must not use up a payloadID that Amazon will send.
        document = keep(None, "refused", reason or trouble)
        said("cart_refused", why=trouble, document=document.id)
        email = (session.email if session else "") or ""
        return Denied(trouble, reason, session.company_id if session else "", tx.trace, email, language)

    if session is None:
        return refuse(Trouble.CART_UNKNOWN)
    if isinstance(value, str):
        return refuse(Trouble.CART_UNREADABLE, value)
    if not compare_digest(hash_token(value.buyer_cookie), session.cookie_hash):
        return refuse(Trouble.CART_FOREIGN)
    seen = evidence.find(tx, company_id, "in", evidence.identity_of(value.payload_id, cart.raw))
    if session.state not in (SessionState.OPENING, SessionState.OPEN):
        again = seen is not None and seen.outcome == f"accepted:{session.id}"
        # A changed cart under the same payloadID is not the cart that was accepted.
        if seen and again and evidence.raw_bytes(vault, seen).strip() == cart.raw.strip():
            return Accepted(session.state == SessionState.ENDED, company_id, tx.trace, language)
        return refuse(Trouble.CART_USED)
    if seen:
        # The document was handed in before, for another visit: a replay.
        return refuse(Trouble.CART_USED)
    if len(value.lines) > MAX_LINES or any(line.quantity > MAX_PIECES for line in value.lines):
        member = tx.orm.get_one(Member, session.member_id)
        notices.tell_member(tx, member, What.CART_TOO_LARGE, session.id or 0, now)
        return refuse(Trouble.CART_TOO_LARGE)
    if unstorable(value):
        return refuse(Trouble.CART_UNREADABLE)
    company = companies(company_id)
    identity = company.account.identity if company else ""
    if not value.empty and (flaw := soundness.flaw(value, identity)):
        return refuse(Trouble.CART_UNUSABLE, flaw)
    document = keep(value.payload_id, f"accepted:{session.id}", "; ".join(soundness.doubts(value)))
    assert document.id is not None
    member = tx.orm.get_one(Member, session.member_id)
    event = SessionEvent.EMPTY_CART_CAME if value.empty else SessionEvent.CART_CAME
    session.state = advance(SessionState(session.state), event)
    session.closed_at = now
    tx.orm.add(session)
    assert session.id is not None
    if value.empty:
        said("cart_empty", document=document.id)
        notices.tell_member(tx, member, What.CART_EMPTY, session.id, now)
    else:
        row = _store(tx, session, value, document.id, now)
        assert row.id is not None
        said("cart_offered", cart=row.id, document=document.id, total=row.total, currency=row.currency)
        notices.tell_member(tx, member, What.CART, row.id, now)
    return Accepted(value.empty, company_id, tx.trace, language)


def _store(tx: Tx, session: ShoppingSession, cart: Cart, document_id: int, now: datetime) -> tables.Cart:
    assert session.id is not None
    row = tables.Cart(
        company_id=session.company_id,
        member_id=session.member_id,
        session_id=session.id,
        address_key=session.address_key,
        state=CartState.OFFERED,
        test=session.test,
        prefecture=_priced_for(tx, session, cart),
        nonce=secrets.token_hex(4),
        currency=cart.total.currency,
        subtotal=cart.total.amount,
        shipping=cart.shipping.amount if cart.shipping is not None else None,
        tax=cart.tax.amount if cart.tax is not None else None,
        total=cart.payable.amount,
        received_at=now,
        held_until=min(now, cart.timestamp or now) + PRICE_HOLD,
        document_id=document_id,
    )
    tx.orm.add(row)
    tx.orm.flush()
    assert row.id is not None
    for number, line in enumerate(cart.lines, start=1):
        goods = [detail for detail in line.tax_details if detail.purpose != "shippingTax"]
        tx.orm.add(
            tables.CartLine(
                cart_id=row.id,
                line_number=number,
                asin=line.asin,
                description=line.description,
                quantity=line.quantity,
                unit_price=line.unit_price.amount,
                shipping=line.shipping.amount if line.shipping is not None else None,
                tax=line.tax.amount if line.tax is not None else None,
                tax_rate=goods[0].rate.quantize(HUNDREDTH) if goods and goods[0].rate is not None else None,
                sold_by=line.sold_by,
                detail_url=line.detail_url,
                item_xml=line.item_xml,
            )
        )
    return row


def _priced_for(tx: Tx, session: ShoppingSession, cart: Cart) -> str:
    """The prefecture that Amazon priced for: the one that it says, else the one that we sent (Amazon reference 9.5)."""
    said = cart.ship_to.prefecture if cart.ship_to else ""
    sent = addresses.get(tx, session.company_id, session.address_key).prefecture
    return said if said in addresses.PREFECTURES else sent
