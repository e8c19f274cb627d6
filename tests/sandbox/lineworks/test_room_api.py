"""Rooms by the API: made, looked at, left, and how many a minute (reference 2.5, 3.8, 4, 13.2)."""

import json
from typing import Any, get_args

import pytest

from sandbox.settings import ChannelEvent, LineWorksSettings
from tests.sandbox.lineworks.conftest import HANAKO, OUTSIDER, TARO, Received, StandIn

PATH = "/bots/2000001/channels"
HELLO = {"type": "text", "text": "こんにちは"}
BOTH = {"members": [TARO.user_id, HANAKO.login_id], "title": "備品のルーム"}


@pytest.fixture
def settings(settings: LineWorksSettings) -> LineWorksSettings:
    return settings.model_copy(update={"channel_events": list(get_args(ChannelEvent))})


def event(received: Received) -> tuple[str, dict[str, Any]]:
    values = json.loads(received.body)
    return values["type"], values["source"]


async def make(stand_in: StandIn, token: str, values: object) -> tuple[int, dict[str, str], Any]:
    return await stand_in.call("POST", PATH, token, values)


async def test_a_room_is_made_looked_at_written_into_and_left(stand_in: StandIn) -> None:
    token = await stand_in.token()
    status, headers, room = await make(stand_in, token, BOTH)
    assert (status, room) == (201, {"channelId": room["channelId"], "title": "備品のルーム"})
    assert headers["rateLimit-limit"] == "10"
    here = {"channelId": room["channelId"], "domainId": 12345678}
    assert event(await stand_in.listener.next()) == ("join", here)

    path = f"{PATH}/{room['channelId']}"
    facts = here | {"title": "備品のルーム", "channelType": {"type": "MULTI_USERS"}}
    assert (await stand_in.call("GET", path, token))[::2] == (200, facts)
    everybody = {"members": [TARO.user_id, HANAKO.user_id], "responseMetaData": {"nextCursor": None}}
    assert (await stand_in.call("GET", f"{path}/members", token))[::2] == (200, everybody)
    assert (await stand_in.call("POST", f"{path}/messages", token, {"content": HELLO}))[0] == 201

    assert (await stand_in.call("DELETE", path, token))[::2] == (204, None)
    assert event(await stand_in.listener.next()) == ("leave", here)
    outside = [("GET", path), ("GET", f"{path}/members"), ("DELETE", path), ("POST", f"{path}/messages")]
    for method, each in outside:
        status, _, body = await stand_in.call(method, each, token, {"content": HELLO})
        assert (status, body["code"]) == (403, "ACCESS_DENIED")


async def test_a_room_with_one_member_is_the_talk_with_that_member(stand_in: StandIn) -> None:
    token = await stand_in.token()
    _, _, room = await make(stand_in, token, {"members": [TARO.user_id], "title": "山田さん"})
    source = {"userId": TARO.user_id, "channelId": room["channelId"], "domainId": 12345678}
    assert event(await stand_in.listener.next()) == ("begin", source)
    path = f"{PATH}/{room['channelId']}"
    assert (await stand_in.call("GET", path, token))[2]["channelType"] == {"type": "SINGLE_USER"}
    assert (await stand_in.call("GET", f"{path}/members", token))[2]["members"] == [TARO.user_id]
    assert (await stand_in.call("POST", f"{path}/messages", token, {"content": HELLO}))[0] == 201
    assert len(await stand_in.talk.messages(TARO.user_id)) == 1
    assert (await stand_in.call("DELETE", path, token))[0] == 403


