import pytest

from punchout.status import Status, build_response, read_response
from punchout.xml import DocumentRefused, XmlRefused
from tests.punchout.conftest import Judge
from tests.punchout.given import NOW, sample


@pytest.mark.parametrize(
    ("codes", "meaning"),
    [
        ((200, 201, 204, 211, 280, 281, 299), "taken"),
        ((400, 401, 403, 406, 409, 412, 417, 450, 475, 477, 499), "permanent"),
        ((500, 550, 551, 560, 599, 0, 100, 302, 700), "transient"),
    ],
)
def test_what_a_code_means(codes: tuple[int, ...], meaning: str) -> None:
    for code in codes:
        status = Status(code)
        assert (status.taken, status.permanent) == (meaning == "taken", meaning == "permanent")


def test_the_bare_form_of_2015_is_read() -> None:
    response = read_response(sample("response_bare_form_of_2015"))
    assert response.status == Status(200)
    assert response.payload_id is None
    assert response.start_page == "https://www.amazon.co.jp/eprocurement/start?id=456-0&x=1"


def test_a_refusal_says_why() -> None:
    response = read_response(sample("response_setup_refused_403"))
    assert response.status == Status(403, "failure", "Request {s1@bot} lacks the user's e-mail.", "en-US")
    assert response.status.reason == "Request {s1@bot} lacks the user's e-mail."
    assert response.start_page is None


@pytest.mark.parametrize("code", ["", "abc", "20O", "-1", "9999999999"])
def test_a_code_that_is_no_number_is_no_success(code: str) -> None:
    status = read_response(f"<cXML><Response><Status code='{code}'/></Response></cXML>".encode()).status
    assert (status.code, status.taken, status.permanent) == (0, False, False)


@pytest.mark.parametrize(
    "document",
    [
        b"<html/>",
        b"<cXML/>",
        b"<cXML><Response/></cXML>",
        b"<Response><Status code='200'/></Response>",
        sample("cart_desk_and_lamp"),
    ],
)
def test_what_is_no_response_is_refused(document: bytes) -> None:
    with pytest.raises(DocumentRefused, match="not a cXML Response"):
        read_response(document)


def test_no_xml_is_no_response() -> None:
    with pytest.raises(XmlRefused):
        read_response(b"OK")


def test_our_answers_are_valid_and_come_back(cxml_dtd: Judge) -> None:
    for status in (
        Status(200, "OK"),
        Status(406, "Not Acceptable", '<The document> & its "end"\x00 are missing。', "ja-JP"),
        Status(500),
    ):
        document = build_response(status, "r1@bot", NOW)
        cxml_dtd(document)
        answer = read_response(document)
        assert (answer.status.code, answer.payload_id) == (status.code, "r1@bot")
        assert answer.status.message == status.message.replace("\x00", "")
