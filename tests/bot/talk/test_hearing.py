"""What the bot hears: taps, typed words, 利用開始, stickers, and claims that no button of ours made."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.lineworks.events import read_event
from bot.talk.hearing import Heard, Verb, button, hear


def heard(**event: Any) -> Heard:
    return hear(read_event(json.dumps(event).encode()))


def said(text: str | None = None, postback: str | None = None, kind: str = "text") -> Heard:
    content = {"type": kind, "text": text, "postback": postback}
    return heard(
        type="message", content={name: value for name, value in content.items() if value is not None}
    )


@pytest.mark.parametrize(
    ("utterance", "understood"),
    [
        (heard(type="begin"), Heard(Verb.START)),
        (said("利用開始", "start"), Heard(Verb.START)),
        (said("買い物をする"), Heard(Verb.SHOP, "買い物をする")),
        (said("買い物をする", "shop:"), Heard(Verb.SHOP, "買い物をする")),
        (said("お買い物", "shop:"), Heard(Verb.SHOP, "お買い物")),
        (said("order history"), Heard(Verb.HISTORY, "order history")),
        (said("注文の詳細", "order:KM-202611-00042"), Heard(Verb.ORDER, "注文の詳細", "KM-202611-00042")),
        (said("追跡 000000000"), Heard(Verb.TRACK, "追跡 000000000")),
        (said("購入者にトークを送る"), Heard(Verb.BUYER, "購入者にトークを送る")),
        (said("Message the buyer"), Heard(Verb.BUYER, "Message the buyer")),
        (said("うまくいかないときは"), Heard(Verb.GUIDE, "うまくいかないときは")),
        (said("Need help?"), Heard(Verb.GUIDE, "Need help?")),
        (said("決済する", "pay:12:4c1f"), Heard(Verb.PAY, "決済する", "12", "4c1f")),
        (heard(type="postback", data="pay_yes:12:4c1f"), Heard(Verb.PAY_YES, "", "12", "4c1f")),
        (heard(type="postback", data="start"), Heard(Verb.START)),
        (said("taro@example.co.jp"), Heard(Verb.WORDS, "taro@example.co.jp")),
        (said(kind="sticker"), Heard(Verb.THING)),
        (said(kind="image"), Heard(Verb.THING)),
        (said(kind="hologram"), Heard(Verb.THING)),
        (said("はい、決済します。"), Heard(Verb.PAY_YES, "はい、決済します。")),
    ],
)
def test_what_is_said_is_understood(utterance: Heard, understood: Heard) -> None:
    assert replace(utterance, language="") == understood


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("注文履歴を見せてください", Verb.HISTORY),
        ("注文履歴をお願いします。", Verb.HISTORY),
        ("買い物したいです", Verb.SHOP),
        ("キャンセルしてください", Verb.CANCEL),
        ("はい、お願いします", Verb.YES),
        ("ヘルプ？", Verb.HELP),
        ("?", Verb.HELP),
        ("Order history, please", Verb.HISTORY),
        ("주문 내역 보여 주세요", Verb.HISTORY),
        ("ありがとうございます！", Verb.COURTESY),
        ("決済してください", Verb.PAY),
        ("お願いします", Verb.WORDS),
        ("してください", Verb.WORDS),
        ("買い物袋をください", Verb.WORDS),
        ("注文履歴を見せてくださいませんかね", Verb.WORDS),
    ],
)
def test_politeness_does_no_harm(text: str, verb: Verb) -> None:
    """It never makes a word of what is none, and never a button that pays."""
    assert replace(said(text), language="") == Heard(verb, text)
    assert not said(text).by_button


def test_a_long_text_is_judged_in_no_time() -> None:
    for text in ("をお願いします" * 20_000, "、" * 100_000, " , " * 100_000 + "x"):
        assert said(text).verb is Verb.WORDS


@pytest.mark.parametrize(
    "event",
    [
        {"type": "join"},
        {"type": "left"},
        {"type": "end"},
        {"type": "hologram"},
        {"type": "message"},
        {"type": "postback"},
        {"type": "postback", "data": "nothing of ours"},
        {"type": "postback", "data": "dance:1"},
        {},
    ],
)
def test_what_wants_no_answer_gets_none(event: dict[str, Any]) -> None:
    assert heard(**event) == Heard(Verb.NOTHING)


@pytest.mark.parametrize(
    "claim",
    [
        "pay:",
        "pay:x:4c1f",
        "pay:-1:4c1f",
        "pay:1e9:4c1f",
        "pay:9999999999999999999:4c1f",
        "pay",
        "dance:1:2",
        "pay:1:2:3",
    ],
)
def test_a_claim_that_no_button_of_ours_makes_is_not_believed(claim: str) -> None:
    """The text beside it still counts, as if it had been typed: without a button, that never pays."""
    spoken = said("決済する", claim)
    assert spoken == Heard(Verb.PAY, "決済する", language="ja_JP")
    assert not spoken.by_button


def test_full_width_digits_are_no_number_of_a_cart() -> None:
    """`int` would take them, and so would a comparison with the cart's own id."""
    assert said("決済する", "pay:１２:4c1f").ref in ("", "１２")
    assert int("１２") == 12


def test_what_a_button_carries_is_heard_again() -> None:
    for verb in Verb:
        ref = 42 if verb in (Verb.PAY, Verb.PAY_YES, Verb.PAY_ANYWAY, Verb.PAY_NO, Verb.DROP) else ""
        spoken = said("x", button(verb, ref, "4c1f"))
        assert (spoken.verb, spoken.ref, spoken.nonce) == (verb, str(ref), "4c1f")
