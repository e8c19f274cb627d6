"""What Amazon says of an order: accepted, changed, refused, in parts; and the stand-in's way of saying it."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from punchout.confirmation import (
    Comment,
    Confirmation,
    ConfirmationLine,
    ErrorCode,
    LineStatus,
    build_confirmation,
    read_confirmation,
)
from punchout.dates import clock_as_offset
from punchout.envelope import Credential, read_envelope
from punchout.secret import Secret
from punchout.xml import DocumentRefused, parse
from tests.punchout.conftest import Judge
from tests.punchout.given import NOW, sample, yen

BUYER = Credential("networkid", "sample-buyer")


def read(name: str) -> Confirmation:
    return read_confirmation(parse(sample(name)))


def test_an_accepted_order() -> None:
    confirmation = read("confirmation_accepted_in_full")
    assert confirmation.confirm_id == "250-0000001-0000002"
    assert (confirmation.type, confirmation.operation) == ("detail", "new")
    assert (confirmation.total, confirmation.shipping, confirmation.tax) == (yen(23078), yen(400), yen(2098))
    assert (confirmation.order_id, confirmation.order_payload_id) == (
        "K2609-0001",
        "20260910014800.000.aa@bot.example.co.jp",
    )
    assert confirmation.order_date == NOW
    assert confirmation.notice_date == datetime(2026, 9, 10, 1, 48, 20, tzinfo=UTC)
    assert (confirmation.errors, confirmation.notes) == ((), ())


def test_a_price_is_there_only_when_it_changed() -> None:
    desk, lamp = read("confirmation_accepted_in_full").lines
    assert (desk.line_number, desk.quantity, desk.unit) == (1, Decimal(1), "個")
    assert [(status.type, status.quantity, status.unit_price) for status in desk.statuses] == [
        ("detail", Decimal(1), None)
    ]
    assert [status.unit_price for status in lamp.statuses] == [yen(2300)]
    (status,) = lamp.statuses
    assert (status.tax, status.shipping, status.confirm_id) == (yen(480), yen(400), "250-0000001-0000002")
    assert (status.delivery_date, status.shipment_date) == (datetime(2026, 9, 12, 11, tzinfo=UTC), None)
    assert desk.statuses[0].tax_details[0].rate == 10


def test_a_refusal_gives_every_message_with_its_code() -> None:
    confirmation = read("confirmation_two_lines_refused")
    assert (confirmation.confirm_id, confirmation.total, confirmation.tax) == (None, None, None)
    assert confirmation.errors == (
        ErrorCode("018-007", "カートの内容が変更されています。"),
        ErrorCode("001-012", "明細の理由をご覧ください。"),
        ErrorCode("", "担当者にお問い合わせください。"),
    )
    statuses = [status for line in confirmation.lines for status in line.statuses]
    assert [status.rejected for status in statuses] == [True, True]
    assert [status.errors for status in statuses] == [
        (ErrorCode("015-005", "在庫が足りません。"),),
        (ErrorCode("015-006", "Not available"),),
    ]


def test_one_line_may_be_accepted_postponed_and_refused_in_parts() -> None:
    confirmation = read("confirmation_one_line_in_two_parts")
    parts, whole = confirmation.lines
    assert [(status.type, status.quantity) for status in parts.statuses] == [
        ("accept", Decimal(3)),
        ("backordered", Decimal(1)),
        ("reject", Decimal(1)),
    ]
    assert (whole.quantity, whole.statuses[0].unit_price, whole.statuses[0].tax) == (
        Decimal(2),
        yen(77),
        yen(7),
    )
    assert (confirmation.operation, confirmation.type, confirmation.previous_payload_id) == (
        "update",
        "except",
        "p0@amazon.com",
    )


def test_what_could_not_be_read_is_said() -> None:
    assert read("confirmation_one_line_in_two_parts").notes == (
        "Quantity of line 3: “viele” is not a number.",
        "Quantity of line 4: A number is missing.",
        "A confirmed line has the number “vier” and was left out.",
        "Total of the header: The yen amount 100.50 has a fraction.",
    )


def test_a_clock_in_place_of_the_offset_is_utc() -> None:
    notice = read("confirmation_one_line_in_two_parts").notice_date
    assert notice == datetime(2026, 9, 10, 10, 12, 24, tzinfo=UTC)


def test_a_confirmation_of_nothing_is_read_and_noted() -> None:
    confirmation = read_confirmation(parse(b"<cXML><Request><ConfirmationRequest/></Request></cXML>"))
    assert confirmation.notes == (
        "The confirmation has no ConfirmationHeader.",
        "The confirmation has no orderID.",
    )
    assert (confirmation.payload_id, confirmation.order_id, confirmation.lines) == (None, "", ())


def test_another_document_is_no_confirmation() -> None:
    with pytest.raises(DocumentRefused, match="no ConfirmationRequest"):
        read("ship_notice_lines_in_any_order")


@pytest.mark.parametrize(
    "name",
    ["confirmation_accepted_in_full", "confirmation_two_lines_refused", "confirmation_one_line_in_two_parts"],
)
def test_the_stand_in_writes_what_amazon_writes(name: str, fulfill_dtd: Judge) -> None:
    said = replace(read(name), notes=())
    document = build_confirmation(said, BUYER, NOW)
    fulfill_dtd(document)
    assert read_confirmation(parse(document)) == said


def test_the_stand_in_repeats_the_buyers_domain_and_writes_amazons_times(fulfill_dtd: Judge) -> None:
    document = build_confirmation(
        read("confirmation_accepted_in_full"), BUYER, NOW, sender_secret=Secret("s3cret")
    )
    fulfill_dtd(document)
    assert b'<Credential domain="networkid"><Identity>sample-buyer</Identity></Credential>' in document
    assert b'timestamp="2026-09-10T01:48:00+0000"' in document
    assert b'orderDate="2026-09-10T01:48:00Z"' in document
    assert b"Fulfill.dtd" in document
    assert read_envelope(parse(document)).sender[0].secret == Secret("s3cret")


def test_the_stand_in_can_repeat_the_mistake_of_2014(fulfill_dtd: Judge) -> None:
    document = build_confirmation(read("confirmation_two_lines_refused"), BUYER, NOW, stamp=clock_as_offset)
    fulfill_dtd(document)
    assert b'timestamp="2026-09-10T01:48:00+01:48"' in document
    assert read_envelope(parse(document)).timestamp == NOW


def test_a_refusal_of_the_stand_in_has_no_number_and_no_amounts(fulfill_dtd: Judge) -> None:
    message = "在庫が足りません。 [エラーコード: 015-005]"
    status = LineStatus("reject", Decimal(1), comments=(Comment("LineItemErrorCode", message),))
    refusal = Confirmation(
        payload_id="1.2.3@amazon.com", notice_date=None, confirm_id=None, operation="new", type="detail", total=None,
        shipping=None, tax=None, order_id="K1", order_date=NOW, order_payload_id="a@bot",
        comments=(Comment("OrderErrorCode", f"{message} || {message}"),),
        lines=(ConfirmationLine(1, Decimal(1), "EA", (status,)),),
    )  # fmt: skip
    document = build_confirmation(refusal, BUYER, NOW)
    fulfill_dtd(document)
    assert b"confirmID" not in document
    assert b"Money" not in document
    read_back = read_confirmation(parse(document))
    assert [error.code for error in read_back.errors] == ["015-005", "015-005"]
    assert read_back.lines[0].statuses[0].errors == (ErrorCode("015-005", "在庫が足りません。"),)
