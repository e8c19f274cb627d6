"""The API server: what is served, what is refused, with which status and code (reference 13.2)."""

from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.sandbox.lineworks.conftest import HANAKO, OUTSIDER, TARO, StandIn

HELLO = {"type": "text", "text": "こんにちは"}
EVERYTHING = "bot bot.message bot.read user.read user.profile.read user.email.read"


async def test_a_send_is_201_and_empty_and_stands_in_the_talk(stand_in: StandIn) -> None:
    status, headers, body = await stand_in.send(await stand_in.token(), HELLO)
    assert (status, body) == (201, None)
    assert headers["rateLimit-limit"] == "240"
    (message,) = await stand_in.talk.messages(TARO.user_id)
    assert (message["from"], message["content"]) == ("bot", HELLO)
    assert message["at"] == "2026-11-20T02:15:30.001Z"


async def test_a_login_id_names_the_recipient_too(stand_in: StandIn) -> None:
    user = quote("Taro.Yamada@sample", safe="")
    assert (await stand_in.send(await stand_in.token(), HELLO, user))[0] == 201
    assert len(await stand_in.talk.messages(TARO.user_id)) == 1


async def test_an_open_room_takes_messages_by_its_channel(stand_in: StandIn) -> None:
    token = await stand_in.token()
    channel = stand_in.tenant.talks.with_bot(TARO.user_id).channel_id
    path = f"/bots/2000001/channels/{channel}/messages"
    status, _, body = await stand_in.call("POST", path, token, {"content": HELLO})
    assert (status, body["code"]) == (403, "ACCESS_DENIED")  # the room does not exist yet
    await stand_in.send(token, HELLO)
    assert (await stand_in.call("POST", path, token, {"content": HELLO}))[0] == 201
    assert len(await stand_in.talk.messages(TARO.user_id)) == 2


@pytest.mark.parametrize(
    "path", ["/bot/2000001", "/bots/2000001/users", "", "/users/a/b/c", "/bots/1/richmenus"]
)
async def test_unknown_paths(stand_in: StandIn, path: str) -> None:
    status, _, body = await stand_in.call("POST", path, None, {})
    assert (status, body) == (404, {"code": "NOT_FOUND", "description": "Api not exists"})


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer garbage", "Basic dGFybzpwdw==", "garbage"])
async def test_no_or_malformed_bearer(stand_in: StandIn, header: str | None) -> None:
    url = f"{stand_in.url}/v1.0/bots/2000001/users/{TARO.user_id}/messages"
    headers = {} if header is None else {"Authorization": header}
    async with stand_in.session.post(url, json={"content": HELLO}, headers=headers) as answer:
        assert answer.status == 401
        assert await answer.json() == {
            "code": "UNAUTHORIZED",
            "description": "Malformed authentication token",
        }


async def test_a_token_without_the_scope(stand_in: StandIn) -> None:
    token = await stand_in.token("user.profile.read")
    status, _, body = await stand_in.send(token, HELLO)
    assert (status, body["code"]) == (403, "FORBIDDEN")
    stand_in.tenant.faults.turn("scope_401", True)
    status, _, body = await stand_in.send(token, HELLO)
    assert (status, body["code"]) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"{}",
        b'{"content":"text"}',
        b'{"type":"text","text":"a"}',
        b'{"content":{"type":"location","latitude":NaN}}',
        b"[" * 100_000,
    ],
    ids=lambda body: body[:30].decode("latin-1"),
)
async def test_bodies_that_cannot_be_parsed(stand_in: StandIn, body: bytes) -> None:
    path = f"/bots/2000001/users/{TARO.user_id}/messages"
    token = await stand_in.token()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with stand_in.session.post(f"{stand_in.url}/v1.0{path}", data=body, headers=headers) as answer:
        assert answer.status == 400
        assert await answer.json() == {
            "code": "INVALID_PARAMETER",
            "description": "Request body cannot be parsed.",
        }


async def test_a_form_instead_of_json(stand_in: StandIn) -> None:
    path = f"/bots/2000001/users/{TARO.user_id}/messages"
    status, _, body = await stand_in.call("POST", path, await stand_in.token(), data={"content": "a"})
    assert (status, body["code"]) == (400, "INVALID_PARAMETER")


