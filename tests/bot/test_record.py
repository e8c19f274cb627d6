"""`[record] callbacks`: what is kept can be committed, read and replayed, and nobody can be found in it."""

import asyncio
import json
import re
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlmodel import select

from bot.anonymise import PLACE, Known, anonymise, values_of
from bot.app import Running, running
from bot.config import Config
from bot.handlers import CALLBACK
from bot.lineworks.events import read_event
from bot.lineworks.signature import sign
from bot.lineworks.text import units
from bot.record import Recorder
from punchout.secret import Secret
from storage.database import Database, Tx, open_database
from storage.tables import JobRow
from tests.bot.lineworks.reference import lineworks_reference
from tests.bot.program import kaimono
from tests.trouble.house import (
    BOT_ID,
    BOT_SECRET,
    COMPANY,
    EMAIL,
    HANAKO,
    TARO,
    Clock,
    assert_silent,
    config_text,
    furnished,
)

KEY = b"a key of this test"
SOURCE = {"userId": TARO, "channelId": "9f2c1d55-channel-of-taro", "domainId": 30011223}
PEOPLE = values_of(
    [
        ("uuid", TARO),
        ("last_name", "山田"),
        ("first_name", "太郎"),
        ("mail", EMAIL[TARO]),
        ("first_name", "Al"),
    ]
)


def message(text: str, at: int = 1, **content: Any) -> dict[str, Any]:
    issued = f"2026-11-24T01:00:00.{at:03d}Z"
    said = {"type": "text", "text": text} | content
    return {"type": "message", "source": SOURCE, "issuedTime": issued, "content": said}


def said(text: str, values: dict[str, str] | None = None) -> str:
    """What a recording makes of this text."""
    known = Known(KEY, PEOPLE if values is None else values)
    return str(anonymise(message(text), known)["content"]["text"])


EVENTS: list[dict[str, Any]] = [
    {"type": "begin", "source": SOURCE, "issuedTime": "2026-11-24T01:00:00Z"},
    message("買い物をする", 1, postback="shop:"),
    message(f"山田 太郎です。メールは {EMAIL[TARO]} です", 2),
    message("〒100-0005 東京都千代田区丸の内1-1-1 総務部 03-0000-1111 まで", 3),
    message("会員です", 4, postback=f"email:{EMAIL[HANAKO]}"),
    message("決済する", 5, postback="pay:123:4c1f"),
    message("佐藤さんへ", 6, postback="佐藤花子:090-1234-5678"),
    message(f'<m userId="{HANAKO}">花子</m> も', 7),
    {
        "type": "message",
        "source": SOURCE,
        "issuedTime": "2026-11-24T01:00:00.008Z",
        "content": {
            "type": "location",
            "address": "東京都港区赤坂9-7-1",
            "latitude": 35.6654861,
            "longitude": 139.731,
        },
    },
    message("", 9, type="image", fileId="jp1.1628695315008671000.1628781715.0.2000001.0.0.0"),
    {
        "type": "joined",
        "source": SOURCE,
        "issuedTime": "2026-11-24T01:00:00.010Z",
        "members": [HANAKO, "another-member-77"],
    },
    {
        "type": "postback",
        "source": SOURCE,
        "issuedTime": "2026-11-24T01:00:00.011Z",
        "data": f"who={HANAKO}&mail={EMAIL[HANAKO]}",
    },
    {
        "type": "shaken",
        "source": SOURCE | {"displayName": "鈴木一郎"},
        "issuedTime": "2026-11-24T01:00:00.012Z",
        "device": {"owner": ["鈴木一郎", 9012345678, True, None]},
    },
]
PERSONAL = (
    *(TARO, HANAKO, "9f2c1d55", "30011223", *EMAIL.values(), "taro.yamada", "hanako", "another-member-77"),
    *("山田", "佐藤", "花子", "鈴木", "一郎", "9012345678"),
    *("100-0005", "千代田", "丸の内", "総務部", "03-0000-1111", "090-1234-5678"),
    *("赤坂", "35.6654861", "139.731", "1628695315008671000", "サンプル商事です"),
)
NAMES = [
    "0001-begin.json",
    "0002-message-text-postback.json",
    "0003-message-text.json",
    "0004-message-text.json",
    "0005-message-text-postback.json",
    "0006-message-text-postback.json",
    "0007-message-text-postback.json",
    "0008-message-text.json",
    "0009-message-location.json",
    "0010-message-image.json",
    "0011-joined.json",
    "0012-postback.json",
    "0013-shaken.json",
]


