from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from punchout.envelope import Credential, read_envelope
from punchout.secret import Secret
from punchout.setup import SetupRequest, build_setup, build_setup_response, read_setup
from punchout.status import Status, read_response
from punchout.xml import DocumentRefused, parse
from tests.punchout.conftest import Judge
from tests.punchout.given import ACCOUNT, HONSHA, NOW, sample

FULL = SetupRequest(
    buyer_cookie="c00kie+/4sample==",
    return_url="https://bot.example.co.jp/punchout/cart/t0ken?a=1&b=2",
    email="taro.yamada@example.co.jp",
    first_name="太郎",
    last_name="山田",
    business_unit="5260",
    ship_to=HONSHA,
    contact=replace(HONSHA, id=""),
    selected="B0SAMPLE01",
)


def test_a_setup_is_valid_and_comes_back(cxml_dtd: Judge) -> None:
    document = build_setup(FULL, ACCOUNT, "s1@bot", NOW)
    cxml_dtd(document)
    root = parse(document)
    assert read_setup(root) == FULL
    envelope = read_envelope(root)
    assert envelope.payload_id == "s1@bot"
    assert envelope.from_ == (Credential("NetworkId", "sample-buyer"),)
    assert envelope.to == (Credential("NetworkId", "Amazon"),)
    assert envelope.sender == (Credential("NetworkId", "sample-buyer", Secret("pass1234")),)
    assert (envelope.deployment_mode, envelope.timestamp) == ("test", NOW)


def test_the_least_setup_is_valid(cxml_dtd: Judge) -> None:
    least = SetupRequest("c", "https://bot.example.co.jp/", "taro.yamada@example.co.jp")
    document = build_setup(least, replace(ACCOUNT, deployment_mode="production"), "s1@bot", NOW)
    cxml_dtd(document)
    assert read_setup(parse(document)) == least
    assert b'deploymentMode="production"' in document


@pytest.mark.parametrize(
    "lacking", [replace(FULL, buyer_cookie=" "), replace(FULL, return_url=""), replace(FULL, email="")]
)
def test_what_amazon_demands_is_demanded_here(lacking: SetupRequest) -> None:
    with pytest.raises(DocumentRefused, match="A setup request needs a"):
        build_setup(lacking, ACCOUNT, "s1@bot", NOW)


TEXT = st.text(max_size=40)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(TEXT, min_size=12, max_size=12), cookie=st.text(alphabet="Ab+/=&<>\"'", min_size=1))
def test_whatever_people_type_the_setup_is_valid(words: list[str], cookie: str, cxml_dtd: Judge) -> None:
    address = replace(
        HONSHA, id=words[0], company=words[1], deliver_to=(words[2], words[3]), postal_code=words[4],
        prefecture=words[5], city=words[6], streets=(words[7],), phone=words[8], email=words[9],
    )  # fmt: skip
    setup = replace(FULL, buyer_cookie=cookie, first_name=words[10], business_unit=words[11], ship_to=address)
    document = build_setup(setup, ACCOUNT, "s1@bot", NOW)
    cxml_dtd(document)
    assert read_setup(parse(document)).buyer_cookie == cookie


def test_a_setup_in_any_order_with_stray_characters_is_read() -> None:
    setup = read_setup(parse(sample("setup_in_any_order_with_stray_characters")))
    assert setup.buyer_cookie == "abc+/="
    assert setup.return_url == "https://bot.example.co.jp/punchout/cart/t?a=1&b=2"
    assert (setup.first_name, setup.last_name, setup.selected) == ("太郎", "", "B0SAMPLE01")
    assert setup.extrinsics == (("Division", "第一"),)
    assert setup.ship_to == replace(HONSHA, id="", email="shipto@example.co.jp")


def test_the_mail_address_is_looked_for_in_four_places_in_amazons_order() -> None:
    document = sample("setup_in_any_order_with_stray_characters").decode()
    cookie = "<BuyerCookie>"
    found = [
        read_setup(
            parse(
                document.replace(cookie, f'<Extrinsic name="UserEmail">first@x</Extrinsic>{cookie}').encode()
            )
        ).email
    ]
    for hidden in ("", "shipto@example.co.jp", "contact@example.co.jp", "last@example.co.jp"):
        document = document.replace(hidden, "") if hidden else document
        found.append(read_setup(parse(document.encode())).email)
    assert found == ["first@x", "shipto@example.co.jp", "contact@example.co.jp", "last@example.co.jp", ""]


def test_another_document_is_no_setup() -> None:
    with pytest.raises(DocumentRefused, match="no PunchOutSetupRequest"):
        read_setup(parse(sample("cart_desk_and_lamp")))


def test_the_answers_of_the_stand_in_are_valid(cxml_dtd: Judge) -> None:
    welcome = build_setup_response(Status(200, "OK"), "r1@amazon", NOW, "https://www.amazon.co.jp/x?a=1&b=2")
    refusal = build_setup_response(Status(401, "Unauthorized", "unknown"), "r2@amazon", NOW)
    cxml_dtd(welcome)
    cxml_dtd(refusal)
    assert read_response(welcome).start_page == "https://www.amazon.co.jp/x?a=1&b=2"
    assert (read_response(refusal).status.code, read_response(refusal).start_page) == (401, None)


def test_the_bare_answer_of_the_stand_in_is_that_of_2015() -> None:
    bare = build_setup_response(Status(200, "OK"), "r1@amazon", NOW, "https://www.amazon.co.jp/x", bare=True)
    assert bare == (
        b'<cXML><Response><Status code="200"/><PunchOutSetupResponse><StartPage>'
        b"<URL>https://www.amazon.co.jp/x</URL></StartPage></PunchOutSetupResponse></Response></cXML>"
    )
