"""Who makes a storm: members who write at once, and the notices that wait for them and for others."""

import asyncio
from datetime import datetime
from typing import Any

import aiohttp

from bench.events import BOT_ID, SECRET, body
from bench.house import COMPANY
from bot.lineworks.message import Text
from bot.lineworks.signature import sign
from bot.talk import outbox
from bot.talk.outbox import NOTICE
from punchout.secret import Secret
from storage.database import Tx

MEMBERS, WORDS = 500, ("はじめまして", "ヘルプ")
NOTICES, OWN_NOTICES = 2000, 200
"""Of the notices, so many wait for people who write; the others for people who don't."""
AT_ONCE = 50
"""Connections that bring the callbacks: LINE WORKS' own number isn't known."""


def writers() -> list[str]:
    return [f"writer-{number:03d}" for number in range(MEMBERS)]


def queue_notices(tx: Tx, now: datetime) -> None:
    """Two for each of the first hundred writers, and four for each of the people who don't write."""
    readers = [f"reader-{number:03d}" for number in range((NOTICES - OWN_NOTICES) // 4)]
    recipients = [writers()[n // 2] for n in range(OWN_NOTICES)] + [
        reader for reader in readers for _ in range(4)
    ]
    for number, recipient in enumerate(recipients):
        news = [Text(f"お知らせ {number}")]
        outbox.post(tx, COMPANY, recipient, news, key=f"notice {number}", now=now, priority=NOTICE)


def is_notice(content: dict[str, Any]) -> bool:
    return str(content.get("text", "")).startswith("お知らせ ")


async def write_all(url: str, session: aiohttp.ClientSession) -> list[int]:
    """Everybody's words, AT_ONCE at a time; the status of each callback."""
    places = asyncio.Semaphore(AT_ONCE)

    async def write(first: int, member: str) -> list[int]:
        """One member's words, one after the other, as LINE WORKS would bring them."""
        codes = []
        for number, text in enumerate(WORDS, first):
            payload = body(number, member, text)
            signed = {"X-WORKS-BotId": str(BOT_ID), "X-WORKS-Signature": sign(Secret(SECRET), payload)}
            async with places, session.post(url, data=payload, headers=signed) as response:
                codes.append(response.status)
        return codes

    everybody = enumerate(writers())
    answered = await asyncio.gather(*(write(turn * len(WORDS), member) for turn, member in everybody))
    return [code for codes in answered for code in codes]