def as_bytes(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


@asynccontextmanager
async def directory_of_nobody() -> AsyncIterator[str]:
    """A LINE WORKS where nothing is found and everything is refused: the talk goes on without names."""

    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"code": "NOT_FOUND", "description": ""}, status=404)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", refuse)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@asynccontextmanager
async def bot(folder: Path, *, recording: bool, works: str) -> AsyncIterator[Running]:
    """A bot without a worker: it takes callbacks, stores them and records them if it is told to."""
    text = config_text(
        database=f"sqlite:///{folder}/kaimono.db", key_file=f"{folder}/kaimono.key", works=works
    )
    values = tomllib.loads(text)
    if recording:
        values["record"] = {"callbacks": str(folder / "callbacks")}
    async with running(Config.model_validate(values), worker_too=False, clock=Clock()) as made:
        await made.services.db.write(furnished)
        yield made


async def post(port: int, body: bytes, signature: str | None = None) -> int:
    headers = {
        "X-WORKS-BotId": str(BOT_ID),
        "X-WORKS-Signature": signature or sign(Secret(BOT_SECRET), body),
    }
    url = f"http://127.0.0.1:{port}/lineworks/callback"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as response,
    ):
        return response.status


async def stored(db: Database) -> list[bytes]:
    def work(tx: Tx) -> list[bytes]:
        rows = tx.orm.exec(select(JobRow).where(JobRow.kind == CALLBACK)).all()
        return [row.payload for row in sorted(rows, key=lambda row: row.id or 0)]

    return await db.read(work)


async def recorded(folder: Path, events: list[dict[str, Any]] = EVENTS) -> list[Path]:
    """The files that a bot in this folder makes of these events."""
    async with directory_of_nobody() as works, bot(folder, recording=True, works=works) as made:
        for event in events:
            assert await post(made.port, as_bytes(event)) == 200
    return sorted((folder / "callbacks").iterdir())


async def test_every_callback_is_a_file_that_says_what_it_is_and_nobody_is_found_in_any(
    tmp_path: Path,
) -> None:
    files = await recorded(tmp_path)
    assert [file.name for file in files] == NAMES
    whole = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert [value for value in PERSONAL if value in whole] == []
    for file, event in zip(files, EVENTS, strict=True):
        body = file.read_bytes()
        made = json.loads(body)
        assert body == as_bytes(made)
        assert made.keys() == event.keys()
        assert (made["type"], made["issuedTime"]) == (event["type"], event["issuedTime"])
    pay = json.loads(files[5].read_bytes())
    assert pay["content"] == {"type": "text", "text": "決済する", "postback": "pay:123:4c1f"}


async def test_the_same_person_is_the_same_sample_in_every_file_and_after_a_restart(tmp_path: Path) -> None:
    await recorded(tmp_path, EVENTS[:3])
    files = await recorded(tmp_path, [message(f"{EMAIL[TARO].upper()} 山田", 20), EVENTS[-2]])
    assert [file.name for file in files[3:]] == ["0004-message-text.json", "0005-postback.json"]
    made = [json.loads(file.read_bytes()) for file in files]
    assert len({event["source"]["userId"] for event in made}) == 1
    (mail,) = (word for word in made[2]["content"]["text"].split() if "@" in word)
    name = made[2]["content"]["text"].split()[0]
    assert made[3]["content"]["text"] == f"{mail} {name}"
    assert name.startswith("見本")
    assert mail.startswith("sample-")
    taro, hanako = made[0]["source"]["userId"], made[4]["data"].split("&")[0].removeprefix("who=")
    assert taro != hanako
    assert {taro[:24], hanako[:24]} == {"00000000-0000-4000-8000-"}


