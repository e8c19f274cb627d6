"""Safeguards, scenarios, and the page that pushes any mood at a chosen order."""

import asyncio
import base64
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from lxml import etree, html

from sandbox.amazon.account import ACCOUNT
from sandbox.amazon.app import make_amazon
from sandbox.amazon.goods import Shelf
from sandbox.amazon.moods import LATE_SECONDS, MOODS
from sandbox.settings import AmazonSettings
from tests.sandbox.amazon.buyer import (
    DESK,
    TEA,
    Buyer,
    Clock,
    Pause,
    Receiver,
    order_of,
    response,
    set_attribute,
    status,
)

OFF = {"quantity": "available"}
REJECTED, ORDERED = "reject", "detail"


async def place(buyer: Buyer, *goods: tuple[str, int], mood: str = "ok") -> bytes:
    order = order_of(await buyer.cart(*goods or ((DESK, 3), (TEA, 2))))
    await buyer.mood(mood)
    assert (await buyer.ordered(order))[0] == 200
    return order


async def push(buyer: Buyer, mood: str, order: str = "PO-1") -> int:
    async with buyer.session.post(f"{buyer.base}/moods/{order}", data={"mood": mood}) as answer:
        return answer.status


async def guard(buyer: Buyer, **fields: str) -> int:
    """The root group's safeguards, all off but for these."""
    async with buyer.session.post(f"{buyer.base}/settings/safeguards", data=OFF | fields) as answer:
        return answer.status


def lines(*documents: etree._Element) -> dict[str, list[tuple[str, str]]]:
    """What confirmations say of every line: (status, pieces) each."""
    found: dict[str, list[tuple[str, str]]] = {}
    for root in documents:
        for item in root.iter("ConfirmationItem"):
            said = [(s.get("type", ""), s.get("quantity", "")) for s in item.iter("ConfirmationStatus")]
            found.setdefault(item.get("lineNumber", ""), []).extend(said)
    return found


SAFEGUARDS: list[tuple[str, dict[str, str], dict[str, list[tuple[str, str]]]]] = [
    ("price_change", {"price": "remove", "price_limit": "15"}, {"1": [(ORDERED, "3")], "2": [(ORDERED, "2")]}),
    ("price_change", {"price": "remove", "price_limit": "5"}, {"2": [(ORDERED, "2")], "1": [(REJECTED, "3")]}),
    ("price_leap", {"price": "cancel", "price_limit": "15"}, {"1": [(REJECTED, "3")], "2": [(REJECTED, "2")]}),
    ("partial", {}, {"1": [(ORDERED, "2"), (REJECTED, "1")], "2": [(ORDERED, "2")]}),
    ("partial", {"quantity": "remove"}, {"2": [(ORDERED, "2")], "1": [(REJECTED, "3")]}),
    ("partial", {"quantity": "cancel"}, {"1": [(REJECTED, "3")], "2": [(REJECTED, "2")]}),
    ("out_of_stock", {}, {"2": [(ORDERED, "2")], "1": [(REJECTED, "3")]}),
    ("other_seller", {}, {"1": [(ORDERED, "3")], "2": [(ORDERED, "2")]}),
    ("other_seller", {"seller": "remove"}, {"2": [(ORDERED, "2")], "1": [(REJECTED, "3")]}),
    ("other_seller", {"amazon": "remove"}, {"2": [(ORDERED, "2")], "1": [(REJECTED, "3")]}),
    ("dear_shipping", {}, {"1": [(ORDERED, "3")], "2": [(ORDERED, "2")]}),
    ("dear_shipping", {"shipping": "remove", "shipping_limit": "1499"}, {"2": [(ORDERED, "2")], "1": [(REJECTED, "3")]}),
    ("slow_delivery", {"delivery": "remove", "delivery_limit": "30"}, {"2": [(ORDERED, "2")], "1": [(REJECTED, "3")]}),
]  # fmt: skip


