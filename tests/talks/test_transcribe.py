"""A recording becomes a transcript that plays: what can be done on the stage is done, the rest is a comment."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.keys import Keys, make_keys
from tests.talks.play import Mismatch, Play
from tests.talks.scene import read_scene
from tests.talks.script import parse
from tests.talks.stage import staged
from tests.talks.transcribe import CannotTranscribe, main, read_recording, to_be_read, transcribe

TARO = "00000000-0000-4000-8000-00000000aaaa"
HANAKO = "00000000-0000-4000-8000-00000000bbbb"
ADMIN = "00000000-0000-4000-8000-00000000cccc"
FOURTH = "00000000-0000-4000-8000-00000000dddd"
ROOM = "00000000-0000-4000-8000-0000000000ee"


def event(kind: str, user: str, second: int, **fields: Any) -> dict[str, Any]:
    """A callback as `[record]` keeps it."""
    issued = f"2026-11-20T02:{15 + second // 60}:{second % 60:02}.000Z"
    return {"type": kind, "source": {"userId": user, "domainId": 12345678}, "issuedTime": issued} | fields


def text(user: str, second: int, words: str, **postback: str) -> dict[str, Any]:
    return event("message", user, second, content={"type": "text", "text": words} | postback)


def sent(user: str, second: int, kind: str) -> dict[str, Any]:
    return event("message", user, second, content={"type": kind, "fileId": "sample-0123456789ab"})


REGISTRATION = {
    "0001-begin": event("begin", TARO, 0),
    "0002-message-text-postback-start": text(TARO, 1, "利用開始", postback="start"),
    "0003-message-text-postback-button": text(TARO, 9, "はい、会員です。", postback="member_yes:"),
    "0004-message-text-mail": text(TARO, 30, "sample-0a1b2c3d@example.co.jp"),
    "0005-message-sticker": event(
        "message", TARO, 40, content={"type": "sticker", "packageId": "1", "stickerId": "2"}
    ),
    "0006-message-audio": sent(TARO, 50, "audio"),
    "0007-message-video": sent(TARO, 55, "video"),
    "0008-message-hologram": sent(TARO, 57, "hologram"),
}
SHOPPING = {
    "0011-message-text-postback-shop": text(TARO, 60, "買い物をする", postback="shop:"),
    "0012-message-text-postback-pay": text(TARO, 180, "決済する", postback="pay:7:4c1f"),
    "0013-message-text-postback-of-the-menu": text(TARO, 190, "メニュー", postback="menu:"),
    "0014-postback-of-a-button-here": event("postback", TARO, 200, data="history:"),
    "0015-postback-of-a-stranger": event("postback", TARO, 210, data="addr:select:2"),
    "0016-message-in-a-room": text(TARO, 220, "みなさん")
    | {"source": {"userId": TARO, "channelId": ROOM, "domainId": 12345678}},
}
OTHERS = {
    "0021-message-text-registered-before": text(HANAKO, 230, "ヘルプ"),
    "0022-begin-and-nothing-at-once": event("begin", ADMIN, 240),
    "0023-message-text-later": text(ADMIN, 300, "購入のお知らせ"),
    "0024-message-from-a-fourth": text(FOURTH, 310, "ヘルプ"),
    "0025-message-text-in-two-lines": text(HANAKO, 320, "机を\n\n買い物をする"),
    "0026-message-text-like-a-button": text(HANAKO, 330, "これ [決済する]"),
    "0027-message-text-like-a-direction": text(HANAKO, 340, "(登録済み)"),
    "0028-end": event("end", HANAKO, 350),
    "0029-end-once-more": event("end", HANAKO, 351),
    "0030-postback-of-a-button-not-here": event("postback", TARO, 360, data="cart:"),
}
HAPPENS = [
    "太郎    (利用開始)",
    "太郎    [はい、会員です。]",
    "太郎    sample-0a1b2c3d@example.co.jp",
    "太郎    (スタンプ)",
    "太郎    (音声)",
    "太郎    (動画)",
    "# 太郎 (message hologram): 台本にない種類のメッセージ。再生できません",
    "太郎    [買い物をする]",
    "# 太郎 (message text 決済する): このボタンのカートや注文は、ここにはない。再生できません",
    "太郎    メニュー",
    "太郎    [注文履歴]",
    "# 太郎 (postback addr:select:2): このボタンは、ここのトークにはない。再生できません",
    "# 太郎 (message text みなさん): 複数人のトークルームでの出来事。再生できません",
    "花子    (登録済み)",
    "花子    ヘルプ",
    "管理者が  (利用開始)",
    "管理者が  購入のお知らせ",
    "# 誰か (message text ヘルプ): 3人までしか登場できない。再生できません",
    "花子    机を",
    "# 花子 (message text これ [決済する]): この言葉は台本に書けない。再生できません",
    "# 花子 (message text (登録済み)): この言葉は台本に書けない。再生できません",
    "花子    (トークを出る)",
    "# 花子 (end): トークから退出した。ここでは開いていない。再生できません",
    "太郎    (postback: cart:)",
]

Folder = Callable[[str], Path]


@pytest.fixture
def keys() -> Keys:
    private, public = make_keys()
    return Keys(public, private)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder of that name for a stage."""

    def made(name: str) -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name

    return made


