"""Typed words whose buttons are links: the links that open a talk with somebody, and the page about trouble in the shop.
Pure."""

from collections.abc import Mapping

from bot.lineworks.action import LABEL
from bot.lineworks.applink import talk_with
from bot.lineworks.message import Action, ButtonTemplate, Outgoing, Text, Uri, clean, cut
from bot.talk.cards import say
from bot.talk.hearing import Verb
from bot.talk.wording import Wording, every_wording, plain_words

MOST = 5


def links(
    words: Wording, contacts: Mapping[str, str], app_url: str, label: str = "ask_admin"
) -> tuple[Action, ...]:
    """A button for each of these people (login id: name), by name where there are several."""
    several = len(contacts) > 1
    return tuple(
        Uri(
            named(words, name) if several and name else words("label", label),
            talk_with(app_url, login_id),
        )
        for login_id, name in list(contacts.items())[:MOST]
    )


def named(words: Wording, name: str) -> str:
    """What the button of one of several people says."""
    return cut(words("common", "person", name=clean(name)), LABEL)


def is_called(name: str, typed: str) -> bool:
    """Whether the text is what stands on the button of the person of this name, in any language."""
    return bool(name) and plain_words(typed) in {plain_words(named(words, name)) for words in every_wording()}


def whom_to_ask(
    words: Wording,
    contacts: Mapping[str, str],
    contact: str,
    app_url: str,
    menu: tuple[Action, ...],
    *,
    admin: bool = False,
) -> list[Outgoing]:
    """The administrators, and what the company says itself (`contact`); `menu` are the buttons that go along.

    Who asks and is an `admin` is told so, with the others where there are any.
    """
    people = links(words, contacts, app_url)
    if admin:
        text = words("asking", "fellows" if people else "yourself")
        menu = (*menu, say(words, "notices", Verb.NOTICES))
    else:
        text = words("asking", "people" if people else "contact" if contact else "nobody")
    if contact:
        text += "\n" + words("asking", "place", contact=cut(contact, 200))
    buttons = (*people, *menu)
    return [ButtonTemplate(text, buttons) if buttons else Text(text)]


def buyers(words: Wording, known: Mapping[str, str], app_url: str, typed: str) -> list[Outgoing]:
    """購入者にトークを送る, typed by an administrator: no order is named, so whoever bought last may be meant. Who is
    called as was typed comes first."""
    chosen = dict(sorted(known.items(), key=lambda person: not is_called(person[1], typed)))
    people = links(words, chosen, app_url, "talk_with_buyer")
    if not people:
        return [Text(words("asking", "no_buyer"))]
    last = next(iter(known.values()))
    sentence = "buyers" if len(people) > 1 else "buyer"
    return [ButtonTemplate(words("asking", sentence, name=named(words, last)), people)]


def guide(words: Wording, public_url: str) -> Uri:
    """The page that tells what to do about what Amazon's shop shows."""
    return Uri(words("label", "guide"), f"{public_url}/guide")


def open_guide(words: Wording, public_url: str, menu: tuple[Action, ...]) -> list[Outgoing]:
    return [ButtonTemplate(words("asking", "guide"), (guide(words, public_url), *menu))]
