"""The pictures of docs/ and README, taken anew from the demo as it is:

    python -m tests.journey.pictures docs

One purchase as in `test_first_purchase_in_browser`, on a desk and on a phone. Reduce the files to 256 colours afterwards.
"""

import asyncio
import sys
from base64 import b64encode
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, async_playwright

from bot.demo import ADMIN, TARO, free_port, house
from tests.browser import MISSING, PHONE, chromium_path
from tests.journey.test_first_purchase_in_browser import EMAIL, _bubble, _say, _tap, month_and_number

WIDE = {"width": 1280, "height": 900}
SMALLER = 0.75
"""The stand-in's pages are shown at three quarters of their size."""
BETWEEN = f"""<body style="margin: 0; padding: 6px; display: flex; gap: 12px; background: #c9d2df">{{}}
<style>img {{{{ width: {PHONE["width"]}px }}}}</style></body>"""


async def main(folder: Path) -> None:
    path = chromium_path()
    if path is None:
        sys.exit(MISSING)
    async with AsyncExitStack() as stack:
        rooms = Path(stack.enter_context(TemporaryDirectory()))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, take in (("desk", _at_a_desk), ("phone", _on_a_phone)):
            async with house(free_port(), rooms / name, quick=True) as settings:
                await take(browser, f"http://{settings.listen}", folder)
        await browser.close()


async def _at_a_desk(browser: Browser, here: str, folder: Path) -> None:
    talk = await browser.new_page(viewport=WIDE, locale="ja-JP")
    await _register(talk, here)
    shop = await browser.new_page(viewport=WIDE, locale="ja-JP", device_scale_factor=SMALLER)
    await shop.goto(await _way_in(talk))
    await shop.screenshot(path=folder / "shop.png")
    await _fill(shop, "パソコンデスク", "オフィスチェア")
    await _bubble(talk, "カートが届きました")
    (folder / "talk.png").write_bytes(await _shot(talk))
    await _pay(talk)
    await talk.goto(f"{here}/lineworks/talk/{ADMIN}")
    await _bubble(talk, "【発送完了】")
    await _say(talk, "お知らせ設定")
    await _bubble(talk, "購入: すぐ")
    await _tap(talk, "購入は1日1回")
    await _bubble(talk, "購入: 1日1回")
    (folder / "admin.png").write_bytes(await _shot(talk))
    await shop.goto(f"{here}/amazon/testlog")
    await shop.locator("table a").first.click()
    await shop.get_by_label("成功").check()
    await shop.get_by_role("button", name="保存する").click()
    await shop.goto(f"{here}/amazon/testlog")
    await shop.screenshot(path=folder / "testlog.png", full_page=True)


async def _on_a_phone(browser: Browser, here: str, folder: Path) -> None:
    talk = await browser.new_page(viewport=PHONE, locale="ja-JP")
    await _register(talk, here)
    way_in = await _way_in(talk)
    shots = [await _shot(talk)]
    shop = await browser.new_page(viewport=PHONE, locale="ja-JP")
    await shop.goto(way_in)
    await _fill(shop, "パソコンデスク")
    await _bubble(talk, "カートが届きました")
    shots.append(await _shot(talk))
    await _pay(talk)
    await _tap(talk, "届きました")
    await _bubble(talk, "届いたことを記録しました")
    await _say(talk, f"KM-{month_and_number()}")
    await _bubble(talk, "✓ 届いた")
    shots.append(await _shot(talk))
    beside = await browser.new_page(viewport={"width": 1206, "height": 856})
    pictures = (f'<img src="data:image/png;base64,{b64encode(shot).decode()}">' for shot in shots)
    await beside.set_content(BETWEEN.format("".join(pictures)))
    await beside.screenshot(path=folder / "phone.png")


async def _shot(talk: Page) -> bytes:
    """With nothing under the mouse and nothing being typed."""
    await talk.mouse.move(0, 0)
    await talk.locator("#box textarea, #box input[type=text]").first.blur()
    return await talk.screenshot(animations="disabled")


async def _register(talk: Page, here: str) -> None:
    await talk.goto(f"{here}/lineworks/talk/{TARO}")
    await talk.get_by_role("button", name="利用開始").click()
    await _tap(talk, "はい、会員です。")
    await _bubble(talk, "メールアドレスを入力してください")
    await _say(talk, EMAIL)
    await _bubble(talk, "登録しました")
    await _tap(talk, "買い物をする")
    await _bubble(talk, "大阪支店")


async def _way_in(talk: Page) -> str:
    card = talk.locator("#messages .column, #messages .card").filter(has_text="大阪支店").last
    return str(await card.get_by_role("link", name="選択する").get_attribute("href"))


async def _fill(shop: Page, *articles: str) -> None:
    """Articles into the cart, and back into the talk with it."""
    for article in articles:
        await shop.get_by_role("searchbox").fill(article)
        await shop.keyboard.press("Enter")
        await shop.locator("a[href*='/dp/']").filter(has_text=article).first.click()
        await shop.get_by_role("button", name="カートに入れる", exact=True).first.click()
    await shop.get_by_role("link", name="レジに進む").first.click()
    await shop.get_by_role("button", name="承認を依頼する").first.click()
    await shop.get_by_role("heading", name="カートを受け取りました").wait_for()


async def _pay(talk: Page) -> None:
    await _tap(talk, "決済する")
    await _bubble(talk, "よろしいですか")
    await _tap(talk, "はい、決済します。")
    await _bubble(talk, "発送完了")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
