"""A Japanese postal address as cXML carries it (Amazon reference 13).

Inside, a blank building is the empty string; on the wire it is one blank, because Amazon Japan wants every
field filled and the element must not be dropped. The prefecture goes as its name (東京都), the phone as
digits with its leading 0 behind country code 81.
"""

from __future__ import annotations

from dataclasses import dataclass

from punchout.markup import Markup, tag
from punchout.xml import Element, text

__all__ = ["Address", "read_address", "write_address", "write_bill_to", "write_contact", "write_ship_to"]


@dataclass(frozen=True, slots=True)
class Address:
    """One place. `id` is our own key (addressID), `deliver_to` the recipients, family name first, no 様."""

    id: str
    company: str
    deliver_to: tuple[str, ...]
    postal_code: str
    prefecture: str
    city: str
    streets: tuple[str, ...]
    phone: str
    email: str = ""
    country: str = "JP"


def write_ship_to(address: Address) -> Markup:
    return tag("ShipTo", write_address(address))


def write_bill_to(address: Address) -> Markup:
    return tag("BillTo", write_address(address))


def write_address(address: Address) -> Markup:
    return tag("Address", *_parts(address), isoCountryCode=address.country, addressID=address.id or None)


def write_contact(address: Address, role: str | None = None) -> Markup:
    """The same facts as a `Contact`: the person to ask about the order."""
    return tag("Contact", *_parts(address), role=role)


def _parts(address: Address) -> tuple[Markup | None, ...]:
    return (
        tag("Name", address.company, lang="ja-JP"),
        _postal(address),
        tag("Email", address.email, name="default") if address.email else None,
        _phone(address) if address.phone else None,
    )


def _postal(address: Address) -> Markup | None:
    if not (address.city or address.streets or address.postal_code):
        return None
    # Two streets always: the second one is the building, and its place stays even when it is blank.
    streets = (*address.streets, "", "")[: max(2, len(address.streets))]
    return tag(
        "PostalAddress",
        *(tag("DeliverTo", name) for name in address.deliver_to),
        *(tag("Street", street.strip() or " ") for street in streets),
        tag("City", address.city),
        tag("State", address.prefecture) if address.prefecture else None,
        tag("PostalCode", address.postal_code) if address.postal_code else None,
        tag(
            "Country", "日本" if address.country == "JP" else address.country, isoCountryCode=address.country
        ),
        name="default",
    )


def _phone(address: Address) -> Markup:
    number = "".join(str(int(sign)) for sign in address.phone if sign.isdecimal())
    if address.country == "JP" and address.phone.strip().startswith("+81"):
        number = "0" + number.removeprefix("81").removeprefix("0")
    country = {"JP": "81", "US": "1"}.get(address.country, "")
    return tag(
        "Phone",
        tag(
            "TelephoneNumber",
            tag("CountryCode", country, isoCountryCode=address.country),
            tag("AreaOrCityCode"),
            tag("Number", number),
        ),
        name="work",
    )


def read_address(holder: Element) -> Address | None:
    """The address in a `ShipTo`, `BillTo` or `Contact`, its parts in any order; None when there is none."""
    place = holder if holder.tag in ("Address", "Contact") else holder.find("Address")
    if place is None:
        return None
    company = email = phone = postal_code = prefecture = city = ""
    country = place.get("isoCountryCode", "")
    deliver_to: list[str] = []
    streets: list[str] = []
    for element in place.iter():
        match element.tag:
            case "Name":
                company = company or text(element)
            case "Email":
                email = email or text(element)
            case "DeliverTo":
                deliver_to.append(text(element))
            case "Street":
                streets.append(text(element))
            case "City":
                city = text(element)
            case "State":
                prefecture = text(element)
            case "PostalCode":
                postal_code = text(element)
            case "Country":
                country = country or element.get("isoCountryCode", "")
            case "Phone" if not phone:
                phone = _read_phone(element)
    return Address(
        id=place.get("addressID", "").strip(),
        company=company,
        deliver_to=tuple(name for name in deliver_to if name),
        postal_code=postal_code,
        prefecture=prefecture,
        city=city,
        streets=tuple(streets),
        phone=phone,
        email=email,
        country=country.strip() or "JP",
    )


def _read_phone(element: Element) -> str:
    parts = {child.tag: text(child) for child in element.iter()}
    number = parts.get("AreaOrCityCode", "") + parts.get("Number", "")
    if parts.get("CountryCode") == "81" and number and not number.startswith("0"):
        number = "0" + number
    return number