async def test_a_refusal_names_the_field(stand_in: StandIn) -> None:
    status, headers, body = await stand_in.send(await stand_in.token(), {"type": "text", "text": "a" * 2001})
    assert status == 400
    assert body == {
        "code": "INVALID_PARAMETER",
        "description": "content.text must be at most 2000 characters.",
    }
    assert headers["rateLimit-remaining"] == "239"
    assert await stand_in.talk.messages(TARO.user_id) == []


async def test_who_may_not_be_sent_to(stand_in: StandIn) -> None:
    token = await stand_in.token()
    for user, expected in ((OUTSIDER.user_id, (403, "ACCESS_DENIED")), ("nobody@sample", (404, "NOT_FOUND"))):
        status, _, body = await stand_in.send(token, HELLO, user)
        assert (status, body["code"]) == expected
    stand_in.tenant.faults.turn("unknown_403", True)
    status, _, body = await stand_in.send(token, HELLO, "nobody@sample")
    assert (status, body["code"]) == (403, "ACCESS_DENIED")


async def test_another_bot_is_not_found(stand_in: StandIn) -> None:
    path = f"/bots/2000002/users/{TARO.user_id}/messages"
    status, _, body = await stand_in.call("POST", path, await stand_in.token(), {"content": HELLO})
    assert (status, body["code"]) == (404, "NOT_FOUND")


async def test_checks_come_in_the_documented_order(stand_in: StandIn) -> None:
    """Path, token, scope, rate, body, permission, existence: with everything wrong the first one answers."""
    path, bad = "/bots/2000002/users/nobody@sample/messages", {"content": {"type": "hologram"}}
    assert (await stand_in.call("POST", "/bots/1/users/x/nonsense", None, bad))[0] == 404
    assert (await stand_in.call("POST", path, "garbage", bad))[0] == 401
    assert (await stand_in.call("POST", path, await stand_in.token("bot.read"), bad))[0] == 403
    token = await stand_in.token()
    assert (await stand_in.call("POST", path, token, bad))[0] == 400
    assert (await stand_in.call("POST", path, token, {"content": HELLO}))[0] == 404


async def test_rate_limit_counts_an_operation_per_minute(stand_in: StandIn) -> None:
    stand_in.tenant.settings.sends_per_minute = 3
    token = await stand_in.token()
    for used in (1, 2, 3):
        status, headers, _ = await stand_in.send(token, HELLO)
        assert status == 201
        assert _rate(headers) == (str(used), "3", str(3 - used), "60")
    stand_in.clock.advance(20.5)
    status, headers, body = await stand_in.send(token, HELLO)
    assert (status, body) == (429, {"code": "TOO_MANY_REQUESTS", "description": "API rate limit exceeded"})
    assert _rate(headers) == ("3", "3", "0", "40")
    assert (await stand_in.call("GET", f"/users/{TARO.user_id}", token))[0] == 200  # counted by itself
    stand_in.clock.advance(39.5)
    assert (await stand_in.send(token, HELLO))[0] == 201
    assert len(await stand_in.talk.messages(TARO.user_id)) == 4


async def test_refused_calls_count_towards_the_limit(stand_in: StandIn) -> None:
    stand_in.tenant.settings.sends_per_minute = 1
    token = await stand_in.token()
    assert (await stand_in.send(token, {"type": "hologram"}))[0] == 400
    assert (await stand_in.send(token, HELLO))[0] == 429


@pytest.mark.parametrize("identifier", [TARO.user_id, TARO.login_id, "externalKey:E-0001"])
async def test_a_member_is_found_by_three_kinds_of_id(stand_in: StandIn, identifier: str) -> None:
    token = await stand_in.token()
    status, _, member = await stand_in.call("GET", f"/users/{quote(identifier, safe='')}", token)
    assert status == 200
    assert (member["userId"], member["email"]) == (TARO.user_id, TARO.login_id)
    assert member["userName"]["lastName"] == "山田"


@pytest.mark.parametrize("identifier", ["nobody@sample", "externalKey:E-9999", "externalKey:", "E-0001"])
async def test_an_unknown_member_is_not_found(stand_in: StandIn, identifier: str) -> None:
    token = await stand_in.token()
    status, _, body = await stand_in.call("GET", f"/users/{quote(identifier, safe='')}", token)
    assert (status, body["code"]) == (404, "NOT_FOUND")