@pytest.mark.parametrize(("mood", "chosen", "expected"), SAFEGUARDS)
async def test_what_the_day_brings_meets_the_groups_safeguards(
    buyer: Buyer, mood: str, chosen: dict[str, str], expected: dict[str, list[tuple[str, str]]]
) -> None:
    assert await guard(buyer, **chosen) == 200
    await place(buyer, mood=mood)
    accepted = [said for said in expected.values() if said[0][0] == ORDERED]
    groups = 2 if mood == "other_seller" and len(accepted) == 2 else 1
    documents = groups + (len(accepted) == 1) if accepted else 1
    shipments = groups if accepted else 0
    await buyer.receiver.wait_for(documents + shipments)
    assert lines(*buyer.receiver.of_kind("ConfirmationRequest")) == expected
    assert len(buyer.receiver.of_kind("ShipNoticeRequest")) == shipments


async def test_every_group_has_its_own_and_nonsense_changes_nothing(buyer: Buyer) -> None:
    assert await guard(buyer, group="OSAKA", price="cancel", price_limit="3") == 200
    for nonsense in ({"price_limit": "-1"}, {"price_limit": "1e9"}, {"group": "NAGOYA"}):
        assert await guard(buyer, **nonsense) == 400
    await place(buyer, mood="price_change")
    await buyer.receiver.wait_for(2)
    assert lines(*buyer.receiver.of_kind("ConfirmationRequest"))["1"] == [(ORDERED, "3")]
    page = html.document_fromstring(await buyer.text("/settings?group=OSAKA"))
    (opened,) = page.xpath("//details[@class='guards'][@open]")
    assert opened.xpath(".//input[@name='price_limit']/@value") == ["3"]
    assert "大阪支店" in opened.text_content()


@pytest.mark.parametrize(
    ("days", "state", "price"), [(6, "東京都", None), (8, "東京都", "20000.00"), (1, "大阪府", "20000.00")]
)
async def test_price_and_stock_are_held_seven_days_for_the_prefecture_of_the_cart(
    days: int, state: str, price: str | None
) -> None:
    """Meanwhile the shelf has become dearer: what is not held costs what the shelf says."""
    receiver, clock = Receiver(), Clock()
    inbox = web.Application()
    inbox.router.add_post("/cxml", receiver.take)
    async with TestServer(inbox) as there, ClientSession() as session:
        settings = AmazonSettings.model_validate({"notice_url": str(there.make_url("/cxml"))})
        amazon, parent = make_amazon(settings, clock=clock, pause=Pause()), web.Application()
        parent.add_subapp("/amazon", amazon)
        async with TestServer(parent) as server:
            buyer = Buyer(session, str(server.make_url("/amazon")), clock, Pause(), receiver, settings)
            cart = await buyer.cart((DESK, 1))
            shelf = amazon[ACCOUNT].shelf
            dearer = tuple(replace(each, price=Decimal(20000)) for each in shelf.products)
            amazon[ACCOUNT].shelf = Shelf(shelf.categories, dearer)
            amazon[ACCOUNT].safeguards[""] = amazon[ACCOUNT].safeguards[""] | {  # type: ignore[operator]
                "price": replace(amazon[ACCOUNT].safeguards[""]["price"], limit=50)
            }
            clock.advance(days=days)

            def moved(root: etree._Element) -> None:
                found = root.find(".//ShipTo//State")
                assert found is not None
                found.text = state

            assert (await buyer.ordered(order_of(cart, moved)))[0] == 200
            confirmed = (await receiver.wait_for(1))[0].root
            assert confirmed.findtext(".//ConfirmationStatus/UnitPrice/Money") == price


