"""管理者に相談する, typed: whom to ask, and the links that open a talk with them. Pure."""

from collections.abc import Mapping

from bot.lineworks.action import LABEL
from bot.lineworks.applink import talk_with
from bot.lineworks.message import Action, ButtonTemplate, Outgoing, Text, Uri, clean, cut
from bot.talk.wording import Wording

MOST = 5


def links(words: Wording, contacts: Mapping[str, str], app_url: str) -> tuple[Action, ...]:
    """A button for each of these people (login id: name), by name where there are several."""
    several = len(contacts) > 1
    return tuple(
        Uri(
            _named(words, name) if several and name else words("label", "ask_admin"),
            talk_with(app_url, login_id),
        )
        for login_id, name in list(contacts.items())[:MOST]
    )


def _named(words: Wording, name: str) -> str:
    return cut(words("common", "person", name=clean(name)), LABEL)


def whom_to_ask(
    words: Wording, contacts: Mapping[str, str], contact: str, app_url: str, menu: tuple[Action, ...]
) -> list[Outgoing]:
    """The administrators, and what the company says itself (`contact`); `menu` are the buttons that go along."""
    people = links(words, contacts, app_url)
    text = words("asking", "people" if people else "contact" if contact else "nobody")
    if contact:
        text += "\n" + words("asking", "place", contact=cut(contact, 200))
    buttons = (*people, *menu)
    return [ButtonTemplate(text, buttons) if buttons else Text(text)]
