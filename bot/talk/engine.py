"""One turn of a talk: load where the member stands, decide, do it, answer. The only place where the talk meets storage.

Everything happens in the transaction that it is called in: the state of the talk, what purchasing does, and the messages
that follow. Purchasing's refusals come back as values, so a turn never fails halfway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.lineworks.applink import BASE
from bot.lineworks.message import Outgoing
from bot.talk import asking, choices, counter, explaining, orders, permission, registration, shopping
from bot.talk.cards import menu_buttons, say
from bot.talk.hearing import Heard, Verb
from bot.talk.languages import said_in
from bot.talk.meaning import PARCEL, meant
from bot.talk.steps import At, Do, Move, decide
from bot.talk.till import Till
from bot.talk.wording import Wording, wording
from purchasing import history, members, policy
from purchasing import notices as news
from purchasing import shopping as visits
from purchasing.members import Person
from purchasing.values import Company
from storage import talks
from storage.database import Tx
from storage.tables import Member, Talk
from storage.vault import Keyring

ONE_TAP = timedelta(seconds=3)
"""利用開始, or a stranger's first word, opens the room (begin) and is said: two events, one greeting."""

_BEGAN = "begin"
"""What the talk remembers of a greeting that nothing was said for: the word that opened the room may follow."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a turn needs besides its transaction."""

    company: Company
    vault: Keyring
    app_url: str = BASE


@dataclass(frozen=True, slots=True)
class Stranger:
    """We know nothing of this person yet, or not where they belong today: look them up in LINE WORKS' directory, then
    take the turn again."""


def turn(
    tx: Tx,
    desk: Desk,
    user_id: str,
    heard: Heard,
    person: Person | None,
    *,
    began: bool,
    asked: bool = False,
    in_room: bool = False,
    now: datetime,
) -> Sequence[Outgoing] | Stranger:
    """The answer to what was said. `person` is what the directory says: None while it was not asked, and when it was
    `asked` and could not tell; then the talk goes on with what is known, and the next word asks again.

    What was said in a room of several people is answered here, and the answer says so.
    """
    member = members.find(tx, desk.company.id, user_id)
    if not asked and (
        member is None or policy.needs_look_up(desk.company, member, now) or _contradicts(member, heard)
    ):
        return Stranger()
    if member is None or person is not None:
        member = members.meet(
            tx, desk.company.id, person or Person(user_id), now, looked_up=person is not None
        )
    talk = talks.look(tx, desk.company.id, user_id)
    registered = member.email is not None
    if began and (registered or policy.may_be_admin(desk.company, member)):
        # Our own notice may have opened the room; a greeting would be an answer to nothing. 利用開始 is said besides.
        return ()
    just_now = talk is not None and now - talk.changed_at < ONE_TAP
    if talk is None:
        talk = Talk(company_id=desk.company.id, user_id=user_id, state=At.NEW, changed_at=now)
    at = At(talk.state)
    move = decide(at, registered, meant(tx, desk.company, member, at, talk.about, heard))
    opened = talk.about == _BEGAN and not registered
    if opened:
        talk.about = ""
    if just_now and (heard.verb is Verb.START or (opened and _asks_nothing(move))):
        talks.keep(tx, talk)
        return ()
    if began and move.do is Do.GREET:
        talk.about = _BEGAN
    talk.state, talk.changed_at = move.at, now
    told = person is not None and bool(person.language)
    members.learn_language(tx, member, heard.language, own=not told and _contradicts(member, heard))
    words = wording(member.language)
    till = Till(tx, desk.company, words, member, talk, at, now)
    if not till.buys and not permission.may(till, move):
        answer = permission.turned_away(desk.company, desk.app_url, till, move)
    else:
        answer = said_in(member.language, registration.text_only) if _is_lost(move) else []
        answer += _answer(desk, till, move)
        if at is At.ASKED_PURPOSE and move.at is At.ASKED_PURPOSE and move.do is not Do.ASK_PURPOSE_AGAIN:
            answer += till.ask_purpose_again()
    talks.keep(tx, talk)
    return [*said_in(member.language, registration.moved_here), *answer] if in_room else answer


def _contradicts(member: Member, heard: Heard) -> bool:
    """The client shows another language than the one that is spoken: the directory is asked which of them is right."""
    if not heard.own_language or not member.language:
        return False
    return wording(heard.language).language != wording(member.language).language


def _is_lost(move: Move) -> bool:
    """A sticker or a picture where an answer is waited for: the question comes again, and why."""
    asked = (Do.REFUSE_EMAIL, Do.GREET_FIRST, Do.ASK_PURPOSE_AGAIN)
    return move.heard.verb is Verb.THING and move.do in asked


def _asks_nothing(move: Move) -> bool:
    """A stranger's こんにちは or sticker: the greeting is its answer. A verb is always answered."""
    return move.do is Do.GREET_FIRST and move.heard.verb in (Verb.WORDS, Verb.THING)


