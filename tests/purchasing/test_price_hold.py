"""Amazon holds price and stock for a while: once that has ended, by time or prefecture, nothing is ordered unasked."""

from datetime import datetime, timedelta

from purchasing import addresses, carts, ordering
from purchasing.carts import PRICE_HOLD, ReadCart
from purchasing.holding import AskAgain
from purchasing.notices import What
from purchasing.ordering import AlreadyPlaced, NotPayable, Placed
from purchasing.shopping import Denied, Trouble
from purchasing.values import Company
from storage import tables
from storage.database import Database, Tx
from tests.purchasing.test_notices import told
from tests.trouble.documents import Goods, cart
from tests.trouble.house import COMPANY, NOW, TARO, companies, known, offered, vault, visit_of

Outcome = Placed | AlreadyPlaced | NotPayable | AskAgain


def pay(
    tx: Tx, company: Company, found: tables.Cart, now: datetime = NOW, *, anyway: bool = False
) -> Outcome:
    assert found.id is not None
    return ordering.place(tx, vault(), company, known(tx), found.id, found.nonce, now, anyway=anyway)


async def test_a_cart_is_paid_without_another_question_until_its_deadline(
    shop: Database, company: Company
) -> None:
    last = NOW + PRICE_HOLD - timedelta(seconds=1)
    outcome = await shop.write(lambda tx: pay(tx, company, offered(tx, company), last))
    assert isinstance(outcome, Placed)


async def test_after_the_deadline_it_is_asked_once_more_and_then_ordered_once(
    shop: Database, company: Company
) -> None:
    def work(tx: Tx) -> list[Outcome]:
        found, late = offered(tx, company), NOW + PRICE_HOLD
        asked = pay(tx, company, found, late)
        return [asked, *(pay(tx, company, found, late, anyway=True) for _ in range(2))]

    asked, placed, again = await shop.write(work)
    assert isinstance(asked, AskAgain)
    assert (asked.over, asked.moved) == (True, False)
    assert isinstance(placed, Placed)
    assert isinstance(again, AlreadyPlaced)


async def test_the_hold_counts_from_the_carts_own_time_not_from_when_the_browser_brought_it(
    shop: Database, company: Company
) -> None:
    """Three days on the way leave four; a stamp of tomorrow, or none, wins nothing."""

    def work(tx: Tx) -> list[datetime]:
        found = []
        for stamp in (NOW - timedelta(days=3), NOW + timedelta(days=1)):
            token, cookie = visit_of(tx, company)
            raw = cart(cookie, Goods(), now=stamp)
            carts.accept_cart(tx, vault(), companies, COMPANY, token, ReadCart.of(raw), NOW)
            offer = ordering.newest_offered(tx, known(tx))
            assert offer is not None
            found.append(offer.held_until)
        return found

    assert await shop.write(work) == [NOW + timedelta(days=4), NOW + PRICE_HOLD]


async def test_another_prefecture_than_at_checkout_is_asked_about(shop: Database, company: Company) -> None:
    """The company has moved: the address of the card is another one now."""

    def work(tx: Tx) -> tuple[str | None, Outcome, Outcome]:
        found = offered(tx, company)
        place = addresses.get(tx, COMPANY, found.address_key)
        place.prefecture = "神奈川県"
        tx.orm.add(place)
        return found.prefecture, pay(tx, company, found), pay(tx, company, found, anyway=True)

    priced_for, asked, placed = await shop.write(work)
    assert priced_for == "東京都"
    assert isinstance(asked, AskAgain)
    assert (asked.over, asked.moved, asked.address.prefecture) == (False, True, "神奈川県")
    assert isinstance(placed, Placed)


async def test_a_cart_from_before_the_prefecture_was_kept_is_not_asked_about(
    shop: Database, company: Company
) -> None:
    def work(tx: Tx) -> Outcome:
        found = offered(tx, company)
        found.prefecture = None
        tx.orm.add(found)
        return pay(tx, company, found)

    assert isinstance(await shop.write(work), Placed)


async def test_the_prefecture_is_the_one_that_amazon_says(shop: Database, company: Company) -> None:
    """A cart may name where it was priced for; what is no prefecture counts as unsaid."""
    ship_to = (
        '<ShipTo><Address><Name xml:lang="ja">会社</Name><PostalAddress><Street>1-1</Street><City>大阪市</City>'
        '<State>{}</State><PostalCode>530-0001</PostalCode><Country isoCountryCode="JP">日本</Country>'
        "</PostalAddress></Address></ShipTo>"
    )

    def work(tx: Tx) -> list[str | None]:
        found = []
        for state in ("大阪府", "13"):
            token, cookie = visit_of(tx, company)
            raw = cart(cookie, Goods()).replace(b"</Total>", b"</Total>" + ship_to.format(state).encode(), 1)
            carts.accept_cart(tx, vault(), companies, COMPANY, token, ReadCart.of(raw), NOW)
            offer = ordering.newest_offered(tx, known(tx))
            assert offer is not None
            found.append(offer.prefecture)
        return found

    assert await shop.write(work) == ["大阪府", "東京都"]


async def test_who_put_too_much_into_the_cart_is_told_in_the_talk_once(
    shop: Database, company: Company
) -> None:
    def work(tx: Tx) -> tuple[object, list[str]]:
        token, cookie = visit_of(tx, company)
        raw = cart(cookie, Goods(quantity=1000))
        for _ in range(2):
            outcome = carts.accept_cart(tx, vault(), companies, COMPANY, token, ReadCart.of(raw), NOW)
        return outcome, told(tx, What.CART_TOO_LARGE)

    assert await shop.write(work) == (Denied(Trouble.CART_TOO_LARGE), [TARO])
