"""From a notice to its cards: loads what the notice speaks of and hands it to the cards."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from bot.lineworks.message import ButtonTemplate, Outgoing, Text, clean, pages
from bot.talk import asking, checkout, notices, refusals, registration, shopping, withdrawals
from bot.talk.cards import TEXT, mark, say
from bot.talk.confirmed import confirmed
from bot.talk.hearing import Verb
from bot.talk.notices import Reader
from bot.talk.outbox import Send
from bot.talk.wording import Wording, wording
from purchasing import addresses, certificate, history, members, ordering, policy, preferences
from purchasing import notices as news
from purchasing import shopping as visits
from purchasing.lifecycle import CartState, OrderState, SessionState
from purchasing.notices import Notice, What
from purchasing.preferences import Pace
from purchasing.values import Company, local
from storage.database import Tx
from storage.tables import (
    Cart,
    JobRow,
    Member,
    Order,
    OrderConfirmation,
    OrderConfirmationLine,
    Shipment,
    ShipmentLine,
    ShoppingSession,
    StoredDocument,
)

_STILL = {
    What.ORDER_UNANSWERED: (OrderState.PLACED, OrderState.SENDING, OrderState.UNANSWERED),
    What.ORDER_STUCK: (OrderState.STUCK,),
    What.ORDER_FAILED: (OrderState.STUCK,),
    What.ORDER_DOUBTFUL: (OrderState.DOUBTFUL,),
    What.ORDER_REFUSED: (OrderState.REFUSED,),
}
"""News that is worth telling only while it is true: an answer may have come in between."""
_ALWAYS = (What.ORDER_LATE, What.GOODS_MISSING, What.GOODS_DAMAGED, What.CANCEL_WISHED)


def buyer_of(tx: Tx, notice: Notice) -> Member | None:
    """The buyer of the order that a notice speaks of."""
    order = _order_of(tx, notice)
    return tx.orm.get(Member, order.member_id) if order else None


def strangers(tx: Tx, company: Company, notice: Notice, now: datetime) -> list[str]:
    """Whom the directory must be asked about before this notice: the recipient, and whom its buttons lead to."""
    buyer = buyer_of(tx, notice)
    names = [notice.recipient]
    if buyer is not None:
        names += [buyer.user_id] if notice.to_admin else policy.admins_of(company, buyer)[:1]
    return _outdated(tx, company, names, now)


def admins_to_look_up(tx: Tx, company: Company, now: datetime) -> list[str]:
    """Administrators of whom the directory has not told lately: who asks for them is to be led to them by name."""
    return _outdated(tx, company, policy.every_admin(company), now)


def _outdated(tx: Tx, company: Company, names: Sequence[str], now: datetime) -> list[str]:
    known = {name: members.find(tx, company.id, name) for name in names}
    # By user id where it is known: a login id may have changed since (reference 12).
    return [
        member.user_id if member else name
        for name, member in known.items()
        if member is None or policy.is_outdated(member, now)
    ]


def put_off(tx: Tx, company: Company, notice: Notice, app_url: str, now: datetime) -> bool:
    """Whether the administrator wants this later or not at all; what is for later is kept for the digest."""
    pace = preferences.pace_for(tx, company.id, notice.recipient, notice.what)
    if pace is Pace.DAILY:
        for line in in_short(write(tx, company, notice, app_url, now)):
            preferences.put_off(tx, company.id, notice.recipient, line, now)
    return pace is not Pace.NOW


def write(tx: Tx, company: Company, notice: Notice, app_url: str, now: datetime) -> list[Outgoing]:
    """The messages that tell the notice; none when it is no longer true."""
    recipient = members.find(tx, company.id, notice.recipient)
    words = wording(recipient.language if recipient else "")
    if notice.what is What.CART_EMPTY:
        return registration.menu(words, "cart", "empty", "")
    if notice.what in (What.CART_MISSING, What.CART_TOO_LARGE):
        return _fresh_ways_in(tx, company, words, notice, now)
    if notice.what is What.UNDELIVERABLE:
        return _undeliverable(tx, words, notice)
    if notice.what is What.DOCUMENT:
        return notices.document(words, tx.orm.get_one(StoredDocument, notice.ref), company.test)
    if notice.what is What.PASSWORD:
        return [Text(words("paper", "password", mark=mark(words, company.test)))]
    if notice.what is What.CERTIFICATE:
        return _certificate(words, company, notice, now)
    if notice.what is What.CART:
        cart = tx.orm.get_one(Cart, notice.ref)
        address = addresses.get(tx, company.id, cart.address_key)
        if cart.state != CartState.OFFERED:
            return []
        lines = ordering.lines_of(tx, cart)
        booked = policy.accounting(company, tx.orm.get_one(Member, cart.member_id))
        return checkout.cart_card(words, cart, lines, address, cart.test, now, booked)
    order = _order_of(tx, notice)
    if order is None:
        return []
    found = history.detail(tx, order)
    contact = "" if notice.to_admin else news.contact(tx, company, found.buyer)
    reader = Reader(words, notice.to_admin, app_url, contact)
    if notice.what is What.ORDER_PLACED:
        return notices.placed(reader, found)
    if notice.what is What.CONFIRMED:
        head = tx.orm.get_one(OrderConfirmation, notice.ref)
        said = select(OrderConfirmationLine).where(OrderConfirmationLine.confirmation_id == head.id)
        rows = tx.orm.exec(
            said.order_by(col(OrderConfirmationLine.line_number), col(OrderConfirmationLine.id))
        ).all()
        return confirmed(reader, found, head, rows) if rows else []
    if notice.what is What.SHIPPED:
        parcel = tx.orm.get_one(Shipment, notice.ref)
        sent = select(ShipmentLine).join(Shipment, col(Shipment.id) == ShipmentLine.shipment_id)
        until_then = sent.where(Shipment.order_id == order.id, col(Shipment.id) <= notice.ref)
        rows_sent = tx.orm.exec(until_then).all()
        stands = any(row.shipment_id == parcel.id for row in rows_sent)
        return notices.shipped(reader, found, parcel, rows_sent) if stands else []
    if notice.what is What.CONFIRMATION_WITHDRAWN:
        named = tx.orm.get_one(OrderConfirmation, notice.ref).confirm_id
        return withdrawals.withdrawn(reader, found, "confirmed" if named else "refused")
    if notice.what is What.SHIPMENT_WITHDRAWN:
        return withdrawals.withdrawn(reader, found, "shipped")
    if notice.what not in _ALWAYS and order.state not in _STILL[notice.what]:
        return []
    if notice.what is What.ORDER_REFUSED:
        return refusals.refused(reader, found)
    return notices.news(reader, _news(notice, order), found, order.refusal)


def _news(notice: Notice, order: Order) -> str:
    """The sentence of a piece of news: of what is late, all, the rest, or all of it once more."""
    name = notice.what.removeprefix("order_")
    if notice.what is not What.ORDER_LATE:
        return name
    if order.state == OrderState.CONFIRMING:
        return "late_partly"
    return "late_again" if notice.again else name


def in_short(messages: Sequence[Outgoing]) -> list[str]:
    """What a notice says, for a digest: its head, without the lines, the pages after the first and the buttons."""
    texts = [
        m.content_text if isinstance(m, ButtonTemplate) else m.text
        for m in messages
        if isinstance(m, ButtonTemplate | Text)
    ]
    return [text.split("\n\n")[0] for text in texts[:1]]


def digest(tx: Tx, company_id: str, recipient: str, lines: Sequence[str]) -> list[Outgoing]:
    """A day's news for somebody, in as many texts as it takes; what was told more than once stands there once."""
    known = members.find(tx, company_id, recipient)
    words = wording(known.language if known else "")
    head = words("choices", "digest", count=len(lines))
    told = [
        line if times == 1 else words("choices", "digest_times", line=line, count=times)
        for line, times in Counter(lines).items()
    ]
    if not lines:
        return []
    foot = words("choices", "digest_foot")
    *others, last = pages([head, *(f"\n{line}" for line in (*told, foot))], TEXT)
    buttons = (say(words, "watched", Verb.WATCHED), say(words, "notices", Verb.NOTICES))
    return [*map(Text, others), Text(last, quick_reply=buttons)]


