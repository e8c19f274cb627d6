"""The address cards: one per place, each with a link of ours into the shop."""

from collections.abc import Sequence
from datetime import timedelta

from bot.lineworks.limits import Refused
from bot.lineworks.message import Carousel, Column, Outgoing, Text, Uri, clean, cut, pages
from bot.lineworks.text import lines_shown
from bot.talk.cards import TEXT, mark, menu_buttons
from bot.talk.wording import Wording
from purchasing import addresses
from purchasing.shopping import Choice

COLUMNS = 10
LINES, WIDTH = 4, 16
"""What a card shows of its text: so many lines of about so many full-width letters (reference 3.2)."""


def address_cards(words: Wording, choices: Sequence[Choice], life: timedelta, test: bool) -> list[Outgoing]:
    """Ten cards to a carousel, whose links live so long. Where an address does not fit its card whole, a text with all
    of them goes before."""
    if not choices:
        return [Text(words("shopping", "no_address"), quick_reply=menu_buttons(words))]
    head = words("shopping", "choose_address", mark=mark(words, test), minutes=life // timedelta(minutes=1))
    columns = [_column(words, choice, test) for choice in choices]
    lines = [head] if all(column is not None for column in columns) else [head, *_in_full(words, choices)]
    shown = [
        column or _shortened(words, choice, test) for column, choice in zip(columns, choices, strict=True)
    ]
    texts = [Text(page) for page in pages(lines, TEXT)]
    cards = [Carousel(tuple(shown[at : at + COLUMNS])) for at in range(0, len(shown), COLUMNS)]
    return [*texts, *cards]


def opens_article(words: Wording, asin: str) -> list[Outgoing]:
    """Somebody sent the number of an article, or a link to it: the shop opens on that article."""
    return [Text(words("shopping", "article", asin=asin))]


def _line(text: str) -> str:
    """What stands on one line of a card."""
    return clean(text).replace("\n", " ")


def _column(words: Wording, choice: Choice, test: bool) -> Column | None:
    """The card with the full address; None where 120 characters or the lines shown do not hold it."""
    address = choice.address
    text = words(
        "shopping",
        "address",
        mark=mark(words, test),
        name=_line(address.name),
        address=_line(addresses.one_line(address)),
        deliver_to=_line(address.deliver_to),
    )
    if lines_shown(text, WIDTH) > LINES:
        return None
    try:
        return Column(text, (Uri(words("label", "choose"), choice.url),))
    except Refused:
        return None


def _shortened(words: Wording, choice: Choice, test: bool) -> Column:
    """Two lines of the name under the mark, and two of the address."""
    name = cut(_line(choice.address.name), 27)
    place = cut(_line(addresses.one_line(choice.address)), 32)
    text = words(
        "shopping", "address", mark=mark(words, test), name=name, address=place, deliver_to=""
    ).strip()
    return Column(text, (Uri(words("label", "choose"), choice.url),))


def _in_full(words: Wording, choices: Sequence[Choice]) -> list[str]:
    return [
        words(
            "shopping",
            "full_address",
            name=_line(choice.address.name),
            address=_line(addresses.one_line(choice.address)),
            deliver_to=_line(choice.address.deliver_to),
        )
        for choice in choices
    ]
