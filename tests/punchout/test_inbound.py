"""The door for what Amazon posts: every kind it may be, and that nothing but a refusal comes out of it."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from punchout.confirmation import Confirmation
from punchout.inbound import MOST_ITEMS, DocumentRefused, XmlRefused, read
from punchout.invoice import Invoice
from punchout.money import Money
from punchout.profile import ProfileRequest, build_profile_response
from punchout.reference import OrderReference
from punchout.shipment import ShipNotice
from punchout.status import Status
from punchout.status_update import StatusUpdate
from tests.punchout.conftest import Judge
from tests.punchout.given import NOW, SAMPLES, sample

OURS = "20260910014800.000.aa@bot.example.co.jp"


def test_a_confirmation() -> None:
    document = read(sample("confirmation_accepted_in_full"))
    assert document.kind == "ConfirmationRequest"
    assert isinstance(document.value, Confirmation)
    assert document.orders == (OrderReference("K2609-0001", OURS, NOW),)
    assert document.envelope.payload_id == "1789000100000.11.2001@amazon.com"
    assert document.raw == sample("confirmation_accepted_in_full")


def test_a_ship_notice_of_several_orders() -> None:
    document = read(sample("ship_notice_two_whole_orders_without_carrier"))
    assert isinstance(document.value, ShipNotice)
    assert [order.order_id for order in document.orders] == ["K1411-0001", "K1411-0002", "K1411-0003"]
    assert document.notes == document.value.notes != ()


def test_a_status_update_names_our_order_by_its_payload_id() -> None:
    document = read(sample("status_update_of_an_order"))
    assert document.value == StatusUpdate(
        "u1@amazon.com", OURS, Status(200, "OK", "processed"), "DocumentStatus"
    )
    assert document.orders == (OrderReference(payload_id=OURS),)


def test_an_invoice_gives_its_plain_facts() -> None:
    document = read(sample("invoice_for_two_orders"))
    assert isinstance(document.value, Invoice)
    assert (document.value.id, document.value.purpose) == ("INV-1", "creditMemo")
    assert document.value.total == Money(Decimal(-500), "JPY")
    assert tuple(order.order_id for order in document.value.orders) == ("K2609-0001", "K2609-0002")
    assert document.notes == ("DueAmount: “abc” is not a number.",)


def test_a_profile_request_and_our_answer(cxml_dtd: Judge) -> None:
    document = read(sample("profile_request"))
    assert document.value == ProfileRequest("q1@hub.example.com")
    assert document.orders == ()
    url = "https://bot.example.co.jp/cxml?a=1&b=2"
    answer = build_profile_response(
        {"ConfirmationRequest": url, "ShipNoticeRequest": url}, "r1@bot", NOW, NOW
    )
    cxml_dtd(answer)
    with pytest.raises(DocumentRefused):
        build_profile_response({}, "r1@bot", NOW, NOW)


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("ConfirmationRequest", '<ConfirmationItem lineNumber="1" quantity="1"/>'),
        ("ConfirmationRequest", "<ConfirmationHeader><Comments/></ConfirmationHeader>"),
        ("ShipNoticeRequest", '<ShipNoticePortion><ShipNoticeItem lineNumber="1"/></ShipNoticePortion>'),
        ("InvoiceDetailRequest", "<InvoiceDetailOrder><InvoiceDetailItem/></InvoiceDetailOrder>"),
    ],
)
def test_more_items_than_any_order_has_are_refused_before_they_are_read(kind: str, item: str) -> None:
    def of(count: int) -> bytes:
        return f"<cXML><Header/><Request><{kind}>{item * count}</{kind}></Request></cXML>".encode()

    with pytest.raises(DocumentRefused, match="more than 1000 items"):
        read(of(MOST_ITEMS + 1))
    assert read(of(50)).value is not None


def test_a_request_of_another_kind_is_no_error_and_has_no_value() -> None:
    document = read(sample("setup_in_any_order_with_stray_characters"))
    assert (document.kind, document.value, document.orders) == ("PunchOutSetupRequest", None, ())


@pytest.mark.parametrize(
    "document",
    [
        sample("cart_desk_and_lamp"),
        sample("response_bare_form_of_2015"),
        b"<html/>",
        b"<cXML/>",
        b"<cXML><Request/></cXML>",
    ],
)
def test_what_is_no_request_is_refused(document: bytes) -> None:
    with pytest.raises(DocumentRefused):
        read(document)


def names() -> list[str]:
    return sorted(path.stem for path in SAMPLES.glob("*.xml"))


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """One of our samples with a few things taken out, doubled, renamed or overwritten."""
    root = etree.fromstring(sample(draw(st.sampled_from(names()))))
    for _ in range(draw(st.integers(1, 4))):
        elements = list(root.iter(etree.Element))
        element = elements[draw(st.integers(0, len(elements) - 1))]
        match draw(st.sampled_from(["drop", "empty", "rename", "text", "attribute"])):
            case "drop" if (parent := element.getparent()) is not None:
                parent.remove(element)
            case "rename":
                element.tag = draw(st.sampled_from(elements)).tag
            case "text":
                element.text = draw(st.sampled_from(["", "-1", "1e9", "１２", "NaN", "1.5", "x" * 50]))
            case "attribute" if element.attrib:
                name = draw(st.sampled_from(sorted(str(key) for key in element.attrib)))
                element.set(name, draw(st.sampled_from(["", "-1", "1e9", "NaN", "２", "new", "x" * 50])))
            case _:
                element.clear()
    return etree.tostring(root, encoding="UTF-8")


@given(st.one_of(spoiled(), st.binary(max_size=60)))
@example(b"<cXML><Request><ConfirmationRequest><ConfirmationItem/></ConfirmationRequest></Request></cXML>")
def test_nothing_but_a_refusal_comes_out(document: bytes) -> None:
    try:
        said = read(document).kind
    except (XmlRefused, DocumentRefused) as refusal:
        said = refusal.reason
    assert said.isalpha() or said.endswith(".")
