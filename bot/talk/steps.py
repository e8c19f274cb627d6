"""The talk as a decision: where a member stands and what was said → where the member stands next and what is to be done.

Pure: no database, no clock. The engine does what `decide` asks for and answers with the cards of that topic.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.talk.hearing import Heard, Verb
from purchasing.mail_address import BadEmail, read_email


class At(StrEnum):
    """What the bot waits for. READY is the state of every registered member between questions.

    LOOKING_BACK is READY with a page of the history just shown: さらに前の注文 goes on from there.
    """

    NEW = "new"
    ASKED_MEMBER = "asked_member"
    ASKED_EMAIL = "asked_email"
    ASKED_PURPOSE = "asked_purpose"
    ASKED_PAY = "asked_pay"
    LOOKING_BACK = "looking_back"
    READY = "ready"


class Do(StrEnum):
    """What the engine is asked to do."""

    NOTHING = "nothing"
    GREET = "greet"
    GREET_FIRST = "greet_first"
    REGISTRATION_CANCELLED = "registration_cancelled"
    ASK_EMAIL = "ask_email"
    ASK_EMAIL_NEW = "ask_email_new"
    ASK_EMAIL_AGAIN = "ask_email_again"
    REFUSE_EMAIL = "refuse_email"
    REGISTER = "register"
    KEEP_EMAIL = "keep_email"
    MENU = "menu"
    NOT_UNDERSTOOD = "not_understood"
    NOTHING_ASKED = "nothing_asked"
    NO_SUCH_ORDER = "no_such_order"
    NOT_TEXT = "not_text"
    COURTESY = "courtesy"
    EXPLAIN = "explain"
    HELP = "help"
    GUIDE = "guide"
    SHOP = "shop"
    HISTORY = "history"
    ORDER = "order"
    OPEN_AMAZON = "open_amazon"
    ASK_PAY = "ask_pay"
    PAY = "pay"
    DECLINE = "decline"
    DROP = "drop"
    CANCEL = "cancel"
    RESTART = "restart"
    SHOW_CART = "show_cart"
    SET_PURPOSE = "set_purpose"
    ASK_PURPOSE_AGAIN = "ask_purpose_again"
    REMIND_PAY = "remind_pay"
    RECEIPT = "receipt"
    REORDER = "reorder"
    CANCEL_ORDER = "cancel_order"
    ASK_ADMIN = "ask_admin"
    BUYER = "buyer"
    WATCHED = "watched"
    NOTICES = "notices"
    NOTICE_PACE = "notice_pace"


@dataclass(frozen=True, slots=True)
class Move:
    """The next state and the thing to do; `heard` goes along for ref, nonce and text."""

    at: At
    do: Do
    heard: Heard
    email: str = ""
    bad_email: BadEmail | None = None


def decide(at: At, registered: bool, heard: Heard) -> Move:
    """What follows from what was said. Every state answers every verb."""
    if heard.verb is Verb.NOTHING:
        return Move(at, Do.NOTHING, heard)
    return _member(at, heard) if registered else _guest(at, heard)


_ANYTIME = {
    Verb.START: Do.MENU,
    Verb.MENU: Do.MENU,
    Verb.MEMBER_YES: Do.MENU,
    Verb.MEMBER_NO: Do.MENU,
    Verb.HELP: Do.HELP,
    Verb.GUIDE: Do.GUIDE,
    Verb.SHOP: Do.SHOP,
    Verb.HISTORY: Do.HISTORY,
    Verb.OLDER: Do.HISTORY,
    Verb.ORDER: Do.ORDER,
    Verb.TRACK: Do.ORDER,
    Verb.OPEN_AMAZON: Do.OPEN_AMAZON,
    Verb.NUMBER: Do.NO_SUCH_ORDER,
    Verb.CART: Do.SHOW_CART,
    Verb.CANCEL: Do.CANCEL,
    Verb.RESTART: Do.RESTART,
    Verb.ARRIVED: Do.RECEIPT,
    Verb.MISSING: Do.RECEIPT,
    Verb.DAMAGED: Do.RECEIPT,
    Verb.REORDER: Do.REORDER,
    Verb.CHOOSE_AGAIN: Do.REORDER,
    Verb.CANCEL_ORDER: Do.CANCEL_ORDER,
    Verb.ASK_ADMIN: Do.ASK_ADMIN,
    Verb.BUYER: Do.BUYER,
    Verb.WATCHED: Do.WATCHED,
    Verb.NOTICES: Do.NOTICES,
    Verb.NOTICE_PACE: Do.NOTICE_PACE,
    Verb.THING: Do.NOT_TEXT,
    Verb.YES: Do.NOTHING_ASKED,
    Verb.ANSWER: Do.NOTHING_ASKED,
    Verb.COURTESY: Do.COURTESY,
    Verb.ASKS: Do.EXPLAIN,
    Verb.WORDS: Do.NOT_UNDERSTOOD,
    Verb.USE_THIS: Do.NOT_UNDERSTOOD,
}
_ELSEWHERE = (Verb.SHOP, Verb.CART, Verb.CANCEL, Verb.RESTART, Verb.REORDER, Verb.CHOOSE_AGAIN)
"""What leads away from the question what goods are for; with everything else it stays, and is asked again below."""
_MONEY = {
    Verb.PAY: Do.ASK_PAY,
    Verb.PAY_YES: Do.PAY,
    Verb.PAY_ANYWAY: Do.PAY,
    Verb.PAY_NO: Do.DECLINE,
    Verb.DROP: Do.DROP,
}


def _member(at: At, heard: Heard) -> Move:
    yes = (Verb.YES, Verb.MEMBER_YES, Verb.PAY_YES, Verb.COURTESY)
    if at is At.ASKED_PAY and heard.verb in yes and not heard.by_button:
        return Move(at, Do.REMIND_PAY, heard)
    if heard.verb in _MONEY:
        # Money moves by a button only; the typed word shows the cart with its buttons instead.
        return Move(At.READY, _MONEY[heard.verb] if heard.by_button else Do.SHOW_CART, heard)
    if heard.verb is Verb.EMAIL:
        return Move(At.ASKED_EMAIL, Do.ASK_EMAIL_AGAIN, heard)
    if at is At.ASKED_EMAIL:
        if heard.verb in (Verb.WORDS, Verb.THING):
            return _email(heard)
        if heard.verb is Verb.CANCEL:
            return Move(At.READY, Do.KEEP_EMAIL, heard)
        if heard.verb in (Verb.RESTART, Verb.YES, Verb.ANSWER):
            return Move(at, Do.ASK_EMAIL_AGAIN, heard)
    if at is At.ASKED_PURPOSE and heard.verb is Verb.WORDS:
        return Move(At.READY, Do.SET_PURPOSE, heard)
    if at is At.ASKED_PURPOSE and heard.verb in (Verb.THING, Verb.COURTESY, Verb.YES):
        return Move(at, Do.ASK_PURPOSE_AGAIN, heard)
    if at is At.ASKED_PURPOSE and heard.verb not in _ELSEWHERE:
        return Move(at, _ANYTIME[heard.verb], heard)
    if at is At.ASKED_PAY and heard.verb is Verb.THING:
        return Move(at, Do.NOT_TEXT, heard)
    return Move(At.READY, _ANYTIME[heard.verb], heard)


def _guest(at: At, heard: Heard) -> Move:
    match heard.verb:
        case Verb.MEMBER_YES | Verb.YES:
            return Move(At.ASKED_EMAIL, Do.ASK_EMAIL, heard)
        case Verb.MEMBER_NO:
            return Move(At.ASKED_EMAIL, Do.ASK_EMAIL_NEW, heard)
        case Verb.HELP:
            return Move(at, Do.HELP, heard)
        case Verb.EMAIL:
            return Move(At.ASKED_EMAIL, Do.ASK_EMAIL, heard)
        case Verb.CANCEL:
            return Move(At.ASKED_MEMBER, Do.REGISTRATION_CANCELLED, heard)
        case (
            Verb.ORDER
            | Verb.TRACK
            | Verb.OPEN_AMAZON
            | Verb.NUMBER
            | Verb.BUYER
            | Verb.WATCHED
            | Verb.ASKS
            | Verb.NOTICES
            | Verb.NOTICE_PACE
        ):
            # An administrator who does not buy looks at orders, writes to a buyer, chooses what to be told.
            return Move(at, _ANYTIME[heard.verb], heard)
        case Verb.ASK_ADMIN | Verb.GUIDE:
            return Move(at, _ANYTIME[heard.verb], heard)
        case Verb.WORDS | Verb.THING if at is At.ASKED_EMAIL:
            return _email(heard)
        case Verb.WORDS if not isinstance(read_email(heard.text), BadEmail):
            return _email(heard)
        case Verb.START | Verb.RESTART | Verb.MENU:
            return Move(At.ASKED_MEMBER, Do.GREET, heard)
        case Verb.WORDS | Verb.THING if at is At.NEW:
            return Move(At.ASKED_MEMBER, Do.GREET, heard)
        case _:
            return Move(At.ASKED_MEMBER, Do.GREET_FIRST, heard)


def _email(heard: Heard) -> Move:
    email = read_email(heard.text)
    if isinstance(email, BadEmail):
        return Move(At.ASKED_EMAIL, Do.REFUSE_EMAIL, heard, bad_email=email)
    return Move(At.READY, Do.REGISTER, heard, email=email)
