"""What LINE WORKS does in a transcript besides carrying words: its menu, rooms of several people, and its troubles.

works   次の送信: 回数の上限              the next message is answered 429, and may come a minute later; also エラー,
                                    トークンの期限切れ, 受け取って切断: it is taken, and the line is cut before the answer
works   次の送信: 遅い                  it is taken a moment later; 許可なし: 403, as for somebody without the bot
works   送信は1分に1通まで             how many messages it takes in a minute, from now on
works   次の社員照会: エラー              the next look-up in the directory is answered 500
works   コールバックを2回ずつ送る           every callback twice, byte for byte; also ミリ秒を省く, channelIdを省く
works   ふつうに戻る
works   これまでのコールバックを送り直す      all callbacks so far once more, as somebody would who recorded them
太郎    (招待: 備品のルーム)              太郎 makes a room with 花子 and the bot
花子    (ルームで: 注文履歴)              花子 writes into the room, for all to see
花子    (ルームのボタン: history:)        a tap there on a button of the bot
花子    (ルームのpostback: history:)      the same on a postback action
花子    (ルームを出る) (ルームに入る) (Botを外す)
花子    (トークを出る)                   花子 leaves the talk with the bot; the next word of either opens it again
"""

import re
from collections.abc import Callable
from typing import Any

import aiohttp

from sandbox.lineworks.callbacks import signature
from sandbox.lineworks.faults import Fault, Switch
from sandbox.lineworks.rates import Rates
from sandbox.lineworks.rooms import Room
from sandbox.lineworks.talks import BOT
from sandbox.lineworks.taps import find, tap
from tests.talks.cast import CAST
from tests.talks.stage import Stage

SWITCHES: dict[str, Switch] = {
    "コールバックを2回ずつ送る": "duplicate",
    "ミリ秒を省く": "no_milliseconds",
    "channelIdを省く": "no_postback_channel",
}
A_MINUTE = 60.0
A_MOMENT = 0.3
"""Seconds that really go by: the line to LINE WORKS does not go by the clock of the stage."""
SENDS = {
    "回数の上限": Fault("429", A_MINUTE),
    "エラー": Fault("500"),
    "トークンの期限切れ": Fault("401"),
    "受け取って切断": Fault("cut"),
    "遅い": Fault("slow", A_MOMENT),
    "許可なし": Fault("403"),
}
BOTH = ("太郎", "花子")


class Works:
    """The platform's part in one performance. There is one room at most; `_seen` counts what it has been shown."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._tenant = stage, stage.tenant
        self._room: Room | None = None
        self._seen = 0
        self._directions: dict[str, Callable[[str, str], None]] = {
            "メニュー": self._tap_menu,
            "postback": self._tap_postback,
            "招待": self._invite,
            "ルームで": self._say,
            "ルームのボタン": self._press,
            "ルームのpostback": lambda who, data: self._tenant.rooms.tap_postback(self.room, _id(who), data),
            "ルームを出る": lambda who, _: self._tenant.rooms.leave(self.room, _id(who)),
            "ルームに入る": lambda who, _: self._tenant.rooms.enter(self.room, _id(who)),
            "トークを出る": lambda who, _: self._tenant.leave(self._stage.person(who)),
            "Botを外す": lambda who, _: self._tenant.rooms.remove_bot(self.room),
        }

    @property
    def room(self) -> Room:
        assert self._room is not None, "there is no room yet"
        return self._room

    def knows(self, direction: str) -> bool:
        return direction in self._directions

    def act(self, who: str, direction: str, details: str) -> None:
        self._stage.act()
        self._directions[direction](who, details)

    async def do(self, words: str) -> None:
        await self._stage.quiet()
        faults = self._tenant.faults
        if words in SWITCHES:
            faults.turn(SWITCHES[words], True)
        elif words == "ふつうに戻る":
            faults.clear()
        elif words.startswith("次の送信: "):
            trouble = words.removeprefix("次の送信: ")
            assert trouble in SENDS, f"LINE WORKS knows {' '.join(SENDS)}"
            faults.add(SENDS[trouble].answer, seconds=SENDS[trouble].seconds)
        elif words == "次の社員照会: エラー":
            faults.add("500", at="user")
        elif match := re.fullmatch(r"送信は1分に(\d+)通まで", words):
            self._tenant.settings.sends_per_minute = int(match[1])
            self._tenant.rates = Rates(self._stage.clock)
        elif words == "これまでのコールバックを送り直す":
            await self._send_again()
        else:
            raise AssertionError("LINE WORKS does no such thing")

    async def next_in_room(self) -> dict[str, Any]:
        """What the bot said next in the room."""
        await self._stage.quiet()
        said = self._said()
        assert len(said) > self._seen, "but the bot says nothing more in the room"
        self._seen += 1
        return said[self._seen - 1]

    def judge(self) -> None:
        """At the end: the room was told no more, no message was beyond what LINE WORKS takes and shows, and every
        trouble that was announced has come."""
        more = self._said()[self._seen :]
        assert not more, f"at the end the bot has said more in the room: {more}"
        waiting = self._tenant.faults.as_json()["waiting"]
        assert not any(waiting.values()), f"LINE WORKS was never asked what it would have troubled: {waiting}"
        for entry in self._tenant.log.after(0):
            refused = entry.kind == "send" and (entry.status == 400 or entry.note)
            assert not refused, f"LINE WORKS objects: {entry.failure or entry.note}: {entry.body}"

    def _said(self) -> list[dict[str, Any]]:
        messages = self._room.messages if self._room else ()
        return [message.content for message in messages if message.author == BOT]

    def _tap_menu(self, who: str, label: str) -> None:
        person, menu = self._stage.person(who), self._tenant.bot.menu
        assert menu is not None
        tapped = tap(find(menu, label=label, language=person.language), person.language)
        assert tapped.says is not None
        self._tenant.say(person, tapped.says, tapped.postback)

    def _tap_postback(self, who: str, data: str) -> None:
        self._tenant.tap_postback(self._stage.person(who), data, None)

    def _invite(self, _who: str, title: str) -> None:
        self._room = self._tenant.rooms.make(title, map(_id, BOTH))

    def _say(self, who: str, text: str) -> None:
        self._tenant.rooms.say(self.room, _id(who), {"type": "text", "text": text})

    def _press(self, who: str, postback: str) -> None:
        self._tenant.rooms.say(self.room, _id(who), {"type": "text", "text": "ボタン"}, postback)

    async def _send_again(self) -> None:
        """All callbacks so far once more, the same bytes with the same signatures."""
        works = self._tenant.settings
        secret = works.bot_secret.get_secret_value()
        async with aiohttp.ClientSession() as session:
            for entry in self._tenant.log.after(0):
                if entry.kind == "callback":
                    body = entry.body.encode()
                    headers = {
                        "X-WORKS-BotId": str(works.bot_id),
                        "X-WORKS-Signature": signature(secret, body),
                    }
                    async with session.post(works.callback_url, data=body, headers=headers) as answer:
                        assert answer.status == 200


def _id(who: str) -> str:
    return CAST[who].user_id
