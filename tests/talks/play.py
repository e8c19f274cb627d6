"""Plays a transcript on a stage: does what its people do, and compares what they are shown, line by line.

Stage directions of a member: (利用開始) (スタンプ) (画像) (位置情報) (ファイル) (音声) (動画); (メニュー: 注文履歴)
and (postback: help:) for the persistent menu and a postback action; (トークを見る) only reads; in a room
those of `works`; in LINE WORKS' directory (異動: 総務部), (ログインIDの変更: …), (言語の変更: en_US) and
(Botを使えなくなる); (リンクのプレビュー: 本社) is a chat program that looks at the link of the newest card;
(Amazonの注文番号を入力: はいつ届きますか) types what only Amazon knows; and to begin in the middle
(登録済み), (カートが届いた: 大阪支店へ コピー用紙 × 1、緑茶 × 2) and (注文した: …): what is said on the way is left out.

Whoever acts has read everything before, so a message that the transcript does not show fails it.
"""

import re
from datetime import timedelta
from typing import Any

from sandbox.lineworks.taps import SAMPLE_IMAGE, SAMPLE_LOCATION, SAMPLE_STICKER, actions, translated
from tests.talks.amazon import Amazon
from tests.talks.cast import CAST, EMAIL
from tests.talks.script import PEOPLE, Line, Script, says, squeezed, unseen, written
from tests.talks.shopper import Shopper
from tests.talks.stage import A_WHILE, Stage
from tests.talks.terminal import Terminal
from tests.talks.works import Works

THINGS: dict[str, dict[str, Any]] = {
    "(スタンプ)": SAMPLE_STICKER,
    "(画像)": SAMPLE_IMAGE,
    "(位置情報)": SAMPLE_LOCATION,
    "(ファイル)": SAMPLE_IMAGE | {"type": "file"},
    "(音声)": SAMPLE_IMAGE | {"type": "audio"},
    "(動画)": SAMPLE_IMAGE | {"type": "video"},
}
SPANS = {"日": timedelta(days=1), "時間": timedelta(hours=1), "分": timedelta(minutes=1)}


class Mismatch(AssertionError):
    """The talk does not go as the transcript says."""


class Play:
    """One performance. `_seen` counts, for each person, the messages that the transcript has shown."""

    def __init__(self, stage: Stage, shopper: Shopper) -> None:
        self._stage, self._shopper = stage, shopper
        self.invalid_documents = stage.invalid_documents
        self._terminal = Terminal(stage)
        self._works, self._shop = Works(stage), Amazon(stage, shopper)
        self._seen = dict.fromkeys(CAST, 0)
        self._who = PEOPLE[0]

    async def send_as_the_bot(self, content: dict[str, Any]) -> None:
        """A message to 太郎 that the bot's own message types would not build."""
        await self._stage.send_raw("太郎", content)

    async def perform(self, script: Script) -> None:
        """Raises Mismatch with the line that is wrong, and what happened instead."""
        for line in script.lines:
            try:
                await self._do(line)
            except AssertionError as fault:
                raise Mismatch(f"line {line.number}: {line}\n{fault}") from None
        await self._stage.quiet()
        self._works.judge()
        for who in CAST:
            if unread := (await self._stage.messages(who))[self._seen[who] :]:
                told = "\n".join(_told(message, self._language(who)) for message in unread)
                raise Mismatch(f"at the end {who} has unread messages:\n{told}")

    async def _do(self, line: Line) -> None:
        match line.who:
            case "bot":
                await self._expect(self._who, line)
            case "管理者" | "支店長":
                await self._expect(line.who, line)
            case "works":
                await self._works.do(line.words)
            case "ルーム":
                words, buttons = shown(await self._works.next_in_room())
                if not says(line.words, words) or not _same(line.buttons, buttons):
                    raise Mismatch(_beside(line, words, buttons))
            case "$":
                await self._terminal.run(line.words)
            case "端末":
                if not says(line.words, self._terminal.printed):
                    raise Mismatch(_beside(line, self._terminal.printed, ()))
            case "画面":
                self._look(line)
            case "画面で" if line.words == "(もう一つの画面)":
                self._shopper.turn()
            case "画面で":
                await self._shopper.press(line.buttons[0])
            case "誰も":
                await self._never(unseen(line.words.removesuffix("と言われない")))
            case "時計" if line.words == "次の送信まで":
                await self._stage.until_the_next_send()
            case "時計":
                await self._stage.pass_time(_span(line.words))
            case "amazon":
                await self._shop.do(line.words)
            case _:
                self._who = line.who.removesuffix("が")
                await self._act(line)

    async def _expect(self, who: str, line: Line) -> None:
        await self._stage.quiet()
        unread = (await self._stage.messages(who))[self._seen[who] :]
        if not unread:
            raise Mismatch(f"but {who} is told nothing more")
        self._seen[who] += 1
        words, buttons = shown(unread[0]["content"], self._language(who))
        if not says(line.words, words) or not _same(line.buttons, buttons):
            raise Mismatch(_beside(line, words, buttons))

    async def _never(self, words: str) -> None:
        await self._stage.quiet()
        for who in CAST:
            for message in await self._stage.messages(who):
                told = _told(message, self._language(who))
                if squeezed(words) in squeezed(told):
                    raise Mismatch(f"but {who} has been told:\n{told}")

    def _language(self, who: str) -> str:
        """That of somebody's client."""
        return self._stage.person(who).language

    def _look(self, line: Line) -> None:
        words, buttons = self._shopper.text, self._shopper.labels
        if not says(line.words, words) or not set(line.buttons) <= set(buttons):
            raise Mismatch(_beside(line, words, buttons))

    async def _act(self, line: Line) -> None:
        if line.words == "(トークを見る)":
            return
        await self._stage.quiet()
        self._stage.clock.now += A_WHILE
        if unread := (await self._stage.messages(self._who))[self._seen[self._who] :]:
            told = "\n".join(_told(message, self._language(self._who)) for message in unread)
            raise Mismatch(f"but {self._who} has not read this yet:\n{told}")
        if line.buttons:
            for label in line.buttons:
                await self._tap(line.words.removesuffix("の"), label)
        elif line.words.startswith("("):
            await self._direct(line.words)
        else:
            await self._stage.say(self._who, line.words)

    async def _tap(self, where: str, label: str) -> None:
        """Taps the newest button with this label; the oldest if `where` says 最初, else the one beside that place, or
        on the newest card that says so."""
        language = self._language(self._who)
        said = await self._stage.messages(self._who)
        found = [message for message in said if label in _labels(message, language)]
        if not found:
            raise Mismatch(f"but {self._who} has no button 「{label}」")
        message = found[0] if where == "最初" else found[-1]
        if where not in ("", "最初") and "columns" in message["content"]:
            address = _beside_place(message["content"], where)
        else:
            if where not in ("", "最初"):
                told = [each for each in found if squeezed(where) in squeezed(_told(each, language))]
                if not told:
                    raise Mismatch(f"but there is no card for {where}")
                message = told[-1]
            address = await self._stage.tap(self._who, label, message["id"])
        if address:
            await self._shopper.open(address)

    async def _direct(self, direction: str) -> None:
        """A stage direction in brackets."""
        what, _, details = direction.strip("()").partition(":")
        if direction in THINGS:
            self._stage.send(self._who, THINGS[direction])
        elif what == "Botを使えなくなる":
            self._stage.person(self._who).bot_allowed = False
        elif what == "異動":
            self._stage.person(self._who).organizations = [details.strip()]
        elif what == "ログインIDの変更":
            self._stage.person(self._who).login_id = details.strip()
        elif what == "言語の変更":
            self._stage.person(self._who).language = details.strip()
        elif self._works.knows(what):
            self._works.act(self._who, what, details.strip())
        elif what == "リンクのプレビュー":
            cards = [each for each in await self._stage.messages(self._who) if "columns" in each["content"]]
            await self._shopper.preview(_beside_place(cards[-1]["content"], details.strip()))
        elif what == "Amazonの注文番号を入力":
            await self._stage.say(self._who, self._shop.newest_number() + details.strip())
        elif what == "利用開始":
            await self._stage.start(self._who)
        elif what in ("登録済み", "カートが届いた", "注文した"):
            await self._begin_in_the_middle(what, details.strip())
            await self._stage.quiet()
            for who in CAST:
                self._seen[who] = len(await self._stage.messages(who))
        else:
            raise Mismatch("nobody knows this stage direction")

    async def _begin_in_the_middle(self, what: str, details: str) -> None:
        stage, who = self._stage, self._who
        if what == "登録済み":
            await stage.start(who)
            await stage.quiet()
            await stage.say(who, EMAIL[who])
            return
        place, _, goods = details.partition("へ ")
        await stage.say(who, "買い物をする")
        await stage.quiet()
        await self._tap(place, "選択する")
        for article in goods.split("、"):
            await self._shop.do(article)
        await self._shop.do("承認を依頼する")
        if what == "注文した":
            for label in ("決済する", "はい、決済します。"):
                await stage.quiet()
                await self._tap("", label)


