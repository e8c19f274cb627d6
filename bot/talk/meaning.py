"""Which button a typed word stands for: the word then does what the tap would do. It never becomes a button that pays.

Called by the engine inside its transaction, like all that touches storage.
"""

import re
import unicodedata
from dataclasses import replace

from bot.talk.hearing import Heard, Verb
from bot.talk.orders import REFUSED
from bot.talk.steps import At
from purchasing import aftercare, history, ordering, policy
from purchasing.members import BadEmail, read_email
from purchasing.values import Company
from storage.database import Tx
from storage.tables import Cart, Member, Order

_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—―−ー", "-"))
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,21}")
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
        case Verb.ORDER if not heard.by_button:
            newest = _newest(tx, company, member)
            return replace(heard, ref=newest.number) if newest else heard
        case Verb.OLDER:
            return replace(heard, verb=Verb.HISTORY, ref=about if at is At.LOOKING_BACK else "")
        case Verb.CHOOSE_AGAIN:
            refused = aftercare.newest_refused(tx, member)
            number = refused.number if refused else ""
            return replace(heard, verb=Verb.REORDER, ref=number, nonce=REFUSED)
        case Verb.USE_THIS if at is At.ASKED_EMAIL:
            offered = not isinstance(read_email(member.login_id), BadEmail)
            return replace(heard, verb=Verb.WORDS, text=member.login_id if offered else heard.text)
        case Verb.NOTICES | Verb.NOTICE_PACE if not policy.is_admin(company, member):
            return replace(heard, verb=Verb.WORDS)
        case Verb.WORDS if at is not At.ASKED_PURPOSE:
            named = _named(tx, company, member, heard.text)
            return replace(heard, verb=Verb.ORDER, ref=named.number) if named else heard
    return heard


def _declined(tx: Tx, member: Member, at: At, about: str, heard: Heard) -> Heard:
    """いいえ: to "are you a member?", to the question before paying, or to nothing that was asked."""
    if member.email is None:
        return replace(heard, verb=Verb.MEMBER_NO if at is At.ASKED_MEMBER else Verb.WORDS)
    cart = _asked_about(tx, member, at, about)
    if cart is None and (cart := ordering.newest_offered(tx, member)):
        # いいえ after an order is no word on a cart from before it.
        cart = None if aftercare.placed_since(tx, member, cart) else cart
    return _of_cart(heard, cart) if cart else replace(heard, verb=Verb.WORDS)


def _asked_about(tx: Tx, member: Member, at: At, about: str) -> Cart | None:
    """The cart that an open question is about."""
    asked = at in (At.ASKED_PAY, At.ASKED_PURPOSE)
    return ordering.waiting_cart(tx, member, about) if asked else None


def _of_cart(heard: Heard, cart: Cart) -> Heard:
    return replace(heard, ref=str(cart.id), nonce=cart.nonce)


def _newest(tx: Tx, company: Company, viewer: Member) -> Order | None:
    """注文の詳細 without a number: one's own newest order; an administrator's, the newest that one is told of."""
    if not policy.is_admin(company, viewer):
        return aftercare.newest(tx, viewer)
    lately = history.lately(tx, company.id)
    return next((order for order, buyer in lately if policy.may_see(company, viewer, buyer)), None)


def _named(tx: Tx, company: Company, viewer: Member, typed: str) -> Order | None:
    """The order whose number, ours or Amazon's, stands in the text in any width and case, if the viewer may see it."""
    text = unicodedata.normalize("NFKC", typed).translate(_HYPHENS)
    words = [word for word in _NUMBER.findall(text) if any(char.isdigit() for char in word)][:_FEW]
    for word in words:
        order = (
            history.by_number(tx, company.id, word)
            or history.by_number(tx, company.id, word.upper())
            or history.by_amazon_number(tx, company.id, word.upper())
        )
        if order and policy.may_see(company, viewer, tx.orm.get_one(Member, order.member_id)):
            return order
    return None
