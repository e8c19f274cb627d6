"""What follows an order: confirmations and ship notices at the buyer's address."""

import asyncio
from decimal import Decimal

import pytest
from aiohttp import encode_basic_auth
from lxml import etree

from tests.sandbox.amazon.buyer import (
    DESK,
    HUB,
    LAMP,
    TEA,
    Buyer,
    assert_valid,
    drop,
    money,
    order_of,
    response,
    set_attribute,
)

ITEM = "Request/OrderRequest/ItemOut"


async def place(buyer: Buyer, *goods: tuple[str, int], mood: str = "ok") -> bytes:
    order = order_of(await buyer.cart(*goods))
    await buyer.mood(mood)
    assert (await buyer.ordered(order))[0] == 200
    return order


def statuses(confirmation: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in confirmation.iter("ConfirmationItem"):
        status = item.find("ConfirmationStatus")
        assert status is not None
        found[item.get("lineNumber", "")] = status.get("type", "")
    return found


async def test_a_confirmation_and_a_ship_notice_arrive_with_basic_auth(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), (TEA, 2))
    confirmed, shipped = await buyer.receiver.wait_for(2)
    for notice in (confirmed, shipped):
        assert notice.auth == encode_basic_auth("kaimono", "sandbox-notice-password")
        assert notice.root.findtext("Header/To/Credential/Identity") == "kaimono-sandbox"
        credential = notice.root.find("Header/To/Credential")
        assert credential is not None
        assert credential.get("domain") == "networkid", "the buyer's spelling comes back"
        assert notice.root.find(".//SharedSecret") is None
        reference = notice.root.find(".//OrderReference")
        assert reference is not None
        assert reference.get("orderID") == "PO-1"
        assert reference[0].get("payloadID") == "order-1@buyer.example.co.jp"
        assert_valid(notice.body, "Fulfill.dtd")
    header = confirmed.root.find(".//ConfirmationHeader")
    assert header is not None
    assert header.get("type") == "detail"
    assert header.get("noticeDate") == "2026-11-22T01:00:00+0000"
    assert (header.get("confirmID") or "").startswith("250-")
    assert money(confirmed.root, ".//ConfirmationHeader/Total") == 16182 + 698 * 2 + 1618 + 112
    assert statuses(confirmed.root) == {"1": "detail", "2": "detail"}
    assert confirmed.root.find(".//UnitPrice") is None, "a price that did not change is not sent"
    reference = confirmed.root.find(".//OrderReference")
    assert reference is not None
    assert reference.get("orderDate") == "2026-11-22T01:05:00Z"


async def test_a_ship_notice_in_test_mode_says_so(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), (TEA, 2))
    shipped = (await buyer.receiver.wait_for(2))[1].root
    header = shipped.find(".//ShipNoticeHeader")
    assert header is not None
    assert (header.get("shipmentID") or "").startswith("test")
    assert shipped.findtext(".//CarrierIdentifier") == "Test Mode Carrier"
    assert shipped.findtext(".//ShipmentIdentifier") == "000000000"
    assert [item.get("lineNumber") for item in shipped.iter("ShipNoticeItem")] == ["2", "1"]
    reference = shipped.find(".//OrderReference")
    assert reference is not None
    assert reference.get("orderDate") == "2026-11-22T10:05:00+09:00", "as the buyer wrote it"


@pytest.mark.parametrize("mode", ["active"])
async def test_a_ship_notice_in_active_mode_names_a_carrier(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1))
    shipped = (await buyer.receiver.wait_for(2))[1].root
    assert shipped.findtext(".//CarrierIdentifier") == "ヤマト運輸"
    tracking = shipped.findtext(".//ShipmentIdentifier") or ""
    assert tracking.isdigit()
    assert len(tracking) == 12
    header = shipped.find(".//ShipNoticeHeader")
    assert header is not None
    assert (header.get("shipmentID") or "").isdigit()


async def test_every_seller_confirms_and_ships_alone(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), (LAMP, 2), (HUB, 1), (TEA, 1))
    await buyer.receiver.wait_for(6)
    confirmations = buyer.receiver.of_kind("ConfirmationRequest")
    assert [sorted(statuses(root)) for root in confirmations] == [["1", "4"], ["2"], ["3"]]
    numbers = {root.find(".//ConfirmationHeader").get("confirmID") for root in confirmations}  # type: ignore[union-attr]
    assert len(numbers) == 3
    (order,) = await buyer.api("orders")
    whole = sum(money(root, ".//ConfirmationHeader/Total") for root in confirmations)
    assert whole == Decimal(order["total"])
    shipped = [
        sorted(item.get("lineNumber", "") for item in root.iter("ShipNoticeItem"))
        for root in buyer.receiver.of_kind("ShipNoticeRequest")
    ]
    assert shipped == [["1", "4"], ["2"], ["3"]]


