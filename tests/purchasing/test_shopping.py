"""Links, visits and the cart that comes back: each visit is one, a cart is taken once, and whatever comes is kept."""

import asyncio
import os
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select

from punchout.cart import Cart
from punchout.envelope import read_envelope
from punchout.setup import read_setup
from punchout.supplier import Supplier
from punchout.xml import parse
from purchasing import addresses, carts, evidence, ordering, shopping
from purchasing.carts import Accepted, ReadCart
from purchasing.lifecycle import SessionState
from purchasing.notices import What
from purchasing.shopping import Denied, Trouble
from purchasing.values import Company, Group
from storage import tables
from storage.database import Database, Tx
from storage.tables import DeliveryAddress, ShoppingSession, StoredDocument
from tests.punchout.conftest import Judge
from tests.purchasing.test_notices import told
from tests.trouble.amazon import FakeAmazon, hangs_up, leads_to, page, says
from tests.trouble.documents import Goods, cart
from tests.trouble.house import (
    ADMIN,
    EMAIL,
    HANAKO,
    NOW,
    TARO,
    Clock,
    companies,
    known,
    link_for,
    offered,
    vault,
    visit_of,
    way_back,
)


async def hand_in(shop: Database, token: str, raw: bytes) -> Accepted | Denied:
    return await shop.write(
        lambda tx: carts.accept_cart(tx, vault(), companies, "sample", token, ReadCart.of(raw), NOW)
    )


async def kept(shop: Database) -> list[tuple[str, str]]:
    """Kind and outcome of every document from outside, oldest first."""

    def load(tx: Tx) -> list[tuple[str, str]]:
        rows = tx.orm.exec(select(StoredDocument).where(StoredDocument.direction == "in")).all()
        return [(row.kind, row.outcome) for row in sorted(rows, key=lambda row: row.id or 0)]

    return await shop.read(load)


async def carts_of(shop: Database) -> list[tables.Cart]:
    return await shop.read(lambda tx: list(tx.orm.exec(select(tables.Cart)).all()))


class Door:
    """The shop's entrance as a member's browser finds it."""

    def __init__(self, shop: Database, supplier: Supplier, company: Company, clock: Clock) -> None:
        self.shop, self.supplier, self.company, self.clock = shop, supplier, company, clock

    async def link(self, user_id: str = TARO) -> str:
        return await self.shop.write(lambda tx: link_for(tx, self.company, user_id, self.clock()))

    async def enter(self, link: str) -> str | Denied:
        return await shopping.enter(
            self.shop, self.supplier, vault(), lambda _: self.company, link, self.clock
        )

    async def sessions(self) -> list[ShoppingSession]:
        def load(tx: Tx) -> list[ShoppingSession]:
            return sorted(tx.orm.exec(select(ShoppingSession)).all(), key=lambda row: row.id or 0)

        return await self.shop.read(load)


@pytest.fixture
def door(shop: Database, supplier: Supplier, company: Company, clock: Clock) -> Door:
    return Door(shop, supplier, company, clock)


async def test_a_link_leads_into_the_shop_with_the_members_name_and_address(
    door: Door, amazon: FakeAmazon
) -> None:
    assert await door.enter(await door.link()) == amazon.start_page
    request = read_setup(parse(amazon.setups[0]))
    assert (request.email, request.last_name, request.first_name) == (EMAIL[TARO], "山田", "太郎")
    assert request.contact is not None
    assert (request.contact.company, request.contact.email) == ("山田 太郎", EMAIL[TARO])
    assert request.operation == "create"
    assert len(request.buyer_cookie) == 32
    assert request.ship_to is not None
    assert (request.ship_to.id, request.ship_to.prefecture, request.ship_to.city) == (
        "honsha",
        "東京都",
        "千代田区",
    )
    assert [session.state for session in await door.sessions()] == [SessionState.OPEN]


async def test_the_shop_is_that_of_the_members_group(
    shop: Database, supplier: Supplier, company: Company, clock: Clock, amazon: FakeAmazon, cxml_dtd: Judge
) -> None:
    """UserBusinessUnit is the group's integration code, else the company's."""
    company = replace(company, business_unit="ROOT", groups=(Group("営業", (TARO,), business_unit="SALES"),))
    for ours in (company, replace(company, groups=())):
        door = Door(shop, supplier, ours, clock)
        await door.enter(await door.link())
        cxml_dtd(amazon.setups[-1])
    assert [read_setup(parse(setup)).business_unit for setup in amazon.setups] == ["SALES", "ROOT"]


