"""One turn of a talk: load where the member stands, decide, do it, answer. The only place where the talk meets storage.

Everything happens in the transaction that it is called in: the state of the talk, what purchasing does, and the messages
that follow. Purchasing's refusals come back as values, so a turn never fails halfway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.lineworks.message import Outgoing, Text
from bot.talk import checkout, choices, counter, registration, shopping
from bot.talk.cards import mark
from bot.talk.hearing import Heard, Verb
from bot.talk.steps import At, Do, Move, decide
from bot.talk.wording import Wording, wording
from purchasing import addresses, members, ordering, policy
from purchasing import shopping as visits
from purchasing.lifecycle import CartState
from purchasing.members import Person
from purchasing.ordering import AlreadyPlaced, Placed
from purchasing.values import Company
from storage.database import Tx
from storage.tables import Cart, Member, Talk
from storage.vault import Keyring

ONE_TAP = timedelta(seconds=3)
"""利用開始, or a stranger's first word, opens the room (begin) and is said: two events, one greeting."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a turn needs besides its transaction."""

    company: Company
    vault: Keyring


@dataclass(frozen=True, slots=True)
class Stranger:
    """We know nothing of this person yet, or not where they belong today: look them up in LINE WORKS' directory, then
    take the turn again."""


def turn(
    tx: Tx, desk: Desk, user_id: str, heard: Heard, person: Person | None, *, began: bool, now: datetime
) -> Sequence[Outgoing] | Stranger:
    """The answer to what was said. `person` is what the directory says, None while it was not asked."""
    member = members.find(tx, desk.company.id, user_id)
    if person is None and (member is None or policy.needs_look_up(desk.company, member, now)):
        return Stranger()
    if member is None or person is not None:
        member = members.meet(
            tx, desk.company.id, person or Person(user_id), now, looked_up=person is not None
        )
    talk = tx.orm.get(Talk, (desk.company.id, user_id))
    registered = member.email is not None
    if began and not registered and policy.is_admin(desk.company, member):
        # Our own first notice opened the room; a greeting would be an answer to nothing.
        return ()
    just_now = talk is not None and now - talk.changed_at < ONE_TAP
    if talk is None:
        talk = Talk(company_id=desk.company.id, user_id=user_id, state=At.NEW, changed_at=now)
    move = decide(At(talk.state), registered, heard)
    asked = talk.state == At.ASKED_MEMBER and move.do is Do.GREET_FIRST
    if just_now and (asked or heard.verb is Verb.START):
        return ()
    talk.state, talk.changed_at = move.at, now
    tx.orm.add(talk)
    words = wording(member.language)
    if not policy.may_buy(desk.company, member) and move.do not in _FOR_EVERYBODY:
        return registration.not_permitted(words, desk.company.contact)
    if move.do is Do.ASK_PAY or move.do is Do.SET_PURPOSE:
        return _before_paying(tx, desk, words, member, talk, move, now)
    return _answer(tx, desk, words, member, move, now)


_FOR_EVERYBODY = (Do.NOTHING, Do.ORDER, Do.NOTICES, Do.NOTICE_PACE)
"""What somebody may do who may not buy: an administrator looks at an order, and chooses what to be told."""


def _before_paying(
    tx: Tx, desk: Desk, words: Wording, member: Member, talk: Talk, move: Move, now: datetime
) -> list[Outgoing]:
    """決済する asks for the purpose first where the company wants one; the answer leads on to the second question."""
    if move.do is Do.SET_PURPOSE:
        cart = ordering.waiting_cart(tx, member, talk.about)
        if cart is None:
            return registration.full_menu(words, words("menu", "not_understood"))
        ordering.note_purpose(tx, cart, move.heard.text)
        address = addresses.get(tx, cart.company_id, cart.address_key)
        return checkout.question(words, cart, address, desk.company.test, now)
    cart = ordering.find_cart(tx, member, int(move.heard.ref), move.heard.nonce)
    if desk.company.ask_purpose and cart is not None and cart.state == CartState.OFFERED and not cart.purpose:
        talk.state, talk.about = At.ASKED_PURPOSE, str(cart.id)
        return checkout.ask_purpose(words, desk.company.test)
    return _about_cart(tx, words, member, move, desk.company.test, now)


