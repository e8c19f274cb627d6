"""Whatever a button says can be typed: the word leads to the same turn as the tap, in every language.

A scene brings somebody to a card; every button of it is tapped, and its label typed, each from the same moment. Of a tap
on a link the bot never hears: there the typed label has to show a button that opens the same page.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from bot.app import buying
from bot.lineworks.events import read_event
from bot.lineworks.message import ButtonTemplate, Outgoing
from bot.talk import engine, telling
from bot.talk.cards import say
from bot.talk.engine import Desk, Stranger
from bot.talk.hearing import Verb, hear
from bot.talk.orders import REFUSED
from bot.talk.steps import At
from bot.talk.wording import LANGUAGES, wording
from purchasing import history, members
from purchasing.lifecycle import OrderState, SessionState
from purchasing.members import Person
from purchasing.notices import Notice, What
from purchasing.values import Company, Group
from sandbox.lineworks.taps import actions
from storage.database import Database, Tx
from storage.tables import (
    Cart,
    Member,
    Order,
    OrderConfirmation,
    OrderLine,
    Shipment,
    ShipmentLine,
    ShoppingSession,
    Talk,
)
from storage.types import Package
from tests.trouble.house import (
    ADMIN,
    COMPANY,
    HANAKO,
    NOW,
    TARO,
    config,
    furnished,
    known,
    offered,
    ordered,
    vault,
    visit_of,
)

MONEY = {"pay", "pay_yes", "pay_anyway"}
"""Money moves by a button that was shown for that very cart: a typed word names no cart."""
AMAZONS = "250-5123176-9239824", "D01-5123176-9239825"
NEW = "5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e09"


@dataclass
class Moment:
    """Somebody looks at the newest card."""

    tx: Tx
    company: Company
    user_id: str
    language: str

    def hear(self, text: str, postback: str | None = None) -> Sequence[Outgoing]:
        """What the bot answers to this. Nobody is as quick as the second in which two events are one greeting."""
        content = {"type": "text", "text": text} | ({"postback": postback} if postback else {})
        heard = hear(read_event(json.dumps({"type": "message", "content": content}).encode()))
        answer = engine.turn(
            self.tx, Desk(self.company, vault()), self.user_id, heard, None, began=False, now=self._later()
        )
        assert not isinstance(answer, Stranger)
        self.tx.orm.flush()
        return answer

    def _later(self) -> Any:
        talk = self.tx.orm.get(Talk, (COMPANY, self.user_id))
        return (talk.changed_at if talk else NOW) + 2 * engine.ONE_TAP

    def state(self) -> tuple[str, str]:
        talk = self.tx.orm.get_one(Talk, (COMPANY, self.user_id))
        return talk.state, talk.about

    def told(self, what: What, ref: int, *, to_admin: bool = False) -> Sequence[Outgoing]:
        notice = Notice(what, ref, self.user_id, to_admin)
        return telling.write(self.tx, self.company, notice, "https://line.worksmobile.com", NOW)

    def tap(self, card: Sequence[Outgoing], name: str) -> Sequence[Outgoing]:
        label = wording(self.language)("label", name)
        action = next(action for action in buttons(card) if action["label"] == label)
        return self.hear(action["text"], action.get("postback"))


def buttons(card: Sequence[Outgoing]) -> Iterator[dict[str, Any]]:
    for message in card:
        for _, action in actions(message.content()):
            yield action


def _order(moment: Moment, state: OrderState = OrderState.RECEIVED) -> Order:
    """An order of 太郎's, as far as this."""
    order = ordered(moment.tx, moment.company)
    order.state = state
    moment.tx.orm.add(order)
    moment.tx.orm.flush()
    return order


def _greeted(moment: Moment) -> Sequence[Outgoing]:
    return moment.hear("こんにちは")


def _asked_for_mail(moment: Moment) -> Sequence[Outgoing]:
    moment.hear("こんにちは")
    return moment.hear("x", "member_yes:")


def _menu(moment: Moment) -> Sequence[Outgoing]:
    return moment.hear("メニュー")


def _cart(moment: Moment) -> Sequence[Outgoing]:
    cart = offered(moment.tx, moment.company)
    return moment.told(What.CART, cart.id or 0)


