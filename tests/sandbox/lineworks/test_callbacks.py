"""Callbacks as the platform sends them: exact bytes, one try, the right fields (reference 2, 13.3)."""

import base64
import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.lineworks.callbacks import signature
from tests.sandbox.lineworks.conftest import TARO, Received, StandIn

BUTTONS = {
    "type": "button_template",
    "contentText": "決済しますか?",
    "actions": [{"type": "message", "label": "決済する", "text": "決済する", "postback": "pay:1:4c1f"}],
}
ADDRESSES = {
    "type": "carousel",
    "columns": [
        {
            "text": "本社",
            "actions": [
                {"type": "postback", "label": "選択する", "data": "addr:1", "displayText": "本社に届ける"}
            ],
        }
    ],
}


def event(received: Received) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(received.body)
    return values


def test_signatures_of_the_reference() -> None:
    """Every worked vector of the reference; the first one stands in its text (2.2)."""
    body = (
        b'{"type":"message","source":{"userId":"u-1","domainId":1},'
        b'"issuedTime":"2026-11-20T02:15:30.001Z","content":{"type":"text","text":"hello"}}'
    )
    assert signature("bot-secret-for-tests-0001", body) == "JUVpGNpDV733Wi90eg9k2bupW1VAbenggQ2K8egkidQ="
    default = Path(__file__).parents[4] / "shared" / "reference"
    folder = Path(os.environ.get("KAIMONO_REFERENCE", default)) / "lineworks"
    if not folder.is_dir():
        pytest.skip("no reference: set KAIMONO_REFERENCE to the folder that holds lineworks/")
    vectors = json.loads((folder / "signature-vectors.json").read_text(encoding="utf-8"))
    for vector in vectors["vectors"]:
        body = (folder / vector["file"]).read_bytes()
        assert signature(vectors["botSecret"], body) == vector["X-WORKS-Signature"], vector["file"]


async def test_a_typed_text_byte_for_byte(stand_in: StandIn) -> None:
    await stand_in.talk.say(TARO.user_id, "注文したい")
    begin, message = await stand_in.listener.next(), await stand_in.listener.next()
    assert event(begin)["type"] == "begin"
    assert (
        message.body
        == (
            '{"type":"message","source":{"userId":"7d3f0a52-9c41-4e08-8a6b-1f2e3d4c5b6a","domainId":12345678},'
            '"issuedTime":"2026-11-20T02:15:30.001Z","content":{"type":"text","text":"注文したい"}}'
        ).encode()
    )
    secret = b"bot-secret-for-tests-0001"
    expected = base64.b64encode(hmac.digest(secret, message.body, hashlib.sha256)).decode()
    assert message.headers["X-WORKS-Signature"] == expected
    assert message.headers["X-WORKS-BotId"] == "2000001"
    assert message.headers["Content-Type"] == "application/json; charset=UTF-8"


async def test_start_opens_the_room_and_says_so(stand_in: StandIn) -> None:
    await stand_in.talk.start(TARO.user_id)
    begin, message = event(await stand_in.listener.next()), event(await stand_in.listener.next())
    assert begin["type"] == "begin"
    assert begin["source"]["channelId"] == stand_in.tenant.talks.with_bot(TARO.user_id).channel_id
    assert "channelId" not in message["source"]
    assert message["content"] == {"type": "text", "text": "利用開始", "postback": "start"}


async def test_first_push_begins_the_room_once(stand_in: StandIn) -> None:
    token = await stand_in.token()
    for _ in range(2):
        await stand_in.send(token, {"type": "text", "text": "お知らせ"})
    await stand_in.talk.say(TARO.user_id, "はい")
    assert event(await stand_in.listener.next())["type"] == "begin"
    assert event(await stand_in.listener.next())["type"] == "message"
    assert stand_in.listener.queue.empty()


async def test_a_refused_push_begins_nothing(stand_in: StandIn) -> None:
    await stand_in.send(await stand_in.token(), {"type": "text", "text": ""})
    await stand_in.talk.start(TARO.user_id)
    assert [event(await stand_in.listener.next())["type"] for _ in range(2)] == ["begin", "message"]


