"""From a cart to an order, once: whoever taps twice, and whatever becomes of the sending."""

import asyncio
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from punchout.envelope import read_envelope
from punchout.received import read_order
from punchout.supplier import Supplier
from punchout.xml import parse
from purchasing import evidence, members, ordering, submission
from purchasing.holding import AskAgain
from purchasing.lifecycle import CartState, ImpossibleStep, OrderState
from purchasing.notices import Notice, What
from purchasing.ordering import AlreadyPlaced, NotPayable, Placed
from purchasing.values import Company
from storage import audit, tables
from storage.database import Database, Tx, open_database
from storage.queue import Bury, Decision, Done, Retry
from storage.tables import Order
from tests.trouble.amazon import FakeAmazon, hangs_up, never_answers, page, says
from tests.trouble.documents import Goods
from tests.trouble.house import (
    ADMIN,
    EMAIL,
    HANAKO,
    NOW,
    SHARED_SECRET,
    TARO,
    Clock,
    known,
    offered,
    ordered,
    vault,
)

Outcome = Placed | AlreadyPlaced | NotPayable | AskAgain


async def pay(shop: Database, company: Company, cart: tables.Cart, user_id: str = TARO) -> Outcome:
    def work(tx: Tx) -> Outcome:
        assert cart.id is not None
        return ordering.place(tx, vault(), company, known(tx, user_id), cart.id, cart.nonce, NOW)

    return await shop.write(work)


async def jobs(shop: Database, kind: str) -> list[bytes]:
    """The payloads of every job of this kind, in the order in which they were put."""

    def load(tx: Tx) -> list[bytes]:
        rows = tx.orm.exec(select(tables.JobRow).where(tables.JobRow.kind == kind)).all()
        return [row.payload for row in sorted(rows, key=lambda row: row.id or 0)]

    return await shop.read(load)


async def told(shop: Database) -> list[tuple[str, str]]:
    """What was told whom, oldest first."""
    return [
        (notice.what.value, notice.recipient)
        for notice in map(Notice.unpack, await jobs(shop, "notice"))
        if notice.what is not What.CART
    ]


async def test_a_paid_cart_becomes_an_order_that_is_ready_to_be_sent(
    shop: Database, company: Company
) -> None:
    cart = await shop.write(lambda tx: offered(tx, company, Goods(9691, 2), Goods(500)))
    outcome = await pay(shop, company, cart)
    assert isinstance(outcome, Placed)
    order = outcome.order
    assert re.fullmatch(r"KM-202611-\d{5}", order.number)
    assert order.state == OrderState.PLACED
    assert await jobs(shop, "submit") == [str(order.id).encode()]
    assert await told(shop) == [("order_placed", ADMIN)]

    def document(tx: Tx) -> bytes:
        return evidence.raw_bytes(vault(), tx.orm.get_one(tables.StoredDocument, order.document_id))

    raw = await shop.read(document)
    sent = read_order(parse(raw))
    assert sent.number == order.number
    assert sent.type == "new"
    assert sent.email == EMAIL[TARO]
    assert not sent.has_payment
    assert sent.total is not None
    assert sent.total.amount == order.total == cart.total == 9691 * 2 + 500 + 1938 + 50
    assert [line.line_number for line in sent.lines] == [1, 2]
    assert [line.item.quantity for line in sent.lines] == [2, 1]
    assert [line.item.auxiliary_xml for line in sent.lines] == [
        "358-9479393-6024619,1",
        "358-9479393-6024619,2",
    ]
    assert read_envelope(parse(raw)).payload_id == order.payload_id


@pytest.mark.parametrize("kept", [True, False])
async def test_the_order_goes_out_under_the_mail_that_filled_the_cart(
    shop: Database, company: Company, kept: bool
) -> None:
    """Amazon takes it from nobody else, so a change of address in between counts for the next visit. A visit from
    before the address was kept has the member's own."""

    def work(tx: Tx) -> str:
        cart = offered(tx, company)
        member = known(tx)
        members.register(tx, member, "yamada.taro@example.co.jp", NOW)
        if not kept:
            tx.orm.get_one(tables.ShoppingSession, cart.session_id).email = None
        placed = ordering.place(tx, vault(), company, member, cart.id or 0, cart.nonce, NOW)
        assert isinstance(placed, Placed)
        raw = evidence.raw_bytes(vault(), tx.orm.get_one(tables.StoredDocument, placed.order.document_id))
        assert raw.count(b"yamada.taro@example.co.jp") == (0 if kept else raw.count(b"@example.co.jp"))
        return read_order(parse(raw)).email

    assert await shop.write(work) == (EMAIL[TARO] if kept else "yamada.taro@example.co.jp")


