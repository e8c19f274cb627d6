"""However many packages and carriers a ship notice names: each with its carrier, its number and a way to follow it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lineworks.message import Outgoing
from bot.talk import notices, orders, parcels
from bot.talk.notices import Reader
from bot.talk.wording import wording
from purchasing.carriers import tracking_page
from purchasing.history import OrderDetail
from purchasing.lifecycle import OrderState
from sandbox.lineworks import limits
from storage.tables import Shipment, ShipmentLine
from storage.types import Package
from tests.bot.talk import given as rows
from tests.bot.talk.given import APP, NOW, labels, written

WORDS = wording("ja")
YAMATO = tuple(Package("ヤマト運輸", f"1111111111{number:02}") for number in range(20))


def sent(*packages: Package) -> OrderDetail:
    """An order all of which is on its way in these packages."""
    found = rows.plain_order("KM-202611-00001", OrderState.SHIPPED)
    found.shipments.append(
        Shipment(
            id=7,
            order_id=1,
            document_id=1,
            shipment_id="x",
            operation="new",
            packages=packages,
            noticed_at=NOW,
        )
    )
    return found


def notice(found: OrderDetail, *, to_admin: bool = False) -> list[Outgoing]:
    line = ShipmentLine(shipment_id=7, line_number=1, quantity=found.lines[0].quantity)
    return notices.shipped(Reader(WORDS, to_admin, APP), found, found.shipments[0], [line])


def links(messages: list[Outgoing]) -> list[str]:
    actions = [action for message in messages for action in message.content().get("actions", ())]
    return [action["uri"] for action in actions if "uri" in action]


@pytest.mark.parametrize("to_admin", [False, True])
def test_every_carrier_with_its_own_numbers_and_buttons_that_tell_them_apart(to_admin: bool) -> None:
    found = sent(
        Package("ヤマト運輸", "111111111111"),
        Package("佐川急便", "222222222222"),
        Package("佐川急便", "333333333333", "https://track.example/333"),
        Package("自社便", "4"),
    )
    both = "222222222222、333333333333"
    yamato_and_sagawa = [
        tracking_page("ヤマト運輸", "111111111111"),
        tracking_page("佐川急便", "222222222222"),
        "https://track.example/333",
    ]
    numbered = ["追跡 111111111111", "追跡 222222222222", "追跡 333333333333"]
    card = notice(found, to_admin=to_admin)
    assert (
        f"配送: ヤマト運輸\n伝票番号: 111111111111\n配送: 佐川急便\n伝票番号: {both}\n配送: 自社便\n伝票番号: 4\n"
    ) in written(card)
    assert [label for label in labels(card) if label.startswith("追跡")] == numbered
    assert [link for link in links(card) if not link.startswith(APP)] == yamato_and_sagawa
    card = orders.detail(WORDS, found, own=not to_admin)
    assert f"発送: ヤマト運輸 111111111111\n発送: 佐川急便 {both}\n発送: 自社便 4" in written(card)
    assert labels(card)[:3] == numbered
    assert links(card) == yamato_and_sagawa


@pytest.mark.parametrize("to_admin", [False, True])
def test_where_packages_outnumber_buttons_the_page_of_each_stands_beside_its_number(to_admin: bool) -> None:
    found = sent(*YAMATO)
    for card in (notice(found, to_admin=to_admin), orders.detail(WORDS, found, own=not to_admin)):
        text = written(card)
        for package in YAMATO:
            assert f"{package.tracking}\n   {tracking_page(*package[:2])}" in text
        assert [limits.check(message.content()) for message in card] == [[]] * len(card)
        assert "追跡 111111111100" in labels(card)


def test_packages_with_one_page_share_one_button() -> None:
    found = sent(*(Package("Amazon", number) for number in ("DA1", "DA2")))
    found.lines[0].amazon_order = "250-1234567-1234567"
    assert labels(notice(found))[0] == "荷物を追跡する"
    assert "伝票番号: DA1、DA2" in written(notice(found))


@pytest.mark.parametrize(
    "url", ["", " ", "track.example/1", "javascript:alert(1)", "https://", "https://t.example/" + "1" * 1000]
)
def test_a_page_that_is_no_address_gives_way_to_the_carriers(url: str) -> None:
    found = sent(Package("ヤマト運輸", "111111111111", url))
    assert links(notice(found)) == [tracking_page("ヤマト運輸", "111111111111")]
    assert links(notice(sent(Package("", "", url)))) == []


def test_a_notice_that_names_no_package_leaves_no_empty_line() -> None:
    for found in (sent(), sent(Package())):
        assert list(parcels.facts(WORDS, found)) == []
        assert "発送:" not in written(orders.detail(WORDS, found, own=True))


anything = st.builds(Package, rows.names, rows.names, rows.names | st.just("https://track.example/9"))


@settings(max_examples=60, deadline=None)
@given(st.lists(anything | rows.packages, max_size=20), st.booleans())
def test_whatever_a_notice_names_every_page_is_within_reach(packages: list[Package], to_admin: bool) -> None:
    found = sent(*packages)
    for card in (notice(found, to_admin=to_admin), orders.detail(WORDS, found, own=not to_admin)):
        assert [limits.check(message.content()) for message in card] == [[]] * len(card)
        reached = written(card) + "\n".join(links(card))
        assert all(page in reached for page in parcels.pages(found))
