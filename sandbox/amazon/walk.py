"""Reading facts off an element, without `punchout`'s readers: a counterparty must not share our mistakes."""

import re
from datetime import datetime
from decimal import Decimal

from lxml import etree

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


def text(element: etree._Element, path: str = ".") -> str:
    """All text at `path`, trimmed; "" if nothing is there."""
    found = element if path == "." else element.find(path)
    return "".join(str(part) for part in found.itertext()).strip() if found is not None else ""


def attribute(element: etree._Element, path: str, name: str) -> str:
    """An attribute of the element at `path`; "" if either is missing."""
    found = element.find(path)
    return found.get(name, "") if found is not None else ""


def amount(text: str) -> Decimal | None:
    """A plain decimal number, or None."""
    return Decimal(text) if _AMOUNT.fullmatch(text.strip()) else None


def whole(text: str) -> int:
    """A whole number from 1 ("3", "3.0"), else 0."""
    number = amount(text)
    return int(number) if number is not None and number > 0 and number == number.to_integral_value() else 0


def has_zone(text: str) -> bool:
    """An ISO 8601 time with a time zone, as cXML asks for."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
