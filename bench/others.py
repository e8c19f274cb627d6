"""The same words as the other platforms would bring them to their own bots."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from bench.events import SECRET
from bench.wire import post

_JSON = {"Content-Type": "application/json"}


def line(number: int, text: str = "ヘルプ") -> bytes:
    message = {"id": str(number), "type": "text", "text": text, "quoteToken": "q"}
    event: dict[str, Any] = {
        "type": "message",
        "message": message,
        "timestamp": 1795000000000 + number,
        "source": {"type": "user", "userId": f"U{number % 200}"},
        "replyToken": f"r{number}",
        "mode": "active",
        "webhookEventId": f"e{number}",
        "deliveryContext": {"isRedelivery": False},
    }
    body = json.dumps({"destination": "Ubench", "events": [event]}).encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)).decode()
    return post("/", body, {**_JSON, "X-Line-Signature": signature})


def slack(number: int, text: str = "ヘルプ") -> bytes:
    event = {
        "type": "message",
        "channel": "C1",
        "user": f"U{number % 200}",
        "text": text,
        "ts": f"{number}.1",
    }
    body = json.dumps(
        {
            "type": "event_callback",
            "team_id": "T1",
            "api_app_id": "A1",
            "event_id": f"Ev{number}",
            "event": event,
        }
    ).encode()
    now = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), b"v0:" + now.encode() + b":" + body, hashlib.sha256).hexdigest()
    return post(
        "/", body, {**_JSON, "X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={signature}"}
    )


def telegram(number: int, text: str = "ヘルプ") -> bytes:
    person = {"id": 1000 + number % 200, "is_bot": False, "first_name": "太郎"}
    chat = {"id": person["id"], "type": "private", "first_name": "太郎"}
    message = {"message_id": number, "date": 1795000000, "chat": chat, "from": person, "text": text}
    body = json.dumps({"update_id": number, "message": message}).encode()
    return post("/", body, {**_JSON, "X-Telegram-Bot-Api-Secret-Token": SECRET})


PEERS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "slack-bolt": ("bench/peers/slack.py", slack),
    "python-telegram-bot": ("bench/peers/telegram_bot.py", telegram),
    "line-bot-sdk": ("bench/peers/line.py", line),
    "aiogram (memory)": ("bench/peers/aiogram_bot.py", telegram),
}
"""Each peer's program and how its platform calls it. None of them stores anything before it answers."""