async def test_a_mood_is_pushed_at_an_order_that_was_confirmed_and_shipped(buyer: Buyer) -> None:
    """The news are corrections: the same Amazon order, the same shipment, marked as updates."""
    await place(buyer)
    await buyer.receiver.wait_for(2)
    first, shipped = (notice.root for notice in buyer.receiver.notices)
    assert await push(buyer, "partial") == 200
    await buyer.receiver.wait_for(4)
    again, moved = (notice.root for notice in buyer.receiver.notices[2:])
    heads = [root.find(".//ConfirmationHeader") for root in (first, again)]
    assert [head.get("operation") for head in heads if head is not None] == ["new", "update"]
    assert len({head.get("confirmID") for head in heads if head is not None}) == 1
    assert lines(again) == {"1": [(ORDERED, "2"), (REJECTED, "1")], "2": [(ORDERED, "2")]}
    parcels = [root.find(".//ShipNoticeHeader") for root in (shipped, moved)]
    assert [parcel.get("operation") for parcel in parcels if parcel is not None] == ["new", "update"]
    assert len({parcel.get("shipmentID") for parcel in parcels if parcel is not None}) == 1
    assert {i.get("lineNumber"): i.get("quantity") for i in moved.iter("ShipNoticeItem")} == {
        "2": "2",
        "1": "2",
    }
    assert len({notice.root.get("payloadID") for notice in buyer.receiver.notices}) == 4


async def test_goods_that_are_gone_after_all_take_their_parcel_with_them(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1))
    await buyer.receiver.wait_for(2)
    assert await push(buyer, "out_of_stock") == 200
    await buyer.receiver.wait_for(4)
    assert lines(buyer.receiver.notices[2].root) == {"1": [(REJECTED, "1")]}
    parcel = buyer.receiver.notices[3].root.find(".//ShipNoticeHeader")
    assert parcel is not None
    assert parcel.get("operation") == "delete"
    page = await buyer.text("/testlog/PO-1")
    assert "REJECTED" in page


async def test_late_waits_a_day_and_a_push_ends_the_waiting(buyer: Buyer) -> None:
    buyer.pause.held = LATE_SECONDS
    await place(buyer, mood="late")
    await buyer.pause.reached.wait()
    assert buyer.receiver.notices == []
    assert await push(buyer, "twice") == 200
    await buyer.receiver.wait_for(4)
    buyer.pause.release.set()
    kinds = [notice.kind for notice in buyer.receiver.notices]
    assert kinds == ["ConfirmationRequest"] * 2 + ["ShipNoticeRequest"] * 2, "what still waited was dropped"


async def test_an_order_that_still_knocks_meets_what_was_pushed_at_it(buyer: Buyer) -> None:
    order = order_of(await buyer.cart((DESK, 1)))
    await buyer.mood("server_error_500")
    assert (await buyer.ordered(order))[0] == 500
    assert "まだ受け付けていない注文" in await buyer.text("/moods")
    assert await push(buyer, "refuse_400") == 200
    assert (await buyer.ordered(order))[0] == 400
    assert await push(buyer, "ok") == 200
    assert (await buyer.ordered(order))[0] == 200
    assert "まだ受け付けていない注文" not in await buyer.text("/moods")


async def row_of(buyer: Buyer) -> tuple[str, list[tuple[str, str]]]:
    """What the page says of the one order: its state, and what was posted about it, newest first."""
    (row,) = html.document_fromstring(await buyer.text("/moods")).xpath("//tr[td//b='PO-1']")
    (state,) = row.xpath("td[@data-name='いまの状況']/span/text()")
    said = row.xpath(".//*[@class='posted']")
    return state, [(each.findtext("a"), each.findtext("span")) for each in said]


async def test_the_page_says_what_became_of_a_push(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1))
    await buyer.receiver.wait_for(2)
    buyer.receiver.answers.append((200, response(400)))
    assert await push(buyer, "out_of_stock") == 200
    await buyer.receiver.wait_for(4)
    ends = [("事前出荷通知", "200 / 200"), ("注文の確認", "200 / 400"), ("事前出荷通知", "200 / 200")]
    async with asyncio.timeout(30):
        while (await row_of(buyer))[1] != ends:  # noqa: ASYNC110 - our answer to the last one may be on its way
            await asyncio.sleep(0.01)
    assert (await row_of(buyer))[0] == "全行不成立"


