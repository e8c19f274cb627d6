"""Sends events to the bot as the platform does: signed, once, never again (LINE WORKS reference 2, 13.3)."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import aiohttp

from sandbox.lineworks.bot import Bot
from sandbox.lineworks.faults import Faults
from sandbox.lineworks.log import Log
from sandbox.lineworks.talks import Content, Talk, moment
from sandbox.settings import LineWorksSettings

Event = dict[str, Any]


def signature(bot_secret: str, body: bytes) -> str:
    """base64(HMAC-SHA256(bot secret, exact body bytes)) (reference 2.2)."""
    return base64.b64encode(hmac.new(bot_secret.encode(), body, hashlib.sha256).digest()).decode()


class Callbacks:
    """One member's events go out one after the other, different members' side by side."""

    def __init__(
        self, settings: LineWorksSettings, bot: Bot, faults: Faults, log: Log, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._bot = bot
        self._faults = faults
        self._log = log
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._lanes: dict[str, asyncio.Lock] = {}
        self._held: dict[str, Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent = 0
        """How many there have been; each has its entry in the log once it is over."""

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._settings.callback_seconds), auto_decompress=False
        )

    async def close(self) -> None:
        """Callbacks under way are given up, as by a platform that goes down."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    @property
    def under_way(self) -> bool:
        """Whether the bot has still to answer one."""
        return bool(self._tasks)

    def begin(self, user_id: str, talk: Talk) -> None:
        self._emit(user_id, self._event("begin", user_id, talk.channel_id))

    def end(self, user_id: str, talk: Talk) -> None:
        self._emit(user_id, self._event("end", user_id, talk.channel_id))

    def message(self, user_id: str, content: Content) -> None:
        """A member's message; in a 1:1 room it names no channel (reference 2.5)."""
        self._emit(user_id, self._event("message", user_id, None) | {"content": content})

    def postback(self, user_id: str, talk: Talk, data: str) -> None:
        channel_id = None if self._faults.on("no_postback_channel") else talk.channel_id
        self._emit(user_id, self._event("postback", user_id, channel_id) | {"data": data})

    def in_room(self, kind: str, channel_id: str, user_id: str | None = None, **fields: object) -> None:
        """Something in a room of several people; who came, went or spoke, as reference 2.5 has it for each kind."""
        self._emit(user_id or channel_id, self._event(kind, user_id, channel_id) | fields)

    def _event(self, kind: str, user_id: str | None, channel_id: str | None) -> Event:
        issued = moment(self._clock())
        if self._faults.on("no_milliseconds"):
            issued = issued.partition(".")[0] + "Z"
        channel = {} if channel_id is None else {"channelId": channel_id}
        user = {} if user_id is None else {"userId": user_id}
        source = {**user, **channel, "domainId": self._settings.domain_id}
        return {"type": kind, "source": source, "issuedTime": issued}

    def _emit(self, user_id: str, event: Event) -> None:
        if not self._bot.wants(event):
            self.sent += 1
            self._log.add(
                "callback", describe(event), status=None, user_id=user_id, note="not enabled for the bot"
            )
            return
        for each in self._in_turn(user_id, event):
            self._post_later(user_id, each)

    def release(self) -> None:
        """Lets go of events that wait to be swapped, once nothing is to be swapped any more."""
        if not self._faults.on("swapped"):
            for user_id, event in self._held.items():
                self._post_later(user_id, event)
            self._held.clear()

    def _post_later(self, user_id: str, event: Event) -> None:
        self.sent += 1
        task = asyncio.create_task(self._deliver(user_id, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _in_turn(self, user_id: str, event: Event) -> list[Event]:
        """The events that go out now, in order, as the switches want it."""
        events = [event]
        if self._faults.on("unknown_type"):
            events.insert(0, event | {"type": "hologram"})
        if self._faults.on("unknown_content"):
            hologram = {"type": "message", "content": {"type": "hologram", "depth": 3}}
            events.insert(0, {key: event[key] for key in ("source", "issuedTime")} | hologram)
        held = self._held.pop(user_id, None)
        if held is not None:
            return [*events, held]
        if self._faults.on("swapped"):
            self._held[user_id] = event
            return events[:-1]
        if self._faults.on("duplicate"):
            return [copy for each in events for copy in (each, each)]
        return events

    async def _deliver(self, user_id: str, event: Event) -> None:
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        headers = self._headers(body)
        if self._faults.on("altered_body"):
            body += b" "
        async with self._lanes.setdefault(user_id, asyncio.Lock()):
            began = time.perf_counter()
            status, trouble = await self._post(body, headers)
            ms = (time.perf_counter() - began) * 1000
        spoiled = any(self._faults.on(how) for how in ("wrong_signature", "wrong_bot", "altered_body"))
        expected = 401 if spoiled else 200
        if status is not None and status != expected:
            trouble = f"answered {status}, not {expected}"
        self._log.add(
            "callback",
            describe(event),
            status=status,
            ms=ms,
            user_id=user_id,
            failure=trouble,
            body=body.decode(),
        )

    def _headers(self, body: bytes) -> dict[str, str]:
        secret = self._settings.bot_secret.get_secret_value()
        if self._faults.on("wrong_signature"):
            secret = f"not {secret}"
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "X-WORKS-BotId": str(self._settings.bot_id + self._faults.on("wrong_bot")),
            "X-WORKS-Signature": signature(secret, body),
        }
        if self._faults.on("lower_case_headers"):
            return {name.lower(): value for name, value in headers.items()}
        return headers

    async def _post(self, body: bytes, headers: dict[str, str]) -> tuple[int | None, str]:
        """Posts once; returns the status, or None and what went wrong."""
        if self._session is None:
            return None, "the stand-in is not running"
        try:
            async with self._session.post(
                self._bot.callback_url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                await answer.read()
                return answer.status, ""
        except TimeoutError:
            return None, f"no answer within {self._settings.callback_seconds:g} s"
        except (aiohttp.ClientError, aiohttp.InvalidURL, OSError) as error:
            return None, f"no connection: {type(error).__name__}"


def describe(event: Event) -> str:
    """An event in two words, for the log."""
    content = event.get("content")
    return f"{event['type']} {content['type']}" if isinstance(content, dict) else str(event["type"])
