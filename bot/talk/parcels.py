"""The packages of an order on a card: the carrier and number of each, and where it can be followed. Pure."""

from collections.abc import Iterator

from bot.lineworks.action import LABEL
from bot.lineworks.limits import Refused, check_uri
from bot.lineworks.message import Uri, clean
from bot.talk.wording import Wording
from purchasing import carriers
from purchasing.history import OrderDetail
from storage.types import Package

BUTTONS = 3
"""How many packages get a button of their own; where there are more, the page of each stands beside its number."""


def facts(words: Wording, found: OrderDetail) -> Iterator[str]:
    """For a notice: every carrier, and below it the numbers that it knows its packages by."""
    beside = len(pages(found)) > BUTTONS
    for carrier, followed in _by_carrier(found).items():
        if carrier:
            yield words("notice", "carrier", carrier=carrier)
        for numbers, page in _told(followed, beside):
            number = words("notice", "tracking", tracking=numbers) if numbers else ""
            if told := "\n".join(filter(None, (number, page))):
                yield told


def lines(words: Wording, found: OrderDetail) -> Iterator[str]:
    """For the details of an order: a line for every carrier, or for every package that has its page beside it."""
    beside = len(pages(found)) > BUTTONS
    for carrier, followed in _by_carrier(found).items():
        for numbers, page in _told(followed, beside):
            named = (
                words("order", "shipment", carrier=carrier, tracking=numbers) if carrier or numbers else ""
            )
            if told := "\n".join(filter(None, (named.rstrip(), page))):
                yield told


def tracking(words: Wording, found: OrderDetail) -> list[Uri]:
    """A button for every page where something can be followed, three at most; several are told apart by number."""
    found_at = list(pages(found).items())
    several = len(found_at) > 1
    return [Uri(_label(words, numbers if several else []), page) for page, numbers in found_at[:BUTTONS]]


def _label(words: Wording, numbers: list[str]) -> str:
    """Of a number too long for a button it is the end that tells it apart."""
    if len(numbers) != 1 or not numbers[0].isascii() or not numbers[0]:
        return words("label", "track")
    room = LABEL - len(words("order", "track", number=""))
    return words("order", "track", number=numbers[0][-room:])


def _told(followed: dict[str, str], beside: bool) -> Iterator[tuple[str, str]]:
    """The numbers as they are written, and the page that goes below them."""
    if beside:
        yield from ((number, f"   {page}" if page else "") for number, page in followed.items())
    else:
        yield "、".join(number for number in followed if number), ""


def _by_carrier(found: OrderDetail) -> dict[str, dict[str, str]]:
    """The page of every number, by carrier; what is said twice of a package is told once."""
    known: dict[str, dict[str, str]] = {}
    amazon = next((line.amazon_order for line in found.lines if line.amazon_order), "")
    for package in (each for parcel in found.shipments for each in parcel.packages):
        followed = known.setdefault(clean(package.carrier).strip(), {})
        number = clean(package.tracking).strip()
        followed[number] = followed.get(number) or _page(package, amazon)
    return known


def pages(found: OrderDetail) -> dict[str, list[str]]:
    """Every page where packages can be followed, with their numbers."""
    found_at: dict[str, list[str]] = {}
    for followed in _by_carrier(found).values():
        for number, page in followed.items():
            if page:
                found_at.setdefault(page, []).append(number)
    return found_at


def _page(package: Package, amazon_order: str) -> str:
    """The page that the notice names, unless that is no address a button could lead to; else the carrier's."""
    try:
        check_uri("trackingURL", package.url)
    except Refused:
        return carriers.tracking_page(package.carrier, package.tracking, amazon_order)
    return package.url