async def test_the_scope_shapes_a_member(stand_in: StandIn) -> None:
    records = {}
    for scope in ("user.email.read", "user.profile.read", "user.read"):
        token = await stand_in.token(scope)
        _, _, records[scope] = await stand_in.call("GET", f"/users/{HANAKO.user_id}", token)
    assert records["user.email.read"] == {"userId": HANAKO.user_id, "email": HANAKO.login_id}
    assert records["user.profile.read"]["userName"]["firstName"] is None
    assert "isSuspended" not in records["user.profile.read"]
    assert records["user.read"]["isSuspended"] is False
    token = await stand_in.token("bot.message")
    assert (await stand_in.call("GET", f"/users/{HANAKO.user_id}", token))[0] == 403


async def test_a_member_belongs_to_units_of_the_only_domain_the_first_is_the_main_one(
    stand_in: StandIn,
) -> None:
    token = await stand_in.token("user.profile.read")
    _, _, taro = await stand_in.call("GET", f"/users/{TARO.user_id}", token)
    (organization,) = taro["organizations"]
    units = [(unit["orgUnitName"], unit["primary"]) for unit in organization["orgUnits"]]
    assert units == [("営業部", True), ("大阪支店", False)]
    _, _, hanako = await stand_in.call("GET", f"/users/{HANAKO.user_id}", token)
    assert hanako["organizations"][0]["orgUnits"] == []


async def test_me_is_refused_for_a_service_account(stand_in: StandIn) -> None:
    status, _, body = await stand_in.call("GET", "/users/me", await stand_in.token())
    assert (status, body["code"]) == (403, "SERVICE_ACCOUNT_NOT_ALLOWED")


async def test_external_keys_do_not_address_messages(stand_in: StandIn) -> None:
    assert (await stand_in.send(await stand_in.token(), HELLO, "externalKey:E-0001"))[0] == 404


async def test_the_bot_can_be_read_and_changed(stand_in: StandIn) -> None:
    token = await stand_in.token(EVERYTHING)
    status, _, bot = await stand_in.call("GET", "/bots/2000001", token)
    assert (status, bot["botId"]) == (200, 2000001)
    assert bot["callbackUrl"].startswith("http://127.0.0.1")
    status, _, bot = await stand_in.call("PATCH", "/bots/2000001", token, {"callbackEvents": ["text"]})
    assert (status, bot["callbackEvents"]) == (200, ["text"])
    whole: dict[str, Any] = {
        "botName": "買い物",
        "description": "備品",
        "administrators": ["buyer-admin@sample"],
    }
    status, _, bot = await stand_in.call("PUT", "/bots/2000001", token, whole)
    assert (status, bot["botName"]) == (200, "買い物")


@pytest.mark.parametrize(
    ("method", "change", "field"),
    [
        ("PUT", {"botName": "買い物"}, "bot.description"),
        ("PATCH", {"botName": "あ" * 101}, "bot.botName"),
        ("PATCH", {"callbackUrl": "http://bot.example.co.jp/callback"}, "bot.callbackUrl"),
        ("PATCH", {"callbackEvents": ["hologram"]}, "bot.callbackEvents"),
        ("PATCH", {"channelEvents": ["text"]}, "bot.channelEvents"),
        ("PATCH", {"enableCallback": "yes"}, "bot.enableCallback"),
        ("PATCH", {"administrators": ["a", "b", "c", "d"]}, "bot.administrators"),
    ],
    ids=str,
)
async def test_wrong_registrations(stand_in: StandIn, method: str, change: object, field: str) -> None:
    token = await stand_in.token(EVERYTHING)
    status, _, body = await stand_in.call(method, "/bots/2000001", token, change)
    assert status == 400
    assert body["description"].startswith(field)


async def test_reading_the_bot_needs_its_scope(stand_in: StandIn) -> None:
    assert (await stand_in.call("GET", "/bots/2000001", await stand_in.token("bot.message")))[0] == 403
    assert (await stand_in.call("GET", "/bots/2000001", await stand_in.token("bot.read")))[0] == 200
    assert (await stand_in.call("PATCH", "/bots/2000001", await stand_in.token("bot.read"), {}))[0] == 403


async def test_persistent_menu(stand_in: StandIn) -> None:
    token, path = await stand_in.token(), "/bots/2000001/persistentmenu"
    menu = {"actions": [{"type": "message", "label": "買い物をする", "text": "買い物をする"}]}
    assert (await stand_in.call("GET", path, token))[0] == 404
    assert (await stand_in.call("POST", path, token, {"content": menu}))[0] == 201
    assert (await stand_in.call("GET", path, token))[2] == {"content": menu}
    assert (await stand_in.call("POST", path, token, {"content": {"actions": []}}))[0] == 400
    assert (await stand_in.call("DELETE", path, token))[0] == 204
    assert (await stand_in.call("GET", path, token))[0] == 404


