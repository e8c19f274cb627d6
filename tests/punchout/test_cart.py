"""The cart: every fact of it, what may be missing, and what is refused."""

from decimal import Decimal

import pytest
from lxml import etree

from punchout.cart import CartRefused, TaxDetail, amazon_extrinsics, build_cart, read_cart
from punchout.envelope import Credential
from punchout.item import CartLine
from punchout.money import Money
from punchout.xml import XmlRefused
from tests.punchout.conftest import Judge
from tests.punchout.given import NOW, cart_lines, sample, yen


def test_a_cart_of_amazon_japan_is_read_without_loss() -> None:
    cart = read_cart(sample("cart_desk_and_lamp"))
    assert (cart.buyer_cookie, cart.operation_allowed) == ("c00kie+/4sample==", "create")
    assert (cart.total, cart.shipping, cart.tax) == (yen(20580), yen(400), yen(2098))
    assert cart.payable == yen(23078)
    assert not cart.empty
    assert cart.payload_id == "1789000000123.41.1001@amazon.com"
    assert cart.timestamp is not None
    assert [credential.identity for credential in cart.envelope.to] == ["sample-buyer"]
    assert cart.notes == ()


def test_a_line_keeps_every_fact_in_amazons_order() -> None:
    desk, lamp = cart_lines()
    assert (desk.quantity, desk.asin, desk.auxiliary_xml) == (
        Decimal(1),
        "B0SAMPLE01",
        "355-0000001-0000002,1",
    )
    assert (desk.unit_price, desk.shipping, desk.tax) == (yen(16182), yen(0), yen(1618))
    assert desk.description == "パソコンデスク  幅120cm <ホワイト> & 引き出し付き"
    assert (desk.unit, desk.unspsc) == ("EA", "56101703")
    assert (desk.manufacturer_part, desk.manufacturer) == ("PD-120W", "サンプル家具")
    assert (desk.sold_by, desk.fulfilled_by, desk.condition) == ("Amazon", "Amazon", "New")
    assert desk.detail_url == "https://www.amazon.co.jp/dp/B0SAMPLE01"
    assert [name for name, _ in desk.extrinsics] == [name for name, _ in amazon_extrinsics("x")]
    assert dict(desk.extrinsics)["ean"] == "0490000000017"
    assert lamp.total == yen(4398)
    assert (lamp.unspsc, lamp.manufacturer, lamp.condition, lamp.detail_url) == ("", "", "UsedLikeNew", "")
    assert lamp.tax_details == (
        TaxDetail(Decimal("10.00"), "subtotalTax", "vat", yen(440)),
        TaxDetail(Decimal("10.00"), "shippingTax", "vat", yen(40)),
    )


def test_an_item_is_kept_to_the_byte() -> None:
    document = sample("cart_desk_and_lamp")
    for line in cart_lines():
        assert line.item_xml.startswith(b"<ItemIn ")
        assert line.item_xml.endswith(b"</ItemIn>")
        assert line.item_xml in document


def test_leaving_the_shop_without_buying_is_an_empty_cart() -> None:
    cart = read_cart(sample("cart_empty_after_sign_out"))
    assert cart.empty
    assert (cart.shipping, cart.tax, cart.payable) == (None, None, yen(0))


def test_a_cart_of_2015_lacks_much_and_is_read() -> None:
    cart = read_cart(sample("cart_of_2015_without_unit_and_classification"))
    (stapler,) = cart.lines
    assert (stapler.unit, stapler.unspsc, stapler.tax_details) == (
        "",
        "",
        (TaxDetail(None, "", "vat", None),),
    )
    assert stapler.auxiliary_xml == "456-0000003-0000004, 1"
    assert (cart.payload_id, cart.total) == (None, Money(Decimal(99), "USD"))


def test_a_spaid_is_opaque_markup_blanks_and_all() -> None:
    (line,) = cart_lines("cart_with_markup_in_spaid")
    assert line.auxiliary_xml == ' <Extrinsic name="a">1 &amp; 2</Extrinsic> <Extrinsic name="b"/>, 7 '
    assert (line.description, line.unspsc) == ("ノート A4", "14111514")


def test_cdata_comments_and_single_quotes_are_xml_too() -> None:
    cart = read_cart(sample("cart_with_cdata_and_comments"))
    (line,) = cart.lines
    assert (cart.buyer_cookie, cart.total) == ("a+b%20c", yen(1200))
    assert (line.quantity, line.description) == (Decimal(2), '<b>"消しゴム"</b> & 定規')
    assert etree.fromstring(line.item_xml).findtext("ItemDetail/Description") == line.description


def test_a_cart_in_cp932_is_the_same_cart() -> None:
    document = sample("cart_desk_and_lamp").decode()
    assert read_cart(document.encode("cp932")).lines == cart_lines()
    declared = document.replace("UTF-8", "Shift_JIS")
    assert read_cart(declared.encode("cp932")).lines == cart_lines()
    assert read_cart(declared.encode()).lines == cart_lines()


def test_a_prefix_before_every_name_changes_nothing() -> None:
    plain = sample("cart_empty_after_sign_out").decode()
    start = plain.index("<cXML")
    prefixed = plain[start:].replace("</", "<\\").replace("<", "<c:").replace("<c:\\", "</c:")
    prefixed = prefixed.replace("<c:cXML", '<c:cXML xmlns:c="http://example.com/c"', 1)
    assert read_cart(prefixed.encode()) == read_cart(plain.encode())


