"""What we send to Amazon. The judge is cXML's DTD, not our reader."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from punchout.cart import CartLine, TaxDetail, build_cart, read_cart
from punchout.envelope import Credential
from punchout.money import Money
from punchout.order import (
    Distribution,
    OrderLine,
    OrderRefused,
    OrderRequest,
    Segment,
    build_order,
    read_order,
)
from punchout.xml import DocumentRefused, parse
from tests.punchout.conftest import Judge
from tests.punchout.given import ACCOUNT, HONSHA, NOW, an_order, cart_lines, sample, yen

CARTS = (
    "cart_desk_and_lamp",
    "cart_of_2015_without_unit_and_classification",
    "cart_with_markup_in_spaid",
    "cart_with_cdata_and_comments",
)


def built(order: OrderRequest) -> bytes:
    return build_order(order, ACCOUNT, "20260910014800.000.aa@bot.example.co.jp", NOW)


@pytest.mark.parametrize("cart", CARTS)
def test_an_order_from_any_cart_is_valid(cart: str, cxml_dtd: Judge) -> None:
    cxml_dtd(built(an_order(cart_lines(cart))))


def test_the_order_says_what_amazon_wants_to_hear(cxml_dtd: Judge) -> None:
    document = built(an_order(cart_lines(), comments="急ぎません"))
    cxml_dtd(document)
    root = parse(document)
    assert root.get("timestamp") == "2026-09-10T10:48:00+09:00"
    header = root.find("Request/OrderRequest/OrderRequestHeader")
    assert header is not None
    assert dict(header.attrib) == {
        "orderID": "K2609-0001",
        "orderDate": "2026-09-10T10:48:00+09:00",
        "orderType": "regular",
        "type": "new",
    }
    order = read_order(root)
    assert (order.total, order.shipping, order.tax) == (yen(23078), yen(400), yen(2098))
    assert order.ship_to == order.bill_to == HONSHA
    assert order.contact == replace(HONSHA, id="")
    assert (order.email, order.comments) == ("taro.yamada@example.co.jp", "急ぎません")
    assert not order.has_payment
    assert order.ordered_at == NOW
    assert (order.type, order.number) == ("new", "K2609-0001")


def test_item_id_detail_shipping_and_tax_go_back_to_the_letter() -> None:
    document = built(an_order(cart_lines()))
    order = read_order(parse(document))
    for received, line in zip(order.lines, cart_lines(), strict=True):
        inside = line.item_xml[line.item_xml.index(b"<ItemID>") : line.item_xml.rindex(b"</Tax>") + 6]
        assert inside in document
        assert received.item._replace(item_xml=line.item_xml, line_number=None) == line
    assert [line.line_number for line in order.lines] == [1, 2]


def test_markup_in_a_spaid_goes_back_to_the_letter(cxml_dtd: Judge) -> None:
    document = built(an_order(cart_lines("cart_with_markup_in_spaid")))
    cxml_dtd(document)
    assert b'> <Extrinsic name="a">1 &amp; 2</Extrinsic> <Extrinsic name="b"/>, 7 <' in document


def test_what_the_dtd_requires_and_the_cart_left_out_is_put_in() -> None:
    (line,) = read_order(
        parse(built(an_order(cart_lines("cart_of_2015_without_unit_and_classification"))))
    ).lines
    assert (line.item.unit, line.item.unspsc, line.item.sold_by) == ("EA", "", "Amazon")
    assert (line.item.quantity, line.item.auxiliary_xml) == (Decimal(3), "456-0000003-0000004, 1")


def test_an_address_hidden_in_the_cart_does_not_reach_the_order() -> None:
    (line,) = cart_lines("cart_with_markup_in_spaid")
    hidden = b"<ShipTo><Address><Name xml:lang='en'>elsewhere</Name></Address></ShipTo></ItemIn>"
    forged = line._replace(item_xml=line.item_xml.replace(b"</ItemIn>", hidden))
    document = built(an_order([forged]))
    assert b"elsewhere" not in document
    assert read_order(parse(document)).lines[0].ship_to is None


def test_the_secret_is_in_the_sender_and_nowhere_else() -> None:
    root = parse(built(an_order(cart_lines())))
    assert [element.text for element in root.iter("SharedSecret")] == ["pass1234"]
    assert root.findtext("Header/Sender/Credential/SharedSecret") == "pass1234"


def test_accounting_stands_where_the_dtd_wants_it(cxml_dtd: Judge) -> None:
    segments = (Segment("Cost Center", "1-200", "総務部"), Segment("GL Account", "7140"))
    booked = (Distribution("消耗品費", segments, yen(16182)), Distribution("b", segments[:1], yen(0)))
    order = an_order(cart_lines())
    order = replace(order, lines=(replace(order.lines[0], distributions=booked), order.lines[1]))
    document = built(order)
    cxml_dtd(document)
    assert read_order(parse(document)).lines[0].accounting == (
        ("消耗品費", "Cost Center", "1-200"),
        ("消耗品費", "GL Account", "7140"),
        ("b", "Cost Center", "1-200"),
    )


def test_lines_that_go_elsewhere_say_where_and_then_every_line_does(cxml_dtd: Judge) -> None:
    osaka = replace(HONSHA, id="osaka", prefecture="大阪府", city="大阪市北区", postal_code="530-0001")
    for cart in CARTS:
        order = an_order(cart_lines(cart))
        order = replace(order, lines=(replace(order.lines[0], ship_to=osaka), *order.lines[1:]))
        document = built(order)
        cxml_dtd(document)
        sent = read_order(parse(document))
        assert sent.ship_to is None
        assert [line.ship_to for line in sent.lines] == [osaka, *[HONSHA] * (len(order.lines) - 1)]


def test_the_least_order_is_valid(cxml_dtd: Judge) -> None:
    cxml_dtd(built(an_order(cart_lines()[:1], shipping=None, tax=None, contact=None, email="")))


LINE = OrderLine(1, Decimal(1), cart_lines()[0].item_xml)


MANY = tuple(replace(LINE, line_number=number) for number in range(1, 52))
UNREADABLE = "cannot be read: The document is"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lines": ()}, "The order has no lines."),
        ({"lines": MANY}, "Amazon takes 50 lines in one order, this has 51."),
        ({"lines": (LINE, LINE)}, "Two lines of the order have the same number."),
        (
            {"lines": (replace(LINE, quantity=Decimal(1000)),)},
            "Line 1: Amazon takes 1 to 999 pieces, not 1000.",
        ),
        ({"lines": (replace(LINE, quantity=Decimal(0)),)}, "Line 1: Amazon takes 1 to 999 pieces, not 0."),
        (
            {"lines": (replace(LINE, item_xml=b"<a"),)},
            f"The item of line 1 {UNREADABLE} not well-formed XML (line 1).",
        ),
        ({"lines": (replace(LINE, item_xml=b""),)}, f"The item of line 1 {UNREADABLE} empty."),
        (
            {"lines": (replace(LINE, item_xml=b"<a/>"),)},
            "The item of line 1 is no ItemIn with a part number and a price.",
        ),
        ({"number": ""}, "The order number must have 1 to 22 characters."),
        ({"number": "K" * 23}, "The order number must have 1 to 22 characters."),
        ({"number": " K1"}, "The order number must have 1 to 22 characters."),
        ({"tax": Money(Decimal(1), "USD")}, "The order mixes JPY and USD."),
    ],
)
def test_an_order_that_amazon_would_refuse_is_not_built(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(OrderRefused) as refusal:
        built(an_order(cart_lines(), **changes))
    assert refusal.value.reason == reason


def test_the_most_that_amazon_takes(cxml_dtd: Judge) -> None:
    lines = tuple(replace(LINE, line_number=number, quantity=Decimal(999)) for number in range(1, 51))
    document = built(an_order((), number="K" * 22, lines=lines))
    cxml_dtd(document)
    assert len(read_order(parse(document)).lines) == 50


def test_the_same_order_is_the_same_bytes() -> None:
    assert built(an_order(cart_lines())) == built(an_order(cart_lines()))


def test_another_document_is_no_order() -> None:
    for name in ("cart_desk_and_lamp", "response_bare_form_of_2015"):
        with pytest.raises(DocumentRefused, match="no OrderRequest"):
            read_order(parse(sample(name)))


def test_payment_data_and_another_type_are_seen() -> None:
    document = built(an_order(cart_lines())).decode()
    document = document.replace('type="new"', 'type="update"').replace(
        "</Tax><Contact>", "</Tax><Payment/><Contact>"
    )
    order = read_order(parse(document.encode()))
    assert (order.has_payment, order.type) == (True, "update")


ODD = st.sampled_from(
    ["<b>&amp;</b>", "]]>", "㈱Ⅲ①髙﨑", "😀👍🏽", "\x00\x0b\x1f", "\t\r\n ", "\u200b\ufffe", "'\"", "%2B+"]
)
WORDS = st.lists(st.one_of(ODD, st.text(max_size=12)), max_size=5).map("".join)
CENTS = st.decimals(0, 10**7, places=2)


@st.composite
def bought(draw: st.DrawFn, currency: str) -> CartLine:
    amount = st.integers(0, 10**9).map(Decimal) if currency == "JPY" else CENTS
    money = amount.map(lambda number: Money(number, currency))
    return CartLine(
        quantity=Decimal(draw(st.integers(1, 999))),
        asin="B" + draw(st.text(alphabet="ABC0123456789", min_size=9, max_size=9)),
        auxiliary_xml=draw(st.from_regex(r"\d{3}-\d{7}-\d{7}, ?\d{1,2}", fullmatch=True)),
        unit_price=draw(money),
        description=draw(WORDS),
        unit=draw(st.sampled_from(["EA", "", "個"])),
        unspsc=draw(st.sampled_from(["", "43211706"])),
        manufacturer_part=draw(WORDS),
        manufacturer=draw(WORDS),
        extrinsics=tuple(draw(st.lists(st.tuples(WORDS, WORDS), max_size=4))),
        shipping=draw(st.none() | money),
        tax=draw(st.none() | money),
        tax_details=(TaxDetail(draw(st.none() | CENTS), draw(WORDS), "vat", draw(money)),),
    )


def carts() -> st.SearchStrategy[list[CartLine]]:
    return st.sampled_from(["JPY", "USD"]).flatmap(
        lambda currency: st.lists(bought(currency), min_size=1, max_size=50)
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=carts(),
    words=WORDS,
    codes=st.lists(st.builds(Segment, WORDS, WORDS, WORDS), max_size=3),
    apart=st.booleans(),
)
def test_any_cart_becomes_a_valid_order_that_repeats_it(
    lines: list[CartLine], words: str, codes: list[Segment], apart: bool, cxml_dtd: Judge
) -> None:
    buyer, currency = Credential("NetworkId", "sample-buyer"), lines[0].unit_price.currency
    cart = read_cart(build_cart("c", lines, to=buyer, payload_id="1@amazon.com", now=NOW, currency=currency))
    assert cart.notes == ()
    place = replace(HONSHA, company=words, streets=(words, words), email=words)
    order = an_order(cart.lines, total=cart.total, shipping=None, tax=None, ship_to=place, comments=words)
    charge = cart.total
    booked = (Distribution(words, tuple(codes), charge),) if codes else ()
    last = replace(order.lines[-1], distributions=booked, ship_to=place if apart else None)
    document = built(
        replace(order, lines=(*order.lines[:-1], last), extrinsics=((words, words),) if apart else ())
    )
    cxml_dtd(document)
    sent = read_order(parse(document))
    for received, line in zip(sent.lines, cart.lines, strict=True):
        assert received.item._replace(item_xml=b"", line_number=None) == line._replace(item_xml=b"")
    assert len(sent.lines[-1].accounting) == len(codes)
    assert all((line.ship_to is not None) == apart for line in sent.lines)


LEFT_OUT = [
    "Description",
    "UnitOfMeasure",
    "Classification",
    "Shipping",
    "Tax",
    "TaxAmount",
    "SupplierPartAuxiliaryID",
]


@given(
    drop=st.sets(st.sampled_from(LEFT_OUT)),
    turn=st.randoms(use_true_random=False),
    stray=st.sampled_from(["", "\u200b", "words", "　"]),
    bare=st.booleans(),
)  # fmt: skip
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_item_that_is_unlike_the_dtd_is_put_in_order(
    drop: set[str], turn: Random, stray: str, bare: bool, cxml_dtd: Judge
) -> None:
    item = etree.fromstring(cart_lines()[0].item_xml)
    for element in list(item.iter()):
        if element.tag in drop and (parent := element.getparent()) is not None:
            parent.remove(element)
    for section in list(item.iter("ItemIn", "ItemID", "ItemDetail", "Tax", "Shipping")):
        children = list(section)
        turn.shuffle(children)
        section[:] = children
        section.text = stray
    for element in item.iter("Description", "Classification") if bare else ():
        element.attrib.clear()
    document = built(an_order((), lines=(OrderLine(1, Decimal(1), etree.tostring(item, encoding="UTF-8")),)))
    cxml_dtd(document)
    (line,) = read_order(parse(document)).lines
    assert (line.item.asin, line.item.unit_price, len(line.item.extrinsics)) == ("B0SAMPLE01", yen(16182), 12)
