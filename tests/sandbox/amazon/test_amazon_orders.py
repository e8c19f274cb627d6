"""The PO Request URL: what is refused and why, and that an order is taken once."""

import copy

import pytest
from aiohttp import ClientError, encode_basic_auth
from lxml import etree

from tests.sandbox.amazon.buyer import (
    DESK,
    LAMP,
    TEA,
    Buyer,
    Edit,
    assert_valid,
    drop,
    order_of,
    set_attribute,
    set_text,
    status,
)

HEADER = "Request/OrderRequest/OrderRequestHeader"
ITEM = "Request/OrderRequest/ItemOut"
SHIP_TO = f"{HEADER}/ShipTo/Address"


async def test_a_good_order_is_received(buyer: Buyer) -> None:
    order = order_of(await buyer.cart((DESK, 1), (TEA, 3)))
    assert_valid(order)
    http, root = await buyer.order(order)
    assert http == 200
    assert status(root) == (200, "")
    assert_valid(etree.tostring(root))
    entry = next(entry for entry in await buyer.api("documents") if entry["kind"] == "OrderRequest")
    assert entry["order_id"] == "PO-1"
    assert entry["status"] == 200
    assert entry["verdict"] == ""
    assert entry["dtd"] in ("valid", "not available")


async def test_every_line_may_name_its_own_place(buyer: Buyer) -> None:
    cart = await buyer.cart((DESK, 1), (TEA, 3))
    _, root = await buyer.order(order_of(cart, _on_lines(drop(f"{ITEM}/ShipTo"))))
    assert "some lines only" in status(root)[1]
    order = order_of(cart, _on_lines())
    assert_valid(order)
    assert await buyer.ordered(order) == (200, "")


def _fifty_one_lines(root: etree._Element) -> None:
    order = root.find("Request/OrderRequest")
    item = root.find(ITEM)
    assert order is not None
    assert item is not None
    for number in range(2, 52):
        made = copy.deepcopy(item)
        made.set("lineNumber", str(number))
        order.append(made)


def _pay_by_card(root: etree._Element) -> None:
    tax = root.find(f"{HEADER}/Tax")
    assert tax is not None
    tax.addnext(
        etree.fromstring('<Payment><PCard number="1" expiration="2027-01-01T00:00:00+09:00"/></Payment>')
    )


def _on_lines(*edits: Edit, keep: bool = False) -> Edit:
    """The header's ShipTo on every line instead; `edits` get the order afterwards."""

    def move(root: etree._Element) -> None:
        place = root.find(f"{HEADER}/ShipTo")
        assert place is not None
        for item in root.iterfind(ITEM):
            detail = item.find("ItemDetail")
            assert detail is not None
            detail.addnext(copy.deepcopy(place))
        if not keep:
            drop(f"{HEADER}/ShipTo")(root)
        for edit in edits:
            edit(root)

    return move


ON_LINE = f"{ITEM}/ShipTo/Address"

