"""From the `ItemIn` of a cart to the `ItemOut` of an order: the copy that must lose nothing (Amazon
reference 8.3).

ItemID goes back to the letter, ItemDetail whole, then Shipping and Tax. Nothing else of the `ItemIn` goes
along: the cart passed through a browser, and an address it brought there must not reach the order.
"""

from __future__ import annotations

import re

from lxml import etree

from punchout.charges import SHIPPING_WORDS, TAX_WORDS
from punchout.markup import Markup
from punchout.xml import LANG, DocumentRefused, Element, XmlRefused, outer_xml, parse

__all__ = ["copy_item"]

_GAP = r"[ \t\r\n]*+"
_WORDS = r"[^<&]*+(?:&(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);[^<&]*+)*+"


def _leaf(name: str, attribute: str = "") -> str:
    """An element of words alone, with no attribute but the one that the DTD requires."""
    required = rf' {attribute}="[^"<&]*+"' if attribute else ""
    return rf"<{name}{required}(?:/>|>{_WORDS}</{name}>){_GAP}"


def _section(name: str, *content: str, attributes: str = "") -> str:
    return rf"<{name}{attributes}>{_GAP}{''.join(content)}</{name}>{_GAP}"


def _any(content: str) -> str:
    return f"(?:{content})*+"


def _maybe(content: str) -> str:
    return f"(?:{content})?+"


# An ItemIn just as Amazon writes it, which is valid in an order as it stands: it is copied as text, at a
# fraction of the price of parsing it. Everything else goes through `_repaired`.
_MONEY = _leaf("Money", "currency")
_WORDED = _leaf("Description", "xml:lang")
_CLASSIFIED = _leaf("Classification", "domain")
_TAXED = _section("TaxDetail", _section("TaxAmount", _MONEY), attributes=r' category="[^<>]*+')
_STRAIGHT = re.compile(
    (
        rf"<ItemIn [^<>&]*+>{_GAP}("
        + _section("ItemID", _leaf("SupplierPartID"), _maybe(_leaf("SupplierPartAuxiliaryID")))
        + _section(
            "ItemDetail",
            _section("UnitPrice", _MONEY),
            _WORDED,
            _leaf("UnitOfMeasure"),
            _CLASSIFIED,
            _any(_CLASSIFIED),
            _maybe(_leaf("ManufacturerPartID")),
            _maybe(_leaf("ManufacturerName")),
            _maybe(_leaf("URL")),
            _any(_leaf("Extrinsic", "name")),
        )
        + ")("
        + _maybe(_section("Shipping", _MONEY, _WORDED))
        + _maybe(_section("Tax", _MONEY, _WORDED, _any(_TAXED)))
        + ")</ItemIn>"
    ).encode()
)

_ITEM = ("ItemID", "ItemDetail", "Shipping", "Tax")
_DETAIL = (
    "UnitPrice", "Description", "OverallLimit", "ExpectedLimit", "UnitOfMeasure", "PriceBasisQuantity",
    "Classification", "ManufacturerPartID", "ManufacturerName", "URL", "LeadTime", "Dimension",
    "ItemDetailIndustry", "AttachmentReference", "PlannedAcceptanceDays", "Extrinsic",
)  # fmt: skip
_ORDER = {
    "ItemID": ("SupplierPartID", "SupplierPartAuxiliaryID", "BuyerPartID", "IdReference"),
    "ItemDetail": _DETAIL,
    "Shipping": ("Money", "Description", "Modifications"),
    "Tax": ("Money", "TaxAdjustmentAmount", "Description", "TaxDetail", "Distribution", "Extrinsic"),
    "TaxDetail": ("TaxableAmount", "TaxAmount", "TaxLocation", "TaxAdjustmentAmount", "Description"),
}
_ATTRIBUTES = (
    ("Description", LANG, "ja-JP"),
    ("Classification", "domain", "UNSPSC"),
    ("Extrinsic", "name", ""),
    ("TaxDetail", "category", "vat"),
)


def copy_item(item_xml: bytes, ship_to: Markup | None = None) -> Markup:
    """The content of an `ItemOut`: what the `ItemIn` in `item_xml` says, and between its detail and its charges where
    this line goes; valid by the DTD. Raises `DocumentRefused` when it is no `ItemIn` or has no ItemID or price."""
    straight = _STRAIGHT.fullmatch(item_xml)
    goods, charges = straight.groups() if straight else _repaired(item_xml)
    return Markup(goods + (ship_to.xml if ship_to else b"") + charges)


def _repaired(item_xml: bytes) -> tuple[bytes, bytes]:
    """The same for an item that is unlike the DTD (Amazon's of 2015: no unit, no classification): its parts
    in the DTD's order, stray words between them dropped, and what the DTD requires put in empty."""
    try:
        item = parse(item_xml)
    except XmlRefused as refusal:
        raise DocumentRefused(f"cannot be read: {refusal.reason}") from None
    sections = {str(section.tag): section for section in item if section.tag in _ITEM}
    detail = sections.get("ItemDetail")
    if item.tag != "ItemIn" or "ItemID" not in sections or detail is None or detail.find("UnitPrice") is None:
        raise DocumentRefused("is no ItemIn with a part number and a price.")
    for name, words in (("Shipping", SHIPPING_WORDS), ("Tax", TAX_WORDS)):
        if name in sections:
            _require(sections[name], "Description", words)
    _require(detail, "Description", "")
    _require(detail, "UnitOfMeasure", "EA")
    _require(detail, "Classification", "")
    for tax in item.iterchildren("Tax"):
        for rate in [detail for detail in tax.iterchildren("TaxDetail") if detail.find("TaxAmount") is None]:
            tax.remove(rate)
    for section in list(item.iter(*_ORDER)):
        _arrange(section, _ORDER[str(section.tag)])
    for name, attribute, value in _ATTRIBUTES:
        for element in item.iter(name):
            element.set(attribute, element.get(attribute) or value)
    goods, charges = (
        b"".join(outer_xml(sections[name]) for name in names if name in sections)
        for names in (_ITEM[:2], _ITEM[2:])
    )
    return goods, charges


def _require(section: Element, name: str, words: str) -> None:
    if section.find(name) is None:
        etree.SubElement(section, name).text = words


def _arrange(section: Element, order: tuple[str, ...]) -> None:
    """Children in the DTD's order (unknown ones last), no words between them."""
    children = sorted(section, key=lambda child: order.index(str(child.tag)) if child.tag in order else 99)
    section.text = None
    for child in children:
        child.tail = None
    section[:] = children