def _answer(tx: Tx, desk: Desk, words: Wording, member: Member, move: Move, now: datetime) -> list[Outgoing]:
    test, email = desk.company.test, member.email or ""
    match move.do:
        case Do.NOTHING:
            return []
        case Do.GREET:
            return registration.greeting(words, "greeting")
        case Do.GREET_FIRST:
            return registration.greeting(words, "first_register")
        case Do.REGISTRATION_CANCELLED:
            return registration.greeting(words, "cancelled")
        case Do.ASK_EMAIL | Do.ASK_EMAIL_NEW | Do.ASK_EMAIL_AGAIN:
            return registration.ask_email(words, move.do.value, email, member.login_id)
        case Do.REFUSE_EMAIL if move.bad_email is not None:
            return registration.refuse_email(words, move.bad_email)
        case Do.REGISTER:
            members.register(tx, member, move.email, now)
            return registration.menu(words, "registration", "changed" if email else "done", move.email)
        case Do.KEEP_EMAIL:
            return registration.menu(words, "registration", "kept", email)
        case Do.MENU:
            return registration.full_menu(words, words("menu", "ready", email=email))
        case Do.NOT_UNDERSTOOD:
            return registration.full_menu(words, words("menu", "not_understood"))
        case Do.NOT_TEXT:
            return registration.full_menu(words, words("menu", "not_text"))
        case Do.HELP:
            return registration.help_text(words, member.email is not None, test)
        case Do.HISTORY:
            return counter.list_orders(tx, words, member, move.heard.ref)
        case Do.ORDER:
            return counter.show(tx, desk.company, words, member, move.heard.ref)
        case Do.RECEIPT:
            return counter.receive(tx, desk.company, words, member, move.heard, now)
        case Do.CANCEL_ORDER:
            return counter.cancel(tx, desk.company, words, member, move.heard, now)
        case Do.REORDER:
            return counter.again(tx, desk.company, words, member, move.heard, now)
        case Do.NOTICES | Do.NOTICE_PACE:
            return choices.choose(tx, desk.company, words, member, move.heard, now)
        case Do.SHOP:
            return _addresses(tx, desk, words, member, now)
        case Do.CANCEL:
            return _cancel(tx, words, member, test)
        case Do.RESTART:
            return [*_dropped(tx, words, member, test), *_addresses(tx, desk, words, member, now)]
        case Do.SHOW_CART:
            return _show_cart(tx, words, member, test, now)
        case Do.PAY:
            return _pay(tx, desk, words, member, move.heard, now)
        case _:
            return _about_cart(tx, words, member, move, test, now)


def _addresses(tx: Tx, desk: Desk, words: Wording, member: Member, now: datetime) -> list[Outgoing]:
    offered = visits.offer(tx, desk.company, member, now)
    minutes = int(desk.company.link_life.total_seconds() // 60)
    return shopping.address_cards(words, offered, minutes, desk.company.test)


def _cancel(tx: Tx, words: Wording, member: Member, test: bool) -> list[Outgoing]:
    """キャンセル without a cart named: the newest cart that is still on offer, if there is one."""
    cart = ordering.newest_offered(tx, member)
    if cart is None:
        return registration.menu(words, "menu", "nothing_to_cancel", member.email or "")
    ordering.cancel(tx, cart)
    return checkout.gone(words, "cancelled", test)


def _dropped(tx: Tx, words: Wording, member: Member, test: bool) -> list[Outgoing]:
    """Whoever starts over lets go of the cart on offer, and is told so."""
    cart = ordering.newest_offered(tx, member)
    if cart is None:
        return []
    ordering.cancel(tx, cart)
    return [Text(words("cart", "cancelled", mark=mark(words, test)))]


def _show_cart(tx: Tx, words: Wording, member: Member, test: bool, now: datetime) -> list[Outgoing]:
    cart = ordering.newest_offered(tx, member)
    if cart is None:
        return registration.menu(words, "menu", "no_cart_to_pay", member.email or "")
    card = _cart_card(tx, words, cart, now, "arrived")
    return [*registration.menu(words, "menu", "button_only_pay", member.email or ""), *card]


def _cart_card(tx: Tx, words: Wording, cart: Cart, now: datetime, sentence: str) -> list[Outgoing]:
    address = addresses.get(tx, cart.company_id, cart.address_key)
    return checkout.cart_card(words, cart, ordering.lines_of(tx, cart), address, cart.test, now, sentence)


def _pay(tx: Tx, desk: Desk, words: Wording, member: Member, heard: Heard, now: datetime) -> list[Outgoing]:
    outcome = ordering.place(tx, desk.vault, desk.company, member, int(heard.ref), heard.nonce, now)
    if isinstance(outcome, Placed):
        address = addresses.get(tx, member.company_id, outcome.order.address_key)
        return checkout.placed(words, outcome.order, address)
    if isinstance(outcome, AlreadyPlaced):
        return checkout.already_ordered(words, outcome.order)
    if outcome.other_mode:
        return checkout.gone(words, "other_mode", not desk.company.test)
    return checkout.gone(words, "already_cancelled" if outcome.cancelled else "unknown", desk.company.test)


def _about_cart(
    tx: Tx, words: Wording, member: Member, move: Move, test: bool, now: datetime
) -> list[Outgoing]:
    """決済する, いいえ and キャンセル on a cart card: first see what became of that cart."""
    cart = ordering.find_cart(tx, member, int(move.heard.ref), move.heard.nonce)
    if cart is None:
        return checkout.gone(words, "unknown", test)
    if cart.state == CartState.ORDERED:
        return checkout.already_ordered(words, ordering.order_of(tx, cart))
    if cart.state == CartState.CANCELLED:
        return checkout.gone(words, "already_cancelled", test)
    if move.do is Do.ASK_PAY:
        address = addresses.get(tx, cart.company_id, cart.address_key)
        return checkout.question(words, cart, address, test, now)
    if move.do is Do.DECLINE:
        return _cart_card(tx, words, cart, now, "declined")
    ordering.cancel(tx, cart)
    return checkout.gone(words, "cancelled", test)