async def test_the_order_at_rest_shows_no_secret(shop: Database, company: Company) -> None:
    order = await shop.write(lambda tx: ordered(tx, company))
    sealed = await shop.read(lambda tx: tx.orm.get_one(tables.StoredDocument, order.document_id).sealed)
    assert SHARED_SECRET.encode() not in sealed
    assert b"OrderRequest" not in sealed


async def test_a_second_tap_finds_the_order_of_the_first(shop: Database, company: Company) -> None:
    cart = await shop.write(lambda tx: offered(tx, company))
    first, second = await pay(shop, company, cart), await pay(shop, company, cart)
    assert isinstance(first, Placed)
    assert isinstance(second, AlreadyPlaced)
    assert second.order.number == first.order.number
    assert len(await jobs(shop, "submit")) == 1


async def test_twenty_taps_at_the_same_moment_make_one_order(
    shop: Database, company: Company, database_url: str
) -> None:
    """Half of them through another connection; nothing here helps but the cart's own state."""
    cart = await shop.write(lambda tx: offered(tx, company))
    other = open_database(database_url)
    try:
        outcomes = await asyncio.gather(
            *(pay(door, company, cart) for door in (shop, other) for _ in range(10))
        )
    finally:
        await other.close()
    assert Counter(type(outcome) for outcome in outcomes) == {Placed: 1, AlreadyPlaced: 19}
    orders = await shop.read(lambda tx: tx.orm.exec(select(Order)).all())
    assert len(orders) == 1
    assert {o.order.number for o in outcomes if isinstance(o, Placed | AlreadyPlaced)} == {orders[0].number}
    assert len(await jobs(shop, "submit")) == 1
    assert await told(shop) == [("order_placed", ADMIN)]


async def test_paying_and_cancelling_at_the_same_moment_leaves_one_of_the_two(
    shop: Database, company: Company
) -> None:
    """Two connections, again and again: never an order of a cancelled cart."""

    def cancel(tx: Tx, cart: tables.Cart) -> bool:
        assert cart.id is not None
        found = ordering.find_cart(tx, known(tx), cart.id, cart.nonce)
        assert found is not None
        if found.state != CartState.OFFERED:
            return False
        ordering.cancel(tx, found, NOW)
        return True

    for _ in range(5):
        cart = await shop.write(lambda tx: offered(tx, company))
        outcome, cancelled = await asyncio.gather(
            pay(shop, company, cart),
            shop.write(lambda tx, cart=cart: cancel(tx, cart)),  # type: ignore[misc]
        )
        assert isinstance(outcome, Placed) is not cancelled


async def test_numbers_are_given_in_order_and_never_twice(shop: Database, company: Company) -> None:
    carts = [await shop.write(lambda tx: offered(tx, company)) for _ in range(8)]
    outcomes = await asyncio.gather(*(pay(shop, company, cart) for cart in carts))
    numbers = [outcome.order.number for outcome in outcomes if isinstance(outcome, Placed)]
    assert sorted(numbers) == [f"KM-202611-{n:05}" for n in range(1, 9)]
    payload_ids = {outcome.order.payload_id for outcome in outcomes if isinstance(outcome, Placed)}
    assert len(payload_ids) == 8


async def test_what_was_rolled_back_was_never_there(shop: Database, company: Company) -> None:
    """A crash in the middle of placing leaves the cart on offer and no number used up in anybody's sight."""
    cart = await shop.write(lambda tx: offered(tx, company))

    def place_and_fall(tx: Tx) -> None:
        assert cart.id is not None
        ordering.place(tx, vault(), company, known(tx), cart.id, cart.nonce, NOW)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        await shop.write(place_and_fall)
    assert await jobs(shop, "submit") == []
    outcome = await pay(shop, company, cart)
    assert isinstance(outcome, Placed)
    assert outcome.order.number == "KM-202611-00001"


