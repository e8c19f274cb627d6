"""Every message type builds what the platform takes, at its limits, and refuses what lies one beyond."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.lineworks.flex import FLEX_BYTES
from bot.lineworks.message import (
    Action,
    ButtonTemplate,
    Carousel,
    Column,
    Copy,
    Cover,
    Element,
    Flex,
    LimitExceeded,
    Link,
    ListTemplate,
    Message,
    NotAllowed,
    Outgoing,
    Postback,
    Text,
    Uri,
)

from .reference import lineworks_reference

TAP = Message("決済する", "決済する", "pay:1:a")
OPEN = Uri("選択する", "https://bot.example.co.jp/shop/t")
PICK = Postback("ここ", "addr:honsha", "本社に届ける")
COPY = Copy("写す", "PO-1")
SILENT = Postback("ここ", "addr:honsha")


def column(buttons: int = 1, title: str | None = "本社") -> Column:
    return Column("東京都千代田区", (OPEN,) * buttons, title)


def bubble(text: str = "x", **facts: Any) -> dict[str, Any]:
    body = {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": text}]}
    return {"type": "bubble", "body": body} | facts


def flex_of(size: int) -> dict[str, Any]:
    empty = len(json.dumps(bubble(""), separators=(",", ":")))
    return bubble("x" * (size - empty))


def uri(length: int) -> str:
    return "https://e.jp/".ljust(length, "x")


Build = Callable[[int], object]

LIMITS: dict[str, tuple[int, Build]] = {
    "text": (2000, lambda n: Text("あ" * n)),
    "text in emoji": (2000, lambda n: Text("😀" * (n // 2) + "a" * (n % 2))),
    "link contentText": (1000, lambda n: Link("あ" * n, "開く", uri(20))),
    "link linkText": (1000, lambda n: Link("本文", "あ" * n, uri(20))),
    "link link": (1000, lambda n: Link("本文", "開く", uri(n))),
    "button contentText": (1000, lambda n: ButtonTemplate("あ" * n, (TAP,))),
    "button actions": (10, lambda n: ButtonTemplate("本文", (TAP,) * n)),
    "list elements": (4, lambda n: ListTemplate((Element("品"),) * n)),
    "list element title": (1000, lambda n: Element("あ" * n)),
    "list element subtitle": (1000, lambda n: Element("品", "あ" * n)),
    "list cover title": (1000, lambda n: Cover("あ" * n)),
    "list cover subtitle": (1000, lambda n: Cover("題", "あ" * n)),
    "list rows": (2, lambda n: ListTemplate((Element("品"),), rows=((TAP,),) * n)),
    "list buttons in a row": (2, lambda n: ListTemplate((Element("品"),), rows=((TAP,) * n,))),
    "carousel columns": (10, lambda n: Carousel((column(),) * n)),
    "column title": (40, lambda n: Column("本文", (OPEN,), "あ" * n)),
    "column text under a title": (60, lambda n: Column("あ" * n, (OPEN,), "題")),
    "column text without a title": (120, lambda n: Column("あ" * n, (OPEN,))),
    "column lines under a title": (2, lambda n: Column("\n".join("あ" * n), (OPEN,), "題")),
    "column lines without a title": (4, lambda n: Column("\n".join("あ" * n), (OPEN,))),
    "column actions": (3, lambda n: column(buttons=n)),
    "flex altText": (400, lambda n: Flex("あ" * n, bubble())),
    "flex bytes": (FLEX_BYTES, lambda n: Flex("領収書", flex_of(n))),
    "flex bubbles": (10, lambda n: Flex("領収書", {"type": "carousel", "contents": [bubble()] * n})),
    "flex uri": (
        1000,
        lambda n: Flex("領収書", bubble(action={"type": "uri", "label": "開く", "uri": uri(n)})),
    ),
    "quick replies": (13, lambda n: Text("本文", (TAP,) * n)),
    "message label": (20, lambda n: Message("あ" * n, "文")),
    "message text": (300, lambda n: Message("札", "あ" * n)),
    "message postback": (300, lambda n: Message("札", "文", "x" * n)),
    "uri label": (20, lambda n: Uri("あ" * n, uri(20))),
    "uri": (1000, lambda n: Uri("札", uri(n))),
    "postback label": (20, lambda n: Postback("あ" * n, "d")),
    "postback data": (300, lambda n: Postback("札", "d" * n)),
    "postback displayText": (300, lambda n: Postback("札", "d", "あ" * n)),
    "copy label": (20, lambda n: Copy("あ" * n, "文")),
    "copy copyText": (1000, lambda n: Copy("札", "あ" * n)),
}


@pytest.mark.parametrize("name", LIMITS)
def test_at_the_limit_it_builds_and_one_beyond_it_does_not(name: str) -> None:
    limit, build = LIMITS[name]
    build(limit)
    with pytest.raises(LimitExceeded) as refusal:
        build(limit + 1)
    assert (refusal.value.limit, refusal.value.actual) == (limit, limit + 1)
    assert str(refusal.value) == f"{refusal.value.field}: at most {limit}, not {limit + 1}"


@pytest.mark.parametrize("type_of", [Text, Link, ButtonTemplate, ListTemplate, Carousel, Flex])
def test_every_message_type_counts_its_quick_replies(type_of: type[Outgoing]) -> None:
    build: dict[type[Outgoing], Callable[[tuple[Action, ...]], Outgoing]] = {
        Text: lambda replies: Text("本文", replies),
        Link: lambda replies: Link("本文", "開く", uri(20), replies),
        ButtonTemplate: lambda replies: ButtonTemplate("本文", (TAP,), replies),
        ListTemplate: lambda replies: ListTemplate((Element("品"),), quick_reply=replies),
        Carousel: lambda replies: Carousel((column(),), replies),
        Flex: lambda replies: Flex("領収書", bubble(), replies),
    }
    items = build[type_of]((TAP, OPEN, PICK, COPY)).content()["quickReply"]["items"]
    assert items == [{"action": action.content()} for action in (TAP, OPEN, PICK, COPY)]
    assert "quickReply" not in build[type_of](()).content()
    with pytest.raises(LimitExceeded):
        build[type_of]((TAP,) * 14)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Text(""),
        lambda: Text(" \n\u3000"),
        lambda: Link("本文", "", uri(20)),
        lambda: Link("本文", "開く", ""),
        lambda: ButtonTemplate("", (TAP,)),
        lambda: ButtonTemplate("本文", ()),
        lambda: ListTemplate(()),
        lambda: ListTemplate((Element("品"),), rows=((),)),
        lambda: Element(""),
        lambda: Element("品", ""),
        lambda: Cover(""),
        lambda: Carousel(()),
        lambda: Column("本文", ()),
        lambda: Column("", (OPEN,)),
        lambda: Column("本文", (OPEN,), ""),
        lambda: Flex("", bubble()),
        lambda: Flex("領収書", {"type": "carousel", "contents": []}),
        lambda: Message("", "文"),
        lambda: Message("札", ""),
        lambda: Message("札", "文", ""),
        lambda: Uri("札", ""),
        lambda: Postback("札", ""),
        lambda: Copy("札", ""),
    ],
)
def test_what_is_required_cannot_be_blank(build: Callable[[], object]) -> None:
    with pytest.raises(LimitExceeded, match="at least 1, not 0"):
        build()


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (lambda: ButtonTemplate("本文", (TAP, PICK)), "postback action is not allowed"),
        (lambda: ListTemplate((Element("品"),), rows=((PICK,),)), "postback action is not allowed"),
        (lambda: Element("品", action=PICK), "postback action is not allowed"),
        (lambda: Text("本文", (SILENT,)), "displayText"),
        (lambda: Carousel((column(1), column(2))), "same number of actions"),
        (lambda: Carousel((column(), column(title=None))), "every column has a title or none"),
        (lambda: Flex("領収書", {"type": "button"}), "bubble or a carousel"),
        (lambda: Flex("領収書", {"type": "carousel", "contents": "x"}), "bubble or a carousel"),
        (lambda: Flex("領収書", {"type": "carousel", "contents": ["x"]}), "holds bubbles"),
        (
            lambda: Flex("領収書", {"type": "carousel", "contents": [bubble(size="kilo"), bubble()]}),
            "same size",
        ),
        (lambda: Flex("領収書", bubble(body={"contents": [{"action": TAP.content()}]})), "only uri actions"),
        (lambda: Flex("領収書", bubble(action={"type": "uri", "uri": "tel:0300000000"})), "only http"),
        (lambda: Flex("領収書", bubble(when=object())), "plain JSON"),
        (lambda: Flex("領収書", bubble(flex=float("nan"))), "plain JSON"),
    ],
)
def test_what_the_platform_does_not_take_there_is_refused(build: Callable[[], object], rule: str) -> None:
    with pytest.raises(NotAllowed, match=rule):
        build()


def test_actions_stand_where_they_may() -> None:
    ButtonTemplate("本文", (TAP, OPEN, COPY))
    ListTemplate((Element("品", action=COPY),), rows=((TAP, OPEN), (COPY, TAP)))
    Carousel((Column("本文", (TAP, OPEN, SILENT)), Column("本文", (COPY, PICK, TAP))))
    Text("本文", (TAP, OPEN, PICK, COPY))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "tel:0300000000",
        "ftp://e.jp/",
        "lineworks://message/send",
        "/shop/t",
        "https://",
        "http:///x",
        "買い物",
        "https://e.jp/a b",
        "https://e.jp/\n",
        "https://e.jp/\u202e",
        "https://[e.jp/",
    ],
)
def test_a_link_leads_to_a_web_page(address: str) -> None:
    with pytest.raises(NotAllowed):
        Uri("札", address)
    with pytest.raises(NotAllowed):
        Link("本文", "開く", address)


def button(label: str, postback: str) -> Message:
    return Message(label, label, postback)


def item(title: str, subtitle: str, path: str | None) -> Element:
    return Element(
        title, subtitle, Uri("商品ページ", f"https://bot.example.co.jp/i/{path}") if path else None
    )


SENDS: dict[str, Callable[[dict[str, Any]], Outgoing]] = {
    "text": lambda _: Text("ご登録ありがとうございます。お名前を確認しました。"),
    "text_quick_reply": lambda _: Text(
        "お届け先を選んでください。",
        (
            Postback("本社", "addr:select:1", "本社に届ける"),
            Postback("大阪支店", "addr:select:2", "大阪支店に届ける"),
            button("やめる", "flow:cancel"),
        ),
    ),
    "button_template_pay": lambda _: ButtonTemplate(
        "カートの内容\n・A4コピー用紙 5冊 × 2\n合計 7,480円(税込)\n\nこの内容で決済しますか?",
        (
            button("決済する", "pay:cart_01J9Z8:n=4c1f"),
            Uri("カートを修正する", "https://bot.example.co.jp/p/9f2c7e1a"),
            button("キャンセル", "cancel:cart_01J9Z8:n=4c1f"),
        ),
    ),
    "button_template_confirm": lambda _: ButtonTemplate(
        "7,480円を決済します。よろしいですか?",
        (
            button("はい、決済します。", "payok:cart_01J9Z8:n=8d20"),
            button("いいえ", "payno:cart_01J9Z8:n=8d20"),
        ),
    ),
    "button_template_punchout": lambda _: ButtonTemplate(
        "下のボタンから Amazon ビジネスを開いてください。リンクの有効時間は10分です。",
        (Uri("Amazonを開く", "https://bot.example.co.jp/p/9f2c7e1a"),),
    ),
    "button_template_admin_notice": lambda _: ButtonTemplate(
        "【注文通知】\n注文番号: PO-20261120-0007\n購入者: 山田 太郎\n金額: 7,480円(税込)",
        (
            Uri(
                "購入者にトークを送る",
                "https://line.worksmobile.com/message/send?version=26&emailList=taro.yamada%40example.co.jp",
            ),
            button("注文の詳細", "order:detail:PO-20261120-0007"),
        ),
    ),
    "carousel_addresses": lambda _: Carousel(
        (
            Column(
                "〒100-0005 東京都千代田区丸の内1-1-1",
                (Postback("ここに届ける", "addr:select:1", "本社に届ける"),),
                "本社",
            ),
            Column(
                "〒530-0001 大阪府大阪市北区梅田3-1-3",
                (Postback("ここに届ける", "addr:select:2", "大阪支店に届ける"),),
                "大阪支店",
            ),
        )
    ),
    "list_template_cart": lambda _: ListTemplate(
        (
            item("A4コピー用紙 500枚", "2 × 2,990円", "1"),
            item("ボールペン 黒 10本", "1 × 820円", "2"),
            item("付箋 75mm", "1 × 680円", None),
        ),
        Cover("カートの中身", "合計 7,480円(税込)"),
        ((button("決済する", "pay:cart_01J9Z8:n=4c1f"), button("キャンセル", "cancel:cart_01J9Z8:n=4c1f")),),
    ),
    "link_punchout": lambda _: Link(
        "Amazon ビジネスで商品を選び、カートを戻してください。",
        "Amazon ビジネスを開く",
        "https://bot.example.co.jp/p/9f2c7e1a",
    ),
    # The drawing of a flex card is given, not built: only its frame is ours.
    "flex_receipt": lambda sent: Flex(sent["altText"], sent["contents"]),
}


@pytest.mark.parametrize("name", SENDS)
def test_a_send_of_the_reference_can_be_built(name: str) -> None:
    sent = json.loads((lineworks_reference() / "sends" / f"{name}.json").read_text())["content"]
    assert SENDS[name](sent).content() == sent


def test_the_one_send_we_do_not_build_is_the_text_in_several_languages() -> None:
    files = {file.stem for file in (lineworks_reference() / "sends").glob("*.json")}
    assert files - set(SENDS) == {"text_i18n"}
