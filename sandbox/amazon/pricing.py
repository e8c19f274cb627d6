"""What a basket costs: shipping, and tax line by line as Amazon Japan rounds it.

Facts (Amazon reference 7.1-7.3, japan.md 2.2): prices and shipping are without tax; the tax of each line is
rounded to the nearest yen, goods and shipping apart; the header's tax is the sum of the lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sandbox.amazon.goods import Product

FREE_SHIPPING_FROM = Decimal(2000)
SHIPPING = Decimal(410)
SHIPPING_TAX_RATE = Decimal(10)
MAX_LINES = 50
MAX_PIECES = 999

_YEN = Decimal(1)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One product of a basket. All amounts are whole yen; `shipping` is this line's share."""

    product: Product
    quantity: int
    unit_price: Decimal
    shipping: Decimal
    goods_tax: Decimal
    shipping_tax: Decimal

    @property
    def goods(self) -> Decimal:
        return self.unit_price * self.quantity

    @property
    def tax(self) -> Decimal:
        return self.goods_tax + self.shipping_tax


@dataclass(frozen=True, slots=True)
class Quote:
    """A basket with its sums. `shipping_list` is the fee before `discount`, which no document shows."""

    lines: tuple[PricedLine, ...]
    shipping_list: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)

    @property
    def goods(self) -> Decimal:
        return sum((line.goods for line in self.lines), Decimal(0))

    @property
    def shipping(self) -> Decimal:
        return self.shipping_list - self.discount

    @property
    def tax(self) -> Decimal:
        return sum((line.tax for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        """What the member pays: goods, shipping and tax."""
        return self.goods + self.shipping + self.tax

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)

    def tax_at(self, rate: Decimal) -> Decimal:
        """The part of `tax` that is levied at `rate` per cent."""
        goods = sum((line.goods_tax for line in self.lines if line.product.tax_rate == rate), Decimal(0))
        fees = sum((line.shipping_tax for line in self.lines), Decimal(0))
        return goods + (fees if rate == SHIPPING_TAX_RATE else Decimal(0))


def quote(basket: Sequence[tuple[Product, int]]) -> Quote:
    """Price a basket: goods from 2,000 yen travel free, below that shipping is 410 yen over all lines."""
    goods = sum((product.price * quantity for product, quantity in basket), Decimal(0))
    if not basket:
        return Quote(())
    discount = SHIPPING if goods >= FREE_SHIPPING_FROM else Decimal(0)
    shares = _shares(SHIPPING - discount, [product.price * quantity for product, quantity in basket])
    lines = tuple(
        price_line(product, quantity, product.price, share)
        for (product, quantity), share in zip(basket, shares, strict=True)
    )
    return Quote(lines, shipping_list=SHIPPING, discount=discount)


def price_line(product: Product, quantity: int, unit_price: Decimal, shipping: Decimal) -> PricedLine:
    """One line at `unit_price`, taxed."""
    return PricedLine(
        product,
        quantity,
        unit_price,
        shipping,
        goods_tax=tax(unit_price * quantity, product.tax_rate),
        shipping_tax=tax(shipping, SHIPPING_TAX_RATE),
    )


def tax(amount: Decimal, rate: Decimal) -> Decimal:
    """Tax on `amount` at `rate` per cent, to the nearest yen: 5855 at 8 % is 468, 1185 at 8 % is 95."""
    return (amount * rate / 100).quantize(_YEN, ROUND_HALF_UP)


def _shares(fee: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`fee` cut into whole yen by weight, so that the parts add up to it exactly."""
    total = sum(weights, Decimal(0))
    shares: list[Decimal] = []
    reached = given = Decimal(0)
    for weight in weights:
        reached += weight
        share = (fee * reached / total).quantize(_YEN, ROUND_HALF_UP) - given
        shares.append(share)
        given += share
    return shares