def _question(moment: Moment) -> Sequence[Outgoing]:
    return moment.tap(_cart(moment), "pay")


def _asked_what_for(moment: Moment) -> None:
    """A cart is to be paid, in a company that wants to know what the goods are for."""
    moment.company = replace(moment.company, ask_purpose=True)
    moment.tap(_cart(moment), "pay")


def _placed(moment: Moment) -> Sequence[Outgoing]:
    return moment.tap(_question(moment), "pay_yes")


def _which_to_cancel(moment: Moment) -> Sequence[Outgoing]:
    """キャンセル after an order, with a cart from before it still there."""
    offered(moment.tx, moment.company)
    _order(moment)
    return moment.hear("キャンセル")


def _history(moment: Moment) -> Sequence[Outgoing]:
    for _ in range(7):
        _order(moment)
    return moment.hear("注文履歴")


def _waiting_order(moment: Moment) -> Sequence[Outgoing]:
    return moment.hear(_order(moment).number)


def _one_parcel(moment: Moment) -> Sequence[Outgoing]:
    return _shipped(moment, Package("ヤマト運輸", "123456789012"))


def _two_parcels(moment: Moment) -> Sequence[Outgoing]:
    """Their buttons are told apart by number."""
    return _shipped(moment, Package("ヤマト運輸", "123456789012"), Package("佐川急便", "987654321098"))


def _shipped(moment: Moment, *packages: Package) -> Sequence[Outgoing]:
    order = _order(moment, OrderState.SHIPPED)
    parcel = Shipment(
        order_id=order.id,
        document_id=order.document_id,
        shipment_id="1",
        operation="new",
        packages=packages,
        noticed_at=NOW,
    )
    moment.tx.orm.add(parcel)
    moment.tx.orm.flush()
    assert parcel.id is not None
    moment.tx.orm.add(ShipmentLine(shipment_id=parcel.id, line_number=1, quantity=Decimal(1)))
    moment.tx.orm.flush()
    return moment.hear(order.number)


def _partly_refused(moment: Moment) -> Sequence[Outgoing]:
    order = _order(moment)
    for line in moment.tx.orm.exec(select(OrderLine).where(OrderLine.order_id == order.id)).all():
        line.rejected = line.quantity
    again = say(wording(moment.language), "choose_again", Verb.REORDER, order.number, REFUSED)
    return [ButtonTemplate("…", (again,))]


def _confirmed_order(moment: Moment) -> Sequence[Outgoing]:
    """An order that Amazon has confirmed as two of its own."""
    order = _order(moment, OrderState.CONFIRMED)
    cart = moment.tx.orm.get_one(Cart, order.cart_id)
    for number, document in zip(AMAZONS, (order.document_id, cart.document_id), strict=True):
        head = OrderConfirmation(
            order_id=order.id, document_id=document, confirm_id=number, operation="new", noticed_at=NOW
        )
        moment.tx.orm.add(head)
    moment.tx.orm.flush()
    return moment.hear(order.number)


def _one_at_amazon(moment: Moment) -> Sequence[Outgoing]:
    return _to_cancel_at_amazon(moment, AMAZONS[:1])


def _two_at_amazon(moment: Moment) -> Sequence[Outgoing]:
    """Their buttons are called by Amazon's numbers."""
    return _to_cancel_at_amazon(moment, AMAZONS)


def _to_cancel_at_amazon(moment: Moment, numbers: Sequence[str]) -> Sequence[Outgoing]:
    order = _order(moment, OrderState.CONFIRMED)
    cart = moment.tx.orm.get_one(Cart, order.cart_id)
    line = moment.tx.orm.exec(select(OrderLine).where(OrderLine.order_id == order.id)).one()
    line.amazon_order = numbers[0]
    for number, document in zip(numbers, (order.document_id, cart.document_id), strict=False):
        said = {"confirm_id": number, "operation": "new", "noticed_at": NOW}
        moment.tx.orm.add(OrderConfirmation(order_id=order.id, document_id=document, **said))
    for place, number in enumerate(numbers[1:], start=2):
        copied = line.model_dump(exclude={"id"}) | {"line_number": place, "amazon_order": number}
        moment.tx.orm.add(OrderLine(**copied))
    moment.tx.orm.flush()
    return moment.hear("x", f"cancel_order:{order.number}")


