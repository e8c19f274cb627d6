"""The pretended company on LINE WORKS: everything the stand-in knows, in one place."""

from collections.abc import Callable
from datetime import UTC, datetime

from sandbox.lineworks.bot import Bot
from sandbox.lineworks.callbacks import Callbacks
from sandbox.lineworks.directory import Directory
from sandbox.lineworks.faults import Faults
from sandbox.lineworks.log import Log
from sandbox.lineworks.rates import Rates
from sandbox.lineworks.rooms import Rooms
from sandbox.lineworks.talks import Content, Message, Pulse, Talk, Talks
from sandbox.lineworks.token import Tokens
from sandbox.settings import LineWorksSettings, Person

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Tenant:
    """State of the stand-in, and the few things that happen in a talk."""

    def __init__(self, settings: LineWorksSettings, clock: Clock = utc_now) -> None:
        self.settings = settings
        self.clock = clock
        self.keys = settings.keys
        self.pulse = Pulse()
        self.log = Log(self.pulse, clock)
        self.faults = Faults()
        self.rates = Rates(clock)
        self.bot = Bot(settings)
        self.directory = Directory(settings.people, settings.domain_id)
        self.talks = Talks(settings.bot_id, self.pulse)
        self.tokens = Tokens(settings, self.keys.public_pem, clock)
        self.callbacks = Callbacks(settings, self.bot, self.faults, self.log, clock)
        self.rooms = Rooms(self.callbacks, self.pulse, clock)

    def open_talk(self, person: Person) -> Talk:
        """The member's talk with the bot; what opens it makes a `begin` event (reference 2.5)."""
        talk = self.talks.with_bot(person.user_id)
        if not talk.opened:
            talk.opened = True
            self.callbacks.begin(person.user_id, talk)
        return talk

    def push(self, person: Person, content: Content) -> Message:
        """A message of the bot. The first one opens the talk."""
        talk = self.open_talk(person)
        return talk.append("bot", content, self.clock())

    def say(self, person: Person, content: Content, postback: str | None = None) -> Message:
        """A message of the member, shown and sent to the bot, with `postback` where a button made it."""
        talk = self.open_talk(person)
        message = talk.append(person.user_id, content, self.clock())
        self.callbacks.message(
            person.user_id, content if postback is None else content | {"postback": postback}
        )
        return message

    def tap_postback(self, person: Person, data: str, display_text: str | None) -> Message | None:
        """A tapped postback action: the event, and the text it shows in the talk if it has one."""
        talk = self.open_talk(person)
        shown = (
            talk.append(person.user_id, {"type": "text", "text": display_text}, self.clock())
            if display_text
            else None
        )
        self.callbacks.postback(person.user_id, talk, data)
        return shown

    def leave(self, person: Person) -> None:
        """The member leaves the 1:1 room; the next word of either opens it again (reference 13.3)."""
        talk = self.talks.with_bot(person.user_id)
        if talk.opened:
            talk.opened = False
            self.callbacks.end(person.user_id, talk)
            self.pulse.beat()

    def set_menu(self, content: Content | None) -> None:
        """The persistent menu that every member sees below the talk."""
        self.bot.menu = content
        self.pulse.beat()