async def test_a_cart_of_the_test_mode_is_never_bought_for_real(shop: Database, company: Company) -> None:
    cart = await shop.write(lambda tx: offered(tx, company))
    live = replace(company, test=not company.test)
    assert await pay(shop, live, cart) == NotPayable(cancelled=True, other_mode=True)
    assert await jobs(shop, "submit") == []
    assert await pay(shop, company, cart) == NotPayable(cancelled=True)


async def test_a_made_up_nonce_or_cart_buys_nothing(shop: Database, company: Company) -> None:
    cart = await shop.write(lambda tx: offered(tx, company))
    real_id, real_nonce = cart.id, cart.nonce
    for cart.nonce in ("", "00000000", "ffffffffff", "ｎｏｎｃｅ", "😀", "a" * 290):
        assert await pay(shop, company, cart) == NotPayable(cancelled=False), cart.nonce
    cart.nonce = real_nonce
    for cart.id in (0, 4711, 999_999_999_999_999_999):
        assert await pay(shop, company, cart) == NotPayable(cancelled=False), cart.id
    cart.id = real_id
    assert isinstance(await pay(shop, company, cart), Placed)


async def test_another_members_cart_buys_nothing(shop: Database, company: Company) -> None:
    cart = await shop.write(lambda tx: offered(tx, company, user_id=TARO))
    assert await pay(shop, company, cart, user_id=HANAKO) == NotPayable(cancelled=False)
    assert isinstance(await pay(shop, company, cart, user_id=TARO), Placed)


async def test_a_cancelled_cart_cannot_be_paid(shop: Database, company: Company) -> None:
    def cancelled(tx: Tx) -> tables.Cart:
        cart = offered(tx, company)
        ordering.cancel(tx, cart, NOW)
        return cart

    cart = await shop.write(cancelled)
    assert await pay(shop, company, cart) == NotPayable(cancelled=True)


async def test_the_audit_knows_who_cancelled_which_cart_and_why(shop: Database, company: Company) -> None:
    unwanted = await shop.write(lambda tx: offered(tx, company))
    await shop.write(lambda tx: ordering.cancel(tx, tx.orm.get_one(tables.Cart, unwanted.id), NOW))
    of_a_test = await shop.write(lambda tx: offered(tx, company))
    await pay(shop, replace(company, test=not company.test), of_a_test)
    entries = await shop.read(lambda tx: audit.entries(tx, company.id, member_id=unwanted.member_id))
    assert [
        (entry.actor, json.loads(entry.facts)) for entry in entries if entry.what == "cart_cancelled"
    ] == [
        (f"member:{unwanted.member_id}", {"cart": unwanted.id, "why": ""}),
        (f"member:{unwanted.member_id}", {"cart": of_a_test.id, "why": "other_mode"}),
    ]


async def test_an_ordered_cart_cannot_be_cancelled(shop: Database, company: Company) -> None:
    cart = await shop.write(lambda tx: offered(tx, company))
    await pay(shop, company, cart)
    assert cart.id is not None

    def cancel(tx: Tx) -> None:
        ordering.cancel(tx, tx.orm.get_one(tables.Cart, cart.id), NOW)

    with pytest.raises(ImpossibleStep):
        await shop.write(cancel)


class Sending:
    """One order and the worker's way of sending it, attempt by attempt."""

    def __init__(self, shop: Database, supplier: Supplier, company: Company, clock: Clock) -> None:
        self.shop, self.supplier, self.company, self.clock = shop, supplier, company, clock
        self.attempts = 0

    async def place(self) -> Order:
        self.order = await self.shop.write(lambda tx: ordered(tx, self.company))
        return self.order

    async def attempt(self) -> Decision:
        self.attempts += 1
        assert self.order.id is not None
        return await submission.submit(
            self.shop, self.supplier, vault(), self.company, self.order.id, self.attempts, self.clock
        )

    async def state(self) -> str:
        return (await self.row()).state

    async def row(self) -> Order:
        return await self.shop.read(lambda tx: tx.orm.get_one(Order, self.order.id))


