"""Which words tell a member's language, and what is shown in all languages until they do."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.app import buying
from bot.lineworks.events import read_event
from bot.lineworks.message import Action, ButtonTemplate, Message, Outgoing, Text, Uri
from bot.setup import menu_actions
from bot.talk import asking, registration
from bot.talk.cards import say
from bot.talk.engine import Desk, Stranger, turn
from bot.talk.hearing import Heard, Verb, hear
from bot.talk.languages import CODES, SHOWN_IN_ALL, in_every_language, of_label, of_words, said_in
from bot.talk.wording import LANGUAGES, Wording, wording
from purchasing import members
from purchasing.mail_address import BadEmail
from purchasing.members import Person
from storage.database import Database, Tx
from tests.trouble.house import COMPANY, NOW, TARO, config, furnished, known, vault


def said(text: str, postback: str | None = None) -> Heard:
    content = {"type": "text", "text": text} | ({"postback": postback} if postback else {})
    return hear(read_event(json.dumps({"type": "message", "content": content}).encode()))


def test_every_catalogue_has_its_code() -> None:
    assert tuple(CODES) == LANGUAGES
    assert [wording(code).language for code in CODES.values()] == list(LANGUAGES)


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("はい、会員です。", "ja_JP"),
        ("注文履歴", "ja_JP"),
        ("はい", "ja_JP"),
        ("Yes, I'm a member", "en_US"),
        ("ＧＯ　ＳＨＯＰＰＩＮＧ", "en_US"),
        ("i am new", "en_US"),
        ("네, 회원입니다.", "ko_KR"),
        ("네", "ko_KR"),
        ("OK", ""),
        ("ok!", ""),
        ("ＯＫ", ""),
        ("Help", ""),
        ("menu", ""),
        ("No", ""),
        ("Thank you", ""),
        ("thank you very much", ""),
        ("Good morning!", ""),
        ("good evening", ""),
        ("all right", ""),
        ("こんにちは", ""),
        ("?", ""),
        ("", ""),
        ("Good morning, Mr. Sato", ""),
        ("コピー用紙が欲しい", ""),
        ("taro.yamada@example.co.jp", ""),
        ("KM-202611-00001", ""),
    ],
)
def test_typed_words_tell_the_language_that_alone_has_them(typed: str, language: str) -> None:
    assert of_words(typed) == language
    assert said(typed).language == language


def test_every_button_that_is_shown_in_all_languages_tells_the_readers() -> None:
    cards = in_every_language(lambda words: registration.greeting(words, "greeting"))
    cards += in_every_language(
        lambda words: registration.help_text(words, registered=True, admin=True, test=True)
    )
    buttons = [action for card in cards if isinstance(card, ButtonTemplate) for action in card.actions]
    told = 0
    for button in (*buttons, *menu_actions()):
        content = button.content()
        assert content["i18nTexts"]
        for entry in content["i18nTexts"]:
            tapped = said(entry["text"], content["postback"])
            assert (tapped.language, tapped.own_language, tapped.nonce) == (entry["language"], True, "")
            assert tapped.verb.value == content["postback"].partition(":")[0]
            told += 1
    assert told == 3 * (2 + 6 + 4)


def test_a_button_that_was_shown_in_one_language_tells_nothing() -> None:
    """Whoever taps 買い物をする on a Japanese card may read English: there was nothing else to tap."""
    assert said("買い物をする", "shop:").language == ""
    assert said("決済する", "pay:12:4c1f").language == ""
    assert said("買い物をする", f"shop::{SHOWN_IN_ALL}").language == "ja_JP"


@pytest.mark.parametrize("text", ["", "x", "Yes, I'm a member はい、会員です。", "member_yes"])
def test_a_forged_label_tells_nothing(text: str) -> None:
    assert said(text, f"member_yes::{SHOWN_IN_ALL}") == Heard(Verb.MEMBER_YES, text)
    assert of_label(text) == ""


def test_money_is_not_moved_by_the_mark() -> None:
    assert said("決済する", f"pay::{SHOWN_IN_ALL}").verb is Verb.PAY
    assert not said("決済する", f"pay::{SHOWN_IN_ALL}").by_button


def _buttons_of_all_kinds(words: Wording) -> list[Outgoing]:
    people = asking.links(words, {"taro.yamada@sample": "山田太郎"}, "https://line.worksmobile.com")
    return registration.not_permitted(words, "", people, unknown=False, ordered=True)


BUILDERS: dict[str, Callable[[Wording], list[Outgoing]]] = {
    "greeting": lambda words: registration.greeting(words, "greeting"),
    "first register": lambda words: registration.greeting(words, "first_register"),
    "cancelled": lambda words: registration.greeting(words, "cancelled"),
    "how to join": registration.how_to_join,
    "ask email": lambda words: registration.ask_email(words, "ask_email", "", "taro"),
    "offer email": lambda words: registration.ask_email(words, "ask_email_new", "", "taro@example.co.jp"),
    "other email": lambda words: registration.ask_email(words, "ask_email_again", "a@example.co.jp", "taro"),
    "bad email": lambda words: registration.refuse_email(words, BadEmail.DOMAIN),
    "longest email": lambda words: registration.menu(words, "registration", "done", "a" * 254),
    "guest's help": lambda words: registration.help_text(words, registered=False, admin=True, test=True),
    "help": lambda words: registration.help_text(words, registered=True, admin=True, test=True),
    "administrator's help": registration.help_for_admin,
    "not permitted": _buttons_of_all_kinds,
    "ask whom": lambda words: registration.not_permitted(
        words, "内線" * 200, (), unknown=False, ordered=False
    ),
    "moved here": registration.moved_here,
}


@pytest.mark.parametrize("name", BUILDERS)
def test_what_is_said_in_all_languages_is_what_is_said_in_each(name: str) -> None:
    build = BUILDERS[name]
    for place, message in enumerate(said_in("", build)):
        assert isinstance(message, Text | ButtonTemplate)
        for code in CODES.values():
            alone = said_in(code, build)[place]
            assert _read(message, code) == _read(alone, "")
        assert _read(message, "") == _read(said_in("ja_JP", build)[place], "")


def _read(message: Outgoing, language: str) -> list[str]:
    """What a client of that language shows, and what its buttons say."""
    content = message.content()
    field = "contentText" if isinstance(message, ButtonTemplate) else "text"
    shown = [_pick(content, field, language)]
    for action in content.get("actions", ()):
        shown += [_pick(action, part, language) for part in ("label", "text", "uri") if part in action]
    return shown


def _pick(holder: dict[str, object], field: str, language: str) -> str:
    translations = holder.get(f"i18n{field[0].upper()}{field[1:]}s", [])
    assert isinstance(translations, list)
    return next((entry[field] for entry in translations if entry["language"] == language), str(holder[field]))


def test_a_text_that_is_not_its_label_is_the_same_in_all_languages() -> None:
    """このアドレスを使う says the address."""
    (card,) = said_in("", BUILDERS["offer email"])
    assert isinstance(card, ButtonTemplate)
    content = card.actions[0].content()
    assert (content["text"], "i18nTexts" in content) == ("taro@example.co.jp", False)
    assert [entry["language"] for entry in content["i18nLabels"]] == list(CODES.values())


def test_the_button_of_a_business_object_keeps_what_it_carries() -> None:
    def build(words: Wording) -> list[Outgoing]:
        return [ButtonTemplate("x", (say(words, "pay", Verb.PAY, 12, "4c1f"),))]

    (card,) = in_every_language(build)
    assert isinstance(card, ButtonTemplate)
    assert card.actions[0].content()["postback"] == "pay:12:4c1f"


async def test_what_was_learned_stays_until_the_directory_tells(database: Database) -> None:
    def work(tx: Tx) -> list[str]:
        furnished(tx)
        stranger = Person("5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e99", "hanako.sato@sample")
        member, found = members.meet(tx, COMPANY, stranger, NOW, looked_up=True), []
        for learned, own in (("", False), ("en_US", False), ("", True), ("ja_JP", False), ("ja_JP", True)):
            members.learn_language(tx, member, learned, own=own)
            found.append(member.language)
        for told in ("", "ko_KR", ""):
            members.meet(tx, COMPANY, replace(stranger, language=told), NOW, looked_up=True)
            found.append(member.language)
        return found

    learned = await database.write(work)
    assert learned == ["", "en_US", "en_US", "en_US", "ja_JP", "ja_JP", "ko_KR", "ko_KR"]


@pytest.mark.parametrize(("told", "spoken"), [("en_US", "en_US"), ("", "ja_JP"), (None, "ja_JP")])
async def test_a_label_that_contradicts_asks_the_directory_which_wins(
    database: Database, told: str | None, spoken: str
) -> None:
    """English is kept, the client shows Japanese: the directory is asked at once, and holds if it tells a language."""
    tapped = said("買い物をする", f"shop::{SHOWN_IN_ALL}")
    person = None if told is None else Person(TARO, "taro.yamada@sample", language=told)

    def work(tx: Tx) -> str:
        furnished(tx)
        desk = Desk(buying(config().company[0], config().public_url), vault())
        known(tx).language = "en_US"
        assert isinstance(turn(tx, desk, TARO, tapped, None, began=False, now=NOW), Stranger)
        assert not isinstance(turn(tx, desk, TARO, said("注文履歴"), None, began=False, now=NOW), Stranger)
        assert known(tx).language == "en_US"
        assert not isinstance(
            turn(tx, desk, TARO, tapped, person, began=False, asked=True, now=NOW), Stranger
        )
        return known(tx).language

    assert await database.write(work) == spoken


async def test_who_reads_a_language_that_we_lack_is_not_looked_up_at_every_tap(database: Database) -> None:
    """Their client shows Japanese, which is what they are spoken to in."""

    def work(tx: Tx) -> str:
        furnished(tx)
        desk = Desk(buying(config().company[0], config().public_url), vault())
        known(tx).language = "zh_TW"
        tapped = said("買い物をする", f"shop::{SHOWN_IN_ALL}")
        assert not isinstance(turn(tx, desk, TARO, tapped, None, began=False, now=NOW), Stranger)
        return known(tx).language

    assert await database.write(work) == "zh_TW"


def test_only_what_can_be_translated_is() -> None:
    actions: tuple[Action, ...] = (Uri("x", "https://example.co.jp"), Message("x", "x"))
    (card,) = in_every_language(lambda words: [ButtonTemplate("x", actions)])
    assert isinstance(card, ButtonTemplate)
    assert all(len(action.translations) == 3 for action in card.actions)