def _answer(desk: Desk, till: Till, move: Move) -> list[Outgoing]:
    tx, words, member, now, buys = till.tx, till.words, till.member, till.now, till.buys
    admin, email = policy.is_admin(desk.company, member), member.email or ""
    said = partial(said_in, member.language)
    match move.do:
        case Do.NOTHING:
            return []
        case Do.GREET:
            return said(lambda words: registration.greeting(words, "greeting"))
        case Do.GREET_FIRST:
            return said(lambda words: registration.greeting(words, "first_register"))
        case Do.REGISTRATION_CANCELLED:
            return said(lambda words: registration.greeting(words, "cancelled"))
        case Do.ASK_EMAIL | Do.ASK_EMAIL_NEW | Do.ASK_EMAIL_AGAIN:
            explained = said(registration.how_to_join) if move.do is Do.ASK_EMAIL_NEW else []
            question, login_id = move.do.value, member.login_id
            return [*explained, *said(lambda words: registration.ask_email(words, question, email, login_id))]
        case Do.REFUSE_EMAIL if (reason := move.bad_email) is not None:
            return said(lambda words: registration.refuse_email(words, reason))
        case Do.REGISTER:
            members.register(tx, member, move.email, now)
            sentence = "changed" if email else "done"
            return said(lambda words: registration.menu(words, "registration", sentence, move.email))
        case Do.KEEP_EMAIL:
            return said(lambda words: registration.menu(words, "registration", "kept", email))
        case Do.MENU:
            return said(lambda words: registration.choose(words, "ready", email=email, admin=admin))
        case Do.NOT_UNDERSTOOD:
            return till.not_understood()
        case Do.NOTHING_ASKED:
            return said(lambda words: registration.choose(words, "nothing_asked", admin=admin))
        case Do.COURTESY:
            return till.courtesy()
        case Do.EXPLAIN:
            return explaining.explain(till, move.heard.ref)
        case Do.NOT_TEXT:
            return said(lambda words: registration.choose(words, "not_text", admin=admin))
        case Do.HELP:
            return said(
                lambda words: registration.help_text(
                    words, registered=member.email is not None, admin=admin, test=desk.company.test
                )
            )
        case Do.HISTORY:
            return _look_back(till, move)
        case Do.ORDER:
            return counter.show(tx, desk.company, words, member, move.heard, desk.app_url)
        case Do.NO_SUCH_ORDER:
            return orders.no_such(words, move.heard.ref, parcel=move.heard.nonce == PARCEL, buys=buys)
        case Do.OPEN_AMAZON:
            return counter.open_amazon(tx, words, member, move.heard, buys=buys)
        case Do.RECEIPT:
            return counter.receive(tx, desk.company, words, member, move.heard, now, buys=buys)
        case Do.CANCEL_ORDER:
            return counter.cancel(tx, desk.company, words, member, move.heard, now, buys=buys)
        case Do.REORDER:
            ask = asking.links(words, news.contacts(tx, desk.company, member), desk.app_url)
            return counter.again(tx, desk.company, words, member, move.heard, now, ask)
        case Do.BUYER:
            return asking.buyers(
                words, history.buyers(tx, desk.company, member), desk.app_url, move.heard.text
            )
        case Do.WATCHED:
            return counter.list_watched(tx, desk.company, words, member, move.heard.ref, buys=buys)
        case Do.GUIDE:
            ask = () if admin else (say(words, "ask_admin", Verb.ASK_ADMIN),)
            menu = (*(menu_buttons(words)[:1] if email and buys else ()), *ask)
            return asking.open_guide(words, desk.company.public_url, menu)
        case Do.ASK_ADMIN:
            menu = menu_buttons(words)[:2] if email and buys else ()
            find = news.fellow_admins if admin else news.contacts
            contacts = find(tx, desk.company, member)
            return asking.whom_to_ask(words, contacts, desk.company.contact, desk.app_url, menu, admin=admin)
        case Do.NOTICES | Do.NOTICE_PACE:
            return choices.choose(tx, desk.company, words, member, move.heard, now)
        case Do.SHOP:
            return _addresses(tx, desk, words, member, now, move.heard.ref, move.heard.nonce)
        case Do.CANCEL:
            return till.cancel()
        case Do.RESTART:
            return [*till.drop(), *_addresses(tx, desk, words, member, now)]
        case Do.SHOW_CART:
            return till.show(move.heard)
        case Do.ASK_PAY:
            return till.ask(move.heard)
        case Do.ASK_PURPOSE_AGAIN:
            return till.ask_purpose_again()
        case Do.SET_PURPOSE:
            return till.take_purpose(move.heard.text)
        case Do.REMIND_PAY:
            return till.remind(move.heard)
        case Do.PAY:
            return till.pay(desk.vault, move.heard)
        case _:
            return till.answer(move)


def _look_back(till: Till, move: Move) -> list[Outgoing]:
    """A page of the history; the talk remembers where the next one begins, and the cart of a question that stays."""
    shown, older = counter.list_orders(till.tx, till.words, till.member, move.heard.ref, buys=till.buys)
    if move.at is At.ASKED_PURPOSE:
        cart = till.talk.about.partition(" ")[0]
        till.talk.about = cart if older is None else f"{cart} {older}"
    elif older is not None:
        till.talk.state, till.talk.about = At.LOOKING_BACK, str(older)
    return shown


def _addresses(
    tx: Tx, desk: Desk, words: Wording, member: Member, now: datetime, only: str = "", asin: str = ""
) -> list[Outgoing]:
    """The cards that lead into the shop; with an `asin` to that article."""
    offered = visits.offer(tx, desk.company, member, now, asin=asin, only=only)
    cards = shopping.address_cards(words, offered, desk.company.link_life, desk.company.test)
    return [*(shopping.opens_article(words, asin) if asin and offered else ()), *cards]
