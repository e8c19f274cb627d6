"""The shop in a real browser: a purchase at phone and desktop width, and without script."""

from urllib.parse import parse_qs

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from lxml import etree
from playwright.async_api import Browser, ConsoleMessage, ViewportSize

from tests.browser import browser  # noqa: F401 - a fixture
from tests.sandbox.amazon.buyer import DESK, LAMP, TEA, Buyer, order_of, set_text

SIZES: list[ViewportSize] = [{"width": 390, "height": 844}, {"width": 1280, "height": 900}]


class Hook:
    """The buyer's cart address: keeps the carts that browsers bring."""

    def __init__(self) -> None:
        self.carts: list[etree._Element] = []

    async def take(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-www-form-urlencoded"
        fields = parse_qs((await request.read()).decode("ascii"), strict_parsing=True)
        self.carts.append(etree.fromstring(fields["cxml-urlencoded"][0].encode()))
        return web.Response(
            text="<title>x</title><p>LINE WORKSに戻ってください</p>", content_type="text/html"
        )


async def start_page(buyer: Buyer, hook: str, email: str = "taro.yamada@example.co.jp") -> str:
    edits = (set_text(".//BrowserFormPost/URL", hook), set_text(".//Extrinsic[@name='UserEmail']", email))
    found = (await buyer.setup(*edits)).findtext(".//StartPage/URL")
    assert found is not None
    return found


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of: blocked styles and scripts, missing files."""
    return []


@pytest.mark.parametrize(
    ("size", "script"),
    [(SIZES[0], True), (SIZES[1], False)],
    ids=["phone with script", "desktop without script"],
)
async def test_a_purchase_in_the_browser(
    buyer: Buyer,
    browser: Browser,  # noqa: F811
    size: ViewportSize,
    script: bool,
    complaints: list[str],
) -> None:
    hook, inbox = Hook(), web.Application()
    inbox.router.add_post("/cart", hook.take)
    async with TestServer(inbox) as server:
        context = await browser.new_context(viewport=size, java_script_enabled=script, locale="ja-JP")
        page = await context.new_page()

        def note(message: ConsoleMessage) -> None:
            if "favicon" not in str(message.location):
                complaints.append(message.text)

        page.on("console", note)
        address = str(server.make_url("/cart"))
        await page.goto(await start_page(buyer, address, email="new@example.co.jp"))
        await page.get_by_role("button", name="アカウントを作成して買い物を始める").click()
        await page.get_by_role("searchbox", name="商品を探す").fill("デスク")
        await page.get_by_role("button", name="検索").click()
        await page.get_by_role("link", name="木かげ工房 パソコンデスク").click()
        await page.get_by_label("数量").fill("2")
        await page.get_by_role("button", name="カートに入れる", exact=True).click()
        await page.get_by_role("link", name="レジに進む").click()
        await page.get_by_role("button", name="承認を依頼する").click()
        if not script:
            await page.get_by_role("button", name="購買システムに戻る").click()
        await page.get_by_text("LINE WORKSに戻ってください").wait_for()
        await context.close()
    (cart,) = hook.carts
    assert cart.findtext(".//BuyerCookie") == "q1+z/W0=%20cookie"
    assert cart.findtext(".//SupplierPartID") == DESK
    assert cart.find(".//ItemIn").get("quantity") == "2"  # type: ignore[union-attr]
    assert complaints == []


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
async def test_no_page_is_wider_than_the_screen(
    buyer: Buyer,
    browser: Browser,  # noqa: F811
    size: ViewportSize,
) -> None:
    await buyer.mood("out_of_stock")
    order = order_of(await buyer.cart((DESK, 1), (LAMP, 2), (TEA, 3)))
    assert (await buyer.ordered(order))[0] == 200
    await buyer.receiver.wait_for(4)
    await buyer.setup(set_text(".//SharedSecret", "wrong"))
    page = await browser.new_page(viewport=size, locale="ja-JP")
    await page.goto(await start_page(buyer, "http://127.0.0.1:9/cart"))
    shop = page.url
    await page.goto(f"{shop}/dp/{TEA}")
    await page.get_by_label("数量").fill("3")
    await page.get_by_role("button", name="カートに入れる", exact=True).click()
    for name, address in {
        "shop": shop,
        "nothing_found": f"{shop}?q=" + "見つからない長い言葉" * 9,
        "product": f"{shop}/dp/{DESK}",
        "basket": f"{shop}/cart",
        "checkout": f"{shop}/checkout",
        "session_over": f"{buyer.base}/shop/1-2-3",
        "testlog": f"{buyer.base}/testlog",
        "testlog_entry": f"{buyer.base}/testlog/PO-1",
        "settings": f"{buyer.base}/settings",
        "mode": f"{buyer.base}/settings/mode",
        "moods": f"{buyer.base}/moods",
        "documents": f"{buyer.base}/documents",
        "document": f"{buyer.base}/documents/3",
    }.items():
        await page.goto(address)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    await page.close()
