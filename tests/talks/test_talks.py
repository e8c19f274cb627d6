"""The transcripts beside this file, played against the real bot: what the talk says is written there."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.talk.wording import notice_choice, verb
from sandbox.keys import Keys
from sandbox.settings import make_keys
from tests.talks.play import Mismatch, Play
from tests.talks.scene import Scene, read_scene
from tests.talks.script import ADMINS, BadScript, parse, says
from tests.talks.stage import staged

COPY = {"type": "copy", "label": "x", "copyText": "x"}
TALKS = {file.stem: file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.talk"))}


@pytest.fixture(scope="session")
def service_keys() -> Keys:
    private, public = make_keys()
    return Keys(public, private)


Theatre = Callable[[Scene], AbstractAsyncContextManager[Play]]


@pytest.fixture
def theatre(tmp_path: Path, database_url: str, service_keys: Keys) -> Theatre:
    """A stage for every play; they run on both engines."""

    @asynccontextmanager
    async def opened(scene: Scene) -> AsyncIterator[Play]:
        async with staged(tmp_path, database_url, service_keys, scene) as (stage, shopper):
            yield Play(stage, shopper)

    return opened


@pytest.mark.parametrize("talk", TALKS)
async def test_the_talk_goes_as_it_is_written(talk: str, theatre: Theatre) -> None:
    script, fault = parse(TALKS[talk]), ""
    async with theatre(read_scene(script.settings)) as play:
        try:
            await play.perform(script)
        except Mismatch as mismatch:
            fault = f"{talk}.talk, {mismatch}"
        fault = fault or "; ".join(play.invalid_documents())
    if fault:
        pytest.fail(fault, pytrace=False)


def test_a_transcript_is_read_line_by_line() -> None:
    script = parse(
        "# 題\n\n"
        "太郎    最初の[決済する]\n"
        "# ことわり\n"
        "bot     [TEST] Your cart …\n"
        "        続き           [決済する] [選択する ↗]\n"
        "時計    +8日\n"
    )
    assert script.title == "題"
    assert [(line.number, line.who, line.words, line.buttons) for line in script.lines] == [
        (3, "太郎", "最初の", ("決済する",)),
        (5, "bot", "[TEST] Your cart …\n続き", ("決済する", "選択する ↗")),
        (7, "時計", "+8日", ()),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("太郎    ヘルプ\n", "line 1"),
        ("# 題\n", "nothing happens"),
        ("# 題\n    続き\n", "line 2: nothing stands before"),
        ("# 題\n次郎    ヘルプ\n", "line 2: begins with none of"),
        ("# 題\n太郎\n", "line 2: begins with none of"),
        ("# 題\n設定    本番\n", "nothing happens"),
        ("# 題\n太郎    ヘルプ\n設定    本番\n", "line 3: 設定 stands before"),
    ],
)
def test_a_transcript_that_cannot_be_read_is_refused_with_its_line(text: str, fault: str) -> None:
    with pytest.raises(BadScript, match=fault):
        parse(text)


def test_settings_make_the_scene() -> None:
    scene = read_scene(
        parse(
            "# 題\n"
            "設定    用途を尋ねる\n"
            "設定    利用者: 山田 太郎、総務部だけ\n"
            "設定    グループ 大阪: 佐藤 花子 / お届け先 大阪支店 / 管理者 大阪支店長\n"
            "設定    太郎の名前: 山\\u202e田\n"
            "設定    商品: 寿司ペン 1,000円\n"
            "太郎    ヘルプ\n"
        ).settings
    )
    assert scene.company == {
        "ask_purpose": True,
        "permitted": ["taro.yamada@sample", "org:総務部"],
        "groups": [
            {
                "name": "大阪",
                "members": ["hanako.sato@example.co.jp"],
                "addresses": ["osaka"],
                "admins": ["osaka-admin@sample"],
            }
        ],
    }
    assert (scene.people["太郎"].last_name, scene.active) == ("山\u202e田", False)
    assert [(product.name, int(product.price)) for product in scene.goods] == [("寿司ペン", 1000)]


@pytest.mark.parametrize(
    "setting",
    [
        "踊る",
        "利用者: 鈴木 次郎だけ",
        "グループ 大阪: 佐藤 花子 / お届け先 月",
        "グループ 大阪: 佐藤 花子 / 踊る",
    ],
)
def test_a_setting_that_nobody_knows_is_refused_with_its_line(setting: str) -> None:
    with pytest.raises(BadScript, match=f"line 2: .*{setting}"):
        read_scene(parse(f"# 題\n設定    {setting}\n太郎    ヘルプ\n").settings)


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("合計…円", "合計: 100円（税込）", True),
        ("合計\n100円", "合計 100\n円", True),
        ("", "何でも", True),
        ("円…合計", "合計: 100円", False),
        ("合計…合計", "合計: 100円", False),
        ("合計", "小計", False),
    ],
)
def test_words_are_compared_in_order_and_without_blanks(expected: str, actual: str, same: bool) -> None:
    assert says(expected, actual) is same


GREETING = "bot     ようこそ。…  [はい、会員です。] [いいえ、初めて利用します]"
GOES_OTHERWISE = [
    (
        "太郎    (利用開始)",
        r"(?s)at the end 太郎 has unread messages:\n  bot .*ようこそ。.*\[はい、会員です。\]",
    ),
    ("太郎    ヘルプ", r"(?s)line 2: .*but 太郎 has not read this yet:.*ようこそ。"),
    (f"{GREETING}\nbot     ようこそ。", "line 3: .*\nbut 太郎 is told nothing more"),
    (
        "太郎    (利用開始)\nbot     こんばんは",
        r"(?s)line 3: .*expected: bot .*こんばんは\n.*actual: .*ようこそ。",
    ),
    (
        "太郎    ヘルプ\nbot     このボット…  [はい]",
        r"(?s)expected: .*\[はい\]\n.*actual: .*\[はい、会員です。\]",
    ),
    ("管理者   購入", "line 2: .*\nbut 管理者 is told nothing more"),
    ("太郎    [買い物をする]", "line 2: .*\nbut 太郎 has no button 「買い物をする」"),
    ("太郎    大阪支店の[はい、会員です。]", "line 2: .*\nbut there is no card for 大阪支店"),
    ("太郎    (踊る)", "line 2: .*\nnobody knows this stage direction"),
    ("時計    8日", "line 2: .*\na span of time looks like"),
    ("amazon  コピー用紙 × 1", "line 2: .*\nnot in the shop"),
    ("amazon  注文は1件", "line 2: .*\nbut Amazon has 0 orders"),
    ("amazon  次の注文: 踊る", "line 2: .*\nAmazon has no mood 踊る"),
    ("amazon  踊る", "line 2: .*\nthe page has no 「踊る」"),
    ("誰も    会員ですか？と言われない", r"(?s)line 2: .*\nbut 太郎 has been told:.*ようこそ。"),
    ("画面    カートを受け取りました", r"(?s)line 2: .*expected: .*actual: .*about:blank"),
]


@pytest.mark.parametrize(
    ("content", "objection"),
    [
        ({"type": "text", "text": "長" * 2001}, "content.text"),
        ({"type": "button_template", "contentText": "x", "actions": []}, "content.actions"),
        (
            {"type": "carousel", "columns": [{"text": "1\n2\n3\n4\n5", "actions": [COPY]}]},
            "lines after the 4. are not shown",
        ),
    ],
)
async def test_a_message_beyond_the_platform_s_limits_fails_its_transcript(
    theatre: Theatre, content: dict[str, Any], objection: str
) -> None:
    """Whatever the talk shows: a send that LINE WORKS refuses, or would show in part, is seen at the end."""
    async with theatre(Scene()) as play:
        await play.send_as_the_bot(content)
        with pytest.raises(AssertionError, match=f"LINE WORKS objects: .*{objection}"):
            await play.perform(parse("# 題\n時計    +1分\n"))


async def test_a_trouble_that_never_came_fails_its_transcript(theatre: Theatre) -> None:
    async with theatre(Scene()) as play:
        with pytest.raises(AssertionError, match=r"LINE WORKS was never asked .*slow"):
            await play.perform(parse("# 題\nworks   次の送信: 遅い\n"))


async def test_a_talk_that_goes_otherwise_fails_with_its_line(theatre: Theatre) -> None:
    """One talk, and one thing after the other that does not happen in it."""
    async with theatre(Scene()) as play:
        for lines, fault in GOES_OTHERWISE:
            with pytest.raises(Mismatch, match=fault):
                await play.perform(parse(f"# 題\n{lines}\n"))


def test_every_button_of_every_transcript_is_understood_when_it_is_typed() -> None:
    """What is no word of the catalogue is a number or a person, which the bot looks up (`bot.talk.meaning`)."""
    shown = {
        label.removesuffix(" ↗")
        for talk in TALKS.values()
        for line in parse(talk).lines
        if line.who in ("bot", *ADMINS)
        for label in line.buttons
    }
    named = re.compile(r"[0-9A-Z]+(-[0-9…]+)+|[^。]+さん")
    silent = {
        label for label in shown if not named.fullmatch(label) and not (verb(label) or notice_choice(label))
    }
    assert silent == set()
