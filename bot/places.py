"""The delivery addresses of a configuration, before it is checked: put in shape, filled in from the postal code, and
everything that is wrong with them (Amazon reference 13, japan.md 1)."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.fault import Fault
from bot.fields import narrow, postal_code
from purchasing import labels, postcodes
from purchasing.postcodes import Found, Municipality

ON_THE_LABEL = ("street", "building", "deliver_to", "prefecture", "city")
ONE_LINE = ("street", "building", "deliver_to")


def settle(raw: Mapping[str, Any]) -> list[Fault]:
    """Change the addresses of `raw` as far as nobody has to be asked; the faults are what somebody must decide.

    What is no text or no address at all is left to the check of the whole configuration.
    """
    faults: list[Fault] = []
    addresses = list(_addresses(raw))
    codes = {place: given for place, address in addresses if (given := _code(address.get("postal_code")))}
    found = postcodes.look_up(codes.values())
    for name, company in _sections(raw, "company"):
        faults += _printed(name, company, ("name",))
    for place, address in addresses:
        faults += _printed(place, address, ON_THE_LABEL)
        if code := codes.get(place):
            faults += _located(place, address, code, found)
    return faults


def _sections(raw: Mapping[str, Any], key: str, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    sections = raw.get(key)
    for number, section in enumerate(sections if isinstance(sections, list) else ()):
        if isinstance(section, dict):
            yield f"{place}{key}[{number}]", section


def _addresses(raw: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for company, section in _sections(raw, "company"):
        yield from _sections(section, "addresses", f"{company}.")


def _code(value: object) -> str:
    """The postal code as 100-0005; empty for what is none."""
    try:
        return postal_code(str(narrow(value)))
    except ValueError:
        return ""


def _printed(place: str, section: dict[str, Any], keys: tuple[str, ...]) -> Iterator[Fault]:
    """Characters that the label cannot show, and lines that are too long for it."""
    for key in keys:
        if not isinstance(section.get(key), str):
            continue
        section[key] = text = labels.plain(section[key])
        better = labels.replaced(text)
        if strange := labels.unprintable(text):
            yield Fault(f"{place}.{key}", "label_characters", strange, better)
        elif not labels.fits(text) and key in (*ONE_LINE, "name"):
            yield _too_long(f"{place}.{key}", key, text, section)


def _too_long(place: str, key: str, text: str, section: Mapping[str, Any]) -> Fault:
    width = f"{labels.width(text):g}"
    if key == "street" and not section.get("building") and (parts := labels.split(text)):
        return Fault(place, "label_split", width, f'street = "{parts[0]}", building = "{parts[1]}"')
    return Fault(place, "label_width", width)


def _located(place: str, address: dict[str, Any], code: str, found: Found) -> Iterator[Fault]:
    """Prefecture and city filled in where they are left out, and where they are not those of the postal code."""
    places = found.by_code.get(code, ())
    if not places:
        yield Fault(f"{place}.postal_code", "postal_unknown", code, found.edition)
        return
    prefecture, city = address.get("prefecture") or "", address.get("city") or ""
    there = [one for one in places if one.prefecture == prefecture] if prefecture else list(places)
    if not there:
        yield Fault(f"{place}.prefecture", "postal_elsewhere", str(prefecture), _names(places))
        there = list(places)
    meant = [one for one in there if one.is_called(str(city))] if city else there
    if not meant:
        yield Fault(f"{place}.city", "postal_elsewhere", str(city), _names(there))
    elif len(meant) > 1:
        yield Fault(f"{place}.city", "postal_several", code, _names(meant))
    else:
        address["prefecture"], address["city"] = prefecture or meant[0].prefecture, meant[0].city


def _names(places: tuple[Municipality, ...] | list[Municipality]) -> str:
    return " / ".join(one.prefecture + one.city for one in places)
