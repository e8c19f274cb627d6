"""Acts for a member from a program: what a thumb on the talk page does, for tests and for the walk."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp

Message = dict[str, Any]


class TalkFailed(Exception):
    """The stand-in refused what was asked, or what was waited for did not come; the sentence says what."""


class TalkClient:
    """`base_url` is the sandbox's address (http://127.0.0.1:9300). Users are named by id or login id."""

    def __init__(self, base_url: str, session: aiohttp.ClientSession) -> None:
        self._base = f"{base_url.rstrip('/')}/lineworks/talk/api"
        self._session = session

    async def people(self) -> list[dict[str, Any]]:
        people: list[dict[str, Any]] = (await self._get("people"))["people"]
        return people

    async def messages(self, user: str, after: int = 0) -> list[Message]:
        messages: list[Message] = (await self._get(f"{user}/messages", after=after))["messages"]
        return messages

    async def say(self, user: str, text: str, postback: str | None = None) -> Message:
        """Types a text; returns the member's own bubble."""
        values = {"text": text} if postback is None else {"text": text, "postback": postback}
        said: Message = (await self._post(f"{user}/say", values))["message"]
        return said

    async def start(self, user: str) -> Message:
        """Taps 利用開始."""
        said: Message = (await self._post(f"{user}/start", {}))["message"]
        return said

    async def tap(self, user: str, label: str, message: int | None = None) -> dict[str, Any]:
        """Taps the button with this label, in this message or in the latest one that has it.

        Returns {"action", "message", "opens", "copies"}; `opens` is the link of a uri action.
        """
        if message is not None:
            return await self._post(f"{user}/tap", {"message": message, "label": label})
        for candidate in reversed(await self.messages(user)):
            if candidate["from"] == "bot" and label in labels(candidate["content"]):
                return await self._post(f"{user}/tap", {"message": candidate["id"], "label": label})
        raise TalkFailed(f"no button 「{label}」 in the talk of {user}")

    async def wait_for(
        self, user: str, predicate: Callable[[Message], bool], timeout: float = 10.0, after: int = 0
    ) -> Message:
        """The first message after an id for which the predicate holds; raises TalkFailed when none comes."""
        seen, last = after, "nothing"
        try:
            async with asyncio.timeout(timeout):
                while True:
                    for message in (await self._get(f"{user}/messages", after=seen, wait=30))["messages"]:
                        if predicate(message):
                            return dict(message)
                        seen, last = message["id"], str(message["content"])
        except TimeoutError as error:
            raise TalkFailed(f"{user}: waited {timeout:g} s in vain; last came {last}") from error

    async def log(self, after: int = 0) -> dict[str, Any]:
        """The test log: {"log", "failures", "token_requests"}."""
        return await self._get("log", after=after)

    async def trouble(self, **order: object) -> dict[str, Any]:
        """Orders a fault, for example `answer="500", times=2` or `switch="duplicate"` or `clear=True`."""
        return await self._post("faults", order)

    async def _get(self, path: str, **query: int) -> dict[str, Any]:
        async with self._session.get(f"{self._base}/{path}", params=query) as answer:
            return await _json(answer)

    async def _post(self, path: str, values: dict[str, Any]) -> dict[str, Any]:
        async with self._session.post(f"{self._base}/{path}", json=values) as answer:
            return await _json(answer)


def labels(content: object) -> list[str]:
    """The labels of every button in a message."""
    if isinstance(content, list):
        return [label for entry in content for label in labels(entry)]
    if not isinstance(content, dict):
        return []
    own = [content["label"]] if isinstance(content.get("label"), str) else []
    return own + [label for entry in content.values() for label in labels(entry)]


async def _json(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    values: dict[str, Any] = await answer.json()
    if answer.status >= 400:
        raise TalkFailed(f"{answer.url.path}: {values.get('error', answer.status)}")
    return values