async def test_a_changed_quantity_is_taken_and_refused_later(buyer: Buyer) -> None:
    order = order_of(await buyer.cart((DESK, 3)), set_attribute(ITEM, "quantity", "2"))
    assert (await buyer.ordered(order))[0] == 200
    (notice,) = await buyer.receiver.wait_for(1)
    header = notice.root.find(".//ConfirmationHeader")
    assert header is not None
    assert header.get("confirmID") is None
    assert [child.tag for child in header] == ["Comments"]
    comments = header.findtext("Comments") or ""
    assert " || " in comments
    assert "[エラーコード: 018-007]" in comments
    assert statuses(notice.root) == {"1": "reject"}
    assert_valid(notice.body, "Fulfill.dtd")


async def test_a_dropped_line_refuses_the_whole_order(buyer: Buyer) -> None:
    order = order_of(await buyer.cart((DESK, 1), (TEA, 1)), drop(f"{ITEM}[2]"))
    assert (await buyer.ordered(order))[0] == 200
    (notice,) = await buyer.receiver.wait_for(1)
    assert statuses(notice.root) == {"1": "reject"}
    assert "018-007" in notice.body.decode()


async def test_out_of_stock_refuses_one_line_in_its_own_document(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), (TEA, 1), mood="out_of_stock")
    notices = await buyer.receiver.wait_for(3)
    accepted, refused, shipped = notices
    assert statuses(accepted.root) == {"2": "detail"}
    assert statuses(refused.root) == {"1": "reject"}
    reason = refused.root.find(".//ConfirmationStatus/Comments")
    assert reason is not None
    assert reason.get("type") == "LineItemErrorCode"
    assert (reason.text or "").endswith("[エラーコード: 015-005]")
    header = refused.root.find(".//ConfirmationHeader")
    assert header is not None
    assert header.get("confirmID") is None
    assert header.find("Total") is None
    assert [item.get("lineNumber") for item in shipped.root.iter("ShipNoticeItem")] == ["2"]
    for notice in notices:
        assert_valid(notice.body, "Fulfill.dtd")


async def test_nothing_left_in_stock_ships_nothing(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), mood="out_of_stock")
    await buyer.receiver.wait_for(1)
    (order,) = await buyer.api("orders")
    assert (order["purchases"], order["shipments"]) == ([], [])


async def test_a_changed_price_is_named_and_taxed(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), (TEA, 1), mood="price_change")
    confirmed = (await buyer.receiver.wait_for(2))[0].root
    first, second = confirmed.iter("ConfirmationStatus")
    assert money(first, "UnitPrice") == 17800
    assert money(first, "Tax") == 1780
    assert second.find("UnitPrice") is None
    assert money(confirmed, ".//ConfirmationHeader/Total") == 17800 + 1780 + 698 + 56
    assert_valid(etree.tostring(confirmed), "Fulfill.dtd")


async def test_split_makes_an_amazon_order_of_every_line(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), (TEA, 1), mood="split")
    await buyer.receiver.wait_for(4)
    assert [statuses(root) for root in buyer.receiver.of_kind("ConfirmationRequest")] == [
        {"1": "detail"},
        {"2": "detail"},
    ]
    assert len(buyer.receiver.of_kind("ShipNoticeRequest")) == 2


async def test_twice_repeats_the_very_same_documents(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), mood="twice")
    bodies = [notice.body for notice in await buyer.receiver.wait_for(4)]
    assert bodies[0] == bodies[1]
    assert bodies[2] == bodies[3]
    assert bodies[0] != bodies[2]


async def test_a_ship_notice_may_come_before_its_confirmation(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), mood="ship_before_confirm")
    kinds = [notice.kind for notice in await buyer.receiver.wait_for(2)]
    assert kinds == ["ShipNoticeRequest", "ConfirmationRequest"]


