"""What a free question is about. It only ever leads to something that shows: what acts is a button."""

import pytest

from bot.talk.hearing import Verb
from bot.talk.topics import LONGEST, Topic, article, topic_of
from bot.talk.wording import verb

SHOWS = {Verb.GUIDE, Verb.REORDER, Verb.ORDER, Verb.WATCHED, Verb.HISTORY}
SHOWS |= {Verb.ASK_ADMIN, Verb.HELP, Verb.SHOP}
"""These look or lead into the shop; all other verbs pay, cancel, report or change."""


@pytest.mark.parametrize(
    ("typed", "topic"),
    [
        ("まだ届かない", Topic.NOT_HERE),
        ("荷物が　まだ 届いていません", Topic.NOT_HERE),
        ("先週頼んだものが来ないんですが", Topic.NOT_HERE),
        ("買い物をしたのにカートが届かない", Topic.GUIDE),
        ("ﾛｸﾞｲﾝできない", Topic.GUIDE),
        ("領収書の宛名を変更したい", Topic.PAPERS),
        ("インボイスは？", Topic.PAPERS),
        ("返金してもらえますか", Topic.RETURNS),
        ("違うものが届いた", Topic.RETURNS),
        ("キャンセル料はかかりますか", Topic.CANCELLING),
        ("間違えて注文してしまいました", Topic.CANCELLING),
        ("注文した商品の送付先を変えられますか", Topic.PLACE),
        ("今月いくら使った？", Topic.SPENT),
        ("支払い方法を教えて", Topic.COSTS),
        ("承認はまだですか", Topic.APPROVAL),
        ("いつものをお願い", Topic.REORDER),
        ("同じ商品をもう一つ注文したい", Topic.REORDER),
        ("数量を変えたい", Topic.CHANGE),
        ("いつ頃届くの", Topic.ORDER),
        ("最近の注文を見せて", Topic.HISTORY),
        ("今週は誰が何を買いましたか", Topic.WATCHED),
        ("誰に聞けばいいですか", Topic.ASK_ADMIN),
        ("使い方がわからない", Topic.HELP),
        ("この前頼んだやつまだ？", Topic.ORDER),
        ("https://amzn.asia/d/abc1234 これ", Topic.SHORT_LINK),
        ("ボールペンが欲しい", Topic.SHOP),
        ("Where is my parcel?", Topic.ORDER),
        ("It hasn't arrived yet", Topic.NOT_HERE),
        ("Can I get a receipt?", Topic.PAPERS),
        ("How much did I spend this month?", Topic.SPENT),
        ("아직 안 왔어요", Topic.NOT_HERE),
        ("영수증 주세요", Topic.PAPERS),
        ("今日の天気は？", None),
        ("コピー用紙", None),
        ("あああ", None),
        ("", None),
        ("領収書" + "あ" * LONGEST, None),
    ],
)
def test_the_topic_of_a_free_question(typed: str, topic: Topic | None) -> None:
    assert topic_of(typed, admin=True) == topic


def test_a_topic_never_becomes_a_verb_that_acts() -> None:
    assert {Verb(topic.value) for topic in Topic if topic.value in set(Verb)} == SHOWS


@pytest.mark.parametrize(
    ("typed", "asin"),
    [
        ("https://www.amazon.co.jp/dp/B0MOGI1001", "B0MOGI1001"),
        ("https://www.amazon.co.jp/木かげ工房-デスク/dp/B0MOGI1001/ref=sr_1_1?th=1", "B0MOGI1001"),
        ("https://www.amazon.co.jp/gp/product/4101010013?psc=1", "4101010013"),
        ("https://www.amazon.co.jp/gp/aw/d/b0mogi1001", "B0MOGI1001"),
        ("Ｂ０ＭＯＧＩ１００１を3個", "B0MOGI1001"),
        ("ASIN: B0MOGI1001", "B0MOGI1001"),
        ("https://amzn.asia/d/abc1234", ""),
        ("XB0MOGI1001", ""),
        ("B0MOGI10011", ""),
        ("KM-202611-00001", ""),
        ("4101010013", ""),
        ("090-0000-1234", ""),
        ("/dp/" * 50_000, ""),
    ],
)
def test_the_article_in_a_link_or_a_text(typed: str, asin: str) -> None:
    assert article(typed) == asin


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("買い物🛒", "shop"),
        ("🙏ヘルプ🙏", "help"),
        ("ありがとうございます❤️", "courtesy"),
        ("👨‍👩‍👧‍👦", None),
        ("🛒", None),
        ("？？", "help"),
    ],
)
def test_emoji_around_a_word_do_no_harm(typed: str, understood: str | None) -> None:
    assert verb(typed) == understood
