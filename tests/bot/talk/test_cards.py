"""Every card, whatever stands on it: within the platform's limits, judged twice, and no line lost on the way.

The message types refuse what the platform would refuse; `sandbox.lineworks.limits`, which was written from the
reference alone and shares nothing with them, is the second judge.
"""

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lineworks.message import Outgoing, Text
from bot.lineworks.text import units
from bot.talk import afterwards, cards, checkout, notices, orders, registration, shopping
from bot.talk.cards import CARD
from bot.talk.confirmed import confirmed
from bot.talk.hearing import Verb
from bot.talk.notices import MOST_LINES, Reader
from bot.talk.wording import LANGUAGES, Wording, wording
from purchasing.accounting import Accounting
from purchasing.aftercare import Receipt
from purchasing.history import OrderDetail
from purchasing.lifecycle import LineState, OrderState
from purchasing.mail_address import BadEmail
from purchasing.shopping import Choice
from sandbox.lineworks import limits
from storage.tables import DeliveryAddress, OrderConfirmation, OrderConfirmationLine, Shipment, ShipmentLine
from storage.types import Package
from tests.bot.talk import given as rows
from tests.bot.talk.given import APP, NOW, GivenCart, labels, written

BOOKS = Accounting("1200 総務部")

EXAMPLES = settings(max_examples=40, deadline=None)
LONGEST_EMAIL = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.jp"


def judged(messages: list[Outgoing]) -> list[Outgoing]:
    """The messages, after the second judge has seen them."""
    assert messages
    for message in messages:
        assert limits.check(message.content()) == []
    return messages


def numbered(text: str) -> list[int]:
    """The numbers at the head of lines: "12. …"."""
    heads = (line.partition(". ")[0] for line in text.split("\n"))
    return [int(head) for head in heads if head.isdecimal() and head.isascii()]


@EXAMPLES
@given(rows.carts(), rows.languages, st.booleans(), st.sampled_from(["arrived", "declined"]))
def test_a_cart_is_shown_whole(given_cart: GivenCart, words: Wording, test: bool, sentence: str) -> None:
    cart, lines = given_cart.cart, given_cart.lines
    shown = judged(checkout.cart_card(words, cart, lines, given_cart.address, test, NOW, BOOKS, sentence))
    text = written(shown)
    assert words("accounting", "cost_center", code=BOOKS.cost_center) in text
    assert set(range(1, len(lines) + 1)) <= set(numbered(text))
    for line in lines:
        assert words.money(line.unit_price * line.quantity, cart.currency) in text
    assert (
        words("cart", "total", amount=words.money(cart.total, cart.currency))
        in shown[-1].content()["contentText"]
    )
    assert labels(shown) == [words("label", "pay"), words("label", "cancel")]
    assert text.startswith(words("common", "test_mark").strip()) is test
    assert (words("common", "test_mark").strip() in shown[-1].content()["contentText"]) is test


@EXAMPLES
@given(rows.carts(most=3), rows.languages, st.booleans())
def test_the_question_names_the_sum(given_cart: GivenCart, words: Wording, test: bool) -> None:
    cart = given_cart.cart
    (card,) = judged(checkout.question(words, cart, given_cart.address, test, NOW))
    text = card.content()["contentText"]
    assert words.money(cart.total, cart.currency) in text
    assert text.startswith(words("common", "test_mark").strip()) is test
    assert labels([card]) == [words("label", "pay_yes"), words("label", "pay_no")]


@EXAMPLES
@given(rows.orders(most=3), rows.languages)
def test_a_placed_order_and_a_button_that_is_done_name_the_order(found: OrderDetail, words: Wording) -> None:
    for shown in (
        checkout.placed(words, found.order, found.address),
        checkout.already_ordered(words, found.order),
    ):
        assert found.order.number in written(judged(shown))


@EXAMPLES
@given(rows.orders(), rows.languages)
def test_the_detail_of_an_order_has_all_its_lines_and_parcels(found: OrderDetail, words: Wording) -> None:
    text = written(judged(orders.detail(words, found, own=True)))
    assert set(range(1, len(found.lines) + 1)) <= set(numbered(text))
    if found.order.state not in (OrderState.REFUSED, OrderState.REJECTED):
        assert all(each.tracking in text for parcel in found.shipments for each in parcel.packages)


@EXAMPLES
@given(rows.orders(), rows.languages, st.booleans())
def test_a_viewer_who_did_not_buy_can_change_nothing(found: OrderDetail, words: Wording, own: bool) -> None:
    offered = set(labels(judged(orders.detail(words, found, own=own))))
    for_the_buyer = {words("label", name) for name in ("arrived", "cancel_order", "reorder")}
    assert bool(offered & for_the_buyer) is own