async def test_two_rooms_of_one_title_are_two(stand_in: StandIn) -> None:
    token = await stand_in.token()
    rooms = [(await make(stand_in, token, BOTH))[2]["channelId"] for _ in range(2)]
    assert rooms[0] != rooms[1]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "a"}, "body.members"),
        ({"members": [], "title": "a"}, "body.members"),
        ({"members": "a", "title": "a"}, "body.members"),
        ({"members": [1], "title": "a"}, "body.members"),
        ({"members": [str(n) for n in range(101)], "title": "a"}, "body.members"),
        ({"members": ["nobody", "nobody"], "title": "a"}, "body.members must be unique"),
        ({"members": [TARO.user_id, TARO.login_id], "title": "a"}, "body.members must be unique"),
        (BOTH | {"title": "題" * 1001}, "body.title"),
        ([], "body"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_rooms_that_cannot_be_made(stand_in: StandIn, values: object, field: str) -> None:
    status, _, body = await make(stand_in, await stand_in.token(), values)
    assert (status, body["code"]) == (400, "INVALID_PARAMETER")
    assert body["description"].startswith(field)


async def test_members_who_cannot_be_in_a_room(stand_in: StandIn) -> None:
    token = await stand_in.token()
    for member, expected in ((OUTSIDER.user_id, (403, "ACCESS_DENIED")), ("nobody", (404, "NOT_FOUND"))):
        status, _, body = await make(stand_in, token, {"members": [TARO.user_id, member], "title": "a"})
        assert (status, body["code"]) == expected
    assert (await make(stand_in, token, BOTH | {"title": "題" * 1000}))[0] == 201


async def test_each_call_needs_its_scope_and_its_bot(stand_in: StandIn) -> None:
    may_read, may_send = await stand_in.token("bot.read"), await stand_in.token("bot.message")
    path = f"{PATH}/{(await make(stand_in, may_send, BOTH))[2]['channelId']}"
    assert (await make(stand_in, may_read, BOTH))[0] == 403
    assert (await stand_in.call("DELETE", path, may_read))[0] == 403
    assert (await stand_in.call("GET", path, may_read))[0] == 200
    assert (await stand_in.call("GET", f"{path}/members", may_read))[0] == 200
    for method, tail in (("GET", ""), ("GET", "/members"), ("DELETE", "")):
        assert (await stand_in.call(method, path.replace("2000001", "7") + tail, may_send))[0] == 404
    assert (await stand_in.call("POST", "/bots/7/channels", may_send, BOTH))[0] == 404


async def test_members_come_by_the_page(stand_in: StandIn) -> None:
    token = await stand_in.token()
    path = f"{PATH}/{(await make(stand_in, token, BOTH))[2]['channelId']}/members"
    _, _, first = await stand_in.call("GET", path, token, params={"count": "1"})
    assert first["members"] == [TARO.user_id]
    cursor = first["responseMetaData"]["nextCursor"]
    _, _, second = await stand_in.call("GET", path, token, params={"count": "1", "cursor": cursor})
    assert second == {"members": [HANAKO.user_id], "responseMetaData": {"nextCursor": None}}
    for wrong in ({"count": "0"}, {"count": "101"}, {"count": "a"}, {"cursor": "3"}, {"cursor": "-1"}):
        assert (await stand_in.call("GET", path, token, params=wrong))[0] == 400


@pytest.mark.parametrize("plan", [60, 240])
async def test_ten_rooms_a_minute_whatever_the_plan(stand_in: StandIn, plan: int) -> None:
    """Every operation is counted by itself: the plan's number for each, ten for this one (reference 4)."""
    stand_in.tenant.settings.sends_per_minute = plan
    token = await stand_in.token()
    for left in range(9, -1, -1):
        status, headers, room = await make(stand_in, token, BOTH)
        assert (status, headers["rateLimit-remaining"]) == (201, str(left))
    status, headers, body = await make(stand_in, token, BOTH)
    assert (status, body["code"]) == (429, "TOO_MANY_REQUESTS")
    assert (headers["rateLimit-ssed"], headers["rateLimit-limit"]) == ("10", "10")

    others = [("GET", f"{PATH}/{room['channelId']}"), ("GET", f"{PATH}/{room['channelId']}/members")]
    for method, path in others:
        status, headers, _ = await stand_in.call(method, path, token)
        assert (status, headers["rateLimit-limit"], headers["rateLimit-ssed"]) == (200, str(plan), "1")
    assert (await stand_in.send(token, HELLO))[1]["rateLimit-limit"] == str(plan)
    stand_in.clock.advance(60)
    assert (await make(stand_in, token, BOTH))[0] == 201


async def test_with_the_last_member_the_bot_goes_too(stand_in: StandIn) -> None:
    rooms = stand_in.tenant.rooms
    room = rooms.make("備品のルーム", [TARO.user_id, HANAKO.user_id])
    for person in (TARO, HANAKO):
        rooms.leave(room, person.user_id)
    kinds = [event(await stand_in.listener.next())[0] for _ in range(4)]
    assert kinds == ["join", "left", "left", "leave"]
    assert rooms.find(room.channel_id) is None


async def test_a_room_of_a_bot_that_is_not_open_to_rooms_is_noted(stand_in: StandIn) -> None:
    await make(stand_in, await stand_in.token(), BOTH)
    (entry,) = await stand_in.logged("call")
    assert "enableGroupJoin" in entry["note"]
