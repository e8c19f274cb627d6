"""Makes a transcript (*.talk) out of recorded callbacks: `python -m tests.talks.transcribe FOLDER > tests/talks/x.talk`.

The members of the recording become 太郎, 花子 and 管理者 in order of appearance, and act on a stage. What the bot tells
them there is written down, so the transcript shows today's bot, not the one of the recording. What happens outside the
talk (Amazon's shop, time that goes by) is in no callback and so not in the transcript. A member who acts
without having opened the talk was registered when the recording began. What cannot be done becomes a comment.

Names that the bot did not know may stand in what people typed: those texts are listed, for a person to read.
"""

import asyncio
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.lineworks.events import Event, NotJson, read_event
from bot.lineworks.postback import Postback
from bot.talk.engine import ONE_TAP
from bot.talk.hearing import Verb, hear
from sandbox.keys import Keys
from sandbox.lineworks.taps import Action, actions
from sandbox.settings import make_keys
from tests.talks.cast import CAST, EMAIL
from tests.talks.play import THINGS as DIRECTIONS
from tests.talks.play import Play, shown
from tests.talks.scene import Scene
from tests.talks.script import ADMINS, BadScript, Line, parse, says, squeezed
from tests.talks.shopper import Shopper
from tests.talks.stage import Stage, staged

ROLES = ("太郎", "花子", "管理者")
THINGS = {thing["type"]: direction for direction, thing in DIRECTIONS.items()}
SAMPLE_MAIL = re.compile(r"sample-[0-9a-f]{8}@example\.co\.jp")
START = "(利用開始)"


class CannotTranscribe(Exception):
    """No transcript can be made of this recording; the sentence says why."""


class Stuck(Exception):
    """One event that cannot be done on the stage; the words are those of the comment in its place."""


def read_recording(folder: Path) -> list[Event]:
    """The callbacks of a folder, one a file, in the order of their names. Raises CannotTranscribe."""
    events = []
    for file in sorted(folder.glob("*.json")):
        try:
            events.append(read_event(file.read_bytes()))
        except NotJson:
            raise CannotTranscribe(f"{file.name} is not JSON") from None
    if not events:
        raise CannotTranscribe(f"there are no callbacks (*.json) in {folder}")
    return events


def to_be_read(events: Iterable[Event]) -> list[str]:
    """What people typed that is no word of the bot's: the only place where somebody may still be named."""
    typed = [" ".join(heard.text.split()) for heard in map(hear, events) if heard.verb is Verb.WORDS]
    return [text for text in dict.fromkeys(typed) if text and not SAMPLE_MAIL.fullmatch(text)]


class Prompter(Play):
    """A performance that is written down while it is made up: `lines` is the transcript so far."""

    def __init__(self, stage: Stage, shopper: Shopper, title: str) -> None:
        super().__init__(stage, shopper)
        self.lines = [
            f"# {' '.join(title.split())}",
            "# 記録されたコールバックから作成。Amazonの画面での操作と、時間の経過は含まれません。",
            "",
        ]
        self._roles: dict[str, str] = {}
        self._rooms: set[str] = set()
        self._began: dict[str, Event] = {}
        self._met: set[str] = set()

    async def write(self, events: Iterable[Event]) -> str:
        """The whole transcript. Raises CannotTranscribe when nothing of it can be played."""
        recorded = list(events)
        self._rooms = {event.channel_id for event in recorded if event.channel_id and _in_room(event)}
        for event in recorded:
            try:
                await self._replay(event)
            except Stuck as stuck:
                self._remark(event, str(stuck))
        for event in self._began.values():
            self._remark(event, "トークを開いただけで、発言はない")
        script = "\n".join(self.lines) + "\n"
        try:
            parse(script)
        except BadScript as fault:
            raise CannotTranscribe(f"nothing can be played of this recording ({fault})") from None
        return script

    async def _replay(self, event: Event) -> None:
        who = self._role(event)
        if event.channel_id in self._rooms:
            raise Stuck("複数人のトークルームでの出来事")
        if event.type == "begin":
            self._opens(who, event)
            return
        if event.type == "end":
            await self._leaves(who)
            return
        if event.type not in ("message", "postback"):
            raise Stuck("知らない種類のコールバック")
        began = self._began.pop(who, None)
        if began is not None and not _same_tap(began, event):
            await self._perform(who, START)
        elif began is None and who not in self._met and not event.is_start and who in EMAIL:
            await self._perform(who, "(登録済み)")
        self._met.add(who)
        await self._perform(who, await self._words(who, event))

    def _role(self, event: Event) -> str:
        if event.user_id is None:
            raise Stuck("複数人のトークルームでの出来事")
        if event.user_id not in self._roles:
            if len(self._roles) == len(ROLES):
                raise Stuck(f"{len(ROLES)}人までしか登場できない")
            self._roles[event.user_id] = ROLES[len(self._roles)]
        return self._roles[event.user_id]

    def _opens(self, who: str, event: Event) -> None:
        """On the stage a talk opens with its first word, so `begin` waits for that."""
        if self._stage.tenant.talks.with_bot(CAST[who].user_id).opened:
            raise Stuck("トークが開いた。ここではもう開いている")
        self._met.add(who)
        self._began[who] = event

    async def _leaves(self, who: str) -> None:
        if not self._stage.tenant.talks.with_bot(CAST[who].user_id).opened:
            raise Stuck("トークから退出した。ここでは開いていない")
        await self._perform(who, "(トークを出る)")

    async def _words(self, who: str, event: Event) -> str:
        """What stands in the transcript for an act. Raises Stuck."""
        content, button = event.content, Postback.unpack(event.data)
        if event.type == "postback":
            label = await self._label(who, lambda action: button is not None and _verb(action) == button.verb)
            if label is not None:
                return f"[{label}]"
            if button is None or button.ref:
                raise Stuck("このボタンは、ここのトークにはない")
            return f"(postback: {event.data})"
        if event.is_start:
            return START
        if content is not None and content.type in THINGS:
            return THINGS[content.type]
        if content is None or content.type != "text" or not content.text:
            raise Stuck("台本にない種類のメッセージ")
        text = content.text
        if content.postback:
            button = Postback.unpack(content.postback)
            label = await self._label(who, lambda action: _is_button(action, text, button))
            if label is not None:
                return f"[{label}]"
            if button is not None and button.ref:
                raise Stuck("このボタンのカートや注文は、ここにはない")
        return _typed(text)

    async def _label(self, who: str, fits: Callable[[Action], bool]) -> str | None:
        """The label under which the newest such button is tapped: what else bears it must not be newer."""
        passed = set()
        for message in reversed(await self._stage.messages(who)):
            for _, action in actions(message["content"]):
                if action["label"] not in passed and fits(action):
                    return str(action["label"])
                passed.add(action["label"])
        return None

    async def _perform(self, who: str, words: str) -> None:
        """One act, and everything that people are told then."""
        lines = _written(f"{who}が" if who in ADMINS else who, words)
        act = _read(lines)
        assert act is not None, lines
        await self._do(act)
        self.lines += lines
        await self._stage.quiet()
        for person in sorted(CAST, key=lambda name: name != who):
            for message in (await self._stage.messages(person))[self._seen[person] :]:
                self._seen[person] += 1
                self.lines += self._told(person, message["content"])

    def _told(self, person: str, content: dict[str, Any]) -> list[str]:
        if person != self._who and person not in ADMINS:
            raise CannotTranscribe(f"{person} is told something while {self._who} acts: no line can say that")
        speaker = person if person in ADMINS else "bot"
        words, buttons = shown(content)
        lines = _written(speaker, words + "…" if not words or words.endswith("]") else words, buttons)
        line = _read(lines)
        if line is None or line.buttons != buttons or not says(line.words, words):
            raise CannotTranscribe(
                f"a message of the bot cannot be written in a transcript: {words} {buttons}"
            )
        return lines

    def _remark(self, event: Event, why: str) -> None:
        who = self._roles.get(event.user_id or "", "誰か")
        text = (event.content.text if event.content else event.data) or ""
        kind = f"{event.type} {event.content.type}" if event.content else event.type
        what = " ".join(f"{kind} {text}".split())
        self.lines.append(f"# {who} ({what}): {why}。再生できません")


