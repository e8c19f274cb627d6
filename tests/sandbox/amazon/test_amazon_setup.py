"""The setup request: every refusal, the start page, and who gets in."""

import io

import pytest
from lxml import etree

from tests.sandbox.amazon.buyer import (
    SAMPLES,
    Buyer,
    Edit,
    assert_valid,
    document,
    drop,
    set_attribute,
    set_text,
    status,
)

SETUP = "Request/PunchOutSetupRequest"


async def test_a_good_setup_is_answered_with_a_start_page_of_this_host(buyer: Buyer) -> None:
    answer = await buyer.setup()
    assert status(answer) == (200, "")
    page = answer.findtext("Response/PunchOutSetupResponse/StartPage/URL")
    assert page is not None
    assert page.startswith(f"{buyer.base}/eprocurement/initiate/")
    assert answer.get("payloadID", "").endswith("@amazon.com")
    assert_valid(etree.tostring(answer))


REFUSALS: list[tuple[int, str, Edit]] = [
    (401, "credentials are not known", set_text("Header/Sender/Credential/SharedSecret", "wrong")),
    (401, "credentials are not known", drop("Header/Sender/Credential/SharedSecret")),
    (401, "credentials are not known", set_text("Header/Sender/Credential/Identity", "somebody")),
    (401, "another account", set_text("Header/From/Credential/Identity", "somebody")),
    (400, "NetworkId / Amazon", set_text("Header/To/Credential/Identity", "OtherShop")),
    (400, "payloadID is missing", lambda root: root.attrib.pop("payloadID")),
    (400, "timestamp", set_attribute(".", "timestamp", "2026-11-22T10:00:00")),
    (400, 'operation="edit"', set_attribute(SETUP, "operation", "edit")),
    (400, "BuyerCookie", drop(f"{SETUP}/BuyerCookie")),
    (400, "BuyerCookie", set_text(f"{SETUP}/BuyerCookie", " ")),
    (403, "e-mail address, looked for in Extrinsic[@name='UserEmail']", drop(f"{SETUP}/Extrinsic")),
    (403, "(taro is none)", set_text(f"{SETUP}/Extrinsic", "taro")),
    (403, "BrowserFormPost/URL", drop(f"{SETUP}/BrowserFormPost")),
    (403, "BrowserFormPost/URL", set_text(f"{SETUP}/BrowserFormPost/URL", "javascript:alert(1)")),
    (403, "BrowserFormPost/URL", set_text(f"{SETUP}/BrowserFormPost/URL", "http://a;script-src *")),
    (400, "no Request/PunchOutSetupRequest", drop(SETUP)),
]


@pytest.mark.parametrize(("code", "sentence", "edit"), REFUSALS)
async def test_a_setup_is_refused_with_the_reason(buyer: Buyer, code: int, sentence: str, edit: Edit) -> None:
    answer = await buyer.setup(edit)
    given, reason = status(answer)
    assert given == code
    assert sentence in reason
    assert answer.find(".//StartPage") is None
    (entry,) = await buyer.api("documents")
    assert (entry["direction"], entry["http"], entry["status"]) == ("in", 200, code)


async def test_a_refusal_is_a_valid_document(buyer: Buyer) -> None:
    assert_valid(etree.tostring(await buyer.setup(drop(f"{SETUP}/BrowserFormPost"))))


async def test_a_missing_address_and_hook_are_named_together_with_the_payload_id(buyer: Buyer) -> None:
    answer = await buyer.setup(drop(f"{SETUP}/Extrinsic"), drop(f"{SETUP}/BrowserFormPost"))
    code, reason = status(answer)
    assert code == 403
    assert "{setup-1@buyer.example.co.jp}" in reason
    assert "e-mail" in reason
    assert "hook URL" in reason


@pytest.mark.parametrize("body", [b"", b"<cXML>", b"not xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"])
async def test_what_cannot_be_parsed_is_406(buyer: Buyer, body: bytes) -> None:
    assert status(await buyer.post_setup(body))[0] == 406


async def test_a_huge_body_is_refused(buyer: Buyer) -> None:
    url = f"{buyer.base}/eprocurement/punchout"
    async with buyer.session.post(url, data=io.BytesIO(b"<" * (4 * 1024 * 1024 + 1))) as answer:
        assert answer.status == 413


def _move_email(path: str) -> Edit:
    def edit(root: etree._Element) -> None:
        drop(f"{SETUP}/Extrinsic[@name='UserEmail']")(root)
        setup = root.find(SETUP)
        assert setup is not None
        if path == "Extrinsic":
            made = etree.SubElement(setup, "Extrinsic", name="Email")
        elif path == "Contact":
            contact = etree.SubElement(setup, "Contact", role="endUser")
            etree.SubElement(contact, "Name").text = "山田 太郎"
            made = etree.SubElement(contact, "Email")
        else:
            address = setup.find("ShipTo/Address")
            assert address is not None
            made = etree.SubElement(address, "Email")
        made.text = "taro.yamada@example.co.jp"

    return edit


@pytest.mark.parametrize("place", ["ShipTo", "Contact", "Extrinsic"])
async def test_the_address_is_found_in_all_four_places(buyer: Buyer, place: str) -> None:
    assert status(await buyer.setup(_move_email(place)))[0] == 200


async def test_stray_characters_and_another_order_get_through(buyer: Buyer) -> None:
    """Amazon Japan's own sample has a zero-width space after an Extrinsic and is not in the DTD's order."""

    def shuffle(root: etree._Element) -> None:
        setup = root.find(SETUP)
        assert setup is not None
        setup[:] = reversed(setup)
        setup[1].tail = "\u200b"

    assert status(await buyer.setup(shuffle))[0] == 200
    (entry,) = await buyer.api("documents")
    assert entry["dtd"] == "not available" or entry["dtd"].startswith("line ")