@EXAMPLES
@given(rows.orders(), rows.languages, st.sampled_from(Receipt))
def test_what_is_said_after_an_order_fits_its_card(
    found: OrderDetail, words: Wording, receipt: Receipt
) -> None:
    for shown in (
        afterwards.received(words, found, receipt, told=True),
        afterwards.how_to_cancel(words, found, told=True),
    ):
        assert found.order.number in written(judged(shown))
    again = written(judged(afterwards.same_again(words, found, found.lines, refused=False)))
    assert set(range(1, len(found.lines) + 1)) <= set(numbered(again))


@EXAMPLES
@given(st.lists(rows.orders(most=1), max_size=5), st.none() | st.integers(1, 10**12), rows.languages)
def test_a_page_of_the_history_has_a_button_for_every_order(
    found: list[OrderDetail], older: int | None, words: Wording
) -> None:
    shown = judged(orders.history(words, found, older))
    assert all(detail.order.number in written(shown) for detail in found)
    assert all(
        detail.order.number.endswith(label) for detail, label in zip(found, labels(shown), strict=False)
    )


def test_two_long_numbers_have_two_different_buttons() -> None:
    """A number may have 22 characters, a label 20: it is the end that tells numbers apart."""
    pair = [_order("SAMPLE-20261124-000041"), _order("SAMPLE-20261124-000042")]
    shown = judged(orders.history(wording("ja"), pair, None))
    assert len(set(labels(shown)[:2])) == 2


@EXAMPLES
@given(rows.orders(), rows.readers())
def test_the_admin_reads_who_bought_what(found: OrderDetail, reader: Reader) -> None:
    shown = judged(notices.placed(Reader(reader.words, to_admin=True, app_url=APP), found))
    text = written(shown)
    listed = min(len(found.lines), MOST_LINES)
    assert set(range(1, listed + 1)) <= set(numbered(text))
    more = len(found.lines) - MOST_LINES
    assert (more <= 0) or reader.words("admin", "more_lines", count=more) in text
    talk = reader.words("label", "talk_with_buyer")
    assert (talk in labels(shown)) is bool(found.buyer.login_id)


@EXAMPLES
@given(rows.orders(), rows.readers(), st.data())
def test_a_confirmation_is_told_line_by_line(found: OrderDetail, reader: Reader, data: st.DataObject) -> None:
    head = OrderConfirmation(
        id=1, order_id=1, document_id=1, confirm_id="250-1234567-1234567", operation="new", noticed_at=NOW
    )
    splits = data.draw(st.lists(st.sampled_from([(1, 0), (0, 2), (1, 2)]), min_size=1, max_size=3))
    price, reason = data.draw(st.none() | rows.amounts), data.draw(rows.names)
    said = [
        OrderConfirmationLine(
            confirmation_id=1,
            line_number=line.line_number,
            accepted=Decimal(accepted),
            rejected=Decimal(rejected),
            unit_price=price,
            reason=reason,
        )
        for line in found.lines
        for accepted, rejected in [splits[line.line_number % len(splits)]]
    ]
    text = written(judged(confirmed(reader, found, head, said)))
    assert set(range(1, len(said) + 1)) <= set(numbered(text))
    assert text.count("× 2") >= sum(1 for row in said if row.rejected)


@EXAMPLES
@given(rows.orders(), rows.readers(), st.data())
def test_a_parcel_is_told_with_everything_in_it(
    found: OrderDetail, reader: Reader, data: st.DataObject
) -> None:
    parcel = Shipment(
        id=2,
        order_id=1,
        document_id=1,
        shipment_id="x",
        operation="new",
        packages=(Package(data.draw(rows.names), data.draw(rows.names)),),
        noticed_at=NOW,
    )
    sent = [
        ShipmentLine(shipment_id=2, line_number=line.line_number, quantity=line.quantity)
        for line in found.lines
    ]
    text = written(judged(notices.shipped(reader, found, parcel, sent)))
    assert set(range(1, len(sent) + 1)) <= set(numbered(text))


@EXAMPLES
@given(rows.orders(), rows.readers(), st.sampled_from(["unanswered", "stuck", "refused"]), rows.names)
def test_plain_news_names_the_order(found: OrderDetail, reader: Reader, name: str, reason: str) -> None:
    assert found.order.number in written(judged(notices.news(reader, name, found, reason)))


@EXAMPLES
@given(st.lists(rows.addresses(), max_size=25), rows.languages, st.booleans())
def test_every_address_is_shown_in_full(places: list[DeliveryAddress], words: Wording, test: bool) -> None:
    """On its card where it fits, else in a text before the cards; every place has its own link."""
    choices = [Choice(place, f"https://bot.example.co.jp/shop/{n}") for n, place in enumerate(places)]
    shown = judged(shopping.address_cards(words, choices, timedelta(hours=1), test))
    text = "".join(written(shown).split())
    for place in places:
        assert "".join(rows.one_line(place).split()) in text
    links = [
        column["actions"][0]["uri"] for message in shown for column in message.content().get("columns", ())
    ]
    assert links == [choice.url for choice in choices]


