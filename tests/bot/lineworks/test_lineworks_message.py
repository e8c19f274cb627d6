"""Every message type builds what the platform takes, at its limits, and refuses what lies one beyond."""

import json
from collections.abc import Callable

import pytest

from bot.lineworks.limits import LimitExceeded, NotAllowed
from bot.lineworks.message import ButtonTemplate, Carousel, Column, Message, Outgoing, Text, Uri

from .reference import lineworks_reference

TAP = Message("決済する", "決済する", "pay:1:a")
OPEN = Uri("選択する", "https://bot.example.co.jp/shop/t")


def column(buttons: int = 1) -> Column:
    return Column("東京都千代田区", (OPEN,) * buttons)


def uri(length: int) -> str:
    return "https://e.jp/".ljust(length, "x")


Build = Callable[[int], object]

LIMITS: dict[str, tuple[int, Build]] = {
    "text": (2000, lambda n: Text("あ" * n)),
    "text in emoji": (2000, lambda n: Text("😀" * (n // 2) + "a" * (n % 2))),
    "button contentText": (1000, lambda n: ButtonTemplate("あ" * n, (TAP,))),
    "button actions": (10, lambda n: ButtonTemplate("本文", (TAP,) * n)),
    "carousel columns": (10, lambda n: Carousel((column(),) * n)),
    "column text": (120, lambda n: Column("あ" * n, (OPEN,))),
    "column lines": (4, lambda n: Column("\n".join("あ" * n), (OPEN,))),
    "column actions": (3, lambda n: column(buttons=n)),
    "quick replies": (13, lambda n: Text("本文", (TAP,) * n)),
    "message label": (20, lambda n: Message("あ" * n, "文")),
    "message text": (300, lambda n: Message("札", "あ" * n)),
    "message postback": (300, lambda n: Message("札", "文", "x" * n)),
    "uri label": (20, lambda n: Uri("あ" * n, uri(20))),
    "uri": (1000, lambda n: Uri("札", uri(n))),
}


@pytest.mark.parametrize("name", LIMITS)
def test_at_the_limit_it_builds_and_one_beyond_it_does_not(name: str) -> None:
    limit, build = LIMITS[name]
    build(limit)
    with pytest.raises(LimitExceeded) as refusal:
        build(limit + 1)
    assert (refusal.value.limit, refusal.value.actual) == (limit, limit + 1)
    assert str(refusal.value) == f"{refusal.value.field}: at most {limit}, not {limit + 1}"


def test_quick_replies_stand_beside_a_text() -> None:
    items = Text("本文", (TAP, OPEN)).content()["quickReply"]["items"]
    assert items == [{"action": action.content()} for action in (TAP, OPEN)]
    assert "quickReply" not in Text("本文").content()


@pytest.mark.parametrize(
    "build",
    [
        lambda: Text(""),
        lambda: Text(" \n\u3000"),
        lambda: ButtonTemplate("", (TAP,)),
        lambda: ButtonTemplate("本文", ()),
        lambda: Carousel(()),
        lambda: Column("本文", ()),
        lambda: Column("", (OPEN,)),
        lambda: Message("", "文"),
        lambda: Message("札", ""),
        lambda: Message("札", "文", ""),
        lambda: Uri("札", ""),
    ],
)
def test_what_is_required_cannot_be_blank(build: Callable[[], object]) -> None:
    with pytest.raises(LimitExceeded, match="at least 1, not 0"):
        build()


def test_the_columns_of_a_carousel_have_the_same_number_of_buttons() -> None:
    with pytest.raises(NotAllowed, match="same number of actions"):
        Carousel((column(1), column(2)))


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


def button(label: str, postback: str) -> Message:
    return Message(label, label, postback)


SENDS: dict[str, Outgoing] = {
    "text": Text("ご登録ありがとうございます。お名前を確認しました。"),
    "button_template_pay": ButtonTemplate(
        "カートの内容\n・A4コピー用紙 5冊 × 2\n合計 7,480円(税込)\n\nこの内容で決済しますか?",
        (
            button("決済する", "pay:cart_01J9Z8:n=4c1f"),
            Uri("カートを修正する", "https://bot.example.co.jp/p/9f2c7e1a"),
            button("キャンセル", "cancel:cart_01J9Z8:n=4c1f"),
        ),
    ),
    "button_template_confirm": ButtonTemplate(
        "7,480円を決済します。よろしいですか?",
        (
            button("はい、決済します。", "payok:cart_01J9Z8:n=8d20"),
            button("いいえ", "payno:cart_01J9Z8:n=8d20"),
        ),
    ),
    "button_template_punchout": ButtonTemplate(
        "下のボタンから Amazon ビジネスを開いてください。リンクの有効時間は10分です。",
        (Uri("Amazonを開く", "https://bot.example.co.jp/p/9f2c7e1a"),),
    ),
    "button_template_admin_notice": ButtonTemplate(
        "【注文通知】\n注文番号: PO-20261120-0007\n購入者: 山田 太郎\n金額: 7,480円(税込)",
        (
            Uri(
                "購入者にトークを送る",
                "https://line.worksmobile.com/message/send?version=26&emailList=taro.yamada%40example.co.jp",
            ),
            button("注文の詳細", "order:detail:PO-20261120-0007"),
        ),
    ),
}


@pytest.mark.parametrize("name", SENDS)
def test_a_send_of_the_reference_can_be_built(name: str) -> None:
    sent = json.loads((lineworks_reference() / "sends" / f"{name}.json").read_text())["content"]
    assert SENDS[name].content() == sent


def test_what_we_never_send_is_what_we_do_not_build() -> None:
    """Lists, links and drawn cards; postback actions, of which the quick replies and the carousel there are made."""
    files = {file.stem for file in (lineworks_reference() / "sends").glob("*.json")}
    assert files - set(SENDS) == {
        "text_i18n", "text_quick_reply", "carousel_addresses", "list_template_cart", "link_punchout", "flex_receipt",
    }  # fmt: skip
