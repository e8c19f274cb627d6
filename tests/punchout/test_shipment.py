from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from punchout.envelope import Credential
from punchout.shipment import Parcel, Portion, ShipLine, ShipNotice, build_ship_notice, read_ship_notice
from punchout.xml import DocumentRefused, parse
from tests.punchout.conftest import Judge
from tests.punchout.given import NOW, sample


def read(name: str) -> ShipNotice:
    return read_ship_notice(parse(sample(name)))


def test_a_notice_names_our_lines_in_any_order() -> None:
    notice = read("ship_notice_lines_in_any_order")
    assert (notice.shipment_id, notice.operation, notice.shipment_type) == ("10000000000001", "new", "actual")
    assert notice.delivery_date == datetime(2026, 9, 11, 11, tzinfo=UTC)
    assert notice.shipment_date == datetime(2026, 9, 10, 6, 15, tzinfo=UTC)
    (portion,) = notice.portions
    assert portion.order_id == "K2609-0001"
    assert portion.order_payload_id == "20260910014800.000.aa@bot.example.co.jp"
    assert portion.order_date == NOW
    assert portion.lines == (ShipLine(10, Decimal(1), "EA"), ShipLine(2, Decimal(2), "EA"))
    assert notice.notes == ()


def test_each_tracking_number_is_a_parcel_of_the_carrier_by_name() -> None:
    assert read("ship_notice_lines_in_any_order").parcels == (
        Parcel("ヤマト運輸", "444000000001", "https://carrier.example.jp/444000000001"),
        Parcel("ヤマト運輸", "444000000002"),
    )


def test_a_notice_of_2014_speaks_of_whole_orders_and_no_carrier() -> None:
    notice = read("ship_notice_two_whole_orders_without_carrier")
    assert notice.notice_date == datetime(2014, 11, 20, 17, 37, 2, tzinfo=UTC)
    assert notice.parcels == (Parcel("", "1Z9"),)
    assert [(portion.order_id, portion.lines) for portion in notice.portions] == [
        ("K1411-0001", ()),
        ("K1411-0002", ()),
        ("K1411-0003", ()),
    ]


def test_lines_that_cannot_be_read_never_turn_into_the_whole_order() -> None:
    notice = read("ship_notice_two_whole_orders_without_carrier")
    assert [(portion.order_id, portion.whole) for portion in notice.portions] == [
        ("K1411-0001", True),
        ("K1411-0002", True),
        ("K1411-0003", False),
    ]
    assert notice.notes == ("A shipped line has the number “x” and was left out.",)


def test_a_notice_of_nothing_is_read_and_noted() -> None:
    notice = read_ship_notice(
        parse(b"<cXML><Request><ShipNoticeRequest><ShipControl/></ShipNoticeRequest></Request></cXML>")
    )
    assert notice.notes == ("The ship notice has no shipmentID.", "The ship notice has no ShipNoticePortion.")
    assert (notice.parcels, notice.operation) == ((), "new")


def test_a_line_without_quantity_and_a_part_without_order_are_noted() -> None:
    document = b"""<cXML><Request><ShipNoticeRequest><ShipNoticeHeader shipmentID="1"/><ShipNoticePortion>
        <ShipNoticeItem lineNumber="1" quantity=""/><ShipNoticeItem lineNumber="2" quantity="1"/></ShipNoticePortion>
        </ShipNoticeRequest></Request></cXML>"""
    notice = read_ship_notice(parse(document))
    assert notice.notes == (
        "A part of the shipment names no order.",
        "Line 1 of the shipment: A number is missing.",
    )
    assert notice.portions[0].lines == (ShipLine(2, Decimal(1)),)


def test_another_document_is_no_ship_notice() -> None:
    with pytest.raises(DocumentRefused, match="no ShipNoticeRequest"):
        read("confirmation_accepted_in_full")


@pytest.mark.parametrize(
    "name", ["ship_notice_lines_in_any_order", "ship_notice_two_whole_orders_without_carrier"]
)
def test_the_stand_in_writes_what_amazon_writes(name: str, fulfill_dtd: Judge) -> None:
    notice = read(name)
    portions = tuple(portion for portion in notice.portions if not portion.unread)
    said = replace(notice, portions=portions, notes=(), payload_id="1.2.3@amazon.com")
    document = build_ship_notice(said, Credential("networkid", "sample-buyer"), NOW)
    fulfill_dtd(document)
    assert read_ship_notice(parse(document)) == said


def test_the_notice_of_test_mode(fulfill_dtd: Judge) -> None:
    notice = ShipNotice(
        payload_id="1.2.3@amazon.com", shipment_id="test50000000000000001", operation="new", notice_date=NOW,
        shipment_date=NOW, delivery_date=None, shipment_type="actual",
        parcels=(Parcel("Test Mode Carrier", "000000000"),),
        portions=(Portion("K1", "a@bot", (ShipLine(2, Decimal(1), "個"), ShipLine(1, Decimal("2.0"))), NOW),),
    )  # fmt: skip
    document = build_ship_notice(notice, Credential("NetworkId", "sample-buyer"), NOW)
    fulfill_dtd(document)
    assert b'orderDate="2026-09-10T01:48:00+0000"' in document
    (portion,) = read_ship_notice(parse(document)).portions
    assert [(line.line_number, line.quantity, line.unit) for line in portion.lines] == [
        (2, Decimal(1), "個"),
        (1, Decimal(2), "EA"),
    ]
