"""The talk page in a real browser, on a phone's width and on a desk: what a person sees and taps."""

import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from yarl import URL

from tests.browser import DESK, PHONE, browser
from tests.sandbox.lineworks.conftest import HANAKO, TARO, StandIn

__all__ = ["browser"]

Content = dict[str, Any]
PIXEL = "https://pictures.invalid/desk.png"

SAMPLES: dict[str, Content] = {
    "text": {"type": "text", "text": "登録しました。<b>太字ではない</b> https://bot.example.co.jp/help"},
    "link": {"type": "link", "contentText": "商品を選んでください", "linkText": "店を開く", "link": "https://x.example/"},
    "buttons": {
        "type": "button_template",
        "contentText": "【テスト】\nパソコンデスク × 1\n合計 18,240円\nこの内容で決済しますか?",
        "actions": [
            {"type": "message", "label": "決済する", "text": "決済する", "postback": "pay:1"},
            {"type": "uri", "label": "カートを修正する", "uri": "https://bot.example.co.jp/p/1"},
            {"type": "copy", "label": "番号を写す", "copyText": "250-5123176"},
        ],
    },
    "addresses": {
        "type": "carousel",
        "columns": [
            {
                "title": name,
                "text": street,
                "actions": [{"type": "postback", "label": "選択する", "data": name, "displayText": f"{name}に届ける"}],
            }
            for name, street in (
                ("本社", "〒100-0005 東京都千代田区丸の内1-1-1"),
                ("大阪支店", "〒530-0001 大阪府大阪市北区梅田3-1-3"),
                ("福岡営業所", "〒810-0001 福岡県福岡市中央区天神1-1-1"),
            )
        ],
    },
    "pictures": {
        "type": "image_carousel",
        "columns": [
            {"originalContentUrl": PIXEL, "action": {"type": "message", "label": "机", "text": "机を見る"}},
            {"originalContentUrl": PIXEL, "action": {"type": "message", "label": "椅子", "text": "椅子を見る"}},
        ],
    },
    "list": {
        "type": "list_template",
        "coverData": {"title": "カートの中身", "subtitle": "合計 7,480円(税込)"},
        "elements": [
            {
                "title": "A4コピー用紙 500枚",
                "subtitle": "2 × 2,990円",
                "action": {"type": "message", "label": "詳しく", "text": "用紙"},
            },
            {"title": "付箋 75mm", "subtitle": "1 × 680円"},
        ],
        "actions": [
            [{"type": "message", "label": "進む", "text": "進む"}, {"type": "message", "label": "戻る", "text": "戻る"}]
        ],
    },
    "flex": {
        "type": "flex",
        "altText": "受注確定",
        "contents": {
            "type": "bubble",
            "header": {
                "type": "box",
                "layout": "vertical",
                "contents": [{"type": "text", "text": "受注確定", "weight": "bold", "size": "xl", "color": "#067A38"}],
            },
            "body": {
                "type": "box",
                "layout": "vertical",
                "spacing": "md",
                "contents": [
                    {
                        "type": "box",
                        "layout": "horizontal",
                        "contents": [
                            {"type": "text", "text": "パソコンデスク × 1", "flex": 3, "wrap": True, "color": "#666666"},
                            {"type": "text", "text": "16,182円", "align": "end", "flex": 2},
                        ],
                    },
                    {"type": "separator"},
                    {"type": "image", "url": PIXEL, "size": "sm", "aspectRatio": "4:3"},
                    {
                        "type": "box",
                        "layout": "baseline",
                        "contents": [{"type": "filler"}, {"type": "text", "text": "税込"}],
                    },
                ],
            },
            "footer": {
                "type": "box",
                "layout": "vertical",
                "contents": [
                    {
                        "type": "button",
                        "style": "primary",
                        "action": {"type": "uri", "label": "注文を確認する", "uri": "https://bot.example.co.jp/o/1"},
                    }
                ],
            },
        },
    },
    "flex carousel": {
        "type": "flex",
        "altText": "おすすめ",
        "contents": {
            "type": "carousel",
            "contents": [
                {
                    "type": "bubble",
                    "size": "micro",
                    "body": {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": name}]},
                }
                for name in ("いちばん", "にばん", "さんばん")
            ],
        },
    },
    "image": {"type": "image", "previewImageUrl": PIXEL, "originalContentUrl": PIXEL},
    "sticker": {"type": "sticker", "packageId": "1", "stickerId": "2"},
    "location": {"type": "location", "title": "本社", "address": "東京都千代田区", "latitude": 35, "longitude": 139},
    "file": {"type": "file", "fileId": "jp1.1"},
    "quick": {
        "type": "text",
        "text": "お届け先を選んでください。",
        "quickReply": {
            "items": [
                {"action": {"type": "postback", "label": "本社", "data": "q:1", "displayText": "本社へ"}},
                {"action": {"type": "message", "label": "やめる", "text": "やめる"}},
            ]
        },
    },
}  # fmt: skip


class Screen:
    """A page at one width, and whatever it complained about."""

    def __init__(self, page: Page, stand_in: StandIn) -> None:
        self.page = page
        self.stand_in = stand_in
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def open(self, path: str) -> None:
        await self.page.goto(self.stand_in.url + path)

    def bubbles(self, side: str) -> Locator:
        return self.page.locator(f".message.{side}")

    async def send(self, name: str) -> None:
        """The bot sends a sample through the API, limits and all."""
        status, _, body = await self.stand_in.send(await self.stand_in.token(), SAMPLES[name])
        assert status == 201, body

    async def keep(self, folder: Path, name: str) -> None:
        """A screenshot for a person to look at, also kept in KAIMONO_SCREENSHOTS if that is set."""
        width = (self.page.viewport_size or PHONE)["width"]
        kept = Path(os.environ.get("KAIMONO_SCREENSHOTS", folder))
        await self.page.screenshot(path=kept / f"talk-{name}-{width}.png")


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
async def screen(
    browser: Browser, stand_in: StandIn, request: pytest.FixtureRequest
) -> AsyncIterator[Screen]:
    context = await browser.new_context(viewport=request.param, locale="ja-JP")
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await context.route(re.compile("^https:"), lambda route: route.abort())
    shown = Screen(await context.new_page(), stand_in)
    yield shown
    await context.close()
    assert [text for text in shown.complaints if "net::ERR" not in text] == []


async def test_first_greeting(screen: Screen, tmp_path: Path) -> None:
    await screen.open(f"/talk/{TARO.user_id}")
    start = screen.page.get_by_role("button", name="利用開始")
    await expect(start).to_be_visible()
    await screen.keep(tmp_path, "start")
    await start.click()
    await expect(screen.bubbles("me")).to_have_text(["利用開始11:15"])
    await expect(start).to_be_hidden()
    kinds = [json.loads((await screen.stand_in.listener.next()).body)["type"] for _ in range(2)]
    assert kinds == ["begin", "message"]


async def test_every_kind_of_message_is_drawn(screen: Screen, tmp_path: Path) -> None:
    await screen.open(f"/talk/{TARO.user_id}")
    for number, name in enumerate(SAMPLES, start=1):
        await screen.send(name)
        await expect(screen.bubbles("bot")).to_have_count(number)
        await screen.keep(tmp_path, f"{number:02d}-{name.replace(' ', '-')}")
    messages = screen.page.locator("#messages")
    await expect(messages).to_contain_text("<b>太字ではない</b>")
    await expect(messages.locator("b", has_text="太字")).to_have_count(0)
    for words in ("本社", "福岡営業所", "カートの中身", "受注確定", "16,182円", "さんばん", "ファイル"):
        await expect(messages).to_contain_text(words)
    for label in ("決済する", "選択する", "進む", "机"):
        await expect(screen.page.get_by_role("button", name=label).first).to_be_attached()
    for label in ("店を開く", "カートを修正する", "注文を確認する"):
        link = screen.page.get_by_role("link", name=label)
        await expect(link).to_have_attribute("target", "_blank")
        await expect(link).to_have_attribute("rel", "noopener")
    wide = await screen.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, "the page scrolls sideways"


async def test_tapping(screen: Screen) -> None:
    for name in ("buttons", "addresses", "list", "quick"):
        await screen.send(name)
    await screen.open(f"/talk/{TARO.user_id}")
    page, listener = screen.page, screen.stand_in.listener
    assert json.loads((await listener.next()).body)["type"] == "begin"

    await page.locator("#quick").get_by_text("本社", exact=True).click()
    await expect(screen.bubbles("me").last).to_contain_text("本社へ")
    assert json.loads((await listener.next()).body)["data"] == "q:1"
    await expect(page.locator("#quick")).to_be_hidden()

    await page.get_by_role("button", name="決済する").click()
    await expect(screen.bubbles("me").last).to_contain_text("決済する")
    assert json.loads((await listener.next()).body)["content"]["postback"] == "pay:1"

    await page.get_by_role("button", name="選択する").nth(2).click()
    await expect(screen.bubbles("me").last).to_contain_text("福岡営業所に届ける")
    assert json.loads((await listener.next()).body)["data"] == "福岡営業所"

    await page.get_by_role("button", name="A4コピー用紙").click()
    await expect(screen.bubbles("me").last).to_contain_text("用紙")
    assert json.loads((await listener.next()).body)["content"]["text"] == "用紙"

    await page.get_by_role("button", name="番号を写す").click()
    await expect(page.locator("#toast")).to_have_text("コピーしました")
    assert await page.evaluate("navigator.clipboard.readText()") == "250-5123176"

    await page.get_by_role("button", name="決済する").dblclick()
    taps = [json.loads((await listener.next()).body)["content"]["postback"] for _ in range(2)]
    assert taps == ["pay:1", "pay:1"]
    assert listener.queue.empty()


async def test_typing(screen: Screen) -> None:
    await screen.open(f"/talk/{TARO.user_id}")
    box = screen.page.get_by_label("メッセージ", exact=True).last
    send = screen.page.get_by_role("button", name="送信")
    await expect(send).to_be_disabled()
    await box.fill("taro.yamada@example.co.jp")
    await box.press("Shift+Enter")
    await box.press_sequentially("よろしく")
    await box.press("Enter")
    await expect(screen.bubbles("me")).to_contain_text("taro.yamada@example.co.jp\nよろしく")
    await expect(box).to_have_value("")
    await box.fill("<img src=x onerror=alert(1)>")
    await send.click()
    await expect(screen.bubbles("me").last).to_contain_text("<img src=x onerror=alert(1)>")
    await screen.stand_in.listener.next()
    body = json.loads((await screen.stand_in.listener.next()).body)
    assert body["content"]["text"] == "taro.yamada@example.co.jp\nよろしく"


@pytest.mark.parametrize("base", ["https://line.worksmobile.com", "http://localhost:{port}/lineworks/app"])
async def test_an_app_link_opens_the_buyers_talk(screen: Screen, tmp_path: Path, base: str) -> None:
    port = URL(screen.stand_in.url).port
    query = f"version=26&emailList={HANAKO.login_id.replace('@', '%40')}"
    link = f"{base.format(port=port)}/message/send?{query}"
    action = {"type": "uri", "label": "購入者にトークを送る", "uri": link}
    notice = {"type": "button_template", "contentText": "【注文通知】\n佐藤 さんの注文", "actions": [action]}
    screen.stand_in.tenant.push(TARO, notice)
    await screen.open(f"/talk/{TARO.user_id}")
    await screen.page.get_by_role("link", name="購入者にトークを送る").click()
    await expect(screen.page.get_by_role("heading", name="佐藤さんとのトーク")).to_be_visible()
    box = screen.page.get_by_label("メッセージ", exact=True).last
    await box.fill("ご注文の件で確認させてください。")
    await expect(screen.page.get_by_role("button", name="送信")).to_be_enabled()
    await box.press("Enter")
    await expect(screen.bubbles("me")).to_contain_text("確認させてください")
    await screen.keep(tmp_path, "peer")


async def test_texts_in_the_members_language(screen: Screen) -> None:
    content = {
        "type": "text",
        "text": "注文を受け付けました。",
        "i18nTexts": [{"language": "en_US", "text": "Your order has been received."}],
    }
    for person in (TARO, HANAKO):
        screen.stand_in.tenant.push(person, content)
    await screen.open(f"/talk/{HANAKO.user_id}")
    await expect(screen.bubbles("bot")).to_contain_text("Your order has been received.")
    await screen.open(f"/talk/{TARO.user_id}")
    await expect(screen.bubbles("bot")).to_contain_text("注文を受け付けました。")


async def test_list_shows_unread_and_leads_to_the_talk(screen: Screen, tmp_path: Path) -> None:
    await screen.open("/talk")
    row = screen.page.get_by_role("link", name="山田 太郎")
    await expect(row).to_be_visible()
    await screen.send("text")
    await expect(row.locator(".badge")).to_have_text("1")
    await screen.keep(tmp_path, "list")
    await row.click()
    await expect(screen.bubbles("bot")).to_have_count(1)
    if screen.page.viewport_size == PHONE:
        await screen.page.get_by_role("link", name="トーク一覧へ戻る").click()
    await expect(row.locator(".badge")).to_have_count(0)


async def test_log_beside_the_talk(screen: Screen) -> None:
    await screen.open(f"/talk/{TARO.user_id}")
    await screen.send("text")
    records = screen.page.locator(".records")
    if screen.page.viewport_size == PHONE:
        await expect(records).to_be_hidden()
        await screen.open("/log")
        await expect(screen.page.locator("#verdict")).to_contain_text("すべてのコールバックに 200")
    else:
        await expect(records.locator(".callback .code")).to_have_text("200")
        await expect(records.locator(".send .code")).to_have_text("201")
        await records.locator(".callback summary").click()
        await expect(records.locator("pre")).to_contain_text('"type": "begin"')


async def test_faults_are_set_on_the_page(screen: Screen, tmp_path: Path) -> None:
    await screen.open(f"/talk/{TARO.user_id}")
    await screen.page.get_by_role("button", name="障害の設定").click()
    drawer = screen.page.get_by_role("dialog")
    await drawer.get_by_label("応答").select_option("500")
    await drawer.get_by_role("button", name="追加する").click()
    await expect(drawer.locator("#waiting")).to_have_text("待っている応答: 500")
    await drawer.get_by_label("同じものを2回送る").check()
    await screen.keep(tmp_path, "faults")
    token = await screen.stand_in.token()
    assert (await screen.stand_in.send(token, SAMPLES["text"]))[0] == 500
    await drawer.get_by_role("button", name="すべて元に戻す").click()
    await expect(drawer.get_by_label("同じものを2回送る")).not_to_be_checked()
    assert not screen.stand_in.tenant.faults.on("duplicate")
    await drawer.get_by_role("button", name="閉じる").click()
    await expect(drawer).to_be_hidden()


async def test_the_menu_below_the_talk(screen: Screen, tmp_path: Path) -> None:
    labels = ("買い物をする", "注文履歴", "ヘルプ")
    actions = [{"type": "message", "label": label, "text": label} for label in labels]
    await screen.open(f"/talk/{TARO.user_id}")
    await expect(screen.page.get_by_role("button", name="メニュー")).to_be_hidden()
    screen.stand_in.tenant.set_menu({"actions": actions})
    await screen.page.get_by_role("button", name="メニュー").click()
    await screen.keep(tmp_path, "menu")
    await screen.page.get_by_role("button", name="注文履歴").click()
    await expect(screen.bubbles("me")).to_contain_text("注文履歴")


async def test_a_thousand_messages_stay_at_the_newest(screen: Screen) -> None:
    for number in range(1000):
        name = ("text", "buttons", "addresses", "flex")[number % 4]
        screen.stand_in.tenant.push(TARO, SAMPLES[name])
    await screen.open(f"/talk/{TARO.user_id}")
    newest = screen.page.locator('[data-id="1000"]')
    await expect(newest).to_be_in_viewport()
    screen.stand_in.tenant.push(TARO, {"type": "text", "text": "いちばん新しい"})
    await expect(screen.page.locator('[data-id="1001"]')).to_be_in_viewport()
    assert await screen.bubbles("bot").count() < 400  # older ones are drawn when somebody looks for them

    oldest = screen.page.locator(".message").first
    before = await oldest.get_attribute("data-id") or ""
    await screen.page.evaluate("document.getElementById('scroll').scrollTo(0, -100000)")
    await expect(oldest).not_to_have_attribute("data-id", before)
    screen.stand_in.tenant.push(TARO, {"type": "text", "text": "もっと新しい"})
    newer = screen.page.locator("#newer")
    await expect(newer).to_be_visible()
    await newer.click()
    await expect(screen.page.locator('[data-id="1002"]')).to_be_in_viewport()
    await expect(newer).to_be_hidden()
