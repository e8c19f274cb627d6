"""A refused order in the reader's words: what happened, what to do, and Amazon's own text behind it."""

import pytest

from bot.lineworks.message import Outgoing
from bot.talk.notices import Reader
from bot.talk.reasons import amazons_text, line_reason
from bot.talk.refusals import refused
from bot.talk.wording import LANGUAGES, wording
from purchasing.lifecycle import OrderState
from tests.bot.talk.given import APP, labels, plain_order, written

JA = wording("ja_JP")


def card(status: int | None, said: str = "", *, to_admin: bool = False, contact: str = "") -> list[Outgoing]:
    found = plain_order("KM-202611-00001", OrderState.REFUSED)
    found.order.refusal_status, found.order.refusal = status, said
    return refused(Reader(JA, to_admin, APP, contact), found)


@pytest.mark.parametrize(
    ("status", "sentence", "again"),
    [
        (400, "もう一度お買い物をお願いします", True),
        (401, "接続設定が合っていない", False),
        (403, "許可されていません", False),
        (404, "注文の送り先が正しくない", False),
        (405, "注文の送り先が正しくない", False),
        (406, "こちらの不具合", False),
        (450, "こちらの不具合", False),
        (409, "管理者に確かめてもらってください", False),
        (499, "もう一度お買い物をお願いします", True),
        (None, "もう一度お買い物をお願いします", True),
    ],
)
def test_the_buyer_is_told_what_to_do_and_has_the_button_for_it(
    status: int | None, sentence: str, again: bool
) -> None:
    shown = card(status)
    assert sentence in written(shown)
    assert ("もう一度注文する" in labels(shown)) is again
    assert "Amazonの説明" not in written(shown), "Amazon said nothing"


def test_an_admin_is_named_by_a_button_where_one_is_known() -> None:
    assert "管理者に相談する" in labels(card(401, contact="buyer-admin@sample"))
    assert "管理者に相談する" not in labels(card(401))


def test_the_admin_is_told_what_to_mend() -> None:
    text = written(card(401, "Unknown sender", to_admin=True))
    assert "システムログインとパスワード" in text
    assert "Amazonの説明は英語だけで届いています。原文: Unknown sender" in text


def test_a_known_code_in_amazons_words_is_explained() -> None:
    text = written(card(400, "在庫がありません。[エラーコード: 015-005]"))
    assert "在庫が足りませんでした" in text
    assert "Amazonの説明: 在庫がありません。" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_with_a_code_that_nobody_knows_keeps_amazons_text(language: str) -> None:
    words = wording(language)
    reason = line_reason(words, "099-001", "The seller is on holiday.")
    assert reason.endswith("The seller is on holiday.")
    assert line_reason(words, "", "") == words("reason", "unknown")
    assert line_reason(words, "015-005", "whatever") == words("reason", "015-005")


SAID = "The seller is on holiday. [エラーコード: 099-001]"


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("ja_JP", SAID, f"Amazonの説明は英語だけで届いています。原文: {SAID}"),
        ("ja_JP", "販売元が休業中です。", "Amazonの説明: 販売元が休業中です。"),
        ("en_US", SAID, f"Amazon says: {SAID}"),
        ("en_US", "販売元が休業中です。", "Amazon gave the reason in Japanese only: 販売元が休業中です。"),
        ("ko_KR", SAID, f"Amazon의 사유는 영어로만 왔습니다. 원문: {SAID}"),
        ("ko_KR", "販売元が休業中です。", "Amazon의 사유는 일본어로만 왔습니다. 원문: 販売元が休業中です。"),
        ("ja_JP", "(-17)", "Amazonの説明: (-17)"),
        ("ja_JP", "", ""),
    ],
)
def test_a_reason_that_the_reader_may_not_read_is_called_so(language: str, text: str, told: str) -> None:
    assert amazons_text(wording(language), text) == told
    if told:
        assert line_reason(wording(language), "", text).endswith(told)


def test_the_first_card_of_an_english_refusal_says_what_to_do_and_has_the_button() -> None:
    shown = card(400, "The order cannot be accepted.")
    sentence, _, reason = written(shown).partition("Amazonの説明は英語だけで届いています。")
    assert "もう一度お買い物をお願いします" in sentence
    assert reason == "原文: The order cannot be accepted."
    assert labels(shown)[0] == "もう一度注文する"
