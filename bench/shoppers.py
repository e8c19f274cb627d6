"""The load: members who buy one thing after the other, and others who only talk."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime

import aiohttp

from bench.balancer import Balancer
from bot.lineworks.signature import sign
from punchout.secret import Secret
from sandbox.lineworks.client import Message, TalkClient, labels
from tests.talks.shopper import Shopper

ARTICLE = "パソコンデスク"
PATIENCE = 60.0
"""Seconds until a member who gets no answer fails the run; a lease takes eight of them, a start a few."""


class Buyer:
    """A member with a phone. `yes` counts the taps on the last question, `numbers` are the orders told of."""

    def __init__(self, user: str, email: str, talk: TalkClient) -> None:
        self._user, self._email, self._talk = user, email, talk
        self._seen = 0
        self.yes = 0
        self.numbers: list[str] = []

    async def register(self) -> None:
        await self._talk.start(self._user)
        await self._tap("はい、会員です。")
        await self._told("メールアドレス")
        await self._talk.say(self._user, self._email)
        await self._told("登録しました")

    async def buy(self) -> None:
        """From 買い物をする to the order number."""
        await self._talk.say(self._user, "買い物をする")
        link = await self._tap("選択する")
        async with aiohttp.ClientSession() as session:
            browser = Shopper(session)
            await browser.open(link)
            await browser.put(ARTICLE, 1)
            await browser.ask_approval()
        await self._tap("決済する")
        await self._tap("はい、決済します。")
        self.yes += 1
        placed = await self._told("ご注文を受け付けました", "注文番号")
        self.numbers.append(text(placed).partition("注文番号: ")[2].split("\n")[0].strip())

    async def _tap(self, label: str) -> str:
        message = await self._next(lambda message: label in labels(message["content"]))
        return str((await self._talk.tap(self._user, label, message["id"]))["opens"])

    async def _told(self, *words: str) -> Message:
        return await self._next(lambda message: all(word in text(message) for word in words))

    async def _next(self, fits: Callable[[Message], bool]) -> Message:
        message = await self._talk.wait_for(
            self._user, lambda message: message["from"] == "bot" and fits(message), PATIENCE, self._seen
        )
        self._seen = message["id"]
        return message


def text(message: Message) -> str:
    """What a person reads in a message."""
    content = message["content"]
    return str(content.get("text") or content.get("contentText") or content.get("altText") or "")


async def chat(balancer: Balancer, user: str, bot_id: int, secret: Secret, over: asyncio.Event) -> int:
    """Says ヘルプ once a second until it is over, as LINE WORKS would bring it; how often it was not acknowledged."""
    refused = 0
    while not over.is_set():
        issued = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        source = {"userId": user, "domainId": 12345678}
        event = {"type": "message", "source": source, "issuedTime": issued}
        body = json.dumps(event | {"content": {"type": "text", "text": "ヘルプ"}}).encode()
        headers = {"X-WORKS-BotId": str(bot_id), "X-WORKS-Signature": sign(secret, body)}
        refused += await balancer.post_callback(body, headers) != 200
        await asyncio.sleep(1)
    return refused