def _in_room(event: Event) -> bool:
    """Whether the event happens only in rooms of several people (reference 2.5)."""
    return event.type in ("message", "join", "leave", "joined", "left")


def _same_tap(began: Event, event: Event) -> bool:
    """Whether one tap, or one first word, both opened the talk and was said: then the bot answers once."""
    if not event.is_start and (event.content is None or event.content.postback):
        return False
    if began.issued_at is None or event.issued_at is None:
        return event.is_start
    return abs(event.issued_at - began.issued_at) < ONE_TAP


def _verb(action: Action) -> str:
    button = Postback.unpack(action.get("data") or action.get("postback"))
    return button.verb if button is not None else ""


def _is_button(action: Action, text: str, button: Postback | None) -> bool:
    """A message button says its text; the number in its postback may be another one here."""
    same = button is None or _verb(action) == button.verb
    return action["type"] == "message" and text in (action.get("text"), action["label"]) and same


def _typed(text: str) -> str:
    """The text, if a player will type it just so but for blanks. Raises Stuck for what reads as something else."""
    line = _read(_written(ROLES[0], text))
    if line is None or line.buttons or line.words.startswith("(") or squeezed(line.words) != squeezed(text):
        raise Stuck("この言葉は台本に書けない")
    return text


def _written(who: str, words: str, buttons: Iterable[str] = ()) -> list[str]:
    """A line of a transcript, which goes on indented. Empty lines are left out: blanks count for nothing."""
    parts = [part.strip() for part in words.split("\n") if part.strip()]
    if labels := " ".join(f"[{label}]" for label in buttons):
        parts = [*parts[:-1], f"{parts[-1]}  {labels}"] if len(parts) == 1 else [*parts, labels]
    first, *rest = parts or [""]
    return [f"{who:<{8 if who.isascii() else 6}}{first}", *(f"        {part}" for part in rest)]


def _read(lines: list[str]) -> Line | None:
    """The one line that a player will read there, None when it is none or several."""
    try:
        script = parse("\n".join(["# -", *lines]))
    except BadScript:
        return None
    return script.lines[0] if len(script.lines) == 1 else None


async def transcribe(folder: Path, keys: Keys, title: str, events: Iterable[Event]) -> str:
    """The transcript of these callbacks, made on a stage in `folder`."""
    async with staged(folder, f"sqlite:///{folder}/kaimono.db", keys, Scene()) as (stage, shopper):
        return await Prompter(stage, shopper, title).write(events)


def main(arguments: list[str]) -> int:
    """Prints the transcript of a folder; 1 and a sentence when there can be none, 2 for wrong use."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tests.talks.transcribe FOLDER > tests/talks/NAME.talk\n")
        return 2
    recording = Path(arguments[0])
    private, public = make_keys()
    try:
        events = read_recording(recording)
        with TemporaryDirectory() as folder:
            title = f"記録「{recording.resolve().name}」のやり取り"
            text = asyncio.run(transcribe(Path(folder), Keys(public, private), title, events))
    except (CannotTranscribe, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()
    if typed := to_be_read(events):
        sys.stderr.write(
            "\nRead what people typed before you commit this; names that the bot does not know stay:\n"
        )
        sys.stderr.write("".join(f"  {said}\n" for said in typed))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
