"""The administrator's pages: test log, settings, documents."""

import pytest
from lxml import html

from tests.sandbox.amazon.buyer import DESK, Buyer, order_of, set_text


async def seen(buyer: Buyer, path: str) -> str:
    words = " ".join(str(text) for text in html.document_fromstring(await buyer.text(path)).itertext())
    return " ".join(words.split())


async def logged(buyer: Buyer) -> str:
    """The log page of one finished order."""
    assert (await buyer.ordered(order_of(await buyer.cart((DESK, 1)))))[0] == 200
    await buyer.receiver.wait_for(2)
    return await seen(buyer, "/testlog/PO-1")


async def test_the_log_of_an_order_has_the_sections_of_amazon_japan(buyer: Buyer) -> None:
    page = await logged(buyer)
    for said in (
        "発注番号 PO-1",
        "受領した注文のテスト Sun Nov 22 01:00:00 UTC 2026",
        "パンチアウト設定の詳細",
        "認証情報* 有効な",
        "メール* 受け取り済み",
        "フックURL* 受け取り済み",
        "名 受け取り済み",
        "UBU 存在しません",
        "* これらは必須項目です",
        "POOM",
        "ステータス OK",
        "発注書詳細",
        "受け取り済み: 2026-11-22T01:00:00.123Z",
        "B0MOGI1001",
        "16182.00",
        "合計発注金額 16182.0",
        "注文の確認",
        "ORDERED",
        "税金の見積もり 1618",
        "配送料の見積もり 410",
        "割引 410",
        "合計金額 17800",
        "事前出荷通知 (ASN)",
        "発送識別子 000000000",
        "納品番号 test",
        "配送業者識別子 Test Mode Carrier",
        "テスト結果",
    ):
        assert said in page


async def test_a_known_business_unit_is_looked_up(buyer: Buyer) -> None:
    def add(root: object) -> None:
        set_text(".//Extrinsic[@name='FirstName']", "")(root)  # type: ignore[arg-type]
        element = root.find(".//Extrinsic[@name='LastName']")  # type: ignore[attr-defined]
        element.set("name", "UserBusinessUnit")
        element.text = "OSAKA"

    shopper = await buyer.start(add)
    await shopper.add(DESK)
    assert (await buyer.ordered(order_of(await shopper.submit())))[0] == 200
    await buyer.receiver.wait_for(2)
    page = await seen(buyer, "/testlog/PO-1")
    assert "UBU 存在します 大阪支店" in page
    assert "名 受け取っていません 姓 受け取っていません" in page


async def test_a_test_is_marked_and_that_unlocks_the_rest(buyer: Buyer) -> None:
    await logged(buyer)
    assert "まだマークされていません" in await seen(buyer, "/testlog")
    async with buyer.session.post(f"{buyer.base}/testlog/PO-1", data={"mark": "成功"}) as answer:
        assert answer.status == 200
    page = await seen(buyer, "/testlog")
    assert "✔ 成功としてマークされています" in page
    assert (await buyer.api("orders"))[0]["mark"] == "成功"


async def test_the_log_is_searched_by_order_number(buyer: Buyer) -> None:
    await logged(buyer)
    assert "Sun Nov 22 01:00:00 UTC 2026" in await seen(buyer, "/testlog?q=PO")
    assert "当てはまるテストログはありません" in await seen(buyer, "/testlog?q=XX")
    async with buyer.session.get(f"{buyer.base}/testlog/XX") as answer:
        assert answer.status == 404


async def test_refused_setups_are_listed_with_their_reason(buyer: Buyer) -> None:
    await buyer.setup(set_text(".//SharedSecret", "wrong"))
    page = await seen(buyer, "/testlog")
    assert "401" in page
    assert "The Sender's credentials are not known." in page


async def test_settings_show_what_the_buyer_needs(buyer: Buyer) -> None:
    page = await seen(buyer, "/settings")
    for said in (
        "システムログイン kaimono-sandbox",
        f"Punchout URL {buyer.base}/eprocurement/punchout",
        f"PO Request URL {buyer.base}/orders/sandbox-orders",
        "状況: テスト",
    ):
        assert said in page
    hidden = html.document_fromstring(await buyer.text("/settings")).xpath("//details[not(@open)]/code")
    assert [code.text for code in hidden] == ["sandbox-shared-secret"]


async def test_switching_to_active_warns_and_can_be_undone(buyer: Buyer) -> None:
    warning = "基本的な注文のテストが、まだ成功としてマークされていません"
    assert warning in await seen(buyer, "/settings/mode")
    await buyer.session.post(f"{buyer.base}/settings/mode", data={"mode": "active"})
    assert "状況: アクティブ" in await seen(buyer, "/settings")
    await buyer.session.post(f"{buyer.base}/settings/mode", data={"mode": "test"})
    assert "状況: テスト" in await seen(buyer, "/settings")
    await logged(buyer)
    await buyer.session.post(f"{buyer.base}/testlog/PO-1", data={"mark": "成功"})
    assert warning not in await seen(buyer, "/settings/mode")


async def test_the_mood_is_chosen_on_the_page_too(buyer: Buyer) -> None:
    async with buyer.session.post(f"{buyer.base}/moods", data={"mood": "never"}) as answer:
        page = html.document_fromstring(await answer.text())
    assert page.xpath("//option[@selected]/@value") == ["ok", "never"]
    for nonsense in ({"mood": "x"}, {"setup": "x"}):
        async with buyer.session.post(f"{buyer.base}/moods", data=nonsense) as answer:
            assert answer.status == 400


async def test_documents_are_listed_in_and_out(buyer: Buyer) -> None:
    await logged(buyer)
    kinds = [(entry["direction"], entry["kind"]) for entry in await buyer.api("documents")]
    assert kinds == [
        ("in", "PunchOutSetupRequest"),
        ("out", "PunchOutOrderMessage"),
        ("in", "OrderRequest"),
        ("out", "ConfirmationRequest"),
        ("out", "ShipNoticeRequest"),
    ]
    page = await seen(buyer, "/documents")
    assert "5件" in page
    assert "OrderRequest" in page
    shown = await seen(buyer, "/documents/3")
    assert "order-1@buyer.example.co.jp" in shown
    assert "こちらの応答" in shown


@pytest.mark.parametrize("path", ["/documents/99", "/documents/99/raw"])
async def test_a_document_that_is_not_there(buyer: Buyer, path: str) -> None:
    async with buyer.session.get(buyer.base + path) as answer:
        assert answer.status == 404


async def test_a_hostile_document_is_shown_as_text(buyer: Buyer) -> None:
    await buyer.post_setup(b"<x><script>alert(1)</script>")
    raw = await buyer.text("/documents/1")
    assert "<script>alert" not in raw
    async with buyer.session.get(f"{buyer.base}/documents/1/raw") as answer:
        assert answer.content_type == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