async def test_faults_answer_the_next_calls(stand_in: StandIn) -> None:
    token = await stand_in.token()
    codes = {
        "429": "TOO_MANY_REQUESTS",
        "500": "INTERNAL_SERVER_ERROR",
        "503": "SERVICE_UNAVAILABLE",
        "403": "ACCESS_DENIED",
    }
    for answer, code in codes.items():
        await stand_in.talk.trouble(answer=answer, seconds=7)
        status, headers, body = await stand_in.send(token, HELLO)
        assert (str(status), body["code"]) == (answer, code)
        if answer == "429":
            assert _rate(headers) == ("240", "240", "0", "7")
    assert await stand_in.talk.messages(TARO.user_id) == []
    assert (await stand_in.send(token, HELLO))[0] == 201


async def test_a_fault_can_come_several_times_and_be_called_off(stand_in: StandIn) -> None:
    token = await stand_in.token()
    assert (await stand_in.talk.trouble(answer="500", times=3))["waiting"]["send"] == ["500"] * 3
    assert (await stand_in.send(token, HELLO))[0] == 500
    assert (await stand_in.send(token, HELLO))[0] == 500
    await stand_in.talk.trouble(clear=True)
    assert (await stand_in.send(token, HELLO))[0] == 201


async def test_expiry_fault_kills_every_token(stand_in: StandIn) -> None:
    token = await stand_in.token()
    await stand_in.talk.trouble(answer="401")
    status, _, body = await stand_in.send(token, HELLO)
    assert (status, body["code"]) == (401, "UNAUTHORIZED")
    assert (await stand_in.send(token, HELLO))[0] == 401
    assert (await stand_in.send(await stand_in.token(), HELLO))[0] == 201


async def test_cut_takes_the_message_and_answers_nothing(stand_in: StandIn) -> None:
    token = await stand_in.token()
    await stand_in.talk.trouble(answer="cut")
    with pytest.raises(aiohttp.ClientError):
        await stand_in.send(token, HELLO)
    assert len(await stand_in.talk.messages(TARO.user_id)) == 1


async def test_redirect_names_the_place_to_repeat_at(stand_in: StandIn) -> None:
    token = await stand_in.token()
    for answer in ("307", "302"):
        await stand_in.talk.trouble(answer=answer)
        status, headers, body = await stand_in.send(token, HELLO)
        assert (str(status), body) == (answer, None)
        assert headers["Location"] == f"{stand_in.url}/v1.0/bots/2000001/users/{TARO.user_id}/messages"
        assert ("rateLimit-limit" in headers) == (answer == "307")  # absent on 302 (reference 4)


async def test_slow_answers_rightly_but_late(stand_in: StandIn) -> None:
    token = await stand_in.token()
    await stand_in.talk.trouble(answer="slow", seconds=0.05)
    assert (await stand_in.send(token, HELLO))[0] == 201
    (entry,) = await stand_in.logged("send")
    assert entry["ms"] >= 50


async def test_faults_of_the_token_server(stand_in: StandIn) -> None:
    await stand_in.talk.trouble(answer="500", at="token")
    assert (await stand_in.token_answer(stand_in.token_form()))[0] == 500
    assert (await stand_in.token_answer(stand_in.token_form()))[0] == 200


async def test_every_call_is_in_the_log(stand_in: StandIn) -> None:
    token = await stand_in.token()
    await stand_in.send(token, HELLO)
    await stand_in.send(token, {"type": "hologram"})
    await stand_in.send(token, HELLO | {"colour": "red"})
    good, bad, strange = await stand_in.logged("send", 3)
    assert (good["what"], good["status"], good["failure"]) == ("text", 201, "")
    assert good["user_id"] == TARO.user_id
    assert bad["status"] == 400
    assert "hologram" in bad["failure"]
    assert strange["note"] == "content.colour: unknown field"
    assert token not in str(stand_in.tenant.log.after(0))


def _rate(headers: dict[str, str]) -> tuple[str, str, str, str]:
    names = ("ssed", "limit", "remaining", "reset")
    used, limit, remaining, reset = (headers[f"rateLimit-{name}"] for name in names)
    return used, limit, remaining, reset