async def test_every_opening_of_a_link_is_a_visit_of_its_own(door: Door, amazon: FakeAmazon) -> None:
    link = await door.link()
    for _ in range(3):
        assert await door.enter(link) == amazon.start_page
    ways = {way_back(setup) for setup in amazon.setups}
    assert len({token for token, _ in ways}) == len({cookie for _, cookie in ways}) == 3
    assert len({read_envelope(parse(setup)).payload_id for setup in amazon.setups}) == 3


async def test_each_address_card_has_a_link_of_its_own(shop: Database, company: Company) -> None:
    choices = await shop.write(lambda tx: shopping.offer(tx, company, known(tx), NOW))
    assert [choice.address.name for choice in choices] == ["本社", "大阪支店"]
    assert len({choice.url for choice in choices}) == 2


async def test_the_address_used_last_comes_first(shop: Database, company: Company) -> None:
    await shop.write(lambda tx: visit_of(tx, company, place=1))
    choices = await shop.write(lambda tx: shopping.offer(tx, company, known(tx), NOW))
    assert [choice.address.name for choice in choices] == ["大阪支店", "本社"]


async def test_a_link_dies_at_the_end_of_its_life(door: Door, amazon: FakeAmazon) -> None:
    link = await door.link()
    door.clock.advance(minutes=59, seconds=59)
    assert await door.enter(link) == amazon.start_page
    door.clock.advance(seconds=1)
    assert await door.enter(link) == Denied(Trouble.LINK_OLD)
    assert len(amazon.setups) == 1


async def test_an_unknown_link_leads_nowhere(door: Door, amazon: FakeAmazon) -> None:
    for link in ("", "nobody-knows-this", "ｌｉｎｋ", "a" * 5000):
        assert await door.enter(link) == Denied(Trouble.LINK_UNKNOWN)
    assert amazon.setups == []


async def test_who_has_no_address_at_amazon_stays_outside(door: Door, amazon: FakeAmazon) -> None:
    link = await door.link(HANAKO)

    def forget_email(tx: Tx) -> None:
        known(tx, HANAKO).email = None

    await door.shop.write(forget_email)
    assert await door.enter(link) == Denied(Trouble.NOT_REGISTERED)
    assert amazon.setups == []


async def test_why_amazon_lets_nobody_in(door: Door, amazon: FakeAmazon) -> None:
    answers = {
        says(401, "unknown login"): Denied(Trouble.SETUP_CREDENTIALS, "unknown login"),
        page(401, "who are you?"): Denied(
            Trouble.SETUP_CREDENTIALS, "The login was refused at the door (HTTP 401)."
        ),
        says(403, "UserEmail is missing"): Denied(Trouble.SETUP_REFUSED, "UserEmail is missing"),
        says(500, "try again"): Denied(Trouble.SETUP_UNREACHABLE, "try again"),
    }
    for answer, denied in answers.items():
        amazon.answers.append(answer)
        assert await door.enter(await door.link()) == denied
    states = [session.state for session in await door.sessions()]
    assert states == [SessionState.REFUSED] * len(answers)


async def test_an_answer_that_is_no_way_in(door: Door, amazon: FakeAmazon) -> None:
    for answer in (
        page(200),
        says(200),
        says(600),
        leads_to("https://amazon.co.jp.example.com/"),
        leads_to("http://www.amazon.co.jp/"),
        leads_to("javascript:alert(1)"),
        leads_to("//www.amazon.co.jp/x"),
    ):
        amazon.answers.append(answer)
        outcome = await door.enter(await door.link())
        assert isinstance(outcome, Denied)
        assert outcome.trouble is Trouble.SETUP_UNREADABLE, outcome


async def test_an_amazon_that_is_out_of_order(door: Door, amazon: FakeAmazon) -> None:
    for answer in (hangs_up, page(500), page(503)):
        amazon.answers.append(answer)
        outcome = await door.enter(await door.link())
        assert isinstance(outcome, Denied)
        assert outcome.trouble is Trouble.SETUP_UNREACHABLE


async def test_a_cart_is_stored_with_every_fact_and_told(shop: Database, company: Company) -> None:
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))
    goods = (Goods(9691, 3, "ペン\u3000＆ <紙>", seller="文具店"), Goods(120))
    assert await hand_in(shop, token, cart(cookie, *goods)) == Accepted(empty=False)
    (row,) = await carts_of(shop)
    assert [row.subtotal, row.shipping, row.tax, row.total] == [29193, 0, 2919, 32112]
    assert row.held_until == NOW + timedelta(days=7)
    lines = await shop.read(lambda tx: ordering.lines_of(tx, tx.orm.get_one(tables.Cart, row.id)))
    assert [line.line_number for line in lines] == [1, 2]
    assert [line.quantity for line in lines] == [3, 1]
    assert [line.unit_price for line in lines] == [9691, 120]
    assert (lines[0].description, lines[0].sold_by, lines[0].tax_rate) == (
        "ペン\u3000＆ <紙>",
        "文具店",
        None,
    )
    assert await kept(shop) == [("PunchOutOrderMessage", f"accepted:{row.session_id}")]


