"""A person's way through the shop: from the start page to the cart that was handed over."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from punchout.address import Address
from sandbox.amazon.goods import Product, Shelf
from sandbox.amazon.order_rules import CartFacts
from sandbox.amazon.pricing import MAX_LINES, MAX_PIECES, Quote, quote
from sandbox.amazon.rules import SetupFacts

START_WITHIN = timedelta(minutes=10)
IDLE = timedelta(minutes=60)
PRICE_HOLD = timedelta(days=7)


# The system integration options of the account's groups, which UserBusinessUnit may name (reference 5).
GROUPS = {"HONSHA": "本社", "OSAKA": "大阪支店"}
ROOT_GROUP = ""


class BasketFull(Exception):
    """The basket can't take that; the text is a sentence for the shopper."""


@dataclass(frozen=True, slots=True)
class SetupRecord:
    """One setup request as the test log shows it; `reason` is empty if it was answered with a start page."""

    at: datetime
    facts: SetupFacts
    status: int
    reason: str

    @property
    def group(self) -> str:
        """The group that the business unit names, or "" (then the root group shops)."""
        return GROUPS.get(self.facts.business_unit, "")


@dataclass(slots=True)
class HandedCart:
    """A cart as it left for the buyer. `name` is the part of every SPAID before the comma;
    `order_id` is the order that bought it."""

    name: str
    at: datetime
    quote: Quote
    setup: SetupRecord
    prefecture: str
    payload_id: str
    document: bytes
    order_id: str = ""

    @property
    def hold_until(self) -> datetime:
        """Price and stock are held for seven days (enhanced checkout, reference 9.5)."""
        return self.at + PRICE_HOLD

    @property
    def facts(self) -> CartFacts:
        lines = {
            position: (line.product.asin, line.quantity) for position, line in enumerate(self.quote.lines, 1)
        }
        return CartFacts(self.setup.facts.email, self.prefecture, lines)


@dataclass(slots=True)
class ShopSession:
    """One punchout. `basket` maps ASIN to pieces in order of choice; `handed` is set once the cart left."""

    key: str
    setup: SetupRecord
    ship_to: Address | None
    seen: datetime | None = None
    basket: dict[str, int] = field(default_factory=dict)
    handed: HandedCart | None = None
    signed_out: bool = False

    def alive(self, now: datetime) -> bool:
        """Opened soon enough, used since, and not yet over."""
        if self.signed_out or self.handed is not None:
            return False
        return now - self.setup.at < START_WITHIN if self.seen is None else now - self.seen < IDLE

    @property
    def pieces(self) -> int:
        return sum(self.basket.values())

    def add(self, product: Product, quantity: int) -> None:
        """Put pieces into the basket; raises BasketFull beyond 50 lines or 999 pieces of a line."""
        if product.asin not in self.basket and len(self.basket) >= MAX_LINES:
            raise BasketFull(f"カートに入れられる商品は{MAX_LINES}種類までです。")
        self.change(product, self.basket.get(product.asin, 0) + quantity)

    def change(self, product: Product, quantity: int) -> None:
        """Set a line to `quantity`; 0 takes it out. Raises BasketFull above 999."""
        if quantity > MAX_PIECES:
            raise BasketFull(f"ご注文いただける数量は1商品につき{MAX_PIECES}個までです。")
        if quantity < 1:
            self.basket.pop(product.asin, None)
        else:
            self.basket[product.asin] = quantity

    def price(self, shelf: Shelf) -> Quote:
        chosen = [(shelf.product(asin), quantity) for asin, quantity in self.basket.items()]
        return quote([(product, quantity) for product, quantity in chosen if product is not None])


def new_number(first: int | None = None) -> str:
    """Three, seven and seven digits: the shape of Amazon's session, cart and order numbers."""
    head = first if first is not None else 100 + secrets.randbelow(900)
    return f"{head}-{secrets.randbelow(10**7):07d}-{secrets.randbelow(10**7):07d}"