REFUSALS: list[tuple[int, str, Edit]] = [
    (401, "credentials", set_text("Header/Sender/Credential/SharedSecret", "wrong")),
    (401, "credentials", drop("Header/Sender/Credential/SharedSecret")),
    (400, "payloadID is missing", lambda root: root.attrib.pop("payloadID")),
    (400, "orderID is missing", set_attribute(HEADER, "orderID", " ")),
    (400, "orderDate", set_attribute(HEADER, "orderDate", "2026-11-22")),
    (400, 'type="update"', set_attribute(HEADER, "type", "update")),
    (400, 'type="delete"', set_attribute(HEADER, "type", "delete")),
    (400, 'orderType="blanket"', set_attribute(HEADER, "orderType", "blanket")),
    (400, "Payment data", _pay_by_card),
    (400, "ShipTo is missing", drop(f"{HEADER}/ShipTo")),
    (400, "one or the other", _on_lines(keep=True)),
    (400, "ShipTo is missing", _on_lines(drop(f"{ITEM}/ShipTo"))),
    (400, "not a prefecture", _on_lines(set_text(f"{ON_LINE}/PostalAddress/State", "東京"))),
    (400, "Name is missing", _on_lines(drop(ON_LINE))),
    (400, "Total is missing", drop(f"{HEADER}/Total")),
    (400, "City is missing", set_text(f"{SHIP_TO}/PostalAddress/City", "")),
    (400, "DeliverTo is missing", drop(f"{SHIP_TO}/PostalAddress/DeliverTo")),
    (400, "not a prefecture", set_text(f"{SHIP_TO}/PostalAddress/State", "東京")),
    (400, "PostalCode must", set_text(f"{SHIP_TO}/PostalAddress/PostalCode", "1000005")),
    (400, "characters", set_text(f"{SHIP_TO}/Name", "㈱サンプル商事")),
    (400, 'isoCountryCode="JP"', set_attribute(f"{SHIP_TO}/PostalAddress/Country", "isoCountryCode", "US")),
    (400, "no ItemOut", drop(ITEM)),
    (400, "51 lines", _fifty_one_lines),
    (400, "at most 999 pieces", set_attribute(ITEM, "quantity", "1000")),
    (400, "quantity must be", set_attribute(ITEM, "quantity", "0")),
    (400, "quantity must be", set_attribute(ITEM, "quantity", "1.5")),
    (400, "lineNumber must be", set_attribute(ITEM, "lineNumber", "0")),
    (400, "not an ASIN", set_text(f"{ITEM}/ItemID/SupplierPartID", "desk")),
    (400, "not what the SupplierPartAuxiliaryID", set_text(f"{ITEM}/ItemID/SupplierPartID", LAMP)),
    (400, "SupplierPartAuxiliaryID is missing", drop(f"{ITEM}/ItemID/SupplierPartAuxiliaryID")),
    (400, "as it was sent", set_text(f"{ITEM}/ItemID/SupplierPartAuxiliaryID", "358-9479393-6024619")),
    (400, "belongs to no cart", set_text(f"{ITEM}/ItemID/SupplierPartAuxiliaryID", "1-2-3,1")),
    (400, "UnitPrice", drop(f"{ITEM}/ItemDetail/UnitPrice")),
    (400, "whole yen", set_text(f"{ITEM}/ItemDetail/UnitPrice/Money", "16182.50")),
    (400, 'Currency "USD"', set_attribute(f"{ITEM}/ItemDetail/UnitPrice/Money", "currency", "USD")),
    (400, "e-mail address is not that", set_text(f"{HEADER}/Extrinsic", "hanako.sato@example.co.jp")),
]


@pytest.mark.parametrize(("code", "sentence", "edit"), REFUSALS)
async def test_an_order_is_refused_with_the_reason(
    buyer: Buyer, code: int, sentence: str, edit: Edit
) -> None:
    cart = await buyer.cart((DESK, 1))
    http, root = await buyer.order(order_of(cart, edit))
    given, reason = status(root)
    assert (http, given) == (200, code)
    assert sentence in reason
    assert await buyer.api("orders") == []
    # Nothing was spent by the refusal: the same cart can still be ordered.
    assert await buyer.ordered(order_of(cart)) == (200, "")


async def test_a_cart_position_that_does_not_exist_is_refused(buyer: Buyer) -> None:
    cart = await buyer.cart((DESK, 1))
    spaid = etree.fromstring(cart).findtext(".//SupplierPartAuxiliaryID") or ""
    other = spaid.replace(",1", ",2")
    order = order_of(cart, set_text(f"{ITEM}/ItemID/SupplierPartAuxiliaryID", other))
    code, reason = await buyer.ordered(order)
    assert code == 400
    assert "no position 2" in reason