async def test_the_raw_cart_is_kept_to_the_byte(shop: Database, company: Company) -> None:
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))
    raw = cart(cookie, Goods()) + b"\n<!-- as it came -->\n"
    await hand_in(shop, token, raw)
    (row,) = await carts_of(shop)

    def load(tx: Tx) -> bytes:
        return evidence.raw_bytes(vault(), tx.orm.get_one(StoredDocument, row.document_id))

    assert await shop.read(load) == raw


async def test_the_same_cart_again_and_again_is_one_cart(shop: Database, company: Company) -> None:
    """Twenty times at the same moment: a browser's back button, a nervous thumb."""
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))
    raw = cart(cookie, Goods())
    outcomes = await asyncio.gather(*(hand_in(shop, token, raw) for _ in range(20)))
    assert set(outcomes) == {Accepted(empty=False)}
    assert len(await carts_of(shop)) == 1
    assert len(await kept(shop)) == 1


async def test_the_empty_cart_ends_the_visit(shop: Database, company: Company) -> None:
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))
    raw = cart(cookie)
    assert await hand_in(shop, token, raw) == Accepted(empty=True)
    assert await hand_in(shop, token, raw) == Accepted(empty=True)
    assert await carts_of(shop) == []


async def test_a_second_cart_of_the_same_visit_is_refused_and_kept(shop: Database, company: Company) -> None:
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))
    await hand_in(shop, token, cart(cookie, Goods(100)))
    assert await hand_in(shop, token, cart(cookie, Goods(1))) == Denied(Trouble.CART_USED)
    assert [row.subtotal for row in await carts_of(shop)] == [100]
    assert len(await kept(shop)) == 2


async def test_a_foreign_cookie_is_refused_and_kept_and_the_right_cart_still_taken(
    shop: Database, company: Company
) -> None:
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))
    other_token, other_cookie = await shop.write(lambda tx: visit_of(tx, company, HANAKO))
    raw = cart(other_cookie, Goods())
    assert await hand_in(shop, token, raw) == Denied(Trouble.CART_FOREIGN)
    assert await kept(shop) == [("PunchOutOrderMessage", "refused")]
    assert await hand_in(shop, other_token, raw) == Accepted(empty=False)
    assert await hand_in(shop, token, cart(cookie, Goods())) == Accepted(empty=False)


async def test_a_cart_for_an_unknown_visit_is_refused_and_kept_once(shop: Database) -> None:
    raw = cart("whose?", Goods())
    assert await hand_in(shop, "unknown", raw) == Denied(Trouble.CART_UNKNOWN)
    assert await hand_in(shop, "unknown", raw) == Denied(Trouble.CART_UNKNOWN)
    assert await kept(shop) == [("PunchOutOrderMessage", "refused")]


async def test_a_stranger_cannot_use_up_a_payload_id(shop: Database, company: Company) -> None:
    """Who posts a document under a payloadID that Amazon will use keeps nobody from being heard."""
    await hand_in(shop, "unknown", cart("guess", Goods(), payload_id="taken@amazon.com"))
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))
    raw = cart(cookie, Goods(), payload_id="taken@amazon.com")
    assert await hand_in(shop, token, raw) == Accepted(empty=False)


async def test_a_cart_too_large_for_one_order_says_so_each_time(shop: Database, company: Company) -> None:
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))
    for raw in (cart(cookie, *[Goods()] * 51), cart(cookie, Goods(quantity=1000))):
        assert await hand_in(shop, token, raw) == Denied(Trouble.CART_TOO_LARGE)
        assert await hand_in(shop, token, raw) == Denied(Trouble.CART_TOO_LARGE)
    assert await hand_in(shop, token, cart(cookie, *[Goods(quantity=999)] * 50)) == Accepted(empty=False)


