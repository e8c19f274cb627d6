"""Pieces that several cards share: the test mark, buttons, lists of articles, and texts of any length as messages."""

from collections.abc import Sequence
from decimal import Decimal

from bot.lineworks.message import Action, ButtonTemplate, Message, Outgoing, Text, clean, cut, pages
from bot.lineworks.text import units
from bot.talk.hearing import Verb, button
from bot.talk.wording import Wording

CARD = 1000
TEXT = 2000
TITLE = 60
"""How much of an article's name a card shows: Amazon's titles run to 200 characters."""


def mark(words: Wording, test: bool) -> str:
    """What a card that concerns money says first in test mode."""
    return words("common", "test_mark") if test else ""


def say(words: Wording, name: str, verb: Verb, ref: object = "", nonce: str = "") -> Message:
    """A button of ours: its label is also what it says in the talk."""
    label = words("label", name)
    return Message(label, label, button(verb, ref, nonce))


def menu_buttons(words: Wording) -> tuple[Action, ...]:
    return (
        say(words, "shop", Verb.SHOP),
        say(words, "history", Verb.HISTORY),
        say(words, "help", Verb.HELP),
    )


def title(text: str) -> str:
    """An article's name for a card: cleaned of control characters and shortened."""
    return cut(clean(text), TITLE)


def quantity(number: Decimal) -> str:
    return f"{number.normalize():f}"


def with_buttons(
    head: str, body: Sequence[str], foot: Sequence[str], actions: tuple[Action, ...]
) -> list[Outgoing]:
    """Head, body and foot with a blank line between them on one card; a body too long for it goes before as texts."""
    parts = [head, "\n".join(body), "\n".join(foot)]
    whole = "\n\n".join(part for part in parts if part)
    if units(whole) <= CARD:
        return [ButtonTemplate(whole, actions)]
    texts: list[Outgoing] = [Text(page) for page in pages([head, "", *body], TEXT)]
    return [
        *texts,
        ButtonTemplate(cut("\n\n".join(part for part in (head, parts[2]) if part), CARD), actions),
    ]
