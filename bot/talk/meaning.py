"""Which button a typed word stands for: the word then does what the tap would do. It never becomes a button that pays.

Called by the engine inside its transaction, like all that touches storage.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from bot.lineworks.action import LABEL
from bot.talk import asking, topics
from bot.talk.hearing import Heard, Verb
from bot.talk.orders import REFUSED
from bot.talk.steps import At
from bot.talk.topics import Topic
from bot.talk.wording import parcel, plain_words
from purchasing import addresses, aftercare, history, notices, numbers, ordering, policy
from purchasing.mail_address import BadEmail, read_email
from purchasing.values import Company
from storage.database import Tx
from storage.tables import Cart, Member, Order

_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—―−ー", "-"))
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,21}")
PARCEL = "parcel"
"""What an unknown number carries that is a parcel's."""
_FEW = 5
"""How many words of a text are looked up as an order's number."""


def meant(tx: Tx, company: Company, member: Member, at: At, about: str, heard: Heard) -> Heard:
    """What was said, with what the tapped button would have carried. `about` is what the last question was about."""
    match heard.verb:
        case Verb.PAY_NO if not heard.by_button:
            return _declined(tx, member, at, about, heard)
        case Verb.DROP if not heard.by_button:
            cart = _asked_about(tx, member, at, about) or ordering.newest_offered(tx, member)
            return _of_cart(heard, cart) if cart else replace(heard, verb=Verb.CANCEL)
        case Verb.COURTESY if member.email is None or at is At.ASKED_EMAIL:
            return replace(heard, verb=Verb.WORDS)
        case Verb.YES if member.email is not None and at not in (
            At.ASKED_EMAIL,
            At.ASKED_PAY,
            At.ASKED_PURPOSE,
        ):
            cart = ordering.newest_offered(tx, member)
            meant_cart = cart is not None and not aftercare.placed_since(tx, member, cart)
            return replace(heard, verb=Verb.PAY if meant_cart else Verb.ANSWER)
        case Verb.ORDER if not heard.by_button:
            newest = _newest(tx, company, member)
            return replace(heard, ref=newest.number) if newest else heard
        case Verb.TRACK if member.email is None and not policy.is_admin(company, member):
            return replace(heard, verb=Verb.WORDS)
        case Verb.TRACK:
            return _tracked(tx, company, member, heard)
        case Verb.OPEN_AMAZON:
            order = aftercare.newest_at_amazon(tx, member) or aftercare.newest(tx, member)
            return replace(heard, ref=order.number if order else "")
        case Verb.OLDER:
            return replace(heard, verb=Verb.HISTORY, ref=_older(at, about))
        case Verb.CHOOSE_AGAIN:
            refused = aftercare.newest_refused(tx, member)
            number = refused.number if refused else ""
            return replace(heard, verb=Verb.REORDER, ref=number, nonce=REFUSED)
        case Verb.USE_THIS if at is At.ASKED_EMAIL:
            offered = not isinstance(read_email(member.login_id), BadEmail)
            return replace(heard, verb=Verb.WORDS, text=member.login_id if offered else heard.text)
        case Verb.HISTORY if member.email is None and policy.is_admin(company, member):
            return replace(heard, verb=Verb.WATCHED)
        case Verb.NOTICES | Verb.NOTICE_PACE | Verb.BUYER | Verb.WATCHED if not policy.is_admin(
            company, member
        ):
            return replace(heard, verb=Verb.WORDS)
        case Verb.WORDS:
            return _of_words(tx, company, member, at, heard)
    return heard


def _of_words(tx: Tx, company: Company, member: Member, at: At, heard: Heard) -> Heard:
    """No word of the catalogue: an order's number, a name on a button that opens a talk with somebody, a place to
    deliver to."""
    if member.email is not None and at not in (At.ASKED_EMAIL, At.ASKED_PURPOSE):
        typed = plain_words(heard.text)
        for place in addresses.choices(tx, company, member):
            if plain_words(place.name) == typed:
                return replace(heard, verb=Verb.SHOP, ref=place.key)
    words = _words(heard.text)
    if at is At.ASKED_PURPOSE:
        # A number among words, or one that no order has, is what the goods are for; an order's alone is its button.
        whole = plain_words(heard.text).translate(_HYPHENS)
        words = [word for word in words if word.casefold() == whole]
    for word in words:
        if order := _numbered(tx, company, member, word):
            return replace(heard, verb=Verb.ORDER, ref=order.number, nonce=_amazons(word, order))
    known = member.email is not None or policy.is_admin(company, member)
    if known and at is not At.ASKED_EMAIL:
        unknown = next((word for word in words if numbers.resembles(company.number_pattern, word)), "")
        if unknown and at is not At.ASKED_PURPOSE:
            return replace(heard, verb=Verb.NUMBER, ref=unknown)
        if _names(notices.contacts(tx, company, member), heard.text):
            return replace(heard, verb=Verb.ASK_ADMIN)
        if policy.is_admin(company, member) and _names(history.buyers(tx, company, member), heard.text):
            return replace(heard, verb=Verb.BUYER)
    typed = unicodedata.normalize("NFKC", heard.text)
    answers = at is At.ASKED_PURPOSE or (at is At.ASKED_EMAIL and ("@" in typed or typed.isascii()))
    return heard if answers else _asked(tx, company, member, heard)


