"""Talk rooms of several people that the bot made, or was invited to (LINE WORKS reference 2.5 and 2.7)."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.lineworks.callbacks import Callbacks
from sandbox.lineworks.talks import BOT, Content, Message, Pulse


@dataclass
class Room:
    """A room; `inside` is false once the bot has left it or was removed."""

    channel_id: str
    title: str
    members: list[str]
    inside: bool = True
    messages: list[Message] = field(default_factory=list)


class Rooms:
    """What happens in rooms, with the events that the bot gets of it. None of it belongs to a 1:1 talk."""

    def __init__(self, callbacks: Callbacks, pulse: Pulse, clock: Callable[[], datetime]) -> None:
        self._callbacks, self._pulse, self._clock = callbacks, pulse, clock
        self._rooms: dict[str, Room] = {}

    def make(self, title: str, members: Iterable[str]) -> Room:
        """Somebody, or the bot, makes a room with these people and the bot: `join`, which names nobody."""
        name = f"{title}/{len(self._rooms)}"
        room = Room(str(uuid.uuid5(uuid.NAMESPACE_OID, name)), title, list(members))
        self._rooms[room.channel_id] = room
        self._callbacks.in_room("join", room.channel_id)
        return room

    def find(self, channel_id: str) -> Room | None:
        """The room, if the bot is in it."""
        room = self._rooms.get(channel_id)
        return room if room and room.inside else None

    def enter(self, room: Room, user_id: str) -> None:
        room.members.append(user_id)
        self._callbacks.in_room("joined", room.channel_id, members=[user_id])

    def leave(self, room: Room, user_id: str) -> None:
        """A member leaves; with the last one the bot goes, too (reference 2.5)."""
        room.members.remove(user_id)
        self._callbacks.in_room("left", room.channel_id, members=[user_id])
        if not room.members:
            self.remove_bot(room)

    def remove_bot(self, room: Room) -> None:
        room.inside = False
        self._callbacks.in_room("leave", room.channel_id)

    def say(self, room: Room, user_id: str, content: Content, postback: str | None = None) -> None:
        """A member's message, which in a room names the channel."""
        self._append(room, user_id, content)
        sent = content if postback is None else content | {"postback": postback}
        self._callbacks.in_room("message", room.channel_id, user_id, content=sent)

    def tap_postback(self, room: Room, user_id: str, data: str) -> None:
        self._callbacks.in_room("postback", room.channel_id, user_id, data=data)

    def push(self, room: Room, content: Content) -> None:
        """A message of the bot to everybody in the room."""
        self._append(room, BOT, content)

    def _append(self, room: Room, author: str, content: Content) -> None:
        room.messages.append(Message(len(room.messages) + 1, author, self._clock(), content))
        self._pulse.beat()
