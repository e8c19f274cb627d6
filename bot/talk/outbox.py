"""Messages on their way: every send is a job in its recipient's lane, written with the change that caused it.

A company's sends are a kind of their own, because each company has a pace of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.lineworks.message import Outgoing
from storage import queue
from storage.database import Tx

ANSWER, NOTICE = 0, 1
"""Priorities: who has just asked is answered before anybody is told news."""


def kind(company_id: str) -> str:
    """The kind of the company's sends."""
    return f"send:{company_id}"


@dataclass(frozen=True, slots=True)
class Send:
    """One message for one person, or for a room; `recipient` is a LINE WORKS user id or login id, or the channel's id."""

    recipient: str
    content: dict[str, Any]
    to_room: bool = False

    @staticmethod
    def unpack(payload: bytes) -> "Send":
        fields = json.loads(payload)
        return Send(fields["to"], fields["content"], fields.get("room", False))


def post(
    tx: Tx,
    company_id: str,
    recipient: str,
    messages: Sequence[Outgoing],
    *,
    key: str,
    now: datetime,
    priority: int,
    to_room: bool = False,
    trace: str = "",
) -> None:
    """Put the messages into the recipient's lane, in order. `key` makes a repeated piece of work send once.

    What the recipient was to be told before becomes as urgent: an answer neither overtakes it nor waits for others' news.
    """
    lane = f"send:{company_id}:{recipient}"
    for place, message in enumerate(messages):
        room = {"room": True} if to_room else {}
        payload = json.dumps({"to": recipient, **room, "content": message.content()}, ensure_ascii=False)
        queue.put(
            tx,
            company_id=company_id,
            lane=lane,
            kind=kind(company_id),
            key=f"send:{key}:{place}",
            payload=payload.encode(),
            now=now,
            priority=priority,
            trace=trace,
        )
    if messages and priority < NOTICE:
        queue.hurry(tx, lane, priority)
