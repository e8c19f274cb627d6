"""A client that knows only LINE WORKS' public documentation works here once its two base addresses are changed.

It is an echo bot, written from the reference's sections 1, 2, 3 and 7, and it uses nothing of ours.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from sandbox.lineworks.app import TENANT, make_lineworks
from sandbox.lineworks.client import Message, TalkClient
from sandbox.lineworks.tenant import Tenant
from sandbox.settings import LineWorksSettings, Person

AUTH_BASE = "https://auth.worksmobile.com/oauth2/v2.0"
API_BASE = "https://www.worksapis.com/v1.0"


class Refused(Exception):
    """The platform's no: the HTTP status, and its `code` or `returnMessage`."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


@dataclass
class EchoBot:
    """What the Developer Console gives a bot, and what it does with it."""

    session: aiohttp.ClientSession
    private_key: str = field(repr=False)
    client_secret: str = field(repr=False)
    bot_secret: str = field(repr=False)
    client_id: str = "echo-client"
    service_account: str = "echo.serviceaccount@sample"
    bot_id: int = 2000001
    auth_base: str = AUTH_BASE
    api_base: str = API_BASE
    token: str = field(default="", repr=False)

    async def log_in(self, scope: str = "bot.message user.profile.read", issued: int | None = None) -> None:
        """A token for the service account (reference 1.2, 1.3)."""
        now = int(time.time()) if issued is None else issued
        claims = {"iss": self.client_id, "sub": self.service_account, "iat": now, "exp": now + 1800}
        form = {
            "assertion": jwt.encode(claims, self.private_key, algorithm="RS256"),
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": scope,
        }
        async with self.session.post(f"{self.auth_base}/token", data=form) as answer:
            values = await answer.json()
            if answer.status != 200:
                raise Refused(answer.status, values["returnMessage"])
            assert (values["token_type"], int(values["expires_in"]) > 0) == ("Bearer", True)
            self.token = values["access_token"]

    async def call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.session.request(method, self.api_base + path, json=body, headers=headers) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise Refused(answer.status, json.loads(text)["code"])
            return json.loads(text) if text else None

    async def user(self, user_id: str) -> dict[str, Any]:
        """A member's profile (reference 7)."""
        found: dict[str, Any] = await self.call("GET", f"/users/{quote(user_id, safe='')}")
        return found

    async def send(self, user_id: str, content: dict[str, Any]) -> None:
        """One message; 201 has no body to look into (reference 3.1)."""
        to = f"/bots/{self.bot_id}/users/{quote(user_id, safe='')}/messages"
        assert await self.call("POST", to, {"content": content}) is None

    async def callback(self, request: web.Request) -> web.Response:
        """Says back what a member says, once the signature over the raw body is right (reference 2.2)."""
        body = await request.read()
        digest = hmac.new(self.bot_secret.encode(), body, hashlib.sha256).digest()
        signature = request.headers.get("X-WORKS-Signature", "")
        if not hmac.compare_digest(base64.b64encode(digest).decode(), signature):
            return web.Response(status=401)
        event = json.loads(body)
        if event["type"] == "message" and event["content"]["type"] == "text":
            postback = event["content"].get("postback", "")
            answer = {"type": "text", "text": f"{event['content']['text']} {postback}".strip()}
            await self.send(event["source"]["userId"], answer)
        return web.Response()


TARO = Person(
    user_id="c72af563-0f21-4736-11e4-045237113344",
    login_id="taro.yamada@sample",
    last_name="山田",
    first_name="太郎",
)
NOBODY = "c72af563-0f21-4736-11e4-000000000000"


@dataclass
class Meeting:
    """The echo bot and the platform; `talk` is the member's thumb."""

    bot: EchoBot
    talk: TalkClient
    tenant: Tenant

    async def told(self) -> list[dict[str, Any]]:
        """Everything the bot has told the member."""
        said = await self.talk.messages(TARO.user_id)
        return [message["content"] for message in said if message["from"] == "bot"]

    async def callbacks(self, count: int) -> list[tuple[int | None, str]]:
        """Status and fault of each callback, once so many were answered: an echo comes before its 200."""

        def answered() -> list[tuple[int | None, str]]:
            entries = [entry for entry in self.tenant.log.after(0) if entry.kind == "callback"]
            return [(entry.status, entry.failure) for entry in entries]

        await self.tenant.pulse.until(lambda: len(answered()) >= count, 5)
        return answered()