async def test_tapped_message_action(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, BUTTONS)
    tapped = await stand_in.talk.tap(TARO.user_id, "決済する")
    assert tapped["message"]["content"] == {"type": "text", "text": "決済する"}
    await stand_in.listener.next()
    message = event(await stand_in.listener.next())
    assert message["type"] == "message"
    assert message["content"] == {"type": "text", "text": "決済する", "postback": "pay:1:4c1f"}


async def test_buttons_stay_tappable_for_ever(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, BUTTONS)
    for number in range(50):
        stand_in.tenant.push(TARO, {"type": "text", "text": str(number)})
    for _ in range(2):
        await stand_in.talk.tap(TARO.user_id, "決済する", message=1)
    kinds = [event(await stand_in.listener.next())["type"] for _ in range(3)]
    assert kinds == ["begin", "message", "message"]


async def test_tapped_postback_action(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, ADDRESSES)
    tapped = await stand_in.talk.tap(TARO.user_id, "選択する")
    assert tapped["message"]["content"]["text"] == "本社に届ける"
    await stand_in.listener.next()
    postback = event(await stand_in.listener.next())
    assert list(postback) == ["type", "source", "issuedTime", "data"]
    assert (postback["type"], postback["data"]) == ("postback", "addr:1")
    assert postback["source"]["channelId"] == stand_in.tenant.talks.with_bot(TARO.user_id).channel_id
    assert stand_in.listener.queue.empty()  # displayText makes no message event


async def test_links_and_copies_make_no_event(stand_in: StandIn) -> None:
    link = {"type": "uri", "label": "開く", "uri": "https://bot.example.co.jp/p/1"}
    copy = {"type": "copy", "label": "写す", "copyText": "250-1"}
    stand_in.tenant.push(TARO, {"type": "button_template", "contentText": "本文", "actions": [link, copy]})
    assert (await stand_in.talk.tap(TARO.user_id, "開く"))["opens"] == "https://bot.example.co.jp/p/1"
    assert (await stand_in.talk.tap(TARO.user_id, "写す"))["copies"] == "250-1"
    await stand_in.talk.say(TARO.user_id, "はい")
    kinds = [event(await stand_in.listener.next())["type"] for _ in range(2)]
    assert kinds == ["begin", "message"]
    assert len(await stand_in.talk.messages(TARO.user_id)) == 2


async def test_leaving_ends_the_room_and_a_push_begins_it_again(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, {"type": "text", "text": "お知らせ"})
    stand_in.tenant.leave(TARO)
    stand_in.tenant.leave(TARO)
    stand_in.tenant.push(TARO, {"type": "text", "text": "お知らせ"})
    assert [event(await stand_in.listener.next())["type"] for _ in range(3)] == ["begin", "end", "begin"]
    assert stand_in.listener.queue.empty()


async def test_no_retry_and_the_failure_is_kept(stand_in: StandIn) -> None:
    stand_in.listener.status = 503
    await stand_in.talk.start(TARO.user_id)
    entries = await stand_in.logged("callback", 2)
    assert [entry["status"] for entry in entries] == [503, 503]
    assert entries[0]["failure"] == "answered 503, not 200"
    assert (await stand_in.talk.log())["failures"] == 2
    assert stand_in.listener.queue.qsize() == 2


async def test_a_bot_that_does_not_answer_has_failed(stand_in: StandIn) -> None:
    stand_in.listener.gate.clear()
    stand_in.tenant.settings.callback_seconds = 0.05
    await stand_in.tenant.callbacks.close()
    await stand_in.tenant.callbacks.open()
    stand_in.tenant.push(TARO, {"type": "text", "text": "お知らせ"})
    (entry,) = await stand_in.logged("callback")
    assert (entry["status"], entry["failure"]) == (None, "no answer within 0.05 s")