@EXAMPLES
@given(st.text(max_size=3000), st.lists(st.text(max_size=300), max_size=60), rows.languages)
def test_a_body_of_any_length_ends_in_one_card_with_its_buttons(
    foot: str, body: list[str], words: Wording
) -> None:
    shown = judged(cards.with_buttons("head", body, [foot], cards.menu_buttons(words)))
    assert labels(shown) == [action.label for action in cards.menu_buttons(words)]
    assert all(isinstance(message, Text) for message in shown[:-1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_that_never_change_fit_their_cards(language: str) -> None:
    words = wording(language)
    judged(
        [
            *(
                card
                for name in ("greeting", "first_register", "cancelled")
                for card in registration.greeting(words, name)
            ),
            *(card for reason in BadEmail for card in registration.refuse_email(words, reason)),
            *(
                card
                for registered, admin in itertools.product((False, True), repeat=2)
                for card in registration.help_text(words, registered=registered, admin=admin, test=True)
            ),
            *(
                card
                for name in ("already_cancelled", "unknown")
                for card in checkout.gone(words, name, True, cards.menu_buttons(words))
            ),
            *orders.not_found(words),
            *shopping.address_cards(words, [], timedelta(hours=1), True),
            *registration.full_menu(words, words("menu", "ready", email=LONGEST_EMAIL)),
        ]
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sentence", ["ask_email", "ask_email_new", "ask_email_again"])
def test_the_offer_of_an_address_is_never_cut(language: str, sentence: str) -> None:
    """The longest address there can be, offered as a button under the longest question."""
    words = wording(language)
    (card,) = judged(registration.ask_email(words, sentence, "taro@example.co.jp", LONGEST_EMAIL))
    text = card.content()["contentText"]
    assert text.endswith(LONGEST_EMAIL)
    assert units(text) <= CARD
    action = card.content()["actions"][0]
    assert (action["label"], action["text"]) == (words("label", "use_this"), LONGEST_EMAIL)


@pytest.mark.parametrize("known", ["", "taro.yamada", "taro@sample", "taro@example.co.jp"])
def test_only_another_mail_address_is_offered(known: str) -> None:
    (question,) = registration.ask_email(wording("ja"), "ask_email_again", "taro@example.co.jp", known)
    assert isinstance(question, Text)
    assert [action["action"]["label"] for action in question.content()["quickReply"]["items"]] == [
        "キャンセル"
    ]


@pytest.mark.parametrize(
    ("rejected", "before", "this", "name"),
    [
        (0, [], [(1, 2)], "shipped"),
        (0, [], [(1, 1)], "shipped_partly"),
        (0, [(1, 1)], [(1, 1)], "shipped"),
        (1, [], [(1, 1)], "shipped"),
    ],
)
def test_only_the_parcel_that_completes_an_order_says_so(
    rejected: int, before: list[tuple[int, int]], this: list[tuple[int, int]], name: str
) -> None:
    found = _order("KM-202611-00001", quantity=2, rejected=rejected)
    parcel = Shipment(
        id=7,
        order_id=1,
        document_id=1,
        shipment_id="x",
        operation="new",
        noticed_at=NOW,
    )
    sent = [
        ShipmentLine(shipment_id=at, line_number=number, quantity=Decimal(quantity))
        for at, parcels in ((6, before), (7, this))
        for number, quantity in parcels
    ]
    words = wording("ja")
    text = written(notices.shipped(Reader(words, to_admin=False, app_url=APP), found, parcel, sent))
    assert text.startswith(words("notice", name, mark="", number="KM-202611-00001"))
    assert text.count("1. ") == len(this)


def _order(
    number: str, quantity: int = 1, rejected: int = 0, state: OrderState = OrderState.RECEIVED
) -> OrderDetail:
    found = rows.plain_order(number, state)
    line = found.lines[0]
    line.quantity, line.rejected = Decimal(quantity), Decimal(rejected)
    return found


def test_the_lines_of_a_refused_order_do_not_wait_for_an_answer() -> None:
    words = wording("ja")
    shown = written(orders.detail(words, _order("KM-202611-00001", state=OrderState.REFUSED), own=True))
    assert words("line_state", LineState.REJECTED) in shown
    assert words("line_state", LineState.ORDERED) not in shown


def test_buttons_that_move_money_carry_cart_and_nonce_and_are_no_postback_actions() -> None:
    """Postback actions are not allowed in button templates (reference 3.3)."""
    given_cart = rows.plain_cart()
    for shown in (
        checkout.cart_card(
            wording("ja"), given_cart.cart, given_cart.lines, given_cart.address, True, NOW, BOOKS
        ),
        checkout.question(wording("ja"), given_cart.cart, given_cart.address, True, NOW),
    ):
        for action in shown[-1].content()["actions"]:
            assert action["type"] == "message"
            assert action["text"] == action["label"]
            assert action["postback"].endswith(":42:0a1b2c3d")
    assert Verb.PAY_YES in shown[-1].content()["actions"][0]["postback"]
