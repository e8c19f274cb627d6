"""Acting for a member: the JSON of the talk page, its stream, and the client for tests and the walk."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from sandbox.lineworks.client import TalkFailed
from tests.sandbox.lineworks.conftest import HANAKO, TARO, StandIn

HELLO = {"type": "text", "text": "こんにちは"}


async def test_messages_after_an_id(stand_in: StandIn) -> None:
    for text in ("一", "二", "三"):
        stand_in.tenant.push(TARO, {"type": "text", "text": text})
    await stand_in.talk.say(TARO.login_id, "はい")
    messages = await stand_in.talk.messages(TARO.user_id, after=2)
    assert [(m["id"], m["from"], m["content"]["text"]) for m in messages] == [
        (3, "bot", "三"),
        (4, "me", "はい"),
    ]
    assert await stand_in.talk.messages(HANAKO.user_id) == []


async def test_wait_for_sees_what_comes_later(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, HELLO)
    waiting = asyncio.create_task(
        stand_in.talk.wait_for(TARO.user_id, lambda m: m["content"].get("text") == "受注確定", timeout=5)
    )
    await stand_in.logged("callback")
    stand_in.tenant.push(TARO, {"type": "text", "text": "受付"})
    stand_in.tenant.push(TARO, {"type": "text", "text": "受注確定"})
    assert (await waiting)["id"] == 3


async def test_wait_for_says_what_came_instead(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, HELLO)
    with pytest.raises(TalkFailed, match=r"in vain; last came .*こんにちは"):
        await stand_in.talk.wait_for(TARO.user_id, lambda m: m["from"] == "peer", timeout=0.2)


async def test_unread_messages_and_the_last_one(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, {"type": "flex", "altText": "ご注文を\n受け付けました", "contents": {}})
    stand_in.tenant.push(TARO, {"type": "carousel", "columns": [{"title": "本社", "text": "東京都"}]})
    taro, hanako, _ = await stand_in.talk.people()
    assert (taro["name"], taro["login_id"]) == ("山田 太郎", "taro.yamada@sample")
    assert (taro["talk"]["unread"], taro["talk"]["last"]) == (2, "本社")
    assert (hanako["name"], hanako["talk"]) == (
        "佐藤",
        {"opened": False, "unread": 0, "at": None, "last": ""},
    )
    async with stand_in.session.post(
        f"{stand_in.url}/talk/api/{TARO.user_id}/read", json={"up_to": 1}
    ) as answer:
        assert await answer.json() == {"unread": 1}


async def test_the_menu_can_be_tapped(stand_in: StandIn) -> None:
    action = {"type": "message", "label": "買い物をする", "text": "買い物をする"}
    stand_in.tenant.set_menu({"actions": [action]})
    url = f"{stand_in.url}/talk/api/{TARO.user_id}/tap"
    async with stand_in.session.post(url, json={"path": "actions/0"}) as answer:
        assert (await answer.json())["message"]["content"]["text"] == "買い物をする"


async def test_a_label_in_the_members_language(stand_in: StandIn) -> None:
    action = {
        "type": "message",
        "label": "はい",
        "text": "はい",
        "i18nLabels": [{"language": "en_US", "label": "Yes"}],
        "i18nTexts": [{"language": "en_US", "text": "Yes, please"}],
    }
    stand_in.tenant.push(HANAKO, {"type": "button_template", "contentText": "?", "actions": [action]})
    tapped = await stand_in.talk.tap(HANAKO.user_id, "Yes", message=1)
    assert tapped["message"]["content"]["text"] == "Yes, please"


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("actions/0/1", "list"),
        ("elements/0/action", "row"),
        ("quickReply/items/0/action", "quick"),
    ],
)
async def test_an_action_is_found_by_its_path(stand_in: StandIn, path: str, action: str) -> None:
    def say(text: str) -> dict[str, Any]:
        return {"type": "message", "label": "はい", "text": text}

    stand_in.tenant.push(
        TARO,
        {
            "type": "list_template",
            "elements": [{"title": "机", "action": say("row")}],
            "actions": [[say("no"), say("list")]],
            "quickReply": {"items": [{"action": say("quick")}]},
        },
    )
    url = f"{stand_in.url}/talk/api/{TARO.user_id}/tap"
    async with stand_in.session.post(url, json={"message": 1, "path": path}) as answer:
        assert (await answer.json())["message"]["content"]["text"] == action


async def test_location_and_sticker(stand_in: StandIn) -> None:
    url = f"{stand_in.url}/talk/api/{TARO.user_id}/say"
    for kind in ("location", "sticker"):
        async with stand_in.session.post(url, json={"kind": kind}) as answer:
            assert answer.status == 200
    await stand_in.listener.next()
    kinds = [json.loads((await stand_in.listener.next()).body)["content"]["type"] for _ in range(2)]
    assert kinds == ["location", "sticker"]


async def test_a_kind_the_bot_does_not_take_cannot_be_sent(stand_in: StandIn) -> None:
    token = await stand_in.token("bot")
    await stand_in.call("PATCH", "/bots/2000001", token, {"callbackEvents": ["text"]})
    async with stand_in.session.post(
        f"{stand_in.url}/talk/api/{TARO.user_id}/say", json={"kind": "sticker"}
    ) as answer:
        assert answer.status == 409
    assert await stand_in.talk.messages(TARO.user_id) == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("nobody@sample/say", {"text": "はい"}, 404),
        ("taro.yamada@sample/say", {"text": " "}, 400),
        ("taro.yamada@sample/say", {"texts": "はい"}, 400),
        ("taro.yamada@sample/say", {"text": "あ" * 10_001}, 400),
        ("taro.yamada@sample/tap", {"message": 9, "label": "はい"}, 404),
        ("taro.yamada@sample/tap", {"message": 1, "label": "無い"}, 404),
        ("taro.yamada@sample/tap", {"label": "無い"}, 404),
        ("taro.yamada@sample/with/taro.yamada@sample/say", {"text": "はい"}, 404),
        ("faults", {"answer": "418"}, 400),
        ("faults", {"switch": "unknown"}, 400),
    ],
    ids=str,
)
async def test_requests_that_make_no_sense(stand_in: StandIn, path: str, body: object, status: int) -> None:
    stand_in.tenant.push(TARO, HELLO)
    async with stand_in.session.post(f"{stand_in.url}/talk/api/{path}", json=body) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]


async def test_the_client_raises_what_the_stand_in_says(stand_in: StandIn) -> None:
    with pytest.raises(TalkFailed, match="no such person"):
        await stand_in.talk.say("nobody@sample", "はい")
    with pytest.raises(TalkFailed, match="no button 「決済する」"):
        await stand_in.talk.tap(TARO.user_id, "決済する")


async def test_words_between_people_stay_between_them(stand_in: StandIn) -> None:
    url = f"{stand_in.url}/talk/api"
    words = {"text": "ご注文の件で確認です"}
    async with stand_in.session.post(
        f"{url}/{TARO.login_id}/with/{HANAKO.login_id}/say", json=words
    ) as answer:
        assert answer.status == 200
    async with stand_in.session.get(f"{url}/{HANAKO.user_id}/with/{TARO.user_id}/messages") as answer:
        (message,) = (await answer.json())["messages"]
    assert (message["from"], message["content"]["text"]) == ("peer", "ご注文の件で確認です")
    assert await stand_in.talk.messages(TARO.user_id) == []
    assert await stand_in.talk.messages(HANAKO.user_id) == []
    _, hanako, _ = await stand_in.talk.people()
    assert hanako["peers"][0]["talk"]["unread"] == 1
    await stand_in.talk.say(TARO.user_id, "はい")
    assert [json.loads((await stand_in.listener.next()).body)["type"] for _ in range(2)] == [
        "begin",
        "message",
    ]


async def test_the_stream_brings_old_and_new(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, HELLO)
    async with stand_in.session.get(f"{stand_in.url}/talk/api/{TARO.user_id}/events") as stream:
        assert stream.content_type == "text/event-stream"
        assert (await _event(stream, "message"))["content"] == HELLO
        await stand_in.talk.say(TARO.user_id, "はい")
        assert (await _event(stream, "people"))["people"][0]["talk"]["last"] == "はい"
        assert (await _event(stream, "message"))["from"] == "me"
        assert (await _event(stream, "log"))["kind"] == "callback"


async def test_the_stream_goes_on_where_it_broke(stand_in: StandIn) -> None:
    for text in ("一", "二"):
        stand_in.tenant.push(TARO, {"type": "text", "text": text})
    headers = {"Last-Event-ID": "1"}
    async with stand_in.session.get(
        f"{stand_in.url}/talk/api/{TARO.user_id}/events", headers=headers
    ) as stream:
        assert (await _event(stream, "message"))["content"]["text"] == "二"


async def test_streams_end_when_the_stand_in_stops(stand_in: StandIn) -> None:
    async with stand_in.session.get(f"{stand_in.url}/talk/api/events") as stream:
        await _event(stream, "people")
        stand_in.tenant.pulse.stop()
        async with asyncio.timeout(30):
            await stream.read()


async def _event(stream: aiohttp.ClientResponse, name: str) -> dict[str, Any]:
    """The next event of this name."""
    async with asyncio.timeout(30):
        while (await stream.content.readline()).decode().strip() != f"event: {name}":
            pass
        line = (await stream.content.readline()).decode()
    values: dict[str, Any] = json.loads(line.removeprefix("data: "))
    return values