@pytest.fixture
async def sending(shop: Database, supplier: Supplier, company: Company, clock: Clock) -> Sending:
    made = Sending(shop, supplier, company, clock)
    await made.place()
    return made


async def test_an_order_that_is_taken_is_sent_once(sending: Sending, amazon: FakeAmazon) -> None:
    assert await sending.attempt() == Done()
    assert await sending.state() == OrderState.RECEIVED
    assert await sending.attempt() == Done()
    assert len(amazon.orders) == 1
    assert amazon.logins[0].startswith("Basic ")


async def test_every_2xx_counts_as_taken(sending: Sending, amazon: FakeAmazon) -> None:
    for code in (201, 204, 299):
        amazon.answers.append(says(code))
        assert await sending.attempt() == Done()
        assert await sending.state() == OrderState.RECEIVED
        await sending.place()


async def test_a_refusal_is_final_and_told_at_once(sending: Sending, amazon: FakeAmazon) -> None:
    for count, code in enumerate((400, 401, 403, 406, 417, 499), start=1):
        amazon.answers.append(says(code, "この住所には届けられません。"))
        assert await sending.attempt() == Done()
        row = await sending.row()
        assert (row.state, row.refusal) == (OrderState.REFUSED, "この住所には届けられません。")
        news = Counter(await told(sending.shop))
        assert news["order_refused", TARO] == news["order_refused", ADMIN] == count
        assert await sending.attempt() == Done()
        assert len(amazon.orders) == count
        await sending.place()


async def test_a_login_that_the_door_refuses_is_final(sending: Sending, amazon: FakeAmazon) -> None:
    amazon.answers.append(page(401, "who are you?"))
    assert await sending.attempt() == Done()
    assert await sending.state() == OrderState.REFUSED


async def test_an_address_that_is_not_there_is_told_at_once(sending: Sending, amazon: FakeAmazon) -> None:
    amazon.answers.append(page(404))
    assert await sending.attempt() == Done()
    assert await sending.state() == OrderState.REFUSED


async def test_without_an_answer_the_same_bytes_go_again(sending: Sending, amazon: FakeAmazon) -> None:
    amazon.answers += [
        hangs_up,
        never_answers,
        says(500),
        says(560, http=503),
        page(500),
        page(429),
        page(302),
    ]
    for _ in range(7):
        assert isinstance(await sending.attempt(), Retry)
        assert await sending.state() == OrderState.UNANSWERED
    assert await sending.attempt() == Done()
    assert await sending.state() == OrderState.RECEIVED
    assert len(amazon.orders) == 8
    assert len(set(amazon.orders)) == 1
    assert len(set(amazon.logins)) == 1


async def test_amazon_that_cannot_be_reached_is_tried_again(sending: Sending) -> None:
    here = sending.company
    sending.company = replace(here, order_url="http://127.0.0.1:1/orders")
    assert isinstance(await sending.attempt(), Retry)
    sending.company = here
    assert await sending.attempt() == Done()


async def test_the_pauses_grow_to_ten_minutes(sending: Sending, amazon: FakeAmazon) -> None:
    amazon.answers.extend([says(500)] * 14)
    pauses = []
    for _ in range(14):
        decision = await sending.attempt()
        assert isinstance(decision, Retry)
        pauses.append(decision.after.total_seconds())
    for number, pause in enumerate(pauses):
        nominal = min(600, 2**number)
        assert nominal * 0.75 <= pause <= nominal


async def test_after_a_minute_of_silence_people_are_told_once(sending: Sending, amazon: FakeAmazon) -> None:
    amazon.answers.extend([says(500)] * 4)
    await sending.attempt()
    sending.clock.advance(seconds=59)
    await sending.attempt()
    assert await told(sending.shop) == [("order_placed", ADMIN)]
    for _ in range(2):
        sending.clock.advance(seconds=10)
        await sending.attempt()
    assert sorted((await told(sending.shop))[1:]) == sorted(
        [("order_unanswered", ADMIN), ("order_unanswered", TARO)]
    )


