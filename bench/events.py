"""Callbacks as LINE WORKS sends them, signed, each another, ready for the wire."""

import json
from datetime import UTC, datetime, timedelta

from bench.wire import post
from bot.lineworks.signature import sign
from punchout.secret import Secret

BOT_ID = 2000001
SECRET = "bench-bot-secret"


def body(number: int, member: str, text: str = "ヘルプ") -> bytes:
    """The callback of one message; `number` makes it another than all before."""
    issued = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(milliseconds=number)
    event = {
        "type": "message",
        "source": {"userId": member, "domainId": 1},
        "issuedTime": issued.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "content": {"type": "text", "text": text},
    }
    return json.dumps(event, ensure_ascii=False).encode()


def callback(number: int, member: str, text: str = "ヘルプ", path: str = "/lineworks/callback") -> bytes:
    """The same as a request. Bodies of other platforms' bots would differ; each peer gets its own platform's."""
    payload = body(number, member, text)
    return post(
        path,
        payload,
        {
            "Content-Type": "application/json; charset=UTF-8",
            "X-WORKS-BotId": str(BOT_ID),
            "X-WORKS-Signature": sign(Secret(SECRET), payload),
        },
    )