def record(folder: Path, events: dict[str, dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, values in events.items():
        compact = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{name}.json").write_text(compact, encoding="utf-8")
    return folder


async def play(talk: str, folder: Path, keys: Keys) -> None:
    script = parse(talk)
    async with staged(folder, f"sqlite:///{folder}/kaimono.db", keys, read_scene(script.settings)) as (
        stage,
        shopper,
    ):
        await Play(stage, shopper).perform(script)


async def test_a_recorded_talk_becomes_a_transcript_that_plays(
    tmp_path: Path, folder: Folder, keys: Keys
) -> None:
    events = read_recording(record(tmp_path / "recorded", REGISTRATION | SHOPPING | OTHERS))
    talk = await transcribe(folder("writing"), keys, "録音から", events)
    title, _where_from, *lines = talk.splitlines()
    assert title == "# 録音から"
    told = [line for line in lines if line.startswith(("bot", "管理者 "))]
    assert [line for line in lines if line.strip() and line[0] != " " and line not in told] == HAPPENS
    assert "        [はい、会員です。] [いいえ、初めて利用します]" in lines
    assert any(line.startswith("bot     登録しました。") for line in told)

    await play(talk, folder("playing"), keys)
    with pytest.raises(Mismatch, match="登録しました"):
        await play(talk.replace("登録しました。", "登録しません。"), folder("playing otherwise"), keys)


async def test_a_first_word_that_opens_the_talk_is_one_act(
    tmp_path: Path, folder: Folder, keys: Keys
) -> None:
    first_word = {"1-begin": event("begin", TARO, 0), "2-message-text": text(TARO, 1, "こんにちは")}
    only_opened = {"3-begin-and-no-word": event("begin", HANAKO, 2)}
    events = read_recording(record(tmp_path / "recorded", first_word | only_opened))
    lines = (await transcribe(folder("writing"), keys, "最初の言葉", events)).splitlines()
    assert lines[3] == "太郎    こんにちは"
    assert sum(line.startswith("bot") for line in lines) == 1
    assert lines[-1] == "# 花子 (begin): トークを開いただけで、発言はない。再生できません"


async def test_the_callbacks_of_the_reference_become_a_transcript_that_plays(
    folder: Folder, keys: Keys
) -> None:
    default = Path(__file__).parents[3] / "shared" / "reference"
    callbacks = Path(os.environ.get("KAIMONO_REFERENCE", default)) / "lineworks" / "callbacks"
    if not callbacks.is_dir():
        pytest.skip("no reference: set KAIMONO_REFERENCE to the folder that holds lineworks/callbacks")
    talk = await transcribe(folder("writing"), keys, "見本", read_recording(callbacks))
    acts = [line for line in talk.splitlines()[2:] if line.startswith(("太郎", "#"))]
    assert len(acts) == 18, "every one of the 19 files, but for begin, which goes with the first word"
    await play(talk, folder("playing"), keys)


def test_the_command_prints_the_transcript(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main([str(record(tmp_path / "はじめて", REGISTRATION))]) == 0
    out, err = capsysbinary.readouterr()
    assert (out.decode().splitlines()[0], err) == ("# 記録「はじめて」のやり取り", b"")
    assert [line.words for line in parse(out.decode()).lines if line.who == "太郎"] == [
        "(利用開始)",
        "",
        "sample-0a1b2c3d@example.co.jp",
        "(スタンプ)",
        "(音声)",
        "(動画)",
    ]


def test_what_people_typed_is_listed_for_a_person_to_read(tmp_path: Path) -> None:
    events = read_recording(record(tmp_path / "recorded", REGISTRATION | SHOPPING | OTHERS))
    assert to_be_read(events) == [
        "みなさん",
        "購入のお知らせ",
        "机を 買い物をする",
        "これ [決済する]",
        "(登録済み)",
    ]


def test_the_command_says_why_it_cannot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage:" in capsys.readouterr().err
    assert main([str(record(tmp_path / "unplayable", {"1-end": event("end", TARO, 0)}))]) == 1
    assert "nothing can be played" in capsys.readouterr().err


def test_a_folder_without_callbacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotTranscribe, match="there are no callbacks"):
        read_recording(tmp_path)
    (tmp_path / "1-half.json").write_text('{"type":"beg', encoding="utf-8")
    with pytest.raises(CannotTranscribe, match=r"1-half\.json is not JSON"):
        read_recording(tmp_path)