async def test_lines_of_two_carts_are_refused(buyer: Buyer) -> None:
    foreign = etree.fromstring(await buyer.cart((TEA, 1))).find(".//ItemIn")
    assert foreign is not None

    def mix(root: etree._Element) -> None:
        order = root.find("Request/OrderRequest")
        assert order is not None
        assert foreign is not None
        foreign.tag = "ItemOut"
        foreign.set("lineNumber", "2")
        order.append(foreign)

    code, reason = await buyer.ordered(order_of(await buyer.cart((DESK, 1)), mix))
    assert code == 400
    assert "more than one cart" in reason


@pytest.mark.parametrize(
    "auth",
    [
        "",
        "Basic !",
        "Bearer sandbox-shared-secret",
        encode_basic_auth("kaimono-sandbox", "wrong"),
        encode_basic_auth("somebody", "sandbox-shared-secret"),
    ],
)
async def test_basic_authentication_is_enforced(buyer: Buyer, auth: str) -> None:
    http, root = await buyer.order(order_of(await buyer.cart((DESK, 1))), auth=auth)
    assert http == 401
    assert status(root)[0] == 401
    assert await buyer.api("orders") == []


async def test_another_token_finds_nothing(buyer: Buyer) -> None:
    async with buyer.session.post(f"{buyer.base}/orders/guess", data=b"<cXML/>") as answer:
        assert answer.status == 404


async def test_broken_xml_is_406(buyer: Buyer) -> None:
    assert (await buyer.ordered(b"<cXML>"))[0] == 406


async def test_the_same_bytes_again_are_welcome_and_done_once(buyer: Buyer) -> None:
    order = order_of(await buyer.cart((DESK, 1)))
    for _ in range(3):
        assert await buyer.ordered(order) == (200, "")
    (taken,) = await buyer.api("orders")
    assert taken["attempts"] == 3
    await buyer.receiver.wait_for(2)
    assert [notice.kind for notice in buyer.receiver.notices] == ["ConfirmationRequest", "ShipNoticeRequest"]


async def test_the_same_payload_id_with_other_content_is_refused(buyer: Buyer) -> None:
    cart = await buyer.cart((DESK, 1))
    assert (await buyer.ordered(order_of(cart)))[0] == 200
    changed = order_of(cart, set_text(f"{SHIP_TO}/PostalAddress/City", "港区"))
    code, reason = await buyer.ordered(changed)
    assert code == 400
    assert "another document" in reason
    renumbered = order_of(await buyer.cart((DESK, 1)), set_attribute(HEADER, "orderID", "PO-2"))
    code, reason = await buyer.ordered(renumbered)
    assert code == 400
    assert "another order" in reason


async def test_the_same_order_number_with_another_payload_id_is_refused(buyer: Buyer) -> None:
    assert (await buyer.ordered(order_of(await buyer.cart((DESK, 1)))))[0] == 200
    second = order_of(await buyer.cart((DESK, 1)), set_attribute(".", "payloadID", "order-2@buyer"))
    code, reason = await buyer.ordered(second)
    assert code == 400
    assert "received before" in reason


async def test_a_cart_is_ordered_once(buyer: Buyer) -> None:
    cart = await buyer.cart((DESK, 1))
    assert (await buyer.ordered(order_of(cart)))[0] == 200
    second = order_of(
        cart, set_attribute(".", "payloadID", "order-2@buyer"), set_attribute(HEADER, "orderID", "PO-2")
    )
    code, reason = await buyer.ordered(second)
    assert code == 400
    assert "ordered before, as PO-1" in reason


async def test_what_amazon_lets_pass_is_remarked(buyer: Buyer) -> None:
    order = order_of(
        await buyer.cart((DESK, 1)),
        drop(f"{HEADER}/BillTo"),
        set_text(f"{HEADER}/Total/Money", "1.00"),
        set_text(f"{SHIP_TO}/PostalAddress/State", "大阪府"),
        set_text(f"{SHIP_TO}/Phone/TelephoneNumber/Number", "03-0000-0000"),
    )
    assert (await buyer.ordered(order))[0] == 200
    entry = (await buyer.api("documents"))[-1]
    for said in ("BillTo", "合計", "価格保持は適用されません", "電話番号"):
        assert said in entry["verdict"]
    assert entry["dtd"] == "not available" or "BillTo" in entry["dtd"]


