"""One line of goods: the `ItemIn` of a cart, the `ItemOut` of an order, the item inside a confirmation.

The values here are for showing and deciding. What goes back to Amazon is not built from them: it is the
`ItemIn` as it came (`item_xml`), because nothing in it may be lost on the way (Amazon reference 8.3).
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from punchout.charges import TaxDetail, read_tax_details, write_shipping, write_tax
from punchout.markup import Markup, tag
from punchout.money import (
    Money,
    MoneyRefused,
    money_in,
    read_decimal,
    read_number,
    write_decimal,
    write_money,
)
from punchout.xml import DocumentRefused, Element, inner_xml, outer_xml, parse, text

__all__ = ["CartLine", "ItemRefused", "amazon_extrinsics", "read_item", "write_item"]


class ItemRefused(DocumentRefused):
    """A line that cannot be bought: no part number, no quantity or no price that can be read."""


class CartLine(NamedTuple):
    """`unit_price` is without tax, `shipping` and `tax` are this line's share for its whole quantity.
    `auxiliary_xml` (Amazon's SPAID, "358-9479393-6024619,1") is opaque and exact, markup and blanks included.
    `extrinsics` keep Amazon's order; what an item lacks is empty, `unit` and `unspsc` too.

    A tuple, because a frozen dataclass of so many fields takes several times as long to make."""

    quantity: Decimal
    asin: str
    auxiliary_xml: str
    unit_price: Money
    description: str = ""
    unit: str = ""
    unspsc: str = ""
    manufacturer_part: str = ""
    manufacturer: str = ""
    extrinsics: tuple[tuple[str, str], ...] = ()
    shipping: Money | None = None
    tax: Money | None = None
    tax_details: tuple[TaxDetail, ...] = ()
    url: str = ""
    line_number: int | None = None
    item_xml: bytes = b""

    def __repr__(self) -> str:
        """Without the bytes, which no log should hold."""
        return f"CartLine(asin={self.asin!r}, quantity={self.quantity}, unit_price={self.unit_price!r})"

    @property
    def total(self) -> Money:
        """Unit price times quantity, without tax and shipping."""
        return self.unit_price.times(self.quantity)

    @property
    def amounts(self) -> list[Money]:
        """Every amount of this line."""
        found = [self.unit_price, self.shipping, self.tax, *[detail.amount for detail in self.tax_details]]
        return [money for money in found if money is not None]

    @property
    def sold_by(self) -> str:
        return self.extrinsic("soldBy")

    @property
    def fulfilled_by(self) -> str:
        return self.extrinsic("fulfilledBy")

    @property
    def detail_url(self) -> str:
        """The product's page; unchecked text, link to it only when the host is Amazon's."""
        return self.extrinsic("detailPageURL") or self.url

    @property
    def condition(self) -> str:
        """New, otherwise a used grade."""
        return self.extrinsic("itemCondition")

    def extrinsic(self, name: str) -> str:
        for key, value in self.extrinsics:
            if key == name:
                return value
        return ""


def read_item(item: Element, item_xml: bytes = b"") -> CartLine:
    """The line in an `ItemIn` or `ItemOut`, in one walk; `item_xml` are its bytes where the caller has them.
    Raises `ItemRefused`, `MoneyRefused`."""
    words: dict[object, str] = {}
    extrinsics: list[tuple[str, str]] = []
    auxiliary = ""
    money: dict[object, Money] = {}
    details: tuple[TaxDetail, ...] = ()
    for section in item:
        match section.tag:
            case "ItemDetail":
                for child in section:
                    name = child.tag
                    if name == "Extrinsic":
                        extrinsics.append((child.get("name", ""), text(child)))
                    elif name == "UnitPrice":
                        money[name] = money_in(child)
                    elif not words.get(name):
                        words[name] = text(child) or _said_otherwise(child)
            case "ItemID":
                for child in section:
                    if child.tag == "SupplierPartID":
                        words["SupplierPartID"] = text(child)
                    elif child.tag == "SupplierPartAuxiliaryID":
                        auxiliary = _exact(child, item_xml)
            case "Shipping":
                money["Shipping"] = money_in(section)
            case "Tax":
                money["Tax"] = money_in(section)
                details = read_tax_details(section)
    asin, price = words.get("SupplierPartID"), money.get("UnitPrice")
    if not asin:
        raise ItemRefused("has no part number (SupplierPartID).")
    if price is None:
        raise ItemRefused("has no unit price.")
    line = item.get("lineNumber")
    return CartLine(
        quantity=_quantity(item.get("quantity")),
        asin=asin,
        auxiliary_xml=auxiliary,
        unit_price=price,
        description=words.get("Description", ""),
        unit=words.get("UnitOfMeasure", ""),
        unspsc=words.get("Classification", ""),
        manufacturer_part=words.get("ManufacturerPartID", ""),
        manufacturer=words.get("ManufacturerName", ""),
        extrinsics=tuple(extrinsics),
        shipping=money.get("Shipping"),
        tax=money.get("Tax"),
        tax_details=details,
        url=words.get("URL", ""),
        line_number=read_number(line) if line else None,
        item_xml=item_xml or outer_xml(item),
    )


def _exact(auxiliary: Element, item_xml: bytes) -> str:
    """The SPAID to the blank; where it holds markup, from the item's own bytes, because the tree of a cart lacks
    the white space between elements."""
    if len(auxiliary) and item_xml:
        auxiliary = next(parse(item_xml).iter("SupplierPartAuxiliaryID"), auxiliary)
    return inner_xml(auxiliary)


def _said_otherwise(element: Element) -> str:
    """An empty Description may hold its words as ShortName, an empty Classification its code as attribute."""
    short = element.findtext("ShortName") if len(element) else ""
    return (short or element.get("code") or "").strip()


def _quantity(words: str | None) -> Decimal:
    try:
        quantity = read_decimal(words or "")
    except MoneyRefused:
        raise ItemRefused("has no quantity that can be read.") from None
    if quantity <= 0:
        raise ItemRefused(f"has the quantity {quantity}.")
    return quantity


def write_item(line: CartLine) -> Markup:
    """An `ItemIn` as Amazon writes it, for the stand-in's cart."""
    return tag(
        "ItemIn",
        tag(
            "ItemID",
            tag("SupplierPartID", line.asin),
            tag("SupplierPartAuxiliaryID", Markup(line.auxiliary_xml.encode())),
        ),
        tag(
            "ItemDetail",
            tag("UnitPrice", write_money(line.unit_price)),
            tag("Description", line.description, lang="ja-JP"),
            tag("UnitOfMeasure", line.unit or "EA"),
            tag("Classification", line.unspsc, domain="UNSPSC"),
            tag("ManufacturerPartID", line.manufacturer_part) if line.manufacturer_part else None,
            tag("ManufacturerName", line.manufacturer) if line.manufacturer else None,
            *(tag("Extrinsic", value, name=name) for name, value in line.extrinsics),
        ),
        write_shipping(line.shipping, "配送料（税抜）."),
        write_tax(line.tax, line.tax_details),
        quantity=write_decimal(line.quantity),
    )


def amazon_extrinsics(
    asin: str,
    *,
    sold_by: str = "Amazon",
    fulfilled_by: str = "Amazon",
    category: str = "OFFICE_PRODUCTS",
    sub_category: str = "OFFICE_PRODUCTS",
    ean: str = "",
) -> tuple[tuple[str, str], ...]:
    """The twelve Extrinsics of an Amazon Japan item, in Amazon's order (Amazon reference 7.2)."""
    return (
        ("soldBy", sold_by),
        ("fulfilledBy", fulfilled_by),
        ("category", category),
        ("subCategory", sub_category),
        ("itemCondition", "New"),
        ("qualifiedOffer", "true"),
        ("UPC", "NA"),
        ("detailPageURL", f"https://www.amazon.co.jp/dp/{asin}"),
        ("ean", ean),
        ("preference", "default"),
        ("sellerTaxEnabled", "true"),
        ("itemTaxable", "true"),
    )