async def test_a_recording_is_replayed_in_its_order_to_a_running_bot(tmp_path: Path) -> None:
    """Signed anew, taken by a bot that has never heard of anybody, and understood as the original was."""
    there = tmp_path / "there"
    there.mkdir()
    files = await recorded(tmp_path)
    (tmp_path / "secret").write_text(BOT_SECRET)
    async with directory_of_nobody() as works, bot(there, recording=False, works=works) as made:
        url = f"http://127.0.0.1:{made.port}/lineworks/callback"
        ended = await kaimono(tmp_path, "replay", "callbacks", "--to", url, "--bot-secret-file", "secret")
        taken = await stored(made.services.db)
    assert ended.code == 0, ended.out + ended.err
    assert [line.split()[-1] for line in ended.out.splitlines()] == NAMES
    assert taken == [file.read_bytes() for file in files]
    for body, event in zip(taken, EVENTS, strict=True):
        read, original = read_event(body), read_event(as_bytes(event))
        assert (read.type, read.issued_at) == (original.type, original.issued_at)
        assert (read.content is None) == (original.content is None)


async def test_a_folder_is_replayed_by_number_even_beyond_four_digits(tmp_path: Path) -> None:
    folder = tmp_path / "callbacks"
    folder.mkdir()
    for name in ("10000-end.json", "9999-begin.json", "0002-begin.json"):
        (folder / name).write_text("{}")
    (tmp_path / "secret").write_text(BOT_SECRET)
    ended = await kaimono(
        tmp_path, "replay", "callbacks", "--to", "http://127.0.0.1:1/", "--bot-secret-file", "secret"
    )
    shown = [line.split()[-1] for line in ended.out.splitlines()]
    assert shown == ["0002-begin.json", "9999-begin.json", "10000-end.json"]


async def test_what_is_not_signed_is_not_recorded_and_nothing_is_made_where_nobody_asked(
    tmp_path: Path,
) -> None:
    async with directory_of_nobody() as works:
        async with bot(tmp_path, recording=True, works=works) as made:
            assert await post(made.port, as_bytes(EVENTS[0]), "AAAA") == 401
            assert await post(made.port, b"no json") == 400
        async with bot(tmp_path, recording=False, works=works) as made:
            assert await post(made.port, as_bytes(EVENTS[0])) == 200
    assert not (tmp_path / "callbacks").exists()