async def test_secrets_are_struck_out_of_the_log(buyer: Buyer) -> None:
    await buyer.ordered(order_of(await buyer.cart((DESK, 1))))
    for entry in await buyer.api("documents"):
        for path in (f"/documents/{entry['number']}", f"/documents/{entry['number']}/raw"):
            assert "sandbox-shared-secret" not in await buyer.text(path)
    assert "***" in await buyer.text("/documents/1/raw")


async def test_a_connection_closed_after_taking_leaves_one_order(buyer: Buyer) -> None:
    order = order_of(await buyer.cart((DESK, 1)))
    await buyer.mood("close_after_taking")
    with pytest.raises(ClientError):
        await buyer.order(order)
    assert await buyer.ordered(order) == (200, "")
    await buyer.receiver.wait_for(2)
    (taken,) = await buyer.api("orders")
    assert (taken["mood"], taken["attempts"]) == ("close_after_taking", 2)


async def test_refusal_on_purpose_is_final_for_that_order_only(buyer: Buyer) -> None:
    cart = await buyer.cart((DESK, 1))
    await buyer.mood("refuse_400")
    assert (await buyer.ordered(order_of(cart)))[0] == 400
    assert (await buyer.ordered(order_of(cart)))[0] == 400
    other = order_of(cart, set_attribute(HEADER, "orderID", "PO-2"))
    assert (await buyer.ordered(other))[0] == 200


async def test_a_server_error_lasts_until_the_mood_is_changed(buyer: Buyer) -> None:
    order = order_of(await buyer.cart((DESK, 1)))
    await buyer.mood("server_error_500")
    for _ in range(2):
        http, root = await buyer.order(order)
        assert (http, status(root)[0]) == (500, 500)
    async with buyer.session.post(f"{buyer.base}/api/mood", json={"order": "PO-1", "mood": "ok"}) as answer:
        assert answer.status == 200
    assert (await buyer.ordered(order))[0] == 200


async def test_an_html_error_page_comes_once(buyer: Buyer) -> None:
    order = order_of(await buyer.cart((DESK, 1)))
    await buyer.mood("html_500_then_ok")
    http, root = await buyer.order(order)
    assert http == 500
    assert root.tag == "html"
    assert (await buyer.ordered(order))[0] == 200
    await buyer.receiver.wait_for(2)


async def test_an_order_after_the_price_hold_is_remarked(buyer: Buyer) -> None:
    order = order_of(await buyer.cart((DESK, 1)))
    buyer.clock.advance(days=7, seconds=1)
    assert (await buyer.ordered(order))[0] == 200
    entry = next(entry for entry in await buyer.api("documents") if entry["kind"] == "OrderRequest")
    assert "保持期限" in entry["verdict"]


async def test_a_confirmation_may_come_before_the_answer(buyer: Buyer) -> None:
    order = order_of(await buyer.cart((DESK, 1)))
    await buyer.mood("confirm_before_answer")
    assert (await buyer.ordered(order))[0] == 200
    assert [notice.kind for notice in buyer.receiver.notices][:1] == ["ConfirmationRequest"]


async def test_a_slow_answer_comes_after_the_order_was_taken(buyer: Buyer) -> None:
    order = order_of(await buyer.cart((DESK, 1)))
    await buyer.mood("slow")
    assert (await buyer.ordered(order))[0] == 200
    assert 40.0 in buyer.pause.asked


async def test_an_unknown_mood_is_refused(buyer: Buyer) -> None:
    for wish in ({"next": "cheerful"}, {"order": "PO-1", "mood": ""}, {"setup": "x"}, ["next"]):
        async with buyer.session.post(f"{buyer.base}/api/mood", json=wish) as answer:
            assert answer.status == 400
    async with buyer.session.post(f"{buyer.base}/api/mood", data=b"{") as answer:
        assert answer.status == 400