def _fresh_ways_in(tx: Tx, company: Company, words: Wording, notice: Notice, now: datetime) -> list[Outgoing]:
    """The cart has not come back, or was too large: what it is, what to do, and fresh ways in."""
    session = tx.orm.get_one(ShoppingSession, notice.ref)
    if notice.what is What.CART_MISSING and session.state != SessionState.OPEN:
        return []
    offered = visits.offer(tx, company, tx.orm.get_one(Member, session.member_id), now)
    cards = shopping.address_cards(words, offered, company.link_life, company.test)
    text = words("shopping", notice.what, mark=mark(words, company.test))
    return [ButtonTemplate(text, (asking.guide(words, company.public_url),)), *cards]


def _certificate(words: Wording, company: Company, notice: Notice, now: datetime) -> list[Outgoing]:
    """How long orders will get through; nothing when the certificate has been renewed since."""
    until = company.certificate_until
    if until is None or int(until.timestamp()) != notice.ref:
        return []
    days = certificate.days_left(until, now)
    name = "over" if until <= now else "soon" if days else "today"
    said = {"until": f"{local(until):%Y-%m-%d %H:%M}", "days": days}
    return [Text(words("certificate", name, mark=mark(words, company.test), **said))]


def _undeliverable(tx: Tx, words: Wording, notice: Notice) -> list[Outgoing]:
    """A message to somebody could not be delivered; the job that carried it says to whom and why."""
    job = tx.orm.get_one(JobRow, notice.ref)
    recipient = Send.unpack(job.payload).recipient
    member = members.find(tx, job.company_id, recipient)
    name = (member.display_name if member else recipient) or words("common", "somebody")
    return [Text(words("admin", "undeliverable", name=clean(name), reason=_why_undelivered(words, job)))]


def _why_undelivered(words: Wording, job: JobRow) -> str:
    """Words of ours for the codes that LINE WORKS refuses with; what the log says for all others."""
    code = re.search(r"HTTP ([0-9]{3})", job.last_error)
    if code and words.has("undelivered", code[1]):
        return words("undelivered", code[1])
    return words("undelivered", "other", why=clean(job.last_error))


def _order_of(tx: Tx, notice: Notice) -> Order | None:
    match notice.what:
        case (
            What.CART
            | What.CART_EMPTY
            | What.CART_MISSING
            | What.CART_TOO_LARGE
            | What.UNDELIVERABLE
            | What.DOCUMENT
            | What.PASSWORD
            | What.CERTIFICATE
        ):
            return None
        case What.CONFIRMED | What.CONFIRMATION_WITHDRAWN:
            return tx.orm.get_one(Order, tx.orm.get_one(OrderConfirmation, notice.ref).order_id)
        case What.SHIPPED | What.SHIPMENT_WITHDRAWN:
            return tx.orm.get_one(Order, tx.orm.get_one(Shipment, notice.ref).order_id)
    return tx.orm.get_one(Order, notice.ref)
