"""The counter for orders that were placed: look at them, say whether they arrived, cancel, order the same again.

Called by the engine inside its transaction, like all that touches storage.
"""

from datetime import datetime

from bot.lineworks.message import Action, Outgoing
from bot.talk import afterwards, asking, orders, shopping
from bot.talk.hearing import Heard, Verb
from bot.talk.languages import said_in
from bot.talk.wording import Wording
from purchasing import aftercare, history, policy
from purchasing import shopping as visits
from purchasing.aftercare import Receipt
from purchasing.lifecycle import OrderState
from purchasing.values import Company
from storage.database import Tx
from storage.tables import Member, Order

BATCHES = 20
"""So many hundreds of others' orders are looked through for those of a group: everybody's turns wait meanwhile."""


def list_orders(
    tx: Tx, words: Wording, member: Member, ref: str, *, buys: bool
) -> tuple[list[Outgoing], int | None]:
    """A page of the member's orders from `ref` on, and where the next one begins."""
    before = int(ref) if ref.isdecimal() and len(ref) < 19 else None
    page, older = history.recent(tx, member, before)
    if not page:
        return _none_yet(member, buys=buys), older
    return orders.history(words, [history.detail(tx, order) for order in page], older, buys=buys), older


def list_watched(
    tx: Tx, company: Company, words: Wording, admin: Member, ref: str, *, buys: bool
) -> list[Outgoing]:
    """A page of everybody's orders that the administrator is told of, among the company's next two thousand."""
    before = int(ref) if ref.isdecimal() and len(ref) < 19 else None
    seen: list[Order] = []
    for _ in range(BATCHES):
        batch = history.lately(tx, company.id, before)
        seen += [order for order, buyer in batch if policy.may_see(company, admin, buyer)]
        if len(seen) > history.PAGE or not batch:
            break
        before = batch[-1][0].id
    page = seen[: history.PAGE]
    if not page:
        return said_in(admin.language, lambda words: orders.none_watched(words, buys=buys))
    older = page[-1].id if len(seen) > len(page) else None
    found = [history.detail(tx, order) for order in page]
    return orders.history(words, found, older, buys=buys, own=False)


def show(
    tx: Tx, company: Company, words: Wording, viewer: Member, heard: Heard, app_url: str
) -> list[Outgoing]:
    """One order, to its buyer and to who answers for the buyer; to everybody else there is no such order."""
    buys = policy.may_buy(company, viewer)
    if not heard.ref:
        return _none_yet(viewer, buys=buys)
    order = history.by_number(tx, company.id, heard.ref)
    found = history.detail(tx, order) if order else None
    if found is None or not policy.may_see(company, viewer, found.buyer):
        return orders.not_found(words, buys=buys)
    if found.buyer.id != viewer.id:
        buyer = {found.buyer.login_id: found.buyer.display_name} if found.buyer.login_id else {}
        people = asking.links(words, buyer, app_url, "talk_with_buyer")
        return orders.detail(words, found, own=False, buys=buys, links=people)
    return orders.detail(
        words, found, own=True, buys=buys, links=afterwards.page_of(words, found, heard.nonce)
    )


def open_amazon(tx: Tx, words: Wording, member: Member, heard: Heard, *, buys: bool) -> list[Outgoing]:
    """Amazonで注文を開く, typed: for the newest order that Amazon has a number for."""
    order = _meant(tx, member, heard)
    if order is None:
        return _none_yet(member, buys=buys)
    return afterwards.open_amazon(words, history.detail(tx, order), buys=buys)


def _meant(tx: Tx, member: Member, heard: Heard) -> Order | None:
    """The member's own order that a button names; typed, the newest."""
    if not heard.ref:
        return aftercare.newest(tx, member)
    order = history.by_number(tx, member.company_id, heard.ref)
    return order if order is not None and order.member_id == member.id else None


def _no_order(words: Wording, member: Member, heard: Heard, *, buys: bool = True) -> list[Outgoing]:
    return orders.not_found(words, buys=buys) if heard.ref else _none_yet(member, buys=buys)


def _none_yet(member: Member, *, buys: bool) -> list[Outgoing]:
    return said_in(member.language, lambda words: orders.none_yet(words, buys=buys))


_RECEIPTS = {Verb.ARRIVED: Receipt.ARRIVED, Verb.MISSING: Receipt.MISSING, Verb.DAMAGED: Receipt.DAMAGED}


def receive(
    tx: Tx, company: Company, words: Wording, member: Member, heard: Heard, now: datetime, *, buys: bool
) -> list[Outgoing]:
    """届きました and its sisters: by button for that order, typed for the one that was shipped; the member says for
    which where several were, lately, and nothing is known of them yet."""
    sent = [] if heard.ref else aftercare.unheard_of(tx, member, now)
    if len(sent) > 1:
        return orders.which(words, [history.detail(tx, each) for each in sent], heard.verb)
    left = sent[0] if sent and heard.verb is Verb.ARRIVED else None
    shipped = None if heard.ref else left or aftercare.newest(tx, member, aftercare.SHIPPED)
    order = shipped or _meant(tx, member, heard)
    if order is None:
        return _no_order(words, member, heard, buys=buys)
    if order.state not in aftercare.SHIPPED:
        return afterwards.not_shipped(words, order, buys=buys)
    receipt = _RECEIPTS[heard.verb]
    told = aftercare.receive(tx, company, order, receipt, now)
    return afterwards.received(words, history.detail(tx, order), receipt, told=told, buys=buys)


def cancel(
    tx: Tx, company: Company, words: Wording, member: Member, heard: Heard, now: datetime, *, buys: bool
) -> list[Outgoing]:
    """注文を取り消したい: only Amazon's own page can do it; the wish is kept and the admins are told."""
    order = _meant(tx, member, heard)
    if order is None:
        return _no_order(words, member, heard, buys=buys)
    told = order.state not in aftercare.OVER and aftercare.wish_cancel(tx, company, order, now)
    return afterwards.how_to_cancel(words, history.detail(tx, order), told=told, buys=buys)


def again(
    tx: Tx,
    company: Company,
    words: Wording,
    member: Member,
    heard: Heard,
    now: datetime,
    ask: tuple[Action, ...],
) -> list[Outgoing]:
    """もう一度注文する: the shop opens looking for the first article; the card names them all, or the refused ones.

    cXML's SelectedItem names one article (Amazon reference 5). While Amazon may have taken the order, nothing of it is
    bought again: whom to `ask` instead.
    """
    order = _meant(tx, member, heard)
    if order is None:
        return _no_order(words, member, heard)
    if aftercare.in_doubt(order):
        return afterwards.not_again(words, order, ask)
    found = history.detail(tx, order)
    refused = [line for line in found.lines if line.rejected]
    asked = heard.nonce == orders.REFUSED
    if asked and not refused and order.state != OrderState.REFUSED:
        # A button that names the order stood below lines that were refused then; typed, it may never have been so.
        return afterwards.none_refused(words, found, corrected=bool(heard.ref))
    lines = (refused if asked else ()) or found.lines
    choices = visits.offer(tx, company, member, now, asin=lines[0].asin)
    return [
        *afterwards.same_again(words, found, lines, refused=asked and bool(refused)),
        *shopping.address_cards(words, choices, company.link_life, company.test),
    ]