def _cart_missing(moment: Moment) -> Sequence[Outgoing]:
    visit_of(moment.tx, moment.company)
    visit = moment.tx.orm.exec(select(ShoppingSession)).one()
    visit.state = SessionState.OPEN
    moment.tx.orm.add(visit)
    moment.tx.orm.flush()
    return moment.told(What.CART_MISSING, visit.id or 0)


def _lost(moment: Moment) -> Sequence[Outgoing]:
    """A word without meaning while a cart waits."""
    _cart(moment)
    return moment.hear("なんでもない")


def _two_admins(moment: Moment) -> Sequence[Outgoing]:
    """Whom to ask is for the member to choose, by name."""
    return _with_groups(moment).hear("管理者に相談する")


def _with_groups(moment: Moment) -> Moment:
    chief = Person("osaka", "osaka@sample", "大阪支店長")
    members.meet(moment.tx, COMPANY, chief, NOW, looked_up=True)
    group = Group("大阪", ("taro.yamada@sample", "01@sample"), admins=("osaka@sample",))
    moment.company = replace(moment.company, groups=(group,))
    return moment


def _after_the_hold(moment: Moment) -> Sequence[Outgoing]:
    """Amazon does not hold the prices any more: one more question."""
    cart = offered(moment.tx, moment.company)
    cart.held_until = NOW
    moment.tx.orm.add(cart)
    return moment.tap(moment.tap(moment.told(What.CART, cart.id or 0), "pay"), "pay_yes")


def _long_number(moment: Moment) -> Sequence[Outgoing]:
    """A button has room for the end of it."""
    moment.company = replace(moment.company, number_pattern="SAMPLE-{yyyy}{mm}{dd}-{n:06d}")
    _order(moment)
    _order(moment)
    return moment.hear("注文履歴")


def _refused_order(moment: Moment) -> Sequence[Outgoing]:
    return moment.told(What.ORDER_REFUSED, _order(moment, OrderState.REFUSED).id or 0)


def _admin_is_told(moment: Moment) -> Sequence[Outgoing]:
    return moment.told(What.ORDER_PLACED, _order(moment).id or 0, to_admin=True)


def _admin_menu(moment: Moment) -> Sequence[Outgoing]:
    return moment.hear("ヘルプ")


def _admin_looks(moment: Moment) -> Sequence[Outgoing]:
    return moment.hear(_order(moment).number)


def _admin_of_two(moment: Moment) -> Sequence[Outgoing]:
    """Two people have bought: whom to write to is for the administrator to choose."""
    _order(moment)
    order = ordered(moment.tx, moment.company, user_id=HANAKO)
    return moment.hear("購入者にトークを送る") if order else ()


def _settings(moment: Moment) -> Sequence[Outgoing]:
    return moment.hear("お知らせ設定")


Scene = Callable[[Moment], Sequence[Outgoing]]
SCENES: dict[Scene, str] = {
    _greeted: NEW,
    _asked_for_mail: NEW,
    _menu: TARO,
    _cart: TARO,
    _question: TARO,
    _placed: TARO,
    _which_to_cancel: TARO,
    _history: TARO,
    _waiting_order: TARO,
    _one_parcel: TARO,
    _two_parcels: TARO,
    _partly_refused: TARO,
    _confirmed_order: TARO,
    _one_at_amazon: TARO,
    _two_at_amazon: TARO,
    _cart_missing: TARO,
    _lost: TARO,
    _two_admins: TARO,
    _after_the_hold: TARO,
    _long_number: TARO,
    _refused_order: TARO,
    _admin_is_told: ADMIN,
    _admin_menu: ADMIN,
    _admin_looks: ADMIN,
    _admin_of_two: ADMIN,
    _settings: ADMIN,
}
"""Every kind of card that has buttons, and who looks at it."""


Act = Callable[[Moment, Sequence[Outgoing]], Any]