@pytest.fixture
async def meeting(keys: tuple[str, str]) -> AsyncIterator[Meeting]:
    """The stand-in under its own clock, and the bot with its two base addresses changed, and nothing else."""
    private, public = keys
    async with aiohttp.ClientSession() as session:
        bot = EchoBot(session, private, "echo-client-secret", "echo-bot-secret")
        listening = web.Application()
        listening.router.add_post("/callback", bot.callback)
        async with TestServer(listening) as bot_server:
            settings = LineWorksSettings(
                bot_secret=SecretStr(bot.bot_secret),
                client_id=bot.client_id,
                client_secret=SecretStr(bot.client_secret),
                service_account=bot.service_account,
                public_key=public,
                callback_url=str(bot_server.make_url("/callback")),
                people=[TARO],
            )
            app = web.Application()
            lineworks = make_lineworks(settings)
            app.add_subapp("/lineworks", lineworks)
            async with TestServer(app) as server:
                here = str(server.make_url("")).rstrip("/")
                bot.auth_base = f"{here}/lineworks/oauth2/v2.0"
                bot.api_base = f"{here}/lineworks/v1.0"
                yield Meeting(bot, TalkClient(here, session), lineworks[TENANT])


def say(label: str = "はい") -> dict[str, str]:
    return {"type": "message", "label": label, "text": label, "postback": "yes"}


OPEN = {"type": "uri", "label": "開く", "uri": "https://example.co.jp/"}
POSTBACK = {"type": "postback", "label": "選択する", "data": "address:1", "displayText": "本社"}
TEXT = {"type": "text", "text": "こんにちは"}
BUTTONS = {"type": "button_template", "contentText": "よろしいですか？", "actions": [say(), OPEN]}
CAROUSEL = {
    "type": "carousel",
    "columns": [{"title": "本社", "text": "東京都千代田区", "actions": [POSTBACK, OPEN]}] * 10,
}
LIST = {
    "type": "list_template",
    "coverData": {"title": "注文履歴", "subtitle": "今月"},
    "elements": [{"title": "机", "subtitle": "16,182円", "action": OPEN}] * 4,
    "actions": [[say("前へ"), say("次へ")]],
}
FLEX = {
    "type": "flex",
    "altText": "発送しました",
    "contents": {
        "type": "bubble",
        "body": {
            "type": "box",
            "layout": "vertical",
            "contents": [
                {"type": "text", "text": "発送しました", "weight": "bold"},
                {"type": "button", "action": OPEN},
            ],
        },
    },
}
QUICK = TEXT | {"quickReply": {"items": [{"action": say()}, {"action": POSTBACK}]}}


async def test_a_member_is_looked_up_by_id_and_by_login_id(meeting: Meeting) -> None:
    await meeting.bot.log_in()
    by_id, by_login_id = await meeting.bot.user(TARO.user_id), await meeting.bot.user(TARO.login_id)
    assert by_id == by_login_id
    assert by_id["userName"]["lastName"] + by_id["userName"]["firstName"] == "山田太郎"
    assert (by_id["userId"], by_id["email"]) == (TARO.user_id, "taro.yamada@sample")


@pytest.mark.parametrize(
    "content",
    [TEXT, TEXT | {"text": "あ" * 2000}, BUTTONS, CAROUSEL, LIST, FLEX, QUICK],
    ids=["text", "text of 2000", "buttons", "carousel", "list", "flex", "quick reply"],
)
async def test_a_message_of_each_kind_reaches_the_member_as_it_was_sent(
    meeting: Meeting, content: dict[str, Any]
) -> None:
    await meeting.bot.log_in()
    await meeting.bot.send(TARO.user_id, content)
    assert await meeting.told() == [content]


