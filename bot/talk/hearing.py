"""What a member said, whatever the form: a tap, a typed word, 利用開始, a sticker. Pure.

Typed words do what buttons do, except for money: `pay` and `pay_yes` count only with the postback of the button that was
shown for that very cart.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.lineworks.events import Event
from bot.lineworks.postback import Postback
from bot.talk.languages import SHOWN_IN_ALL, of_label, of_words
from bot.talk.wording import is_pictures, notice_choice, verb


class Verb(StrEnum):
    """Everything that can be said to the bot. The value is what our buttons carry.

    Some are only ever typed. OLDER, USE_THIS and CHOOSE_AGAIN: their buttons carry a place in the history, say a mail
    address, reorder what was refused. GUIDE, TRACK, OPEN_AMAZON, ASK_ADMIN and BUYER: theirs are links, which the typed
    word shows. YES: a bare はい, which may answer no question at all. ANSWER, NUMBER and ASKS are what `meaning` makes
    of a yes or no without a question, of an order's number that nobody knows, and of a free question.
    """

    START = "start"
    MEMBER_YES = "member_yes"
    MEMBER_NO = "member_no"
    EMAIL = "email"
    USE_THIS = "use_this"
    MENU = "menu"
    SHOP = "shop"
    HISTORY = "history"
    OLDER = "older"
    ORDER = "order"
    TRACK = "track"
    OPEN_AMAZON = "open_amazon"
    NUMBER = "number"
    HELP = "help"
    GUIDE = "guide"
    CANCEL = "cancel"
    RESTART = "restart"
    CART = "cart"
    PAY = "pay"
    PAY_YES = "pay_yes"
    PAY_ANYWAY = "pay_anyway"
    PAY_NO = "pay_no"
    DROP = "drop"
    ARRIVED = "arrived"
    MISSING = "missing"
    DAMAGED = "damaged"
    REORDER = "reorder"
    CHOOSE_AGAIN = "choose_again"
    CANCEL_ORDER = "cancel_order"
    ASK_ADMIN = "ask_admin"
    BUYER = "buyer"
    WATCHED = "watched"
    NOTICES = "notices"
    NOTICE_PACE = "notice_pace"
    YES = "yes"
    ANSWER = "answer"
    ASKS = "asks"
    COURTESY = "courtesy"
    WORDS = "words"
    THING = "thing"
    NOTHING = "nothing"


_MONEY = {Verb.PAY, Verb.PAY_YES, Verb.PAY_ANYWAY, Verb.PAY_NO, Verb.DROP}


@dataclass(frozen=True, slots=True)
class Heard:
    """One utterance. `ref` and `nonce` come from a button of ours and are claims, not facts; `language` is the one that
    these words are in ("en_US"), where they tell; `own_language` says that the client chose it out of all."""

    verb: Verb
    text: str = ""
    ref: str = ""
    nonce: str = ""
    language: str = ""
    own_language: bool = False

    @property
    def by_button(self) -> bool:
        return bool(self.ref)


def hear(event: Event) -> Heard:
    """What the event says. NOTHING for events that want no answer (join, left, end, types we do not know)."""
    if event.type == "begin":
        return Heard(Verb.START)
    if event.type == "postback":
        return _tapped(event.data or "", "") or Heard(Verb.NOTHING)
    if event.type != "message" or event.content is None:
        return Heard(Verb.NOTHING)
    content = event.content
    if event.is_start:
        return Heard(Verb.START)
    if content.type != "text" or content.text is None:
        return Heard(Verb.THING)
    if content.postback and (tapped := _tapped(content.postback, content.text)):
        return tapped
    if typed := verb(content.text):
        return Heard(Verb(typed), content.text, language=of_words(content.text))
    if choice := notice_choice(content.text):
        return Heard(Verb.NOTICE_PACE, content.text, *choice)
    if is_pictures(content.text):
        return Heard(Verb.COURTESY, content.text)
    return Heard(Verb.WORDS, content.text)


def _tapped(data: str, text: str) -> Heard | None:
    """A button of ours, or None for a postback that we did not make."""
    if data == Verb.START:
        return Heard(Verb.START)
    postback = Postback.unpack(data)
    if postback is None or postback.verb not in set(Verb):
        return None
    heard = Heard(Verb(postback.verb), text, postback.ref, postback.nonce)
    if heard.nonce == SHOWN_IN_ALL:
        language = of_label(text)
        heard = replace(heard, nonce="", language=language, own_language=bool(language))
    return None if heard.verb in _MONEY and not (heard.ref.isdecimal() and len(heard.ref) < 19) else heard


def button(verb: Verb, ref: object = "", nonce: str = "") -> str:
    """The postback of a button that says `verb` about `ref`."""
    return Postback(verb.value, str(ref), nonce).pack()
