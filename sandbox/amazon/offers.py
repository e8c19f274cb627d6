"""What is to be had of a line on the day its order arrives: as in the cart while price and stock are held, else as on
the shelf. A mood changes the first line, or all."""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from sandbox.amazon.goods import Product, Shelf
from sandbox.amazon.moods import Outcome
from sandbox.amazon.pricing import PricedLine

PRICE_RISE = Decimal("1.10")
LEAP = Decimal("1.30")
OTHER_SELLER = "別の出品者 模擬店"
DEARER_SHIPPING = Decimal(1500)
SLOW_DAYS = 45


@dataclass(frozen=True, slots=True)
class Offer:
    """One product today; `product` is as it was in the cart. Amounts are yen without tax, `shipping` is the line's."""

    product: Product
    unit_price: Decimal
    pieces: int
    shipping: Decimal
    seller: str
    shipper: str
    days: int


def days_of(shipper: str) -> int:
    """Days from the order to the door."""
    return 2 if shipper == "Amazon" else 4


def offer(line: PricedLine, shelf: Shelf, outcome: Outcome, *, held: bool, first: bool) -> Offer:
    """Today's offer for a line of a cart."""
    there = line.product if held else shelf.product(line.product.asin)
    as_in_cart = Offer(
        line.product,
        line.unit_price if held or there is None else there.price,
        line.quantity if there is not None else 0,
        line.shipping,
        line.product.seller,
        line.product.shipper,
        days_of(line.product.shipper),
    )
    return _in_mood(as_in_cart, outcome) if first else as_in_cart


def _in_mood(offer: Offer, outcome: Outcome) -> Offer:
    match outcome:
        case "price_change":
            return replace(offer, unit_price=_raised(offer.unit_price, PRICE_RISE))
        case "price_leap":
            return replace(offer, unit_price=_raised(offer.unit_price, LEAP))
        case "out_of_stock":
            return replace(offer, pieces=0)
        case "partial":
            return replace(offer, pieces=(offer.pieces + 1) // 2)
        case "other_seller":
            return replace(offer, seller=OTHER_SELLER, shipper=OTHER_SELLER, days=days_of(OTHER_SELLER))
        case "dear_shipping":
            return replace(offer, shipping=DEARER_SHIPPING)
        case "slow_delivery":
            return replace(offer, days=SLOW_DAYS)
    return offer


def _raised(price: Decimal, by: Decimal) -> Decimal:
    return (price * by).quantize(Decimal(1), ROUND_HALF_UP)
