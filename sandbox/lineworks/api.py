"""The API server: messages, members, the bot and its menu (LINE WORKS reference 3, 6, 7 and 13.2).

Every call is judged in one order: path, token, scope, rate, body, permission, existence.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.lineworks import limits
from sandbox.lineworks.directory import USER_SCOPES
from sandbox.lineworks.gate import BOT_READ, SEND, Call, Gate, json_body, own_bot, unknown
from sandbox.lineworks.refusal import Refusal, access_denied, invalid, not_found, unparsable
from sandbox.lineworks.tenant import Tenant
from sandbox.settings import Person

BOT = frozenset({"bot"})


class Api:
    """The calls under `/v1.0`."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def routes(self) -> list[web.RouteDef]:
        bot, menu = "/v1.0/bots/{bot}", "/v1.0/bots/{bot}/persistentmenu"
        guard = Gate(self.tenant).guard
        return [
            web.post(bot + "/users/{user}/messages", guard("user.send", SEND, self.send_to_user, "send")),
            web.post(
                bot + "/channels/{channel}/messages",
                guard("channel.send", SEND, self.send_to_channel, "send"),
            ),
            web.get("/v1.0/users/{user}", guard("user.get", USER_SCOPES, self.get_user, "user")),
            web.get(bot, guard("bot.get", BOT_READ, self.get_bot)),
            web.put(bot, guard("bot.put", BOT, self.change_bot)),
            web.patch(bot, guard("bot.patch", BOT, self.change_bot)),
            web.post(menu, guard("menu.post", SEND, self.set_menu)),
            web.get(menu, guard("menu.get", SEND | BOT_READ, self.get_menu)),
            web.delete(menu, guard("menu.delete", SEND, self.delete_menu)),
            web.route("*", "/v1.0{tail:(/.*)?}", self.unknown),
        ]

    async def send_to_user(self, request: web.Request, call: Call) -> web.Response:
        content = await _content(request, call, limits.check)
        own_bot(request, self.tenant)
        person = self.tenant.directory.find(request.match_info["user"])
        if person is None:
            raise unknown("User", self.tenant)
        return self._push(person, content, call)

    async def send_to_channel(self, request: web.Request, call: Call) -> web.Response:
        """To a room that the bot was invited to, or to a 1:1 room; it may not write into any other."""
        content = await _content(request, call, limits.check)
        own_bot(request, self.tenant)
        room = self.tenant.rooms.find(request.match_info["channel"])
        if room is not None:
            self.tenant.rooms.push(room, content)
            return web.Response(status=201)
        user_id = self.tenant.talks.user_of_channel(request.match_info["channel"])
        person = self.tenant.directory.find(user_id) if user_id else None
        if person is None:
            raise access_denied()
        return self._push(person, content, call)

    def _push(self, person: Person, content: dict[str, Any], call: Call) -> web.Response:
        call.user_id = person.user_id
        if not person.bot_allowed:
            raise access_denied()
        self.tenant.push(person, content)
        return web.Response(status=201)

    async def get_user(self, request: web.Request, call: Call) -> web.Response:
        identifier = request.match_info["user"]
        if identifier == "me":
            raise Refusal(403, "SERVICE_ACCOUNT_NOT_ALLOWED", "Service account is not allowed.")
        person = self.tenant.directory.look_up(identifier)
        if person is None:
            raise unknown("User", self.tenant)
        return web.json_response(self.tenant.directory.record(person, call.scopes))

    async def get_bot(self, request: web.Request, call: Call) -> web.Response:
        own_bot(request, self.tenant)
        return web.json_response(self.tenant.bot.as_json())

    async def change_bot(self, request: web.Request, call: Call) -> web.Response:
        """PUT wants the whole registration, PATCH what changes (reference 6)."""
        values = await json_body(request, call)
        own_bot(request, self.tenant)
        try:
            self.tenant.bot.change(values, replace=request.method == "PUT")
        except limits.Invalid as refused:
            raise invalid(str(refused)) from refused
        return web.json_response(self.tenant.bot.as_json())

    async def set_menu(self, request: web.Request, call: Call) -> web.Response:
        content = await _content(request, call, limits.check_menu)
        own_bot(request, self.tenant)
        self.tenant.set_menu(content)
        return web.json_response({"content": content}, status=201)

    async def get_menu(self, request: web.Request, call: Call) -> web.Response:
        own_bot(request, self.tenant)
        if self.tenant.bot.menu is None:
            raise not_found("Persistent menu")
        return web.json_response({"content": self.tenant.bot.menu})

    async def delete_menu(self, request: web.Request, call: Call) -> web.Response:
        own_bot(request, self.tenant)
        self.tenant.set_menu(None)
        return web.Response(status=204)

    async def unknown(self, request: web.Request) -> web.Response:
        refusal = not_found("Api")
        what = f"{request.method} {request.path}"
        self.tenant.log.add("call", what, status=refusal.status, failure=str(refusal))
        return refusal.answer()


async def _content(request: web.Request, call: Call, check: Callable[[object], list[str]]) -> dict[str, Any]:
    """The checked `content` of the body, `{"content": {…}}`."""
    body = await json_body(request, call)
    content = body.get("content") if isinstance(body, dict) else None
    if not isinstance(content, dict):
        raise unparsable()
    call.what = str(content.get("type", "menu"))[:40]
    try:
        call.notes = check(content)
    except limits.Invalid as refused:
        raise invalid(str(refused)) from refused
    return content