async def test_a_known_user_goes_straight_to_the_shop(buyer: Buyer) -> None:
    shopper = await buyer.start()
    assert shopper.heading.startswith("オフィスの買い物")
    assert "山田" in shopper.page.text_content()


async def test_a_new_address_creates_its_account_with_one_click(buyer: Buyer) -> None:
    new = set_text(f"{SETUP}/Extrinsic", "hanako.sato@example.co.jp")
    shopper = await buyer.start(new)
    assert shopper.heading == "ビジネスアカウントの作成"
    assert "hanako.sato@example.co.jp" in shopper.page.text_content()
    assert await shopper.post("") == 200
    assert shopper.heading.startswith("オフィスの買い物")
    again = await buyer.start(new)
    assert again.heading.startswith("オフィスの買い物")


async def test_a_start_page_is_good_for_ten_minutes(buyer: Buyer) -> None:
    answer = await buyer.setup()
    page = answer.findtext("Response/PunchOutSetupResponse/StartPage/URL")
    assert page is not None
    buyer.clock.advance(minutes=9)
    assert (await buyer.open(page)).heading.startswith("オフィスの買い物")
    late = await buyer.setup()
    page = late.findtext("Response/PunchOutSetupResponse/StartPage/URL")
    assert page is not None
    buyer.clock.advance(minutes=10)
    async with buyer.session.get(page) as over:
        assert over.status == 410
        assert "セッションの有効期限が切れました" in await over.text()


async def test_an_idle_session_ends_after_an_hour(buyer: Buyer) -> None:
    shopper = await buyer.start()
    for _ in range(3):
        buyer.clock.advance(minutes=59)
        await shopper.see()
        assert shopper.heading.startswith("オフィスの買い物")
    buyer.clock.advance(minutes=60)
    for path in ("", "/cart", "/checkout", "/dp/B0MOGI1001"):
        async with buyer.session.get(shopper.url + path) as over:
            assert over.status == 410
            assert "セッションの有効期限が切れました" in await over.text()
    assert await shopper.post("/submit") == 410
    assert await shopper.post("/signout") == 410


async def test_an_unknown_session_has_its_page_too(buyer: Buyer) -> None:
    async with buyer.session.get(f"{buyer.base}/eprocurement/initiate/111-2222222-3333333") as over:
        assert over.status == 410
        assert "セッションの有効期限が切れました" in await over.text()


async def test_looking_at_the_start_page_spends_nothing(buyer: Buyer) -> None:
    answer = await buyer.setup()
    page = answer.findtext("Response/PunchOutSetupResponse/StartPage/URL")
    assert page is not None
    async with buyer.session.head(page, allow_redirects=False) as seen:
        assert seen.status == 302
    assert (await buyer.open(page)).heading.startswith("オフィスの買い物")


async def test_a_profile_request_is_answered(buyer: Buyer) -> None:
    def ask(root: etree._Element) -> None:
        request = root.find("Request")
        assert request is not None
        request[:] = [etree.Element("ProfileRequest")]

    answer = await buyer.setup(ask)
    assert status(answer)[0] == 200
    transaction = answer.find(".//Transaction")
    assert transaction is not None
    assert transaction.get("requestName") == "PunchOutSetupRequest"
    assert transaction.findtext("URL") == f"{buyer.base}/eprocurement/punchout"
    assert buyer.settings.order_token.encode() not in etree.tostring(answer)
    assert_valid(etree.tostring(answer))


async def test_setup_moods_answer_once_as_told(buyer: Buyer) -> None:
    await buyer.mood("bare_2015", "setup")
    bare = await buyer.setup()
    assert (bare.get("payloadID"), status(bare)[0]) == (None, 200)
    assert bare.find(".//StartPage/URL") is not None
    await buyer.mood("error_500", "setup")
    assert status(await buyer.setup())[0] == 500
    await buyer.mood("no_start_page", "setup")
    pageless = await buyer.setup()
    assert (status(pageless)[0], pageless.find(".//StartPage")) == (200, None)
    await buyer.mood("foreign_start_page", "setup")
    foreign = (await buyer.setup()).findtext(".//StartPage/URL") or ""
    assert foreign.startswith("https://shop.example.com/")
    await buyer.mood("html_500", "setup")
    url = f"{buyer.base}/eprocurement/punchout"
    async with buyer.session.post(url, data=document("setup_of_taro.xml")) as answer:
        assert (answer.status, answer.content_type) == (500, "text/html")
    assert status(await buyer.setup())[0] == 200


def test_the_sample_itself_is_valid() -> None:
    assert_valid((SAMPLES / "setup_of_taro.xml").read_bytes())
    assert_valid(document("setup_of_taro.xml"))


@pytest.mark.parametrize(("asin", "page"), [("B0MOGI1001", "/dp/B0MOGI1001"), ("B000000000", ""), ("", "")])
async def test_the_shop_opens_on_the_selected_article_if_it_is_sold_here(
    buyer: Buyer, asin: str, page: str
) -> None:
    def select(root: etree._Element) -> None:
        item = etree.SubElement(etree.SubElement(root.find(SETUP), "SelectedItem"), "ItemID")
        etree.SubElement(item, "SupplierPartID").text = asin

    shopper = await buyer.start(select)
    assert "/shop/" in shopper.url
    assert shopper.url.partition("/shop/")[2].partition("/")[2] == page.strip("/")