def shown(content: dict[str, Any], language: str = "ja_JP") -> tuple[str, tuple[str, ...]]:
    """What a person reads in a message, whose client speaks that language, and its buttons in order; a link ends in ↗."""
    buttons = tuple(
        translated(action, "label", language) + (" ↗" if action["type"] == "uri" else "")
        for _, action in actions(content)
    )
    return "\n".join(_texts(content, language)), buttons


def _texts(value: object, language: str) -> list[str]:
    if isinstance(value, list):
        return [text for entry in value for text in _texts(entry, language)]
    if not isinstance(value, dict):
        return []
    names = ("title", "subtitle", "text", "contentText")
    own = [translated(value, name, language) for name in names if value.get(name)]
    apart = ("action", "actions", "quickReply")
    inner = (part for name, part in value.items() if name not in apart and not name.startswith("i18n"))
    return own + [text for part in inner for text in _texts(part, language)]


def _same(expected: tuple[str, ...], buttons: tuple[str, ...]) -> bool:
    """Whether these are the buttons that are written; … in a label stands for anything."""
    return len(expected) == len(buttons) and all(
        label == shown or ("…" in label and says(label, shown))
        for label, shown in zip(expected, buttons, strict=True)
    )


def _labels(message: dict[str, Any], language: str) -> list[str]:
    return [translated(action, "label", language) for _, action in actions(message["content"])]


def _beside_place(content: dict[str, Any], place: str) -> str:
    for column in content.get("columns", ()):
        if place in column.get("title", "") + column["text"]:
            return str(column["actions"][0]["uri"])
    raise Mismatch(f"but there is no card for {place}")


def _beside(line: Line, words: str, buttons: tuple[str, ...]) -> str:
    """What was expected and what is there, one under the other."""
    return f"  expected: {line}\n  actual:   {written(line.who, words, buttons)}"


def _told(message: dict[str, Any], language: str) -> str:
    return "  " + written("bot", *shown(message["content"], language))


def _span(words: str) -> timedelta:
    match = re.fullmatch(r"\+(\d+)(日|時間|分)", words)
    if match is None:
        raise Mismatch("a span of time looks like +8日, +2時間, +30分")
    return int(match[1]) * SPANS[match[2]]
