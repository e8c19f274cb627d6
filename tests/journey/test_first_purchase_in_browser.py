"""The main job as a person does it, in a real browser: what `make demo` opens, from 利用開始 to the admin's notices.

Once on a phone and once on a desk. Screenshots of every stop lie in the test's folder (--basetemp to choose where).
"""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from bot.demo import ADMIN, TARO, free_port, house
from purchasing.values import TOKYO
from tests.browser import DESK, PHONE

EMAIL = "taro.yamada@example.co.jp"
SLOW = 20_000


@pytest.fixture
async def talk_url(tmp_path: Path) -> AsyncIterator[str]:
    """The address that the demo prints."""
    async with house(free_port(), tmp_path / "house", quick=True) as settings:
        yield f"http://{settings.listen}/lineworks/talk"


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
async def context(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=request.param, locale="ja-JP", device_scale_factor=2)
    context.set_default_timeout(SLOW)
    yield context
    await context.close()


async def _bubble(page: Page, text: str) -> None:
    await expect(page.locator("#messages li").filter(has_text=text).last).to_be_visible(timeout=SLOW)


async def _tap(page: Page, label: str) -> None:
    await page.locator("#messages").get_by_role("button", name=label, exact=True).last.click()


async def _say(page: Page, text: str) -> None:
    await page.locator("#box textarea, #box input[type=text]").first.fill(text)
    await page.keyboard.press("Enter")


def month_and_number() -> str:
    """The first order's number, as the month on a Japanese clock makes it."""
    return f"{datetime.now(TOKYO):%Y%m}-00001"


async def test_first_purchase(talk_url: str, context: BrowserContext, tmp_path: Path) -> None:
    faults: list[str] = []
    page = await context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    shots = iter(range(1, 100))

    async def shot(of: Page, name: str) -> None:
        await of.mouse.move(0, 0)
        await of.screenshot(path=tmp_path / f"{next(shots):02d}-{name}.png")

    await page.goto(f"{talk_url}/{TARO}")
    await page.get_by_role("button", name="利用開始").click()
    await _bubble(page, "Amazonビジネスの会員ですか")
    await shot(page, "greeting")
    await _tap(page, "はい、会員です。")
    await _bubble(page, "メールアドレスを入力してください")
    await _say(page, EMAIL)
    await _bubble(page, "登録しました")
    await _tap(page, "買い物をする")
    await _bubble(page, "大阪支店")
    await shot(page, "addresses")

    card = page.locator("#messages .column, #messages .card").filter(has_text="大阪支店").last
    async with context.expect_page() as opened:
        await card.get_by_role("link", name="選択する").click()
    shop = await opened.value
    await shop.wait_for_load_state()
    await shot(shop, "shop")
    for article in ("パソコンデスク", "オフィスチェア"):
        await shop.get_by_role("searchbox").fill(article)
        await shop.keyboard.press("Enter")
        await shop.locator("a[href*='/dp/']").filter(has_text=article).first.click()
        await shop.wait_for_load_state()
        await shop.get_by_role("button", name="カートに入れる").first.click()
        await shop.wait_for_load_state()
    await shot(shop, "cart")
    if not await shop.get_by_role("link", name="レジに進む").count():
        await shop.locator("a[href$='/cart']").first.click()
    await shop.get_by_role("link", name="レジに進む").first.click()
    await expect(shop.get_by_role("main")).to_contain_text("大阪市北区")
    await shot(shop, "checkout")
    await shop.get_by_role("button", name="承認を依頼する").first.click()
    await expect(shop.get_by_role("heading")).to_have_text("カートを受け取りました", timeout=SLOW)
    await shot(shop, "cart-taken")
    await shop.get_by_role("link", name="LINE WORKSに戻る").click()
    await shop.wait_for_url("**/lineworks/talk**")

    await page.bring_to_front()
    await _bubble(page, "カートが届きました")
    await shot(page, "cart-in-talk")
    await _tap(page, "決済する")
    await _bubble(page, "よろしいですか")
    await _tap(page, "はい、決済します。")
    await _bubble(page, "ご注文を受け付けました")
    await _bubble(page, "受注確定")
    await _bubble(page, "発送完了")
    await shot(page, "shipped")

    await _tap(page, "届きました")
    await _bubble(page, "届いたことを記録しました")
    await page.get_by_role("button", name="メニュー", exact=True).click()
    await shot(page, "menu")
    await page.locator("#menu").get_by_role("button", name="注文履歴").click()
    await _bubble(page, "ご注文の履歴")
    await shot(page, "history")
    await _tap(page, "KM-" + month_and_number())
    await _bubble(page, "✓ 発送")
    await shot(page, "order-detail")

    await page.goto(f"{talk_url}/{ADMIN}")
    for news in ("【購入】", "【受注確定】", "【発送完了】"):
        await _bubble(page, news)
    await shot(page, "admin")
    link = page.get_by_role("link", name="購入者にトークを送る").last
    await expect(link).to_be_visible()
    await _say(page, "ヘルプ")
    await _bubble(page, "管理者の方: 「社員の注文履歴」")
    await _tap(page, "お知らせ設定")
    await _bubble(page, "購入: すぐ")
    await _tap(page, "購入は1日1回")
    await _bubble(page, "購入: 1日1回")
    await shot(page, "admin-settings")
    await _say(page, "発送をまとめて")
    await _bubble(page, "発送: 1日1回")
    await link.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("山田 太郎さんとのトーク")
    await shot(page, "talk-with-buyer")
    assert faults == []
