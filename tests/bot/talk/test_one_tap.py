"""What opens a room is one tap and two events, hence one greeting; whatever else a stranger says is answered."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.app import buying
from bot.lineworks.message import Outgoing
from bot.talk.engine import Desk, Stranger, turn
from bot.talk.hearing import Heard, Verb
from purchasing import members
from purchasing.members import Person
from storage.database import Database, Tx
from tests.trouble.house import COMPANY, NOW, config, furnished, vault

NEW = "5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e09"
BEGIN = Heard(Verb.START)
HELLO = Heard(Verb.WORDS, "こんにちは")
SHOP, HISTORY = Heard(Verb.SHOP, "買い物をする"), Heard(Verb.HISTORY, "注文履歴")


async def _said(database: Database, *events: tuple[Heard, bool]) -> list[bool]:
    """Whether each event, half a second after the one before, got an answer; True beside it: the room began."""

    def work(tx: Tx) -> list[bool]:
        furnished(tx)
        members.meet(tx, COMPANY, Person(NEW, "shinjin@sample", "新", "人"), NOW, looked_up=True)
        desk = Desk(buying(config().company[0], config().public_url), vault())

        def answer(heard: Heard, began: bool, now: datetime) -> Sequence[Outgoing]:
            answered = turn(tx, desk, NEW, heard, None, began=began, now=now)
            assert not isinstance(answered, Stranger)
            tx.orm.flush()
            return answered

        moments = (NOW + timedelta(seconds=at / 2) for at in range(len(events)))
        return [bool(answer(*event, now)) for event, now in zip(events, moments, strict=False)]

    return await database.write(work)


async def test_the_word_that_opened_the_room_is_greeted_once(database: Database) -> None:
    assert await _said(database, (BEGIN, True), (HELLO, False), (HELLO, False)) == [True, False, True]


async def test_the_room_that_opens_after_the_word_is_not_greeted_again(database: Database) -> None:
    assert await _said(database, (HELLO, False), (BEGIN, True), (HELLO, False)) == [True, False, True]


async def test_a_second_word_is_answered_however_quick(database: Database) -> None:
    assert await _said(database, (HELLO, False), (HELLO, False), (SHOP, False)) == [True, True, True]


async def test_what_asks_for_something_is_answered_right_after_the_greeting(database: Database) -> None:
    assert await _said(database, (BEGIN, True), (SHOP, False), (HISTORY, False)) == [True, True, True]
