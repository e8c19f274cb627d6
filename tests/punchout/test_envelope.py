from datetime import UTC, datetime, timedelta

import pytest

from punchout.envelope import Account, Credential, Envelope, new_payload_id, read_envelope, read_header
from punchout.secret import Secret
from punchout.xml import DocumentRefused, XmlRefused, parse
from tests.punchout.given import NOW, sample


def test_a_cart_names_amazon_twice_and_us_once() -> None:
    envelope = read_envelope(parse(sample("cart_desk_and_lamp")))
    amazon = (Credential("DUNS", "128990368"), Credential("NetworkId", "Amazon"))
    assert envelope == Envelope(
        payload_id="1789000000123.41.1001@amazon.com",
        timestamp=datetime(2026, 9, 10, 1, 46, 40, 123000, tzinfo=UTC),
        from_=amazon,
        to=(Credential("NetworkId", "sample-buyer"),),
        sender=amazon,
        user_agent="Amazon LLC eProcurement Application",
        carrier="Message",
        kind="PunchOutOrderMessage",
    )


def test_a_setup_carries_the_secret_and_the_mode() -> None:
    envelope = read_envelope(parse(sample("setup_in_any_order_with_stray_characters")))
    assert envelope.sender == (Credential("NetworkId", "sample-buyer", Secret("pass1234")),)
    assert (envelope.kind, envelope.deployment_mode) == ("PunchOutSetupRequest", "test")
    assert "pass1234" not in repr(envelope)


def test_a_domain_is_the_same_in_any_case_and_an_identity_is_not() -> None:
    credential = Credential("networkid", "Sample")
    assert credential.names("NetworkId", "Sample")
    assert not credential.names("NetworkId", "sample")
    assert not credential.names("DUNS", "Sample")


@pytest.mark.parametrize(
    ("document", "kind", "carrier"),
    [
        (b"<cXML/>", "", ""),
        (b"<cXML><Header/><Request/></cXML>", "", "Request"),
        (b"<cXML><Response><Status code='200'/></Response></cXML>", "", "Response"),
        (
            b"<cXML><Message><Status code='204'/><ProviderDoneMessage/></Message></cXML>",
            "ProviderDoneMessage",
            "Message",
        ),
    ],
)
def test_an_envelope_that_lacks_nearly_everything_is_read(document: bytes, kind: str, carrier: str) -> None:
    envelope = read_envelope(parse(document))
    assert (envelope.kind, envelope.carrier, envelope.payload_id, envelope.timestamp) == (
        kind,
        carrier,
        None,
        None,
    )
    assert envelope.deployment_mode == "production"


def test_another_root_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="“html”"):
        read_envelope(parse(b"<html/>"))


def test_a_payload_id_says_when_and_where_and_cannot_be_guessed() -> None:
    moment = NOW + timedelta(milliseconds=7)
    assert (
        new_payload_id(moment, "bot.example.co.jp", "9f86d081")
        == "20260910014800.007.9f86d081@bot.example.co.jp"
    )


def test_an_account_does_not_tell_its_secret() -> None:
    assert "pass1234" not in repr(Account("sample-buyer", Secret("pass1234")))


def test_a_header_is_read_before_the_rest_of_the_document_has_come() -> None:
    whole = sample("setup_in_any_order_with_stray_characters")
    end = whole.index(b"</Header>") + len(b"</Header>")
    assert read_header(whole[:end]).sender == read_header(whole).sender == read_envelope(parse(whole)).sender
    spaced = whole.replace(b"</Header>", b"</Header\n>")
    assert read_header(spaced).sender == read_header(whole).sender


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"<cXML><Header><Sender/>",
        b"<cXML><!-- <Header><Sender/></Header> --><Header/>",
        b"<cXML><![CDATA[</Header>]]>",
        b"</Header>",
        b"<other><Header></Header>",
        b"<!DOCTYPE cXML [<!ENTITY a 'b'>]><cXML><Header></Header>",
        b"<cXML><Header>&a;</Header>",
        b"<cXML>" + b"<a>" * 5000 + b"</Header>",
    ],
)
def test_a_header_that_does_not_end_or_is_no_header_is_refused(beginning: bytes) -> None:
    with pytest.raises((XmlRefused, DocumentRefused)):
        read_header(beginning)