async def test_a_bot_that_is_not_there_has_failed(stand_in: StandIn, unused_tcp_port: int) -> None:
    token = await stand_in.token("bot")
    change = {"callbackUrl": f"http://127.0.0.1:{unused_tcp_port}/callback"}
    await stand_in.call("PATCH", "/bots/2000001", token, change)
    assert (await stand_in.send(token, {"type": "text", "text": "お知らせ"}))[0] == 201
    (entry,) = await stand_in.logged("callback")
    assert entry["failure"].startswith("no connection")


async def test_only_enabled_events_go_out(stand_in: StandIn) -> None:
    token = await stand_in.token("bot")
    await stand_in.call(
        "PATCH", "/bots/2000001", token, {"channelEvents": ["message"], "callbackEvents": ["text"]}
    )
    await stand_in.talk.start(TARO.user_id)
    assert event(await stand_in.listener.next())["type"] == "message"
    begin, _ = await stand_in.logged("callback", 2)
    assert (begin["what"], begin["status"], begin["note"]) == ("begin", None, "not enabled for the bot")


async def test_wrong_signature_wrong_bot_and_altered_body_want_a_401(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, {"type": "text", "text": "お知らせ"})
    right = await stand_in.listener.next()
    secret = stand_in.tenant.settings.bot_secret.get_secret_value()

    for switch in ("wrong_signature", "wrong_bot", "altered_body"):
        await stand_in.talk.trouble(switch=switch)
        await stand_in.talk.say(TARO.user_id, "はい")
        spoilt = await stand_in.listener.next()
        signed = spoilt.headers["X-WORKS-Signature"] == signature(secret, spoilt.body)
        assert signed == (switch == "wrong_bot")
        assert (spoilt.headers["X-WORKS-BotId"] == right.headers["X-WORKS-BotId"]) == (switch != "wrong_bot")
        assert json.loads(spoilt.body)["type"] == "message"
        await stand_in.talk.trouble(clear=True)
    failures = [entry["failure"] for entry in (await stand_in.logged("callback", 4))[1:]]
    assert failures == ["answered 200, not 401"] * 3


async def test_duplicates_are_the_same_bytes(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, {"type": "text", "text": "お知らせ"})
    await stand_in.listener.next()
    await stand_in.talk.trouble(switch="duplicate")
    await stand_in.talk.say(TARO.user_id, "はい")
    first, second = await stand_in.listener.next(), await stand_in.listener.next()
    assert first == second


async def test_swapped_events_come_in_the_other_order(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, {"type": "text", "text": "お知らせ"})
    await stand_in.listener.next()
    await stand_in.talk.trouble(switch="swapped")
    for text in ("一", "二", "三"):
        await stand_in.talk.say(TARO.user_id, text)
    assert [event(await stand_in.listener.next())["content"]["text"] for _ in range(2)] == ["二", "一"]
    assert stand_in.listener.queue.empty()
    await stand_in.talk.trouble(switch="swapped", on=False)
    assert event(await stand_in.listener.next())["content"]["text"] == "三"


async def test_strange_but_right_callbacks(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, ADDRESSES)
    await stand_in.listener.next()
    for switch in ("no_milliseconds", "lower_case_headers", "no_postback_channel"):
        await stand_in.talk.trouble(switch=switch)
    await stand_in.talk.tap(TARO.user_id, "選択する")
    received = await stand_in.listener.next()
    assert event(received)["issuedTime"] == "2026-11-20T02:15:30Z"
    assert "channelId" not in event(received)["source"]
    assert received.headers["x-works-signature"] == signature("bot-secret-for-tests-0001", received.body)


async def test_unknown_kinds_come_before_the_right_event(stand_in: StandIn) -> None:
    stand_in.tenant.push(TARO, {"type": "text", "text": "お知らせ"})
    await stand_in.listener.next()
    for switch in ("unknown_type", "unknown_content"):
        await stand_in.talk.trouble(switch=switch)
    await stand_in.talk.say(TARO.user_id, "はい")
    events = [event(await stand_in.listener.next()) for _ in range(3)]
    assert events[0]["content"]["type"] == "hologram"
    assert events[1]["type"] == "hologram"
    assert events[2]["content"] == {"type": "text", "text": "はい"}
