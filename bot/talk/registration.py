"""What the bot says while somebody registers, and to somebody who has."""

from bot.lineworks.message import Action, ButtonTemplate, Message, Outgoing, Text, cut
from bot.talk.cards import CARD, menu_buttons, say
from bot.talk.hearing import Verb
from bot.talk.wording import Wording
from purchasing.mail_address import BadEmail, read_email


def greeting(words: Wording, sentence: str) -> list[Outgoing]:
    """The question that everything starts with. `sentence` names its variant in the catalogue."""
    return [ButtonTemplate(words("registration", sentence), _membership(words))]


def how_to_join(words: Wording) -> list[Outgoing]:
    """The Amazon side, whole: invitation or first visit, the private address, the group (Amazon reference 2)."""
    return [Text(words("registration", "how_to_join"))]


def ask_email(words: Wording, sentence: str, email: str, known: str) -> list[Outgoing]:
    """The question for the mail address; `known` is the login id, offered where it is a mail address."""
    question = words("registration", sentence, email=email)
    keep = (say(words, "cancel", Verb.CANCEL),) if email else ()
    if known == email or isinstance(read_email(known), BadEmail):
        return [Text(question, quick_reply=keep)]
    offer = words("registration", "offer_email", email=known)
    use = Message(words("label", "use_this"), known)
    return [ButtonTemplate(cut(f"{question}\n\n{offer}", CARD), (use, *keep))]


def not_permitted(
    words: Wording, contact: str, people: tuple[Action, ...], *, unknown: bool, ordered: bool
) -> list[Outgoing]:
    """To somebody who is not on the list: whom to ask, be it by a button for these `people`. The directory has not told
    yet who is `unknown`: try again. Who has `ordered` before still looks after that."""
    if unknown:
        return [Text(words("registration", "unknown_yet"))]
    text = words(
        "registration", "not_permitted_ask" if contact else "not_permitted", contact=cut(contact, 200)
    )
    buttons = (*(() if contact else people), *(menu_buttons(words)[1:2] if ordered else ()))
    return [ButtonTemplate(text, buttons) if buttons else Text(text)]


def refuse_email(words: Wording, reason: BadEmail) -> list[Outgoing]:
    """Why the address is none, and the way out for whoever meant something else."""
    return [Text(words("bad_email", reason), quick_reply=(say(words, "cancel", Verb.CANCEL),))]


def menu(words: Wording, section: str, sentence: str, email: str) -> list[Outgoing]:
    """The member's buttons under a sentence of the catalogue."""
    return [ButtonTemplate(cut(words(section, sentence, email=email), CARD), menu_buttons(words))]


def text_only(words: Wording) -> list[Outgoing]:
    """To a sticker or a picture where an answer is waited for."""
    return [Text(words("menu", "text_only"))]


def choose(words: Wording, sentence: str, *, email: str = "", admin: bool) -> list[Outgoing]:
    """The full menu under a sentence of its own."""
    return full_menu(words, words("menu", sentence, email=email), admin=admin)


def full_menu(
    words: Wording, text: str, *, admin: bool = False, first: tuple[Action, ...] = (), lost: bool = False
) -> list[Outgoing]:
    """The member's buttons and the one that changes the registration; an administrator's choices too. Whoever is `lost`
    is offered a person to ask."""
    email = say(words, "email", Verb.EMAIL)
    ask = (say(words, "ask_admin", Verb.ASK_ADMIN),) if lost and not admin else ()
    return [ButtonTemplate(text, (*first, *menu_buttons(words), email, *_choices(words, admin), *ask))]


def moved_here(words: Wording) -> list[Outgoing]:
    """To somebody who meant the bot in a room of several people."""
    return [Text(words("room", "moved_here"))]


def help_text(words: Wording, *, registered: bool, admin: bool, test: bool) -> list[Outgoing]:
    text = words("help", "text" if registered else "text_guest")
    text += words("help", "admin") if admin else ""
    text += words("help", "test_mode") if test else ""
    if registered:
        return full_menu(words, text, admin=admin)
    return [ButtonTemplate(text, (*_membership(words), *_choices(words, admin)))]


def help_for_admin(words: Wording, *, ordered: bool = False) -> list[Outgoing]:
    """To an administrator who may not buy: what there is besides shopping, and the orders of who has `ordered` before."""
    buttons = (*_choices(words, True), *(menu_buttons(words)[1:2] if ordered else ()))
    return [ButtonTemplate(words("help", "text_admin"), buttons)]


def _membership(words: Wording) -> tuple[Action, ...]:
    return say(words, "member_yes", Verb.MEMBER_YES), say(words, "member_no", Verb.MEMBER_NO)


def _choices(words: Wording, admin: bool) -> tuple[Action, ...]:
    return (say(words, "notices", Verb.NOTICES), say(words, "watched", Verb.WATCHED)) if admin else ()