async def test_a_cart_that_cannot_be_read_is_refused_and_kept(shop: Database, company: Company) -> None:
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))
    for raw in (
        b"",
        b"no xml",
        b"<cXML/>",
        cart(cookie, Goods()).replace(b"1000.00", b"10.5"),
        cart(cookie, Goods()).replace(b'currency="JPY">1000', b'currency="USD">1000'),
        cart(cookie, Goods()).replace(b'quantity="1"', b'quantity="0"'),
        cart(cookie, Goods()).replace(b'quantity="1"', b'quantity="-1"'),
        cart(cookie, Goods()).replace(b"1000.00", b"9" * 14 + b".00"),
    ):
        outcome = await hand_in(shop, token, raw)
        assert isinstance(outcome, Denied), raw[:200]
        assert outcome.trouble is Trouble.CART_UNREADABLE
    assert {outcome for _, outcome in await kept(shop)} == {"refused"}
    assert await hand_in(shop, token, cart(cookie, Goods())) == Accepted(empty=False)


async def test_a_cart_that_comes_before_our_note_of_the_start_page_is_taken(
    door: Door, amazon: FakeAmazon
) -> None:
    """Amazon's answer is still on its way to us when the browser is already back."""
    arrived = asyncio.Event()
    outcomes = []

    async def the_browser_is_faster(request: object) -> object:
        token, cookie = way_back(amazon.setups[0])
        outcomes.append(await hand_in(door.shop, token, cart(cookie, Goods())))
        arrived.set()
        return await leads_to(amazon.start_page)(request)  # type: ignore[arg-type]

    amazon.answers.append(the_browser_is_faster)  # type: ignore[arg-type]
    assert await door.enter(await door.link()) == amazon.start_page
    assert outcomes == [Accepted(empty=False)]
    assert [session.state for session in await door.sessions()] == [SessionState.RETURNED]


async def test_nothing_in_the_database_opens_a_door(shop: Database, company: Company) -> None:
    """Links, cart addresses and cookies are kept as hashes."""
    link = await shop.write(lambda tx: link_for(tx, company))
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))

    def dump(tx: Tx) -> str:
        names = ("shop_link", "shopping_session")
        return repr([tx.conn.exec_driver_sql(f"SELECT * FROM {name}").all() for name in names])

    stored = await shop.read(dump)
    for secret in (link, token, cookie):
        assert secret not in stored


async def test_an_old_address_still_serves_its_visit(shop: Database, company: Company) -> None:
    """An address that was taken out of the configuration is offered no more, and its carts can still be paid."""
    found = await shop.write(lambda tx: offered(tx, company))

    def retire(tx: Tx) -> None:
        for row in tx.orm.exec(select(DeliveryAddress)).all():
            row.retired = row.key == found.address_key

    await shop.write(retire)
    choices = await shop.write(lambda tx: shopping.offer(tx, company, known(tx), NOW))
    assert [choice.address.key for choice in choices] == ["osaka"]
    assert found.id is not None
    outcome = await shop.write(
        lambda tx: ordering.place(tx, vault(), company, known(tx), found.id or 0, found.nonce, NOW)
    )
    assert isinstance(outcome, ordering.Placed)


async def test_amounts_are_exact(shop: Database, company: Company) -> None:
    found = await shop.write(lambda tx: offered(tx, company, Goods(999_999, 999)))
    assert isinstance(found.total, Decimal)
    again = (await carts_of(shop))[0]
    assert again.subtotal == 998_999_001
    assert Counter({again.currency: 1}) == {"JPY": 1}


def _published_carts() -> list[bytes]:
    """Every cart that somebody published, read in place."""
    beside = Path(__file__).parents[3] / "shared" / "reference"
    folder = Path(os.environ.get("KAIMONO_REFERENCE", beside)) / "amazon" / "samples"
    if not folder.is_dir():
        pytest.skip("no published samples: set KAIMONO_REFERENCE to the folder that holds amazon/samples")
    found = [file.read_bytes() for file in sorted(folder.rglob("*.xml"))]
    return [raw for raw in found if isinstance(ReadCart.of(raw).value, Cart)]