async def test_never_sends_nothing_and_moods_last_for_one_order(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), mood="never")
    second = order_of(
        await buyer.cart((TEA, 1)),
        set_attribute(".", "payloadID", "order-2@buyer"),
        set_attribute("Request/OrderRequest/OrderRequestHeader", "orderID", "PO-2"),
    )
    assert (await buyer.ordered(second))[0] == 200
    notices = await buyer.receiver.wait_for(2)
    named = {root.root.find(".//OrderReference").get("orderID") for root in notices}  # type: ignore[union-attr]
    assert named == {"PO-2"}


async def test_the_waits_are_those_of_the_settings(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1))
    await buyer.receiver.wait_for(2)
    assert buyer.pause.asked == [buyer.settings.confirm_after, buyer.settings.ship_after]


@pytest.mark.parametrize("answer", [(500, b"<html>no</html>"), (200, response(500)), (503, b"")])
async def test_a_notice_that_is_not_taken_comes_again(buyer: Buyer, answer: tuple[int, bytes]) -> None:
    buyer.receiver.answers = [answer, answer]
    await place(buyer, (DESK, 1))
    notices = await buyer.receiver.wait_for(4)
    assert notices[0].body == notices[1].body == notices[2].body
    assert buyer.pause.asked == [3.0, 1.0, 2.0, 3.0]


async def test_a_final_refusal_of_a_notice_is_noted_and_not_repeated(buyer: Buyer) -> None:
    buyer.receiver.answers = [(200, response(400))]
    await place(buyer, (DESK, 1))
    kinds = [notice.kind for notice in await buyer.receiver.wait_for(2)]
    assert kinds == ["ConfirmationRequest", "ShipNoticeRequest"]
    entries = [entry for entry in await buyer.api("documents") if entry["kind"] == "ConfirmationRequest"]
    assert [entry["status"] for entry in entries] == [400]


async def test_stopping_the_shop_cancels_what_is_under_way(buyer: Buyer) -> None:
    """The fixture closes the application while this order still waits: nothing may hang or warn."""
    buyer.pause.held = buyer.settings.confirm_after
    await place(buyer, (DESK, 1))
    async with asyncio.timeout(10):
        await buyer.pause.reached.wait()
    assert buyer.receiver.notices == []


async def test_part_of_a_line_is_confirmed_and_the_rest_refused(buyer: Buyer) -> None:
    await place(buyer, (DESK, 3), (TEA, 1), mood="partial")
    confirmed, shipped = await buyer.receiver.wait_for(2)
    item = confirmed.root.find(".//ConfirmationItem[@lineNumber='1']")
    assert item is not None
    assert item.get("quantity") == "3"
    found = [(status.get("type"), status.get("quantity")) for status in item.iter("ConfirmationStatus")]
    assert found == [("detail", "2"), ("reject", "1")]
    assert money(confirmed.root, ".//ConfirmationHeader/Total") == 2 * 16182 + 3236 + 698 + 56
    sent = {line.get("lineNumber"): line.get("quantity") for line in shipped.root.iter("ShipNoticeItem")}
    assert sent == {"1": "2", "2": "1"}
    assert_valid(confirmed.body, "Fulfill.dtd")


async def test_notices_may_carry_the_shared_secret_instead_of_basic_auth(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), mood="shared_secret")
    for notice in await buyer.receiver.wait_for(2):
        assert notice.auth == ""
        assert notice.root.findtext("Header/Sender/Credential/SharedSecret") == "sandbox-shared-secret"
        assert_valid(notice.body, "Fulfill.dtd")
    for entry in await buyer.api("documents"):
        assert "sandbox-shared-secret" not in await buyer.text(f"/documents/{entry['number']}/raw")


async def test_a_wrong_password_is_not_the_right_one(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), mood="wrong_password")
    right = encode_basic_auth("kaimono", "sandbox-notice-password")
    assert all(notice.auth not in ("", right) for notice in await buyer.receiver.wait_for(2))


async def test_an_order_that_nobody_placed(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), mood="unknown_order")
    for notice in await buyer.receiver.wait_for(2):
        reference = notice.root.find(".//OrderReference")
        assert reference is not None
        assert reference.get("orderID") == "unknown-PO-1"
        assert (reference[0].get("payloadID") or "").startswith("unknown-")


async def test_the_dates_and_the_nameless_carrier_of_2014(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), mood="dates_of_2014")
    confirmed, shipped = await buyer.receiver.wait_for(2)
    assert confirmed.root.get("timestamp") == "2026-11-22T01:00:00+01:00"
    carrier = shipped.root.find(".//CarrierIdentifier")
    assert carrier is not None
    assert not carrier.text
