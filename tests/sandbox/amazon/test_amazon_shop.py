"""From the start page to the cart: what the browser sees, and the document it carries away."""

from decimal import Decimal

import pytest
from lxml import etree

from sandbox.amazon.goods import shelf
from sandbox.amazon.pricing import quote
from tests.sandbox.amazon.buyer import DESK, HUB, LAMP, TEA, Buyer, assert_valid, money, set_text


async def test_the_cart_says_what_was_chosen_and_is_valid(buyer: Buyer) -> None:
    cart = await buyer.cart((DESK, 1), (TEA, 2))
    root = etree.fromstring(cart)
    assert root.findtext(".//BuyerCookie") == "q1+z/W0=%20cookie"
    assert root.get("timestamp") == "2026-11-22T01:00:00.123Z"
    for party in ("From", "Sender"):
        names = [element.text for element in root.findall(f"Header/{party}/Credential/Identity")]
        assert names == ["128990368", "Amazon"]
    assert root.findtext("Header/To/Credential/Identity") == "kaimono-sandbox"
    assert root.find(".//SharedSecret") is None
    header = root.find(".//PunchOutOrderMessageHeader")
    assert header is not None
    assert header.get("operationAllowed") == "create"
    assert header.findtext("Total/Money") == "17578.00"
    assert (money(root, ".//PunchOutOrderMessageHeader/Shipping")) == 0
    first, second = root.iter("ItemIn")
    assert first.findtext("ItemID/SupplierPartID") == DESK
    assert (first.get("quantity"), second.get("quantity")) == ("1", "2")
    spaids = [item.findtext("ItemID/SupplierPartAuxiliaryID") or "" for item in (first, second)]
    assert [spaid.rpartition(",")[2] for spaid in spaids] == ["1", "2"]
    assert len({spaid.rpartition(",")[0] for spaid in spaids}) == 1
    rates = [item.find("Tax/TaxDetail").get("percentageRate") for item in (first, second)]  # type: ignore[union-attr]
    assert rates == ["10.00", "8.00"]
    assert [money(item, "Tax") for item in (first, second)] == [Decimal(1618), Decimal(112)]
    assert money(root, ".//PunchOutOrderMessageHeader/Tax") == 1730
    assert len(first.findall("ItemDetail/Extrinsic")) == 12
    assert_valid(cart)


async def test_a_small_cart_pays_shipping_over_its_lines(buyer: Buyer) -> None:
    cart = await buyer.cart((TEA, 1), ("B0MOGI4002", 1))
    root = etree.fromstring(cart)
    assert money(root, ".//PunchOutOrderMessageHeader/Shipping") == 410
    assert sum(money(item, "Shipping") for item in root.iter("ItemIn")) == 410
    tax = [
        [(detail.get("purpose"), detail.get("percentageRate")) for detail in item.iter("TaxDetail")]
        for item in root.iter("ItemIn")
    ]
    assert tax[0] == [("subtotalTax", "8.00"), ("shippingTax", "10.00")]
    items = sum(money(item, "Tax") for item in root.iter("ItemIn"))
    assert money(root, ".//PunchOutOrderMessageHeader/Tax") == items
    assert_valid(cart)


async def test_unspsc_is_empty_for_some_goods(buyer: Buyer) -> None:
    root = etree.fromstring(await buyer.cart((DESK, 1), (HUB, 1)))
    codes = [element.text for element in root.iter("Classification")]
    assert codes == ["56101703", None]


async def test_a_marketplace_seller_is_named(buyer: Buyer) -> None:
    root = etree.fromstring(await buyer.cart((LAMP, 1)))
    named = {extrinsic.get("name"): extrinsic.text for extrinsic in root.iter("Extrinsic")}
    assert named["soldBy"] == named["fulfilledBy"] == "オフィス便 模擬店"


def test_tax_is_rounded_line_by_line() -> None:
    goods = shelf()
    desk, tea = goods.product(DESK), goods.product(TEA)
    assert desk is not None
    assert tea is not None
    priced = quote([(desk, 1), (tea, 1)])
    assert [line.goods_tax for line in priced.lines] == [Decimal(1618), Decimal(56)]
    # The test log of Amazon Japan: 16182 goods, 1618 tax, 373 shipping, 373 off, 17800 in all.
    alone = quote([(desk, 1)])
    assert [int(sum_) for sum_ in (alone.goods, alone.tax, alone.shipping, alone.total)] == [
        16182,
        1618,
        0,
        17800,
    ]
    assert alone.discount == alone.shipping_list


async def test_leaving_without_buying_sends_an_empty_cart(buyer: Buyer) -> None:
    shopper = await buyer.start()
    await shopper.add(DESK)
    assert await shopper.post("/signout") == 200
    cart = shopper.carried()
    root = etree.fromstring(cart)
    assert root.findtext(".//BuyerCookie") == "q1+z/W0=%20cookie"
    assert root.findtext(".//Total/Money") == "0.00"
    header = root.find(".//PunchOutOrderMessageHeader")
    assert header is not None
    assert [child.tag for child in header] == ["Total"]
    assert root.find(".//ItemIn") is None
    assert_valid(cart)
    await shopper.see()
    assert shopper.heading == "サインアウトしました"