async def _from_here(
    db: Database,
    language: str,
    scene: Scene,
    acts: Callable[[Sequence[Outgoing]], list[Act]],
) -> list[Any]:
    """What each act leads to from the same card; after each of them, and at the end, the world is as it was before."""
    company = buying(config().company[0], config().public_url)

    def settled(tx: Tx) -> None:
        furnished(tx)
        members.meet(tx, COMPANY, Person(NEW, "shinjin@example.co.jp", "新", "人"), NOW, looked_up=True)
        members.meet(tx, COMPANY, Person(ADMIN, "admin@sample", "購買管理者"), NOW, looked_up=True)
        for member in tx.orm.exec(select(Member)).all():
            member.language = language
            tx.orm.add(member)

    def work(tx: Tx) -> list[Any]:
        before = tx.orm.begin_nested()
        moment = Moment(tx, company, SCENES[scene], language)
        card = scene(moment)
        tx.orm.flush()
        led = [_undone(tx, act, moment, card) for act in acts(card)]
        before.rollback()
        return led

    await db.write(settled)
    return await db.write(work)


def _undone(tx: Tx, act: Act, moment: Moment, card: Sequence[Outgoing]) -> Any:
    before = tx.orm.begin_nested()
    try:
        return act(moment, card)
    finally:
        before.rollback()


_TOKEN = r"/shop/[\w-]+"


def _without_tokens(messages: Sequence[Outgoing]) -> str:
    """The messages as they go out, but for what is drawn by lot: links, and the nonces of carts."""
    text = json.dumps([message.content() for message in messages], ensure_ascii=False)
    return re.sub(rf"{_TOKEN}|(?<=:)[0-9a-f]{{8,}}(?=\")", "…", text)


def _pays(language: str) -> set[str]:
    return {wording(language)("label", name) for name in MONEY}


def _say(text: str, postback: str | None = None) -> Act:
    def act(moment: Moment, card: Sequence[Outgoing]) -> tuple[str, tuple[str, str]]:
        return _without_tokens(moment.hear(text, postback)), moment.state()

    return act


def _opens(uri: str) -> Act:
    """A tap on a link: the talk stays as it is."""
    return lambda moment, card: re.sub(_TOKEN, "…", uri)


def _links(label: str, uri: str) -> Act:
    """The link with that address which the typed label shows; empty for none."""

    def act(moment: Moment, card: Sequence[Outgoing]) -> str:
        shown = {re.sub(_TOKEN, "…", action.get("uri", "")) for action in buttons(moment.hear(label))}
        address = re.sub(_TOKEN, "…", uri)
        return address if address in shown else ""

    return act


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__.strip("_"))
async def test_a_typed_label_leads_where_its_button_leads(
    database: Database, language: str, scene: Scene
) -> None:
    labels: list[str] = []

    def acts(card: Sequence[Outgoing]) -> list[Act]:
        compared = [action for action in buttons(card) if action["label"] not in _pays(language)]
        labels.extend(action["label"] for action in compared)
        return [
            act
            for action in compared
            for act in (
                (_opens(action["uri"]), _links(action["label"], action["uri"]))
                if action["type"] == "uri"
                else (_say(action["text"], action.get("postback")), _say(action["label"]))
            )
        ]

    led = await _from_here(database, language, scene, acts)
    assert labels
    for label, tapped, typed in zip(labels, led[::2], led[1::2], strict=True):
        assert tapped[0] not in ("", "[]")
        assert typed == tapped, label


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_button_is_left_out(database: Database, language: str) -> None:
    """Each label of the catalogue is on a card that was looked at."""
    seen: set[str] = set()

    def look(card: Sequence[Outgoing]) -> list[Act]:
        seen.update(action["label"] for action in buttons(card))
        return []

    for scene in SCENES:
        await _from_here(database, language, scene, look)
    assert set(wording(language).section("label").values()) <= seen


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scene", [_cart, _question, _after_the_hold], ids=["cart", "question", "again"])
async def test_a_typed_money_word_shows_the_buttons_and_orders_nothing(
    database: Database, language: str, scene: Scene
) -> None:
    words = wording(language)

    def type_it(name: str) -> Act:
        def act(moment: Moment, card: Sequence[Outgoing]) -> tuple[str, int]:
            answer = moment.hear(words("label", name))
            placed = moment.tx.orm.exec(select(Order)).all()
            return next(buttons(answer))["label"], len(placed)

        return act

    pay, pay_yes, anyway = await _from_here(
        database, language, scene, lambda _: [*map(type_it, ("pay", "pay_yes", "pay_anyway"))]
    )
    assert pay == anyway == (words("label", "pay"), 0)
    assert pay_yes == (words("label", "pay" if scene is _cart else "pay_yes"), 0)