def _asked(tx: Tx, company: Company, member: Member, heard: Heard) -> Heard:
    """A free question: about an article of Amazon's, or a topic; some topics are a verb said in other words. Who has not
    registered asks nothing but what an administrator may."""
    admin = policy.is_admin(company, member)
    topic = topics.topic_of(heard.text, admin=admin)
    if member.email is None and not (admin and topic in (Topic.SPENT, Topic.WATCHED)):
        return heard
    if asin := topics.article(heard.text):
        return replace(heard, verb=Verb.SHOP, nonce=asin)
    if topic is None:
        return heard
    if topic.value not in set(Verb):
        return replace(heard, verb=Verb.ASKS, ref=topic)
    newest = _newest(tx, company, member) if topic is Topic.ORDER else None
    return replace(heard, verb=Verb(topic.value), ref=newest.number if newest else "")


def _tracked(tx: Tx, company: Company, viewer: Member, heard: Heard) -> Heard:
    """荷物を追跡する: the order of the number that was named, be it the parcel's; without one, the newest parcel's."""
    orders, named = _of(tx, company, viewer), parcel(heard.text).upper()
    number = named if any(char.isdigit() for char in named) else ""
    tracked = history.by_parcel(tx, orders, number)
    if number and tracked is None and (tracked := _numbered(tx, company, viewer, number)) is None:
        return replace(heard, verb=Verb.NUMBER, ref=number, nonce=PARCEL)
    tracked = tracked or next(iter(orders), None)
    return replace(heard, verb=Verb.ORDER, ref=tracked.number if tracked else "")


def _declined(tx: Tx, member: Member, at: At, about: str, heard: Heard) -> Heard:
    """いいえ: to "are you a member?", to the question before paying, or to nothing that was asked."""
    if member.email is None:
        return replace(heard, verb=Verb.MEMBER_NO if at is At.ASKED_MEMBER else Verb.WORDS)
    cart = _asked_about(tx, member, at, about)
    if cart is None and (cart := ordering.newest_offered(tx, member)):
        # いいえ after an order is no word on a cart from before it.
        cart = None if aftercare.placed_since(tx, member, cart) else cart
    return _of_cart(heard, cart) if cart else replace(heard, verb=Verb.ANSWER)


def _asked_about(tx: Tx, member: Member, at: At, about: str) -> Cart | None:
    """The cart that an open question is about."""
    asked = at in (At.ASKED_PAY, At.ASKED_PURPOSE)
    return ordering.waiting_cart(tx, member, about.partition(" ")[0]) if asked else None


def _older(at: At, about: str) -> str:
    """Where the history that was just shown goes on."""
    if at is At.ASKED_PURPOSE:
        return about.partition(" ")[2]
    return about if at is At.LOOKING_BACK else ""


def _of_cart(heard: Heard, cart: Cart) -> Heard:
    return replace(heard, ref=str(cart.id), nonce=cart.nonce)


def _of(tx: Tx, company: Company, viewer: Member) -> list[Order]:
    """The newest orders first: one's own, and those that an administrator is told of."""
    own = history.recent(tx, viewer, page=history.LATELY)[0]
    if not policy.is_admin(company, viewer):
        return own
    seen = [
        order for order, buyer in history.lately(tx, company.id) if policy.may_see(company, viewer, buyer)
    ]
    both = {order.id or 0: order for order in (*seen, *own)}
    return [both[order_id] for order_id in sorted(both, reverse=True)]


def _newest(tx: Tx, company: Company, viewer: Member) -> Order | None:
    """注文の詳細 without a number."""
    if not policy.is_admin(company, viewer):
        return aftercare.newest(tx, viewer)
    return next(iter(_of(tx, company, viewer)), None)


def _words(typed: str) -> list[str]:
    """What may be an order's number in a text, in one width and case."""
    text = unicodedata.normalize("NFKC", typed).translate(_HYPHENS)
    return [word for word in _NUMBER.findall(text) if any(char.isdigit() for char in word)][:_FEW]


def _numbered(tx: Tx, company: Company, viewer: Member, word: str) -> Order | None:
    """The order of that number, ours or Amazon's, if the viewer may see it."""
    order = (
        history.by_number(tx, company.id, word)
        or history.by_number(tx, company.id, word.upper())
        or history.by_amazon_number(tx, company.id, word.upper())
    )
    if order and policy.may_see(company, viewer, tx.orm.get_one(Member, order.member_id)):
        return order
    # A button has room for the end of a long number.
    shown = _of(tx, company, viewer) if len(word) == LABEL else ()
    return next((order for order in shown if order.number.endswith(word)), None)


def _amazons(word: str, order: Order) -> str:
    """The number of Amazon's that was typed: a button that opens Amazon's page is called so where there are several."""
    return "" if order.number.endswith(word) or order.number == word.upper() else word.upper()


def _names(people: Mapping[str, str], typed: str) -> bool:
    """Whether the text is what stands on the button of one of these people."""
    return any(asking.is_called(name, typed) for name in people.values())