async def test_after_a_day_a_person_is_asked(sending: Sending, amazon: FakeAmazon) -> None:
    amazon.answers.extend([says(500)] * 3)
    sending.clock.advance(hours=23, minutes=59)
    assert isinstance(await sending.attempt(), Retry)
    sending.clock.advance(minutes=1)
    assert isinstance(await sending.attempt(), Bury)
    assert await sending.state() == OrderState.STUCK
    assert ("order_stuck", TARO) in await told(sending.shop)
    assert ("order_stuck", ADMIN) in await told(sending.shop)
    # A person sends it again, and this time it works: still the same bytes.
    amazon.answers.clear()
    assert await sending.attempt() == Done()
    assert await sending.state() == OrderState.RECEIVED
    assert len(set(amazon.orders)) == 1


async def test_a_worker_that_lost_its_job_cannot_undo_an_answer(
    sending: Sending, amazon: FakeAmazon, company: Company
) -> None:
    """The first attempt hangs until its lease is gone; a second one is taken; then the first one breaks."""
    amazon.answers.append(never_answers)
    slow = asyncio.create_task(sending.attempt())
    await amazon.wait_for_an_order()
    assert await sending.attempt() == Done()
    assert isinstance(await slow, Retry)
    assert await sending.state() == OrderState.RECEIVED


async def test_a_refusal_after_an_attempt_of_unknown_end_is_not_told_as_not_placed(
    sending: Sending, amazon: FakeAmazon
) -> None:
    """Amazon may have taken the first and refuse the second as a duplicate: who buys again may buy twice."""
    amazon.answers += [hangs_up, says(400, "duplicate")]
    assert isinstance(await sending.attempt(), Retry)
    assert await sending.attempt() == Done()
    row = await sending.row()
    assert (row.state, row.refusal) == (OrderState.DOUBTFUL, "duplicate")
    news = Counter(await told(sending.shop))
    assert news["order_doubtful", TARO] == news["order_doubtful", ADMIN] == 1
    assert news["order_refused", TARO] == 0
    assert await sending.attempt() == Done()
    assert len(amazon.orders) == 2


async def test_a_refusal_after_a_process_died_while_sending_is_doubtful_too(
    sending: Sending, amazon: FakeAmazon
) -> None:
    amazon.answers += [never_answers, says(400, "duplicate")]
    dying = asyncio.create_task(sending.attempt())
    await amazon.wait_for_an_order()
    dying.cancel()
    assert await sending.state() == OrderState.SENDING
    assert await sending.attempt() == Done()
    assert await sending.state() == OrderState.DOUBTFUL


async def test_attempts_that_never_reached_amazon_leave_no_doubt(
    sending: Sending, amazon: FakeAmazon
) -> None:
    here = sending.company
    sending.company = replace(here, order_url="http://127.0.0.1:1/orders")
    assert isinstance(await sending.attempt(), Retry)
    assert await sending.state() == OrderState.PLACED
    sending.clock.advance(seconds=61)
    assert isinstance(await sending.attempt(), Retry)
    assert ("order_unanswered", TARO) in await told(sending.shop)
    sending.company = here
    amazon.answers.append(says(400, "no"))
    assert await sending.attempt() == Done()
    assert await sending.state() == OrderState.REFUSED


async def test_a_refusal_after_a_day_without_answer_is_doubtful(sending: Sending, amazon: FakeAmazon) -> None:
    amazon.answers += [says(500), says(400, "duplicate")]
    sending.clock.advance(hours=24)
    assert isinstance(await sending.attempt(), Bury)
    assert await sending.attempt() == Done()
    assert await sending.state() == OrderState.DOUBTFUL


async def test_a_document_is_dated_once_and_for_all(sending: Sending, amazon: FakeAmazon) -> None:
    """A retry a day later says the time of the first attempt (Amazon reference 8.5)."""
    amazon.answers.append(says(500))
    await sending.attempt()
    sending.clock.now = NOW + timedelta(hours=20)
    await sending.attempt()
    first, second = amazon.orders
    assert first == second
    assert read_order(parse(second)).ordered_at == NOW