def changed(old: str, new: str) -> bytes:
    document = sample("cart_desk_and_lamp").decode()
    assert old in document
    return document.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (sample("confirmation_accepted_in_full"), "This is not a cart but ConfirmationRequest."),
        (b"<html/>", "This is not a cXML document but “html”."),
        (b"<cXML/>", "This is not a cart but an empty document."),
        (changed('currency="JPY">400.00', 'currency="USD">400.00'), "The cart mixes JPY and USD."),
        (changed('currency="JPY">2199.00', 'currency="USD">2199.00'), "The cart mixes JPY and USD."),
        (changed('currency="JPY">40.00', 'currency="USD">40.00'), "The cart mixes JPY and USD."),
        (changed("2199.00", "2199.50"), "Line 2 of the cart: The yen amount 2199.50 has a fraction."),
        (changed("20580.00", "20580.1"), "The yen amount 20580.1 has a fraction."),
        (changed("20580.00", "ask"), "“ask” is not a number."),
        (changed("B0SAMPLE02", " "), "Line 2 of the cart: has no part number (SupplierPartID)."),
        (changed('quantity="2"', ""), "Line 2 of the cart: has no quantity that can be read."),
        (changed('quantity="2"', 'quantity="0"'), "Line 2 of the cart: has the quantity 0."),
        (changed('quantity="2"', 'quantity="-1"'), "Line 2 of the cart: has the quantity -1."),
        (
            changed("UnitPrice>", "Price>").replace(b"/UnitPrice>", b"/Price>", 1),
            "Line 1 of the cart: has no unit price.",
        ),
    ],
)
def test_a_cart_that_cannot_be_bought_is_refused_with_a_sentence(document: bytes, reason: str) -> None:
    with pytest.raises(CartRefused) as refusal:
        read_cart(document)
    assert refusal.value.reason == reason


def test_no_xml_is_no_cart() -> None:
    with pytest.raises(XmlRefused):
        read_cart(b"cart")


@pytest.mark.parametrize(
    ("document", "note"),
    [
        (
            changed("355-0000001-0000002,2", " "),
            "Line 2 has no SupplierPartAuxiliaryID: Amazon takes no order without it.",
        ),
        (changed("c00kie+/4sample==", ""), "The cart names no BuyerCookie."),
        (changed("20580.00", "20581.00"), "The cart's total 20581.00 is not the sum of its lines 20580.00."),
        (
            changed("Total>", "Sum>").replace(b"/Total>", b"/Sum>"),
            "The cart names no total: it was added up from its lines.",
        ),
    ],
)
def test_what_is_odd_but_readable_is_noted(document: bytes, note: str) -> None:
    cart = read_cart(document)
    assert cart.notes == (note,)
    assert len(cart.lines) == 2


def test_a_cart_of_ten_thousand_lines_is_read() -> None:
    document = sample("cart_empty_after_sign_out").decode()
    item = cart_lines()[1].item_xml.decode().replace("  ", "")
    big = document.replace("</PunchOutOrderMessageHeader>", "</PunchOutOrderMessageHeader>" + item * 10_000)
    cart = read_cart(big.encode())
    assert len(cart.lines) == 10_000
    assert cart.lines[9_999].asin == "B0SAMPLE02"


def test_the_cart_of_the_stand_in_is_amazons(cxml_dtd: Judge) -> None:
    lines = [
        CartLine(
            quantity=Decimal(2),
            asin="B0SAMPLE07",
            auxiliary_xml="355-1,1 &amp; <b>x</b>".replace("<b>x</b>", ""),
            unit_price=yen(1500),
            description="付箋 <5色> & ペン",
            unspsc="14111530",
            extrinsics=amazon_extrinsics("B0SAMPLE07", sold_by="サンプル商店"),
            shipping=yen(0),
            tax=yen(300),
            tax_details=(TaxDetail(Decimal(10), "subtotalTax", "vat", yen(300)),),
        )
    ]
    buyer = Credential("NetworkId", "sample-buyer")
    document = build_cart(
        "c+/=", lines, to=buyer, payload_id="1.2.3@amazon.com", now=NOW, shipping=yen(0), tax=yen(300)
    )
    cxml_dtd(document)
    assert b'timestamp="2026-09-10T01:48:00.000Z"' in document
    assert b"1.2.024/cXML.dtd" in document
    assert document.count(b"<Identity>128990368</Identity>") == 2
    cart = read_cart(document)
    assert (cart.total, cart.payable, cart.notes) == (yen(3000), yen(3300), ())
    (line,) = cart.lines
    assert len(line.extrinsics) == 12
    assert (line.auxiliary_xml, line.description) == ("355-1,1 &amp; ", "付箋 <5色> & ペン")
    assert line.unit == "EA"


def test_the_empty_cart_of_the_stand_in(cxml_dtd: Judge) -> None:
    document = build_cart("c", [], to=Credential("NetworkId", "b"), payload_id="1@amazon.com", now=NOW)
    cxml_dtd(document)
    cart = read_cart(document)
    assert (cart.empty, cart.total, cart.shipping, cart.tax) == (True, yen(0), None, None)
