"""Calls about talk rooms: make one, look at it and its members, leave it (LINE WORKS reference 2.5, 3.8).

Whatever is asked of a room that the bot is not in is refused 403, whether there is such a room or not (13.2).
"""

from typing import Any

from aiohttp import web

from sandbox.lineworks.fields import Fields, Invalid
from sandbox.lineworks.gate import BOT_READ, SEND, Call, Gate, json_body, own_bot, unknown
from sandbox.lineworks.refusal import access_denied, invalid
from sandbox.lineworks.tenant import Tenant
from sandbox.settings import Person

MEMBERS, TITLE = 100, 1000
MAKE_PER_MINUTE = 10
"""Whatever the plan (reference 4)."""
PAGE = 100


class RoomApi:
    """The calls under `/v1.0/bots/{bot}/channels`, but for messages, which `Api` takes."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def routes(self) -> list[web.RouteDef]:
        channels, channel = "/v1.0/bots/{bot}/channels", "/v1.0/bots/{bot}/channels/{channel}"
        guard, look = Gate(self.tenant).guard, SEND | BOT_READ
        return [
            web.post(channels, guard("channel.post", SEND, self.make, per_minute=MAKE_PER_MINUTE)),
            web.get(channel, guard("channel.get", look, self.show)),
            web.delete(channel, guard("channel.delete", SEND, self.leave)),
            web.get(channel + "/members", guard("channel.members", look, self.members)),
        ]

    async def make(self, request: web.Request, call: Call) -> web.Response:
        """A room of the bot and these members. With one alone it is their 1:1 room, which opens (reference 2.5)."""
        names, title = _wanted(await json_body(request, call), call)
        own_bot(request, self.tenant)
        people = [self._member(name) for name in names]
        ids = _distinct([person.user_id for person in people])
        if len(people) == 1:
            channel_id = self.tenant.open_talk(people[0]).channel_id
        else:
            if not self.tenant.bot.joins_rooms:
                call.notes.append("enableGroupJoin is off: such a bot is meant for 1:1 talks (reference 2.7)")
            channel_id = self.tenant.rooms.make(title, ids).channel_id
        return web.json_response({"channelId": channel_id, "title": title}, status=201)

    async def show(self, request: web.Request, call: Call) -> web.Response:
        """A 1:1 room has no title of its own [undocumented]."""
        own_bot(request, self.tenant)
        room = self.tenant.rooms.find(request.match_info["channel"])
        if room is None:
            self._of_one(request)
        values = {
            "domainId": self.tenant.settings.domain_id,
            "channelId": request.match_info["channel"],
            "title": room.title if room else "",
            "channelType": {"type": "MULTI_USERS" if room else "SINGLE_USER"},
        }
        return web.json_response(values)

    async def members(self, request: web.Request, call: Call) -> web.Response:
        """User ids by the page; its parameters are those of the list of members (reference 7) [undocumented]."""
        count = _number(request, "count", PAGE, range(1, PAGE + 1))
        own_bot(request, self.tenant)
        room = self.tenant.rooms.find(request.match_info["channel"])
        ids = room.members if room else [self._of_one(request)]
        start = _number(request, "cursor", 0, range(len(ids) + 1))
        following = str(start + count) if start + count < len(ids) else None
        page = {"members": ids[start : start + count], "responseMetaData": {"nextCursor": following}}
        return web.json_response(page)

    async def leave(self, request: web.Request, call: Call) -> web.Response:
        """The bot leaves. A 1:1 room is not left: there `leave` does not occur (reference 2.5)."""
        own_bot(request, self.tenant)
        room = self.tenant.rooms.find(request.match_info["channel"])
        if room is None:
            raise access_denied()
        self.tenant.rooms.remove_bot(room)
        return web.Response(status=204)

    def _member(self, name: str) -> Person:
        person = self.tenant.directory.find(name)
        if person is None:
            raise unknown("User", self.tenant)
        if not person.bot_allowed:
            raise access_denied()
        return person

    def _of_one(self, request: web.Request) -> str:
        """The member whose 1:1 room with the bot it is."""
        user_id = self.tenant.talks.user_of_channel(request.match_info["channel"])
        if user_id is None:
            raise access_denied()
        return user_id


def _wanted(values: Any, call: Call) -> tuple[list[str], str]:
    """Members and title; a room without a title has an empty one [undocumented]."""
    try:
        body = Fields(values, "body", call.notes)
        names = body.items("members", 1, MEMBERS)
        title = body.text("title", TITLE) or ""
        body.done()
    except Invalid as refused:
        raise invalid(str(refused)) from refused
    members = [name for name in names if isinstance(name, str) and name]
    if len(members) < len(names):
        raise invalid("body.members must be user ids.")
    return _distinct(members), title


def _distinct(members: list[str]) -> list[str]:
    if len(set(members)) < len(members):
        raise invalid("body.members must be unique.")
    return members


def _number(request: web.Request, name: str, default: int, allowed: range) -> int:
    """A number of the query; raises Refusal for one that is none, or not allowed."""
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) in allowed):
        raise invalid(f"{name} must be from {allowed[0]} to {allowed[-1]}.")
    return int(text)
