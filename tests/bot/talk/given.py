"""Carts and orders of any content for the cards, as rows that no database has seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any, TypeVar

from hypothesis import strategies as st

from bot.lineworks.message import Outgoing, clean
from bot.talk.notices import Reader
from bot.talk.wording import Wording, wording
from purchasing import addresses as addresses_of
from purchasing.aftercare import Receipt
from purchasing.history import OrderDetail
from purchasing.lifecycle import CartState, LineState, OrderState
from storage.tables import Cart, CartLine, DeliveryAddress, Member, Order, OrderLine, Shipment
from storage.types import Package

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
APP = "https://line.worksmobile.com"
EMOJI = "😀👨‍👩‍👧‍👦🇯🇵️é\u200b\u202e\x07葛󠄀"

names = st.one_of(
    st.text(max_size=250),
    st.text(alphabet=EMOJI + "あ漢A\n\r\t ", max_size=250),
    st.integers(1, 250).map(lambda length: "木" * length),
)
"""Names as Amazon sends them and worse: up to 250 characters, emoji, control and bidirectional characters, lines."""
amounts = st.decimals(0, 99_999_999, places=2)
pieces = st.integers(1, 999).map(Decimal)
languages = st.sampled_from(["ja_JP", "en_US", "ko_KR"]).map(wording)


sellers = st.sampled_from(["", "Amazon.co.jp", "オフィス便 模擬店", "長" * 200])
T = TypeVar("T")


def _few(kind: st.SearchStrategy[T]) -> st.SearchStrategy[list[T]]:
    """What the lines of one cart are made of, in turns: fifty different ones show no more and take ages."""
    return st.lists(kind, min_size=1, max_size=3)


def _numbered(count: int, samples: list[T]) -> Iterator[tuple[int, T]]:
    return zip(range(1, count + 1), cycle(samples), strict=False)


@st.composite
def addresses(draw: st.DrawFn) -> DeliveryAddress:
    text = st.one_of(st.sampled_from(["大阪支店", "梅田3-1-3"]), names)
    return DeliveryAddress(
        company_id="1",
        key="osaka",
        position=0,
        name=draw(text) or "大阪支店",
        postal_code="530-0001",
        prefecture="大阪府",
        city=draw(text),
        street=draw(text),
        building=draw(text),
        deliver_to=draw(text),
        phone="06-0000-0000",
        managed_by="file",
    )


@dataclass(frozen=True)
class GivenCart:
    cart: Cart
    lines: list[CartLine]
    address: DeliveryAddress


@st.composite
def carts(draw: st.DrawFn, most: int = 50) -> GivenCart:
    """A cart of 1 to 50 lines."""
    count = draw(st.integers(1, most))
    cart = Cart(
        id=draw(st.integers(1, 10**12)),
        company_id="1",
        member_id=1,
        session_id=1,
        address_key="osaka",
        state=CartState.OFFERED,
        nonce="0a1b2c3d",
        currency=draw(st.sampled_from(["JPY", "USD"])),
        subtotal=draw(amounts),
        shipping=draw(st.none() | amounts),
        tax=draw(st.none() | amounts),
        total=draw(amounts),
        received_at=NOW,
        held_until=NOW + draw(st.sampled_from([timedelta(days=7), timedelta(hours=-1)])),
        document_id=1,
        test=True,
    )
    samples = draw(_few(st.tuples(names, pieces, amounts, sellers)))
    lines = [
        CartLine(
            cart_id=1,
            line_number=number,
            asin="B0MOGI1001",
            description=description,
            quantity=quantity,
            unit_price=price,
            sold_by=seller,
            item_xml=b"",
        )
        for number, (description, quantity, price, seller) in _numbered(count, samples)
    ]
    return GivenCart(cart, lines, draw(addresses()))


@st.composite
def orders(draw: st.DrawFn, most: int = 50) -> OrderDetail:
    """An order of 1 to 50 lines with a buyer of any name."""
    order = Order(
        id=1,
        company_id="1",
        number=draw(st.sampled_from(["KM-202611-00042", "SAMPLE-20261124-000042"])),
        member_id=1,
        cart_id=1,
        address_key="osaka",
        state=draw(st.sampled_from(OrderState)),
        test=draw(st.booleans()),
        currency="JPY",
        subtotal=draw(amounts),
        total=draw(amounts),
        payload_id="x",
        document_id=1,
        placed_at=NOW,
        refusal=draw(names),
        receipt=draw(st.sampled_from(["", *Receipt])),
        receipt_at=draw(st.sampled_from([None, NOW])),
        cancel_wished_at=draw(st.sampled_from([None, NOW])),
        purpose=draw(st.sampled_from(["", "新入社員のパソコン", "用" * 200])),
    )
    count = draw(st.integers(1, most))
    samples = draw(_few(st.tuples(names, pieces, amounts, st.sampled_from(LineState), st.booleans())))
    lines = [
        OrderLine(
            order_id=1,
            line_number=number,
            asin="B0MOGI1001",
            description=description,
            quantity=quantity,
            unit_price=price,
            state=state,
            rejected=quantity if refused else Decimal(0),
        )
        for number, (description, quantity, price, state, refused) in _numbered(count, samples)
    ]
    parcels = [parcel(draw, number) for number in range(1, draw(st.integers(0, 4)) + 1)]
    buyer = Member(
        company_id="1",
        user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e01",
        login_id=draw(st.sampled_from(["", "taro.yamada@sample", "a b/c?d&e@ü"])),
        last_name=draw(names),
        first_name=draw(names),
        met_at=NOW,
    )
    return OrderDetail(order, lines, parcels, draw(addresses()), buyer)


packages = st.builds(
    Package,
    st.sampled_from(["", "ヤマト運輸", "佐川急便", "運" * 200]),
    st.just("") | st.integers(0, 10**12).map("{:012}".format),
)


def parcel(draw: st.DrawFn, number: int) -> Shipment:
    return Shipment(
        id=number,
        order_id=1,
        document_id=number,
        shipment_id="test1",
        operation="new",
        packages=tuple(draw(st.lists(packages, max_size=20))),
        delivery_at=draw(st.sampled_from([None, NOW])),
        noticed_at=NOW,
    )


@st.composite
def readers(draw: st.DrawFn) -> Reader:
    words: Wording = draw(languages)
    return Reader(words, draw(st.booleans()), APP)


def plain_address() -> DeliveryAddress:
    return DeliveryAddress(
        company_id="1",
        key="osaka",
        position=0,
        name="大阪支店",
        postal_code="530-0001",
        prefecture="大阪府",
        city="大阪市北区",
        street="梅田3-1-3",
        building="",
        deliver_to="営業部",
        phone="06-0000-0000",
        managed_by="file",
    )


def plain_cart() -> GivenCart:
    """One desk for 大阪支店; cart 42 with the nonce 0a1b2c3d."""
    price = Decimal(16182)
    cart = Cart(
        id=42,
        company_id="1",
        member_id=1,
        session_id=1,
        address_key="osaka",
        state=CartState.OFFERED,
        nonce="0a1b2c3d",
        currency="JPY",
        subtotal=price,
        total=price,
        received_at=NOW,
        held_until=NOW + timedelta(days=7),
        document_id=1,
        test=True,
    )
    line = CartLine(
        cart_id=42,
        line_number=1,
        asin="B0MOGI1001",
        description="パソコンデスク",
        quantity=Decimal(1),
        unit_price=price,
        item_xml=b"",
    )
    return GivenCart(cart, [line], plain_address())


def plain_order(number: str, state: OrderState) -> OrderDetail:
    """One desk, ordered in active mode by somebody without a name."""
    order = Order(
        id=1,
        company_id="1",
        number=number,
        member_id=1,
        cart_id=42,
        address_key="osaka",
        state=state,
        test=False,
        currency="JPY",
        subtotal=Decimal(16182),
        total=Decimal(16182),
        payload_id="x",
        document_id=1,
        placed_at=NOW,
    )
    line = OrderLine(
        order_id=1,
        line_number=1,
        asin="B0MOGI1001",
        description="パソコンデスク",
        quantity=Decimal(1),
        unit_price=Decimal(16182),
        state=LineState.ORDERED,
    )
    return OrderDetail(order, [line], [], plain_address(), Member(company_id="1", user_id="x", met_at=NOW))


def one_line(address: DeliveryAddress) -> str:
    """The address as it must be readable, without what cannot be seen."""
    return clean(addresses_of.one_line(address))


def written(messages: list[Outgoing]) -> str:
    """All that the messages say."""
    return "\n".join(text for message in messages for text in _texts(message.content()))


def _texts(content: Any) -> list[str]:
    if isinstance(content, list):
        return [text for entry in content for text in _texts(entry)]
    if not isinstance(content, dict):
        return []
    own = [str(content[name]) for name in ("title", "text", "contentText") if name in content]
    return own + [
        text for name, part in content.items() if name not in ("actions", "action") for text in _texts(part)
    ]


def labels(messages: list[Outgoing]) -> list[str]:
    """The labels of the buttons under the messages."""
    return [action["label"] for message in messages for action in message.content().get("actions", ())]