async def test_an_order_number_is_understood_in_any_width(database: Database) -> None:
    typed = [
        "KM-202611-00001",
        "ＫＭ－２０２６１１－００００１",
        "km-202611-00001",
        "ＫＭー202611ー00001",
        "KM‐202611‐00001",
        "注文番号: KM-202611-00001",
        "KM-202611-00001はどこですか？",
    ]
    tapped, *led = await _from_here(
        database,
        "ja",
        _waiting_order,
        lambda _: [_say("x", "order:KM-202611-00001"), *map(_say, typed)],
    )
    assert dict(zip(typed, led, strict=True)) == dict.fromkeys(typed, tapped)


async def test_an_order_is_found_by_amazons_number(database: Database) -> None:
    typed = [
        AMAZONS[0],
        "２５０－５１２３１７６－９２３９８２４",
        f"Amazonの{AMAZONS[0]}はいつ届きますか",
        "d01-5123176-9239825",
    ]

    def of_a_colleague(moment: Moment, card: Sequence[Outgoing]) -> str:
        return _without_tokens(replace(moment, user_id=HANAKO).hear(AMAZONS[0]))

    tapped, foreign, *led = await _from_here(
        database,
        "ja",
        _confirmed_order,
        lambda _: [_say("x", "order:KM-202611-00001"), of_a_colleague, *map(_say, typed)],
    )
    assert dict(zip(typed, led, strict=True)) == dict.fromkeys(typed, tapped)
    assert wording("ja")("order", "no_such", number=AMAZONS[0]) in foreign


async def test_what_is_no_number_of_an_order_is_not_taken_for_one(database: Database) -> None:
    typed = ["202611", "00001", "10個ください", "03-0000-0000", "１" * 5000, "KM-2", "4901234567894"]
    led = await _from_here(database, "ja", _waiting_order, lambda _: [*map(_say, typed)])
    assert all(wording("ja")("menu", "not_understood") in text for text, _ in led)


async def test_a_mistyped_number_is_said_to_be_unknown(database: Database) -> None:
    typed = {
        "KM-202611-00002": "KM-202611-00002",
        "km202611ー00001": "km202611-00001",
        "KM-202611-000010はいつ届きますか": "KM-202611-000010",
        "ＫＭ-202611-1": "KM-202611-1",
        AMAZONS[0]: AMAZONS[0],
        "250-512317-9239824": "250-512317-9239824",
    }
    led = await _from_here(database, "ja", _waiting_order, lambda _: [*map(_say, typed)])
    for (text, _), number in zip(led, typed.values(), strict=True):
        assert wording("ja")("order", "no_such", number=number) in text


async def test_a_parcel_s_number_finds_its_order_among_others(database: Database) -> None:
    def act(moment: Moment, card: Sequence[Outgoing]) -> list[str]:
        _shipped(moment, Package("日本郵便", "111122223333"))
        _order(moment)
        typed = (
            "追跡 987654321098",
            "荷物を追跡する",
            "追跡 000000000000",
            "Track package",
            "追跡 KM-202611-00001",
        )
        return [_without_tokens(moment.hear(text)) for text in typed]

    ((named, newest_sent, unknown, spoken, by_order),) = await _from_here(
        database, "ja", _two_parcels, lambda _: [act]
    )
    assert "KM-202611-00001" in named
    assert "KM-202611-00002" in newest_sent
    assert wording("ja")("order", "no_such_parcel", number="000000000000") in unknown
    assert "KM-202611-00002" in spoken, "a word is no number"
    assert "KM-202611-00001" in by_order