async def test_a_way_to_answer_is_pushed_at_the_next_order_once_this_one_is_answered(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), mood="never")
    page = html.document_fromstring(await buyer.text("/moods"))
    (group,) = page.xpath("//tr//optgroup[contains(@label, '応答済み')]")
    assert group.xpath("option/@value") == [mood.key for mood in MOODS.values() if mood.answer != "ok"]
    assert await push(buyer, "refuse_400") == 200
    assert (
        await buyer.ordered(
            order_of(
                await buyer.cart((DESK, 1)),
                set_attribute("Request/OrderRequest/OrderRequestHeader", "orderID", "PO-2"),
            )
        )
    )[0] == 400


async def test_what_cannot_be_pushed_is_told(buyer: Buyer) -> None:
    await place(buyer, (DESK, 1), mood="never")
    assert await push(buyer, "no such mood") == 409
    assert await push(buyer, "ok", "PO-9") == 409
    for mood in MOODS.values():
        async with buyer.session.post(
            f"{buyer.base}/api/push", json={"order": "PO-1", "mood": mood.key}
        ) as answer:
            said: dict[str, Any] = await answer.json()
        if mood.answer == "ok":
            assert said == {"order": "PO-1", "mood": mood.key}
        else:
            assert said == {
                "fault": "この注文にはすでに応答しています。応答の動作は、次の注文に指定してください。"
            }


@pytest.mark.parametrize("body", [b"", b"order=PO-1", b"[1]", b'"PO-1"', b"\xff\xfe", b"{", b"[" * 100_000])
async def test_a_push_that_is_no_json_object_is_refused_in_a_sentence(buyer: Buyer, body: bytes) -> None:
    async with buyer.session.post(f"{buyer.base}/api/push", data=body) as answer:
        assert answer.status == 400
        assert "JSON" in (await answer.json())["fault"]


async def test_a_cart_in_base64(buyer: Buyer) -> None:
    await buyer.session.post(f"{buyer.base}/moods", data={"cart": "cxml-base64"})
    shopper = await buyer.start()
    await shopper.add(DESK)
    assert await shopper.post("/submit") == 200
    (form,) = shopper.page.xpath("//form[@id='handover']")
    (packed,) = dict(form.form_values()).values()
    assert etree.fromstring(base64.b64decode(packed)).findtext(".//SupplierPartID") == DESK


async def test_scenarios_open_once_the_basic_one_is_passed(buyer: Buyer) -> None:
    async def activate(scenario: str) -> int:
        async with buyer.session.post(f"{buyer.base}/testlog", data={"scenario": scenario}) as answer:
            return answer.status

    await place(buyer, (DESK, 1))
    assert await activate("safeguard") == 409
    await buyer.session.post(f"{buyer.base}/testlog/PO-1", data={"mark": "成功"})
    assert await activate("no such scenario") == 409
    assert await activate("safeguard") == 200
    second = order_of(
        await buyer.cart((DESK, 1)),
        set_attribute(".//OrderRequestHeader", "orderID", "PO-2"),
        lambda root: root.set("payloadID", "order-2@buyer.example.co.jp"),
    )
    assert status((await buyer.order(second))[1])[0] == 200

    async def listed(query: str) -> list[str]:
        page = html.document_fromstring(await buyer.text(f"/testlog?{query}"))
        return [str(cell.text_content()).strip() for cell in page.xpath("//td[@data-name='発注番号']")]

    assert await listed("scenario=safeguard") == ["PO-2"]
    assert await listed("scenario=basic") == ["PO-1"]
    assert await listed("from=2026-11-22&to=2026-11-22") == ["PO-2", "PO-1"]
    assert await listed("from=2026-11-23") == []
    assert await listed("to=2026-11-21") == []
    assert await listed("from=nonsense&q=PO-1") == ["PO-1"]
