"""kaimono's own documents against the stand-in's own rules: nothing to refuse, nothing to remark."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import etree

from punchout.address import Address
from punchout.cart import read_cart
from punchout.envelope import Account
from punchout.order import OrderLine, OrderRequest, build_order
from punchout.secret import Secret
from punchout.setup import SetupRequest, build_setup
from tests.sandbox.amazon.buyer import DESK, LAMP, TEA, Buyer, status

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
ACCOUNT = Account("kaimono-sandbox", Secret("sandbox-shared-secret"))
PLACE = Address(
    "honsha",
    "株式会社サンプル商事",
    ("山田 太郎",),
    "100-0005",
    "東京都",
    "千代田区",
    ("丸の内1-1-1", ""),
    "03-0000-0000",
    "taro.yamada@example.co.jp",
)


@pytest.mark.parametrize(
    "place", [None, replace(PLACE, id="sub", streets=("丸の内2-2-2", ""))], ids=["whole", "apart"]
)
async def test_our_setup_and_our_order_pass_without_a_remark(buyer: Buyer, place: Address | None) -> None:
    setup = build_setup(
        SetupRequest(
            buyer_cookie="Zm9v+/==",
            return_url="http://127.0.0.1:8080/punchout/cart/x",
            email="taro.yamada@example.co.jp",
            ship_to=PLACE,
        ),
        ACCOUNT,
        "setup@bot",
        NOW,
    )
    answer = await buyer.post_setup(setup)
    page = answer.findtext("Response/PunchOutSetupResponse/StartPage/URL")
    assert page is not None
    shopper = await buyer.open(page)
    for asin, quantity in ((DESK, 1), (LAMP, 2), (TEA, 3)):
        await shopper.add(asin, quantity)
    cart = read_cart(await shopper.submit())
    assert cart.buyer_cookie == "Zm9v+/=="
    assert cart.notes == ()
    order = OrderRequest(
        number="c69ed679863847d9b2",
        ordered_at=NOW,
        total=cart.payable,
        shipping=cart.shipping,
        tax=cart.tax,
        ship_to=PLACE,
        bill_to=PLACE,
        contact=PLACE,
        email="taro.yamada@example.co.jp",
        lines=tuple(
            OrderLine(number, line.quantity, line.item_xml, ship_to=place if number == 1 else None)
            for number, line in enumerate(cart.lines, 1)
        ),
    )
    http, root = await buyer.order(build_order(order, ACCOUNT, "order@bot", NOW))
    assert (http, status(root)) == (200, (200, ""))
    await buyer.receiver.wait_for(4)
    entries = await buyer.api("documents")
    assert [entry["verdict"] for entry in entries if entry["direction"] == "in"] == ["", ""]
    assert {entry["dtd"] for entry in entries} <= {"valid", "not available"}
    assert all(etree.iselement(notice.root) for notice in buyer.receiver.notices)
