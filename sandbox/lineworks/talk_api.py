"""The talk as JSON and as a stream: how the talk page, tests and the walk act for a member."""

import json
from typing import Any

from aiohttp import web

from sandbox.lineworks.asked import FaultOrder, Handler, Read, Say, Tapped, Wrong, body, number, plain_errors
from sandbox.lineworks.overview import overview
from sandbox.lineworks.talks import Message, Talk
from sandbox.lineworks.taps import SAMPLE_LOCATION, SAMPLE_STICKER, NoSuchAction, find, tap
from sandbox.lineworks.tenant import Tenant
from sandbox.settings import Person

HEARTBEAT = 15.0
LONGEST_WAIT = 60


class TalkApi:
    """Routes under `/talk/api`. A person is named by user id or login id."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def routes(self) -> list[web.RouteDef]:
        api, user = "/talk/api", "/talk/api/{user}"
        gets: dict[str, Handler] = {
            f"{api}/people": self.people,
            f"{api}/log": self.log,
            f"{api}/faults": self.faults,
            f"{user}/messages": self.messages,
            f"{user}/with/{{peer}}/messages": self.messages,
            f"{user}/events": self.events,
            f"{api}/events": self.events,
        }
        posts: dict[str, Handler] = {
            f"{api}/faults": self.set_faults,
            f"{user}/say": self.say,
            f"{user}/tap": self.tap,
            f"{user}/start": self.start,
            f"{user}/leave": self.leave,
            f"{user}/read": self.read,
            f"{user}/with/{{peer}}/say": self.say_to_peer,
            f"{user}/with/{{peer}}/read": self.read,
        }
        return [
            *(web.get(path, plain_errors(handler)) for path, handler in gets.items()),
            *(web.post(path, plain_errors(handler)) for path, handler in posts.items()),
        ]

    async def people(self, request: web.Request) -> web.Response:
        return web.json_response(overview(self.tenant))

    async def messages(self, request: web.Request) -> web.Response:
        """Messages after an id; `wait` seconds for one if there is none yet (long polling)."""
        person, talk = self._talk(request)
        after, wait = number(request, "after"), min(number(request, "wait"), LONGEST_WAIT)
        await self.tenant.pulse.until(lambda: bool(talk.after(after)), wait)
        messages = [message.seen_by(person.user_id) for message in talk.after(after)]
        return web.json_response({"messages": messages, "opened": talk.opened})

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: `people`, `log`, and `message` of a talk (with the bot, or `with` a colleague)."""
        viewer, talk = "", None
        if "user" in request.match_info:
            person, talk = self._talk(request)
            viewer = person.user_id
        last_seen = request.headers.get("Last-Event-ID", "")
        seen = int(last_seen) if last_seen.isdecimal() else number(request, "after")
        logged, people, pulse = number(request, "log"), "", self.tenant.pulse
        stream = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await stream.prepare(request)
        try:
            while not pulse.stopped:
                beat = pulse.beats
                if (now := json.dumps(overview(self.tenant))) != people:
                    people = now
                    await stream.write(_event("people", people))
                for message in talk.after(seen) if talk is not None else []:
                    seen = message.id
                    await stream.write(_event("message", json.dumps(message.seen_by(viewer)), seen))
                for entry in self.tenant.log.after(logged):
                    logged = entry.id
                    await stream.write(_event("log", json.dumps(entry.as_json())))
                await stream.write(b": alive\n\n")
                await pulse.past(beat, HEARTBEAT)
        except ConnectionError:
            pass  # the page was closed
        return stream

    async def say(self, request: web.Request) -> web.Response:
        person = self._person(request)
        said = await body(request, Say)
        samples = {"location": SAMPLE_LOCATION, "sticker": SAMPLE_STICKER}
        content = samples.get(said.kind) or {"type": "text", "text": said.words()}
        if content["type"] not in self.tenant.bot.callback_events:
            raise Wrong(409, f"the bot does not take messages of type {content['type']}")
        return _said(person, self.tenant.say(person, content, said.postback))

    async def tap(self, request: web.Request) -> web.Response:
        """Taps an action; the answer says what it showed, opens or copies."""
        person = self._person(request)
        tapped = await body(request, Tapped)
        content = self._tappable(person, tapped.message)
        try:
            action = find(content, path=tapped.path, label=tapped.label, language=person.language)
        except NoSuchAction as error:
            raise Wrong(404, str(error)) from error
        effect = tap(action, person.language)
        shown: Message | None = None
        if effect.says is not None:
            shown = self.tenant.say(person, effect.says, effect.postback)
        elif effect.data is not None:
            shown = self.tenant.tap_postback(person, effect.data, effect.displays)
        message = shown.seen_by(person.user_id) if shown else None
        return web.json_response(
            {"action": action, "message": message, "opens": effect.opens, "copies": effect.copies}
        )

    async def start(self, request: web.Request) -> web.Response:
        """The 利用開始 button: opens the room and says so with the postback "start" (reference 2.6)."""
        person = self._person(request)
        return _said(person, self.tenant.say(person, {"type": "text", "text": "利用開始"}, "start"))

    async def leave(self, request: web.Request) -> web.Response:
        """Leaves the room with the bot, which makes an `end` event."""
        self.tenant.leave(self._person(request))
        return web.json_response({})

    async def read(self, request: web.Request) -> web.Response:
        """Takes messages out of the unread ones."""
        person, talk = self._talk(request)
        talk.mark_read(person.user_id, (await body(request, Read)).up_to)
        return web.json_response({"unread": talk.unread(person.user_id)})

    async def say_to_peer(self, request: web.Request) -> web.Response:
        """A word to a colleague. It stays in the stand-in; the bot never hears of it."""
        person, talk = self._talk(request)
        content = {"type": "text", "text": (await body(request, Say)).words()}
        return _said(person, talk.append(person.user_id, content, self.tenant.clock()))

    async def log(self, request: web.Request) -> web.Response:
        """The test log; `failures` counts callbacks that were not answered as the platform wants it."""
        entries = [entry.as_json() for entry in self.tenant.log.after(number(request, "after"))]
        failures = sum(entry["kind"] == "callback" and entry["failure"] != "" for entry in entries)
        return web.json_response(
            {"log": entries, "failures": failures, "token_requests": self.tenant.tokens.requests}
        )

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response(self.tenant.faults.as_json())

    async def set_faults(self, request: web.Request) -> web.Response:
        """Orders troubles; the answer is what is ordered now."""
        order = await body(request, FaultOrder)
        if order.clear:
            self.tenant.faults.clear()
        if order.answer is not None:
            self.tenant.faults.add(order.answer, times=order.times, seconds=order.seconds, at=order.at)
        if order.switch is not None:
            self.tenant.faults.turn(order.switch, order.on)
        self.tenant.callbacks.release()
        return web.json_response(self.tenant.faults.as_json())

    def _tappable(self, person: Person, message_id: int | None) -> dict[str, Any]:
        """The content that holds the tapped action: a message of the bot, or the menu."""
        if message_id is None:
            if self.tenant.bot.menu is None:
                raise Wrong(404, "the bot has no persistent menu")
            return self.tenant.bot.menu
        message = self.tenant.talks.with_bot(person.user_id).message(message_id)
        if message is None or message.author == person.user_id:
            raise Wrong(404, f"no message {message_id} of the bot in this talk")
        return message.content

    def _talk(self, request: web.Request) -> tuple[Person, Talk]:
        """The person of the request and the talk: with a colleague if one is named, else with the bot."""
        person = self._person(request)
        named = request.match_info.get("peer") or request.query.get("with")
        if not named:
            return person, self.tenant.talks.with_bot(person.user_id)
        peer = self.tenant.directory.find(named)
        if peer is None or peer is person:
            raise Wrong(404, "no such colleague")
        return person, self.tenant.talks.between(person.user_id, peer.user_id)

    def _person(self, request: web.Request) -> Person:
        person = self.tenant.directory.find(request.match_info["user"])
        if person is None:
            raise Wrong(404, "no such person")
        return person


def _said(person: Person, message: Message) -> web.Response:
    return web.json_response({"message": message.seen_by(person.user_id)})


def _event(name: str, data: str, event_id: int | None = None) -> bytes:
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {name}\ndata: {data}\n\n".encode()