async def test_a_recording_that_fails_costs_nobody_his_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "callbacks").write_text("a file where the folder should be")
    async with directory_of_nobody() as works, bot(tmp_path, recording=True, works=works) as made:
        assert await post(made.port, as_bytes(EVENTS[2])) == 200
        assert await stored(made.services.db) == [as_bytes(EVENTS[2])]
    assert "could not be recorded" in caplog.text
    assert_silent(caplog.text)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"text"',
        b'{"type":7,"content":[1,"a"],"members":{"a":"b"}}',
        b'{"type":"../../etc/passwd","source":[]}',
        b'{"n":' + b"9" * 5000 + b',"t":"\\ud800"}',
        b'{"a' + "鈴木".encode() + b'":1,"type":"message","content":{"type":"a b/c","text":"\\ud83d"}}',
    ],
)
async def test_whatever_comes_is_recorded_inside_the_folder(
    body: bytes, tmp_path: Path, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    db = open_database(database_url)
    recorder = Recorder(db, tmp_path / "callbacks", {COMPANY: Secret(BOT_SECRET)})
    await asyncio.gather(*(recorder.keep(COMPANY, body) for _ in range(3)))
    await db.close()
    files = sorted((tmp_path / "callbacks").iterdir())
    assert [file.name[:5] for file in files] == ["0001-", "0002-", "0003-"]
    assert len({file.read_bytes() for file in files}) == 1
    assert type(json.loads(files[0].read_bytes())) is type(json.loads(body.replace(b"9" * 5000, b"9")))
    assert "鈴木" not in files[0].read_text(encoding="utf-8")
    assert caplog.text == ""


def test_every_callback_of_the_reference_keeps_its_shape() -> None:
    for file in sorted((lineworks_reference() / "callbacks").glob("*.json")):
        event = json.loads(file.read_bytes())
        made = anonymise(event, Known(KEY, {}))
        assert shape(made) == shape(event), file.name
        kept = {event["source"].get(name) for name in ("userId", "channelId")} - {None}
        assert not [value for value in kept if value in json.dumps(made)], file.name


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    return (
        [shape(item) for item in value]
        if isinstance(value, list)
        else type(value) in (int, float) or type(value)
    )


@pytest.mark.parametrize(
    "text",
    [
        "ｔａｒｏ．ｙａｍａｄａ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ",
        "電話は０３−１２３４−５６７８です",
        "+81 90-1234-5678",
        "09012345678",
        "1000005",
        "〒１００ー０００５",
        "神奈川県横浜市西区みなとみらい2-3-1へ",
    ],
)
def test_what_looks_like_somebody_is_replaced_in_any_width(text: str) -> None:
    made = said(text)
    digits = "".join(letter for letter in made if letter.isdecimal() and letter != "0")
    assert "yamada" not in made
    assert "ｙａｍａｄａ" not in made
    assert "横浜" not in made
    assert digits in ("", "123") or "@" in made


@pytest.mark.parametrize(
    "text",
    [
        *(
            "買い物をする",
            "注文履歴",
            "KM-202611-00001",
            "250-5123176-9239824",
            "B00EXAMPLE を 12 個",
            "16,182円",
        ),
        *("2026-11-24 10:00", "Also", "ヘルプ", "絵文字 🛒 と ﷽"),
        *("お疲れ様です", "たくさんください", "同様に", "仕様", "みなさん", "氏名", "Santa", "안녕하세요"),
    ],
)
def test_other_words_stay_as_they_are(text: str) -> None:
    assert said(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "鈴木一郎さんに渡して",
        "鈴木　一郎様の机",
        "今日は鈴木さくらさんが休み",
        "ジョンソンさんへ",
        "Please ask Suzuki-san",
        "鈴木氏、田中くん",
        "김철수 씨에게",
    ],
)
def test_who_is_spoken_of_politely_is_replaced(text: str) -> None:
    made = said(text)
    assert not re.search("鈴木|一郎|さくら|ジョンソン|Suzuki|田中|김철수", made)
    assert "見本" in made


def test_a_sample_may_look_like_a_name_that_is_known() -> None:
    values = values_of([("first_name", "太郎"), ("last_name", "見本")])
    assert re.fullmatch(r"見本\d{4} 太郎\d{4} ！", said("見本 太郎 ！", values))


def test_a_longer_name_goes_before_the_shorter_one_in_it_and_latin_ones_are_words() -> None:
    values = values_of([("last_name", "山"), ("last_name", "山田"), ("first_name", "Al")])
    made = said("山田と山とAl also", values)
    assert "山" not in made
    assert made.endswith(" also")
    assert len({said(name, values) for name in ("山田", "山", "Al")}) == 3
    assert said("AL", values) == said("al", values)


def test_a_sample_is_no_longer_than_a_postback_may_be() -> None:
    event = message("メール", postback="email:" + "a@" + "b" * 60)
    made = anonymise(event, Known(KEY, {}))
    assert units(made["content"]["postback"]) <= 300


def test_another_secret_makes_other_samples() -> None:
    event = message(EMAIL[TARO])
    assert anonymise(event, Known(KEY, {})) != anonymise(event, Known(b"another", {}))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("渋谷区道玄坂1-2-3 渋谷ビル5階", ""),
        ("大阪市北区梅田３－１－３", ""),
        ("お届け先は千代田区丸の内1丁目2番3号です", "お届け先は"),
        ("東京都渋谷区道玄坂1-2-3 渋谷ビル5階 へ", " へ"),
        ("さいたま市大宮区桜木町1-7-5へ", "へ"),
    ],
)
def test_an_address_is_replaced_with_or_without_its_prefecture(text: str, left: str) -> None:
    made = said(text)
    assert PLACE in made
    assert not set("渋谷梅田丸桜木ビル").intersection(made)
    assert left in made


def test_city_and_number_far_apart_are_no_address() -> None:
    assert said("市販のコピー用紙を3つ、区役所に2-3日で") == "市販のコピー用紙を3つ、区役所に2-3日で"
