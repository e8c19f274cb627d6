"""Pieces that several cards share: the test mark, buttons, lists of articles, and texts of any length as messages."""

from collections.abc import Sequence

from bot.lineworks.message import Action, ButtonTemplate, Message, Outgoing, Text, clean, cut, pages
from bot.lineworks.text import units
from bot.talk.hearing import Verb, button
from bot.talk.wording import Wording
from purchasing import accounting
from purchasing.accounting import Booked
from storage.tables import OrderLine

CARD = 1000
TEXT = 2000
SHORT = 30
"""How much of an article's name tells one order from another."""
TITLE = 60
"""How much of an article's name a card shows: Amazon's titles run to 200 characters."""


def mark(words: Wording, test: bool) -> str:
    """What a card that concerns money says first in test mode."""
    return words("common", "test_mark") if test else ""


def say(words: Wording, name: str, verb: Verb, ref: object = "", nonce: str = "") -> Message:
    """A button of ours: its label is also what it says in the talk."""
    label = words("label", name)
    return Message(label, label, button(verb, ref, nonce))


def menu_buttons(words: Wording, *, buys: bool = True) -> tuple[Action, ...]:
    """What there always is to do; whoever may buy no more (`buys`) is offered no shopping."""
    shop = (say(words, "shop", Verb.SHOP),) if buys else ()
    return (*shop, say(words, "history", Verb.HISTORY), say(words, "help", Verb.HELP))


def title(text: str) -> str:
    """An article's name for a card: cleaned of control characters and shortened."""
    return cut(clean(text), TITLE)


def few(words: Wording, lines: Sequence[OrderLine]) -> str:
    """What an order holds, in a line: its first article, and how many there are besides."""
    first, *others = lines
    more = words("admin", "more_lines", count=len(others)) if others else ""
    return f"{cut(clean(first.description), SHORT)} {more}".rstrip()


def booked_to(words: Wording, booked: Booked) -> list[str]:
    """A line for each code that a purchase is booked to."""
    return [words("accounting", name, code=clean(code)) for name, code in accounting.codes(booked)]


def with_buttons(
    head: str, body: Sequence[str], foot: Sequence[str], actions: tuple[Action, ...], sum_up: str = ""
) -> list[Outgoing]:
    """Head, body and foot with a blank line between them on one card.

    A body too long for it goes before as texts, and so does a foot that is too long by itself: nothing is cut off.
    `sum_up` is what must then stand beside the buttons all the same.
    """
    if units(whole := _parted(head, body, foot)) <= CARD:
        return [ButtonTemplate(whole, actions)]
    if units(short := _parted(head, foot)) <= CARD:
        return [*_texts(head, body), ButtonTemplate(short, actions)]
    return [*_texts(head, body, foot), ButtonTemplate(cut(_parted(head, [sum_up]), CARD), actions)]


def _parted(head: str, *parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in (head, *("\n".join(part) for part in parts)) if part)


def _texts(head: str, *parts: Sequence[str]) -> list[Outgoing]:
    lines = [line for part in parts if part for line in ("", *part)]
    return [Text(page) for page in pages([head, *lines], TEXT)]