async def test_the_form_goes_to_the_hook_url_with_and_without_script(buyer: Buyer) -> None:
    shopper = await buyer.start()
    await shopper.add(DESK)
    await shopper.submit()
    (form,) = shopper.page.xpath("//form[@id='handover']")
    assert form.action == "http://buyer.example.co.jp:8080/punchout/cart/abc?x=1&y=2"
    assert form.xpath(".//button[not(@type)]")
    assert [script.get("src") for script in shopper.page.iter("script")] == ["/amazon/static/handover.js"]


async def test_pressing_twice_carries_the_same_document(buyer: Buyer) -> None:
    shopper = await buyer.start()
    await shopper.add(DESK)
    first = await shopper.submit()
    assert await shopper.submit() == first
    await shopper.see()
    assert shopper.heading == "この買い物は終わっています"


async def test_quantities_are_limited_and_said(buyer: Buyer) -> None:
    shopper = await buyer.start()
    assert await shopper.add(DESK, 1000) == 422
    assert "999個まで" in shopper.page.text_content()
    assert await shopper.add(DESK, 999) == 200
    assert await shopper.add(DESK, 1) == 422
    for nonsense in ("0", "-1", "1.5", "たくさん", ""):
        assert await shopper.add(TEA, nonsense) == 422
        assert "1以上の整数" in shopper.page.text_content()


async def test_a_line_can_be_changed_and_taken_out(buyer: Buyer) -> None:
    shopper = await buyer.start()
    await shopper.add(DESK, 2)
    await shopper.add(TEA)
    assert await shopper.post("/cart", asin=DESK, quantity="3") == 200
    assert "￥48,546" in shopper.page.text_content()
    assert await shopper.post("/cart", asin=TEA, quantity="0") == 200
    assert "緑茶" not in shopper.page.text_content()
    assert await shopper.post("/cart", asin=DESK, quantity="x") == 422


async def test_checkout_shows_address_sums_and_price_hold(buyer: Buyer) -> None:
    shopper = await buyer.start()
    await shopper.add(DESK)
    text = " ".join((await shopper.see("/checkout")).text_content().split())
    for said in (
        "山田 太郎 様",
        "〒100-0005",
        "東京都千代田区丸の内1-1-1",
        "￥17,800",
        "2026年11月29日(日) 10:00 まで、7日間この価格と在庫を保持します",
        "承認を依頼する",
    ):
        assert said in text


async def test_an_empty_basket_has_no_checkout(buyer: Buyer) -> None:
    shopper = await buyer.start()
    await shopper.see("/checkout")
    assert shopper.heading == "カートは空です"
    assert await shopper.post("/submit") == 200
    assert shopper.heading == "カートは空です"


async def test_search_finds_by_word_brand_and_any_width(buyer: Buyer) -> None:
    shopper = await buyer.start()
    await shopper.see("?q=ｵﾌｨｽﾁｪｱ")
    assert "木かげ工房 オフィスチェア" in shopper.page.text_content()
    assert len(shopper.page.xpath("//li[@class='card']")) == 1
    await shopper.see("?q=こだま電機&order=cheap")
    names = [name.text_content() for name in shopper.page.xpath("//li[@class='card']//span[@class='name']")]
    assert "乾電池" in names[0]
    await shopper.see("?category=pantry")
    assert len(shopper.page.xpath("//li[@class='card']")) == 3
    await shopper.see("?q=存在しない商品")
    assert "一致する商品はありませんでした" in shopper.page.text_content()


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}"]
)
async def test_hostile_search_text_stays_text(buyer: Buyer, hostile: str) -> None:
    shopper = await buyer.start()
    async with buyer.session.get(shopper.url, params={"q": hostile}) as answer:
        raw = await answer.text()
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "<script>" not in raw
    assert "<img" not in raw
    assert "49" not in raw.split("の検索結果")[0].split("「")[-1]
    shopper.page = await shopper.see("?q=" + hostile.replace("%", "%25").replace('"', "%22"))
    assert hostile in (shopper.page.findtext(".//title") or "")


async def test_hostile_names_and_cookies_survive_unharmed(buyer: Buyer) -> None:
    cookie = "\"><script>alert('a&b')</script> +%2B"
    shopper = await buyer.start(
        set_text(".//BuyerCookie", cookie),
        set_text(".//Extrinsic[@name='LastName']", "<b>山田</b>"),
        set_text(".//ShipTo//DeliverTo", "<script>x</script>"),
    )
    assert not [script for script in shopper.page.iter("script") if script.text]
    await shopper.add(DESK)
    root = etree.fromstring(await shopper.submit())
    assert root.findtext(".//BuyerCookie") == cookie


async def test_unknown_products_are_not_found(buyer: Buyer) -> None:
    shopper = await buyer.start()
    async with buyer.session.get(shopper.url + "/dp/B000000000") as answer:
        assert answer.status == 404
