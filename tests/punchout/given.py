"""The company, the place and the documents that these tests speak of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from punchout.address import Address
from punchout.cart import CartLine, read_cart
from punchout.envelope import Account
from punchout.money import Money
from punchout.order import OrderLine, OrderRequest
from punchout.secret import Secret

SAMPLES = Path(__file__).parent / "samples"

NOW = datetime(2026, 9, 10, 1, 48, 0, tzinfo=UTC)
ACCOUNT = Account("sample-buyer", Secret("pass1234"))
HONSHA = Address(
    id="honsha",
    company="株式会社サンプル商事",
    deliver_to=("山田 太郎",),
    postal_code="100-0005",
    prefecture="東京都",
    city="千代田区",
    streets=("丸の内1-1-1", ""),
    phone="0300000000",
    email="taro.yamada@example.co.jp",
)


def sample(name: str) -> bytes:
    """A document of ours under samples/, by its name without `.xml`."""
    return (SAMPLES / f"{name}.xml").read_bytes()


def yen(amount: int | str) -> Money:
    return Money(Decimal(amount), "JPY")


def cart_lines(name: str = "cart_desk_and_lamp") -> tuple[CartLine, ...]:
    return read_cart(sample(name)).lines


def an_order(cart: Sequence[CartLine], /, **changes: object) -> OrderRequest:
    order = OrderRequest(
        number="K2609-0001",
        ordered_at=NOW,
        total=yen(23078),
        shipping=yen(400),
        tax=yen(2098),
        ship_to=HONSHA,
        bill_to=HONSHA,
        contact=HONSHA,
        email="taro.yamada@example.co.jp",
        lines=tuple(
            OrderLine(number, line.quantity, line.item_xml) for number, line in enumerate(cart, start=1)
        ),
    )
    return replace(order, **changes)  # type: ignore[arg-type]