async def test_an_administrator_s_own_parcel_is_found_behind_the_orders_of_many_others(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LATELY", 2)

    def act(moment: Moment, card: Sequence[Outgoing]) -> str:
        _shipped(moment, Package("佐川急便", "987654321098"))
        own = moment.tx.orm.exec(select(Order)).one()
        own.member_id = known(moment.tx, ADMIN).id or 0
        moment.tx.orm.add(own)
        for _ in range(3):
            _order(moment)
        return _without_tokens(moment.hear("追跡 987654321098"))

    [found] = await _from_here(sqlite_database, "ja", _settings, lambda _: [act])
    assert "KM-202611-00001" in found


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_buyer_who_is_named_comes_first_though_others_bought_since(
    sqlite_database: Database, language: str
) -> None:
    words = wording(language)

    def act(moment: Moment, card: Sequence[Outgoing]) -> tuple[list[str], str]:
        _order(moment)
        _bought_by(moment, "鈴木", "高橋", "田中", "伊藤", "渡辺", "中村")
        answer = moment.hear(words("common", "person", name="山田 太郎"))
        return [action["label"] for action in buttons(answer)], _without_tokens(answer)

    ((labels, text),) = await _from_here(sqlite_database, language, _settings, lambda _: [act])
    others = [words("common", "person", name=name) for name in ("中村", "渡辺", "伊藤", "田中")]
    assert labels == [words("common", "person", name="山田 太郎"), *others]
    assert words("asking", "buyers", name=others[0]) in text


def _bought_by(moment: Moment, *names: str) -> None:
    """An order of each of these, the last the newest."""
    for name in names:
        user_id = f"buyer-{name}"
        buyer = Person(user_id, f"{user_id}@sample", name)
        member = members.meet(moment.tx, COMPANY, buyer, NOW, looked_up=True)
        members.register(moment.tx, member, "buyer@example.co.jp", NOW)
        ordered(moment.tx, moment.company, user_id=user_id)


async def test_one_can_look_back_page_by_page_while_the_purpose_is_asked_for(
    sqlite_database: Database,
) -> None:
    words = wording("ja")

    def act(moment: Moment, card: Sequence[Outgoing]) -> list[str]:
        _asked_what_for(moment)
        said = ("注文履歴", "さらに前の注文", "KM-202611-00003の分と同じ")
        return [_without_tokens(moment.hear(text)) for text in said]

    ((first, second, answered),) = await _from_here(sqlite_database, "ja", _history, lambda _: [act])
    asked = words("cart", "ask_purpose", mark="【テスト】")
    assert ("KM-202611-00007" in first, asked in first) == (True, True)
    assert ("KM-202611-00002" in second, asked in second) == (True, True)
    assert words("cart", "purpose", purpose="KM-202611-00003の分と同じ") in answered


async def test_looking_back_past_the_first_order_begins_anew_while_the_purpose_is_asked_for(
    sqlite_database: Database,
) -> None:
    words = wording("ja")

    def act(moment: Moment, card: Sequence[Outgoing]) -> list[str]:
        _asked_what_for(moment)
        said = ("注文履歴", *["さらに前の注文"] * 3, "来客用")
        return [_without_tokens(moment.hear(text)) for text in said]

    ((first, last, anew, last_again, answered),) = await _from_here(
        sqlite_database, "ja", _history, lambda _: [act]
    )
    assert first != last
    assert (anew, last_again) == (first, last)
    assert words("cart", "purpose", purpose="来客用") in answered


@pytest.mark.parametrize("scene", [_history, _long_number, _two_at_amazon, _two_admins, _admin_of_two])
async def test_the_buttons_of_what_is_looked_at_can_be_typed_while_the_purpose_is_asked_for(
    sqlite_database: Database, scene: Scene
) -> None:
    """What is a number or a name alone is no purpose, and the question comes again below."""

    def asked(act: Act) -> Act:
        def first(moment: Moment, card: Sequence[Outgoing]) -> Any:
            moment.company = replace(moment.company, ask_purpose=True)
            if moment.user_id == ADMIN:
                members.register(moment.tx, members.find(moment.tx, COMPANY, ADMIN), "a@example.co.jp", NOW)
            cart = offered(moment.tx, moment.company, user_id=moment.user_id)
            moment.tap(moment.told(What.CART, cart.id or 0), "pay")
            assert moment.state()[0] == At.ASKED_PURPOSE
            return act(moment, card)

        return first

    names: list[str] = []

    def acts(card: Sequence[Outgoing]) -> list[Act]:
        common = {label for each in LANGUAGES for label in wording(each).section("label").values()}
        named = [action for action in buttons(card) if action["label"] not in common]
        names.extend(action["label"] for action in named)
        return [asked(_say(action["label"])) for action in named]

    led = await _from_here(sqlite_database, "ja", scene, acts)
    assert names
    question = wording("ja")("cart", "ask_purpose", mark="【テスト】")
    for name, (text, (state, _)) in zip(names, led, strict=True):
        assert (name in text, question in text, state) == (True, True, At.ASKED_PURPOSE)


async def test_a_number_that_nobody_has_or_among_words_is_a_purpose(sqlite_database: Database) -> None:
    typed = [
        "KM-202611-00001の分と同じ",
        "注文番号: KM-202611-00001",
        "KM-202611-09999",
        "PJ-2026-001",
        "山田さん",
    ]

    def purpose(text: str) -> Act:
        def act(moment: Moment, card: Sequence[Outgoing]) -> str:
            _asked_what_for(moment)
            return _without_tokens(moment.hear(text))

        return act

    led = await _from_here(sqlite_database, "ja", _waiting_order, lambda _: [*map(purpose, typed)])
    for text, answer in zip(typed, led, strict=True):
        assert wording("ja")("cart", "purpose", purpose=text) in answer


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", [OrderState.REFUSED, OrderState.REJECTED])
async def test_an_order_that_never_came_about_has_no_page_to_wait_for(
    sqlite_database: Database, language: str, state: OrderState
) -> None:
    words = wording(language)

    def act(moment: Moment, card: Sequence[Outgoing]) -> tuple[str, list[str]]:
        _order(moment, state)
        answer = moment.hear(words("label", "open_amazon"))
        return _without_tokens(answer), [action["label"] for action in buttons(answer)]

    ((text, labels),) = await _from_here(sqlite_database, language, _menu, lambda _: [act])
    values = {"mark": words("common", "test_mark"), "number": "KM-202611-00001"}
    assert words("order", "open_amazon_never", **values) in text
    assert labels[0] == words("label", "detail")


async def test_a_number_shows_an_order_to_nobody_else(database: Database) -> None:
    """What the colleague is told is what anybody is told of a number that no order has."""

    def act(moment: Moment, card: Sequence[Outgoing]) -> list[str]:
        colleague = replace(moment, user_id=HANAKO)
        return [
            _without_tokens(colleague.hear(text)).replace("00009", "00001")
            for text in ("KM-202611-00001", "KM-202611-00009", "注文の詳細")
        ]

    ((number, nothing, newest),) = await _from_here(database, "ja", _waiting_order, lambda _: [act])
    assert number == nothing
    assert wording("ja")("order", "none") in newest


@pytest.mark.parametrize("language", LANGUAGES)
async def test_typed_ask_an_administrator_opens_the_talk_that_the_button_opens(
    database: Database, language: str
) -> None:
    words = wording(language)

    def compare(moment: Moment, card: Sequence[Outgoing]) -> tuple[str, str]:
        on_card = next(action for action in buttons(card) if action["label"] == words("label", "ask_admin"))
        answered = next(buttons(moment.hear(words("label", "ask_admin"))))
        return on_card["uri"], answered["uri"]

    ((on_card, answered),) = await _from_here(database, language, _refused_order, lambda _: [compare])
    assert answered == on_card
    assert "admin%40sample" in answered


async def test_an_administrator_who_may_not_buy_is_offered_no_shopping(database: Database) -> None:
    def watches(moment: Moment, card: Sequence[Outgoing]) -> list[list[str]]:
        admin = replace(moment, company=replace(moment.company, permitted=("taro.yamada@sample",)))
        return [
            [action["label"] for action in buttons(admin.hear(text, postback))]
            for text, postback in (("x", "order:KM-202611-09999"), ("管理者に相談する", None))
        ]

    ((not_found, asked),) = await _from_here(database, "ja", _settings, lambda _: [watches])
    assert not_found == ["ヘルプ"]
    assert asked == ["お知らせ設定"]