async def test_what_a_member_types_or_taps_is_echoed(meeting: Meeting) -> None:
    await meeting.bot.log_in()
    await meeting.talk.say(TARO.user_id, "注文したい 🌸")
    await meeting.talk.wait_for(TARO.user_id, says("注文したい 🌸"))
    await meeting.bot.send(TARO.user_id, BUTTONS)
    await meeting.talk.tap(TARO.user_id, "はい")
    await meeting.talk.wait_for(TARO.user_id, says("はい yes"))
    assert await meeting.callbacks(3) == [(200, "")] * 3  # begin, the typed word, the tap


def says(text: str) -> Callable[[Message], bool]:
    return lambda message: message["from"] == "bot" and message["content"].get("text") == text


async def test_a_callback_that_is_signed_otherwise_is_not_echoed(meeting: Meeting) -> None:
    await meeting.bot.log_in()
    meeting.bot.bot_secret = "another-bot-secret"
    await meeting.talk.say(TARO.user_id, "注文したい")
    assert [status for status, _ in await meeting.callbacks(2)] == [401, 401]
    assert await meeting.told() == []


async def test_a_wrong_secret_gets_no_token(meeting: Meeting) -> None:
    meeting.bot.client_secret = "another-secret"
    with pytest.raises(Refused, match=r"^400 "):
        await meeting.bot.log_in()


async def test_an_expired_assertion_gets_no_token(meeting: Meeting) -> None:
    with pytest.raises(Refused, match=r"^400 "):
        await meeting.bot.log_in(issued=int(time.time()) - 3600)


async def test_a_scope_that_the_app_has_not_gets_no_token(meeting: Meeting) -> None:
    with pytest.raises(Refused, match=r"^400 "):
        await meeting.bot.log_in(scope="bot.message mail")


@pytest.mark.parametrize(
    "content",
    [
        BUTTONS | {"actions": [POSTBACK]},
        LIST | {"actions": [[POSTBACK]]},
        BUTTONS | {"actions": [say()] * 11},
        CAROUSEL | {"columns": [{"text": "本社", "actions": [OPEN]}] * 11},
        CAROUSEL | {"columns": [{"text": "本社", "actions": [OPEN] * n} for n in (1, 2)]},
        {"type": "text", "text": "あ" * 2001},
        {"type": "text"},
        TEXT | {"quickReply": {"items": [{"action": say()}] * 14}},
        FLEX | {"altText": "発" * 401},
        {"type": "hologram"},
    ],
    ids=[
        "postback in a button template",
        "postback in a list template",
        "11 buttons",
        "11 columns",
        "uneven columns",
        "text of 2001",
        "no text",
        "14 quick replies",
        "altText of 401",
        "unknown type",
    ],
)
async def test_a_message_beyond_the_limits_is_refused(meeting: Meeting, content: dict[str, Any]) -> None:
    await meeting.bot.log_in()
    with pytest.raises(Refused, match=r"^400 INVALID_PARAMETER$"):
        await meeting.bot.send(TARO.user_id, content)
    assert await meeting.talk.messages(TARO.user_id) == []


async def test_somebody_who_does_not_exist_is_not_found(meeting: Meeting) -> None:
    await meeting.bot.log_in()
    with pytest.raises(Refused, match=r"^404 NOT_FOUND$"):
        await meeting.bot.send(NOBODY, TEXT)
    with pytest.raises(Refused, match=r"^404 NOT_FOUND$"):
        await meeting.bot.user(NOBODY)


async def test_a_path_that_does_not_exist_is_not_found(meeting: Meeting) -> None:
    await meeting.bot.log_in()
    with pytest.raises(Refused, match=r"^404 NOT_FOUND$"):
        await meeting.bot.call("POST", f"/bots/{meeting.bot.bot_id}/broadcast", {"content": TEXT})


@pytest.mark.parametrize("token", ["", "garbage"])
async def test_without_a_token_nothing_is_served(meeting: Meeting, token: str) -> None:
    meeting.bot.token = token
    with pytest.raises(Refused, match=r"^401 UNAUTHORIZED$"):
        await meeting.bot.send(TARO.user_id, TEXT)
    with pytest.raises(Refused, match=r"^401 UNAUTHORIZED$"):
        await meeting.bot.user(TARO.user_id)