async def test_every_published_cart_that_is_taken_can_be_ordered(shop: Database, company: Company) -> None:
    """A cart that could not become an order must be refused with a page, not accepted and then forgotten. Amazon Japan's
    own is taken once it is addressed to us; those of other suppliers are in dollars or lack what Amazon asks for."""
    placed = 0
    for published in _published_carts():
        raw = re.sub(rb"(<To>.*?<Identity>)[^<]*", rb"\g<1>kaimono-sandbox", published, flags=re.S)
        read = ReadCart.of(raw)
        assert isinstance(read.value, Cart)
        token, _ = await shop.write(lambda tx: visit_of(tx, company))
        cookie = read.value.buyer_cookie

        def bring(tx: Tx, token: str = token, cookie: str = cookie) -> None:
            visits = select(ShoppingSession).where(
                ShoppingSession.cart_token_hash == shopping.hash_token(token)
            )
            tx.orm.exec(visits).one().cookie_hash = shopping.hash_token(cookie)

        await shop.write(bring)
        outcome = await hand_in(shop, token, raw)
        if outcome == Accepted(empty=False):
            found = (await carts_of(shop))[-1]
            assert found.id is not None
            paid = await shop.write(
                lambda tx, found=found: ordering.place(  # type: ignore[misc]
                    tx, vault(), company, known(tx), found.id, found.nonce, NOW, anyway=True
                )
            )
            assert isinstance(paid, ordering.Placed)
            placed += 1
        else:
            assert outcome == Accepted(empty=True) or isinstance(outcome, Denied)
    assert placed >= 1


BROKEN = {
    "total": (b'<Total><Money currency="JPY">2000.00<', b'<Total><Money currency="JPY">1.00<'),
    "price": (b">1000.00<", b">-1000.00<"),
    "currency": (b'"JPY"', b'"USD"'),
    "spaid": (b"358-9479393-6024619,1", b" "),
    "buyer": (b"kaimono-sandbox", b"somebody-else"),
    "quantity": (b'quantity="2"', b'quantity="1.5"'),
    "shipping": (b'<Shipping><Money currency="JPY">0.00', b'<Shipping><Money currency="JPY">-1900.00'),
    "tax": (b'<Tax><Money currency="JPY">200.00', b'<Tax><Money currency="JPY">-200.00'),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_cart_that_somebody_rewrote_is_not_offered(
    shop: Database, company: Company, name: str
) -> None:
    """It is kept with what is wrong with it, and the honest one is still taken."""
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))
    honest = cart(cookie, Goods(1000, 2))
    old, new = BROKEN[name]
    assert old in honest
    outcome = await hand_in(shop, token, honest.replace(old, new))
    assert isinstance(outcome, Denied)
    assert outcome.trouble is Trouble.CART_UNUSABLE
    assert outcome.reason.endswith(".")
    assert "somebody-else" not in outcome.reason
    assert await kept(shop) == [("PunchOutOrderMessage", "refused")]
    assert await carts_of(shop) == []
    assert await hand_in(shop, token, honest) == Accepted(empty=False)


async def test_a_buyer_in_another_domain_or_none_at_all_is_no_contradiction(
    shop: Database, company: Company
) -> None:
    """Amazon repeats the domain as somebody once wrote it, and may leave the credential out."""
    to = b'<To><Credential domain="NetworkId"><Identity>kaimono-sandbox</Identity></Credential></To>'
    for other in (to.replace(b"NetworkId", b"networkid"), to.replace(b"NetworkId", b"DUNS"), b"<To/>"):
        token, cookie = await shop.write(lambda tx: visit_of(tx, company))
        raw = cart(cookie, Goods())
        assert to in raw
        assert await hand_in(shop, token, raw.replace(to, other)) == Accepted(empty=False)


async def test_what_merely_does_not_agree_is_told_to_the_admins_with_the_order(
    shop: Database, company: Company
) -> None:
    """A tax that is not that of the lines: Amazon never promised the sum, so the cart can be paid."""
    token, cookie = await shop.write(lambda tx: visit_of(tx, company))
    raw = cart(cookie, Goods(1000, 2)).replace(
        b'<Tax><Money currency="JPY">200.00', b'<Tax><Money currency="JPY">1.00', 1
    )
    assert await hand_in(shop, token, raw) == Accepted(empty=False)
    (found,) = await carts_of(shop)

    def work(tx: Tx) -> tuple[list[str], str]:
        before = told(tx, What.DOCUMENT)
        assert before == []
        ordering.place(tx, vault(), company, known(tx), found.id or 0, found.nonce, NOW)
        return told(tx, What.DOCUMENT), tx.orm.get_one(StoredDocument, found.document_id).note

    whom, note = await shop.write(work)
    assert whom == [ADMIN]
    assert "tax" in note


def test_places_of_one_name_are_offered_together() -> None:
    branch, depot, other = (
        DeliveryAddress.model_construct(key=key, name=name)
        for key, name in (("osaka", "大阪支店"), ("osaka-2", "大阪支店"), ("honsha", "本社"))
    )
    places = [branch, depot, other]
    assert addresses.called(places, "osaka-2") == [branch, depot]
    assert addresses.called(places, "") == places
    assert addresses.called(places, "somebody else's") == places
