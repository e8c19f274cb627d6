"""Notices: what a buyer and the admins are told later. purchasing says what happened; the bot finds the words."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum

from purchasing import members, policy
from purchasing.values import Company
from storage import queue
from storage.database import Tx
from storage.tables import Member, Order, StoredDocument

KIND = "notice"


class What(StrEnum):
    """What a notice tells. `ref` of a notice is the id of the cart, order, confirmation, shipment or document meant."""

    CART = "cart"
    CART_EMPTY = "cart_empty"
    CART_MISSING = "cart_missing"
    CART_TOO_LARGE = "cart_too_large"
    ORDER_PLACED = "order_placed"
    ORDER_UNANSWERED = "order_unanswered"
    ORDER_STUCK = "order_stuck"
    ORDER_DOUBTFUL = "order_doubtful"
    ORDER_FAILED = "order_failed"
    ORDER_REFUSED = "order_refused"
    ORDER_LATE = "order_late"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    CONFIRMATION_WITHDRAWN = "confirmation_withdrawn"
    SHIPMENT_WITHDRAWN = "shipment_withdrawn"
    GOODS_MISSING = "goods_missing"
    GOODS_DAMAGED = "goods_damaged"
    CANCEL_WISHED = "cancel_wished"
    UNDELIVERABLE = "undeliverable"
    DOCUMENT = "document"
    PASSWORD = "password"
    """Somebody posts under our HTTP user with another password; `ref` is the day."""
    CERTIFICATE = "certificate"
    """The certificate that orders log in with ends soon, or has ended; `ref` is its end, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell one person. `to_admin` says in which role the person is told.

    `again` tells apart what can happen to the same thing more than once; a notice is told once.
    """

    what: What
    ref: int
    recipient: str
    to_admin: bool
    again: str = ""

    def pack(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @staticmethod
    def unpack(payload: bytes) -> "Notice":
        fields = json.loads(payload)
        return Notice(
            What(fields["what"]),
            fields["ref"],
            fields["recipient"],
            fields["to_admin"],
            fields.get("again", ""),
        )


def _put(tx: Tx, company_id: str, notice: Notice, now: datetime, trace: str) -> None:
    role = "admin" if notice.to_admin else "buyer"
    again = f":{notice.again}" if notice.again else ""
    queue.put(
        tx,
        company_id=company_id,
        lane=f"notice:{company_id}:{notice.recipient}",
        kind=KIND,
        key=f"notice:{company_id}:{notice.what}:{notice.ref}:{role}:{notice.recipient}{again}",
        payload=notice.pack(),
        now=now,
        trace=trace,
    )


def tell_member(
    tx: Tx, member: Member, what: What, ref: int, now: datetime, trace: str = "", again: str = ""
) -> None:
    _put(tx, member.company_id, Notice(what, ref, member.user_id, to_admin=False, again=again), now, trace)


def tell_admins(
    tx: Tx,
    company: Company,
    buyer: Member,
    what: What,
    ref: int,
    now: datetime,
    trace: str = "",
    again: str = "",
) -> None:
    """Tell everybody who answers for this member's purchases."""
    for admin in _people(tx, company.id, policy.admins_of(company, buyer)):
        _put(tx, company.id, Notice(what, ref, admin, to_admin=True, again=again), now, trace)


def tell_others(
    tx: Tx, company: Company, out_of_reach: str, ref: int, now: datetime, trace: str = ""
) -> None:
    """A message to this person could not be delivered: tell whoever answers for them, else any other admin."""
    member = members.find(tx, company.id, out_of_reach)
    own = policy.admins_of(company, member) if member else company.admins
    themselves = member.user_id if member else out_of_reach
    for names in (own, policy.every_admin(company)):
        others = [admin for admin in _people(tx, company.id, names) if admin != themselves]
        for admin in others:
            _put(tx, company.id, Notice(What.UNDELIVERABLE, ref, admin, to_admin=True), now, trace)
        if others:
            return


def readdress(tx: Tx, company_id: str, notice: Notice, user_id: str, now: datetime, trace: str) -> None:
    """Tell somebody who turned out to be known under a user id, once under all their names."""
    _put(tx, company_id, replace(notice, recipient=user_id), now, trace)


def is_about(key: str, company_id: str, what: What) -> bool:
    """Whether the job with this key tells this kind of news, or sends its words."""
    return key.removeprefix("send:").startswith(f"{KIND}:{company_id}:{what}:")


def _people(tx: Tx, company_id: str, names: Sequence[str]) -> list[str]:
    """These people, each once, by user id where they are known: a list may name somebody by login id, too."""
    known = ((name, members.find(tx, company_id, name)) for name in names)
    return list(dict.fromkeys(member.user_id if member else name for name, member in known))


def contacts(tx: Tx, company: Company, buyer: Member) -> dict[str, str]:
    """Who answers for the buyer's purchases, can be written to and is not the buyer: login id and name, if known."""
    return _others(tx, company, buyer, policy.admins_of(company, buyer))


def fellow_admins(tx: Tx, company: Company, admin: Member) -> dict[str, str]:
    """Every other administrator who can be written to, whomever they answer for: login id and name, if known."""
    return _others(tx, company, admin, policy.every_admin(company))


def _others(tx: Tx, company: Company, reader: Member, names: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        admin = members.find(tx, company.id, name)
        if admin is None and "@" in name:
            found.setdefault(name, "")
        elif admin is not None and admin.id != reader.id and admin.login_id:
            found[admin.login_id] = admin.display_name
    return found


def contact(tx: Tx, company: Company, buyer: Member) -> str:
    """The login id of the first of them; empty where none is known."""
    return next(iter(contacts(tx, company, buyer)), "")


def tell_company(tx: Tx, company: Company, what: What, ref: int, now: datetime, again: str = "") -> None:
    """Tell the company's admins of something that concerns no buyer."""
    for admin in _people(tx, company.id, policy.first_admins(company)):
        _put(tx, company.id, Notice(what, ref, admin, to_admin=True, again=again), now, "")


def tell_all(
    tx: Tx, company: Company, order: Order, what: What, ref: int, now: datetime, again: str = ""
) -> None:
    """Tell the buyer of an order and everybody who answers for it."""
    buyer = tx.orm.get_one(Member, order.member_id)
    tell_member(tx, buyer, what, ref, now, trace=order.trace, again=again)
    tell_admins(tx, company, buyer, what, ref, now, trace=order.trace, again=again)


def tell_of_document(tx: Tx, company: Company, order: Order, stored: StoredDocument, now: datetime) -> None:
    """Tell everybody who answers for an order of a document that spoke of it."""
    assert stored.id is not None
    buyer = tx.orm.get_one(Member, order.member_id)
    tell_admins(tx, company, buyer, What.DOCUMENT, stored.id, now, trace=order.trace)
