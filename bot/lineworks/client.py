"""The one door to the LINE WORKS API: send a message, look up a member, look at the bot.

LINE WORKS reference 3.1, 5 and 7.

A refused token is renewed once per call, and so is one that lacks a scope and is not quite new; a 307 of the
same host is followed once with the bearer (aiohttp would drop it), and no other redirect is followed. At most
five sends and three other calls run at a time: a limit on concurrent access exists, its number isn't known
(gaps 18), and a directory that hangs must not keep answers waiting. Retrying is the caller's: what happened
comes back as a value.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.lineworks.answer import Answer, read_answer
from bot.lineworks.outcome import Later, Never, SendOutcome, Sent, judge
from bot.lineworks.profile import BotFacts, Profile, read_bot, read_profile
from bot.lineworks.token import TokenRefused, TokenSource, TokenUnreachable
from punchout.secret import Secret

TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)

LOOK_UP = 5.0
"""Seconds that a look-up may take with all its waiting: somebody who has just written is waiting for it."""
REST = timedelta(seconds=30)
"""After a look-up that failed the directory is not asked for so long: the next ones would only wait, or fail, too."""
_SENDS, _OTHERS = 5, 3
_log = logging.getLogger(__name__)


class CallFailed(Exception):
    """A look-up that gave no answer to read; `outcome` says whether it is worth repeating."""

    def __init__(self, outcome: Later | Never) -> None:
        super().__init__(outcome.why)
        self.outcome = outcome


class Client:
    """One bot of one company. `clock` gives aware UTC."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_url: str,
        bot_id: int,
        tokens: TokenSource,
        clock: Callable[[], datetime],
        timeout: aiohttp.ClientTimeout = TIMEOUT,
        look_up: float = LOOK_UP,
    ) -> None:
        self._session = session
        self._base = api_url.rstrip("/")
        self._bot = f"/bots/{bot_id}"
        self.tokens = tokens
        self._clock = clock
        self._timeout = timeout
        self._look_up, self._rests_until = look_up, clock()
        self._sends, self._others = asyncio.Semaphore(_SENDS), asyncio.Semaphore(_OTHERS)

    async def send(self, recipient: str, content: dict[str, Any]) -> SendOutcome:
        """Sends one message (`content()` of a message type) to a user id or login id."""
        if not _addressable(recipient):
            return Never(0, "", "the message has no recipient")
        return await self._send(f"users/{quote(recipient, safe='')}", content)

    async def send_to_room(self, channel_id: str, content: dict[str, Any]) -> SendOutcome:
        """The same to everybody in a talk room that the bot is in."""
        if not _addressable(channel_id):
            return Never(0, "", "the message has no room")
        return await self._send(f"channels/{quote(channel_id, safe='')}", content)

    async def _send(self, to: str, content: dict[str, Any]) -> SendOutcome:
        async with self._sends:
            answer = await self._request_well("POST", f"{self._bot}/{to}/messages", {"content": content})
        return answer if isinstance(answer, Later) else judge(answer, self._clock())

    async def user(self, user_id: str) -> Profile | None:
        """The member of a user id or login id; None when there is no such member, CallFailed otherwise.

        A directory that gave no answer, or refused, is let rest: the next ones would fare no better.
        """
        if not _addressable(user_id):
            return None
        try:
            async with asyncio.timeout(self._look_up), self._others:
                # Asked only here: whoever waited for those that got no answer need not try, too.
                if self._clock() < self._rests_until:
                    raise CallFailed(Later(None, "LINE WORKS' directory gave no answer a moment ago"))
                answer = await self._request_well("GET", f"/users/{quote(user_id, safe='')}", None)
        except TimeoutError:
            self._rests_until = self._clock() + REST
            raise CallFailed(Later(None, "LINE WORKS' directory did not answer in time")) from None
        if isinstance(answer, Answer) and answer.status == 404:
            return None
        try:
            return read_profile(self._facts(answer), user_id)
        except CallFailed as failed:
            about_this_one = isinstance(failed.outcome, Never) and failed.outcome.status == 400
            if not about_this_one:
                self._rests_until = self._clock() + REST
            raise

    async def bot(self) -> BotFacts:
        """How the bot is registered; needs the scope bot or bot.read, CallFailed without it."""
        return read_bot(self._facts(await self._call("GET", self._bot)))

    async def announce_file(self) -> None:
        """Proves that the token may send for this bot, and sends nobody anything: a file is announced and never
        uploaded (reference 3.7; the upload address dies after a day). CallFailed where it may not."""
        self._must(await self._call("POST", f"{self._bot}/attachments", {"fileName": "kaimono-check.txt"}))

    async def change_bot(self, changes: dict[str, Any]) -> None:
        """Change the named fields of the bot's registration; needs the scope bot, CallFailed without it."""
        self._must(await self._call("PATCH", self._bot, changes))

    async def menu(self) -> list[dict[str, Any]]:
        """The actions of the bot's persistent menu, empty where it has none; CallFailed when it can't be asked."""
        answer = await self._call("GET", f"{self._bot}/persistentmenu")
        if isinstance(answer, Answer) and answer.status == 404:
            return []
        content = self._facts(answer).get("content")
        actions = content.get("actions") if isinstance(content, dict) else None
        return [action for action in actions if isinstance(action, dict)] if isinstance(actions, list) else []

    async def set_menu(self, actions: list[dict[str, Any]]) -> None:
        """Put a persistent menu in the place of the one there is (reference 3.6: at most four actions)."""
        document = {"content": {"actions": actions}}
        self._must(await self._call("POST", f"{self._bot}/persistentmenu", document))

    def _must(self, answer: Answer | Later) -> None:
        outcome = answer if isinstance(answer, Later) else judge(answer, self._clock())
        if not isinstance(outcome, Sent):
            raise CallFailed(outcome)

    def _facts(self, answer: Answer | Later) -> dict[str, Any]:
        outcome = answer if isinstance(answer, Later) else judge(answer, self._clock())
        if not isinstance(outcome, Sent):
            raise CallFailed(outcome)
        if isinstance(answer, Later) or not answer.facts:
            raise CallFailed(Later(None, "LINE WORKS gave an answer that can't be read: check api_url"))
        return answer.facts

    async def _call(self, method: str, path: str, document: object = None) -> Answer | Later:
        """A call that sends nothing to anybody."""
        async with self._others:
            return await self._request_well(method, path, document)

    async def _request_well(self, method: str, path: str, document: object) -> Answer | Later:
        """At most three requests: as it stands, once more with a new token, once more where a 307 points."""
        body = None if document is None else _json(document)
        url = URL(self._base + path, encoded=True)
        renewed = moved = False
        while True:
            try:
                token = await self.tokens.token()
                answer = await self._request(method, url, body, token)
            except (TokenRefused, TokenUnreachable) as fault:
                return Later(None, str(fault))
            except (aiohttp.ClientError, TimeoutError, OSError) as fault:
                return Later(None, f"LINE WORKS can't be reached ({type(fault).__name__})")
            elsewhere = _same_host(url, answer) if answer.status == 307 and not moved else None
            if not renewed and self._wants_a_new_token(answer, token):
                self.tokens.invalidate(token)
                renewed = True
            elif elsewhere is not None:
                url, moved = elsewhere, True
            else:
                return answer

    def _wants_a_new_token(self, answer: Answer, token: Secret) -> bool:
        """Refused, or without a scope that the app may have been granted since (reference 1.7)."""
        if answer.status == 403 and answer.code == "FORBIDDEN":
            return self.tokens.outdated(token)
        return answer.status == 401

    async def _request(self, method: str, url: URL, body: bytes | None, token: Secret) -> Answer:
        headers = {"Authorization": f"Bearer {token.reveal()}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        async with self._session.request(
            method, url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
        ) as response:
            answer = await read_answer(response)
        if answer.status >= 300 and _log.isEnabledFor(logging.DEBUG):
            said = answer.description.replace(token.reveal(), "***")[:200]
            _log.debug("LINE WORKS answered %s %s: %r", answer.status, answer.code, said)
        return answer


def _addressable(member: str) -> bool:
    """Whether `member` makes a segment of a path: an empty one or dots would name another call."""
    return bool(member.strip(". "))


def _json(document: object) -> bytes:
    """Compact UTF-8; a lone surrogate, which no UTF-8 can hold, goes out as a question mark."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _same_host(here: URL, answer: Answer) -> URL | None:
    """Where a 307 points, if the bearer may go there: same scheme, host and port, no user in it."""
    try:
        there = here.join(URL(answer.headers["Location"], encoded=True))
    except (KeyError, ValueError):
        return None
    same = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
    return there if same and there.user is None else None
