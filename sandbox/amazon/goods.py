"""The goods of the stand-in's shop, and finding among them."""

import tomllib
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of the shop; `code` is what Amazon writes into the cart's `category` extrinsic."""

    key: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Product:
    """One offer. `price` is yen without tax; `tax_rate` is per cent (10, or 8 for food and drink)."""

    asin: str
    name: str
    brand: str
    model: str
    ean: str
    price: Decimal
    tax_rate: Decimal
    category: Category
    sub_category: str
    unspsc: str
    rating: Decimal
    reviews: int
    picture: str
    points: tuple[str, ...]
    seller: str
    shipper: str

    @property
    def reduced(self) -> bool:
        """Taxed at the reduced rate of 8 %."""
        return self.tax_rate == 8

    @property
    def price_with_tax(self) -> Decimal:
        return (self.price * (100 + self.tax_rate) / 100).quantize(Decimal(1), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything that is for sale, in the order of the shop."""

    categories: tuple[Category, ...]
    products: tuple[Product, ...]

    def product(self, asin: str) -> Product | None:
        return next((product for product in self.products if product.asin == asin), None)

    def category(self, key: str) -> Category | None:
        return next((category for category in self.categories if category.key == key), None)

    def search(self, words: str = "", category: str = "", order: str = "") -> tuple[Product, ...]:
        """Products that hold every word, of one category if named; `order` is a key of `ORDERS`."""
        wanted = _plain(words).split()
        found = [
            product
            for product in self.products
            if (not category or product.category.key == category)
            and all(word in _plain(_text(product)) for word in wanted)
        ]
        if order == "cheap":
            found.sort(key=lambda product: product.price)
        elif order == "dear":
            found.sort(key=lambda product: -product.price)
        elif order == "rating":
            found.sort(key=lambda product: -product.rating)
        return tuple(found)

    def beside(self, product: Product) -> tuple[Product, ...]:
        """Other goods of the same category."""
        return tuple(
            other for other in self.products if other.category == product.category and other is not product
        )


ORDERS = {"": "おすすめ順", "cheap": "価格の安い順", "dear": "価格の高い順", "rating": "評価の高い順"}


@cache
def shelf() -> Shelf:
    """The goods of `goods.toml`, read once."""
    data = tomllib.loads(files(__package__).joinpath("goods.toml").read_text("utf-8"))
    categories = tuple(Category(**row) for row in data["category"])
    by_key = {category.key: category for category in categories}
    return Shelf(categories, tuple(_product(row, by_key[row["category"]]) for row in data["product"]))


def _product(row: dict[str, Any], category: Category) -> Product:
    seller = row.get("seller", "Amazon")
    return Product(
        asin=row["asin"],
        name=row["name"],
        brand=row["brand"],
        model=row["model"],
        ean=row["ean"],
        price=Decimal(row["price"]),
        tax_rate=Decimal(row["tax"]),
        category=category,
        sub_category=row["sub"],
        unspsc=row["unspsc"],
        rating=Decimal(str(row["rating"])),
        reviews=row["reviews"],
        picture=row["picture"],
        points=tuple(row["points"]),
        seller=seller,
        shipper=row.get("shipper", seller),
    )


def _text(product: Product) -> str:
    return " ".join((product.name, product.brand, product.model, product.asin, product.category.name))


def _plain(text: str) -> str:
    """Width and case folded, so that ｵﾌｨｽ finds オフィス and usb finds USB."""
    return unicodedata.normalize("NFKC", text).casefold()
