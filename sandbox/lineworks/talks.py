"""The talks of the pretended company, in memory: each member's with the bot, and members' with each other."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

BOT = "bot"
Content = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """One message of a talk; ids count from 1 in each talk. `author` is a user id or BOT."""

    id: int
    author: str
    at: datetime
    content: Content

    def seen_by(self, viewer: str) -> dict[str, Any]:
        """The message as JSON, from the viewer's side."""
        side: Literal["bot", "me", "peer"] = "peer"
        if self.author in (BOT, viewer):
            side = "bot" if self.author == BOT else "me"
        return {"id": self.id, "from": side, "at": moment(self.at), "content": self.content}


def moment(at: datetime) -> str:
    """UTC as LINE WORKS writes it, with milliseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Pulse:
    """Wakes everyone who waits for something new; what is new they look up themselves."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.beats = 0
        self.stopped = False

    def beat(self) -> None:
        self.beats += 1
        self._next.set()
        self._next = asyncio.Event()

    def stop(self) -> None:
        """Lets every waiter see that the stand-in is closing."""
        self.stopped = True
        self.beat()

    async def past(self, beat: int, seconds: float) -> None:
        """Returns once there was another beat than this one, at the latest after `seconds`."""
        await self.until(lambda: self.beats > beat, seconds)

    async def until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Returns at the first beat at which it is ready (or at once), at the latest after `seconds`."""
        if ready() or self.stopped or seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                while not ready() and not self.stopped:
                    await self._next.wait()
        except TimeoutError:
            return


@dataclass
class Talk:
    """Messages in order. `opened`: the room exists, which begins with the first word of either side."""

    pulse: Pulse
    channel_id: str
    members: frozenset[str]
    opened: bool = False
    messages: list[Message] = field(default_factory=list)
    read_to: dict[str, int] = field(default_factory=dict)

    def append(self, author: str, content: Content, at: datetime) -> Message:
        message = Message(len(self.messages) + 1, author, at, content)
        self.messages.append(message)
        self.pulse.beat()
        return message

    def after(self, message_id: int) -> list[Message]:
        return self.messages[max(0, message_id) :]

    def message(self, message_id: int) -> Message | None:
        return self.messages[message_id - 1] if 0 < message_id <= len(self.messages) else None

    def mark_read(self, viewer: str, up_to: int) -> None:
        """Takes the messages up to this id out of the viewer's unread ones."""
        before = self.read_to.get(viewer, 0)
        self.read_to[viewer] = max(before, min(up_to, len(self.messages)))
        if self.read_to[viewer] > before:
            self.pulse.beat()

    def unread(self, viewer: str) -> int:
        return sum(message.author != viewer for message in self.after(self.read_to.get(viewer, 0)))


class Talks:
    """Finds the talk of a member with the bot, or of two members."""

    def __init__(self, bot_id: int, pulse: Pulse) -> None:
        self._bot_id = bot_id
        self._pulse = pulse
        self._talks: dict[frozenset[str], Talk] = {}

    def with_bot(self, user_id: str) -> Talk:
        return self._talk(user_id, BOT)

    def between(self, one: str, other: str) -> Talk:
        return self._talk(one, other)

    def peers_of(self, user_id: str) -> list[tuple[str, Talk]]:
        """The member's talks with colleagues in which something was said."""
        return [
            (peer, talk)
            for talk in self._talks.values()
            if user_id in talk.members and BOT not in talk.members and talk.messages
            for peer in talk.members - {user_id}
        ]

    def user_of_channel(self, channel_id: str) -> str | None:
        """The member whose 1:1 room with the bot this is, if that room is open."""
        for talk in self._talks.values():
            if talk.channel_id == channel_id and talk.opened:
                return next(iter(talk.members - {BOT}))
        return None

    def _talk(self, one: str, other: str) -> Talk:
        members = frozenset((one, other))
        if members not in self._talks:
            name = "/".join([str(self._bot_id), *sorted(members)])
            self._talks[members] = Talk(self._pulse, str(uuid.uuid5(uuid.NAMESPACE_OID, name)), members)
        return self._talks[members]
