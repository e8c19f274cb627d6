"""Documents that say what nobody expected: kept, taken over as far as can be, the admins told once; none is buried."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from purchasing import evidence, history
from purchasing.intake import Verdict, keep_refused
from purchasing.lifecycle import OrderState
from purchasing.values import Company
from storage import tables
from storage.database import Database, Tx
from storage.tables import Order, StoredDocument
from storage.types import Package
from tests.purchasing.test_fulfilment import ALL, HEARD, LATER, Desk, Line, desk
from tests.trouble.documents import EARLY, Said, confirmation, new_payload_id, ship_notice
from tests.trouble.house import ADMIN, COMPANY, NOW, TARO, vault

__all__ = ["desk"]
OVERTAKEN = "A later notice of the same has come before: this one changes nothing."
STRANGE_ORDER = "This document speaks of no order of ours."


async def note_of(desk: Desk, raw: bytes) -> str:
    """What was noted with a document."""
    identity = raw.partition(b'payloadID="')[2].partition(b'"')[0].decode()

    def load(tx: Tx) -> str:
        found = evidence.find(tx, COMPANY, "in", identity)
        assert found is not None
        return found.note

    return await desk.shop.read(load)


async def test_a_quantity_of_three_places_is_carried_as_it_came(desk: Desk) -> None:
    raw = confirmation(desk.order, Said(1, accepted=3), Said(2, accepted=2))
    await desk.hear(raw.replace(b'quantity="3"', b'quantity="2.125"'))
    row = (await desk.rows())[0]
    assert (row.accepted, row.state) == (Decimal("2.125"), "ordered")
    shipped = ship_notice(desk.order, (1, 2)).replace(b'quantity="2"', b'quantity="2.125"')
    await desk.hear(shipped)
    assert (await desk.rows())[0].shipped == Decimal("2.125")
    assert "document" not in await desk.told(ADMIN)


@pytest.mark.parametrize(
    ("written", "instead", "note"),
    [
        (b">1100.00<", b">1100.005<", "has a fraction"),
        (b">1100.00<", b">1E9<", "is not a number"),
        (b">1100.00<", b">9999999999999<", "cannot be taken over"),
        (
            b'<Money currency="JPY">1100.00<',
            b'<Money currency="USD">11.00<',
            "11.00 USD cannot be taken over",
        ),
        (b'quantity="3" type', b'quantity="999999999999" type', "is not a quantity"),
        (b'quantity="3" type', b'quantity="-3" type', "is not a quantity"),
        (b'quantity="3" type', b'quantity="77" type', "Line 1: 77 confirmed, 3 ordered."),
        (b'lineNumber="1"', b'lineNumber="9"', "Line 9 is not in the order and was left out."),
        (b'lineNumber="1"', b'lineNumber="one"', "was left out"),
    ],
)
async def test_what_cannot_be_taken_over_is_noted_and_told_to_the_admins_alone(
    desk: Desk, written: bytes, instead: bytes, note: str
) -> None:
    whole = confirmation(desk.order, Said(1, accepted=3, price=1100), Said(2, accepted=2))
    raw = whole.replace(written, instead)
    assert raw != whole
    await desk.hear(raw)
    assert note in await note_of(desk, raw)
    assert (await desk.told(ADMIN)).count("document") == 1
    assert await desk.told() == ["confirmed"]
    assert (await desk.lines())[1].accepted == 2, "the rest was taken over"


UNREAD = [b"1,5", b"", b"NaN", b"-3"]


def unread(order: Order, quantity: bytes, tracking: str = "444269227953", operation: str = "new") -> bytes:
    raw = ship_notice(order, (1, 3), (2, 2), tracking=tracking, operation=operation, now=LATER)
    return raw.replace(b'quantity="3"', b'quantity="%s"' % quantity).replace(
        b'quantity="2"', b'quantity="%s"' % quantity
    )


@pytest.mark.parametrize("quantity", UNREAD)
async def test_of_a_parcel_whose_pieces_cannot_be_read_the_number_is_kept(
    desk: Desk, quantity: bytes
) -> None:
    raw = unread(desk.order, quantity)
    await desk.hear(confirmation(desk.order, *ALL), raw)
    assert "Line 2 of the shipment: " in await note_of(desk, raw)
    assert (await desk.told(ADMIN)).count("document") == 1
    assert await desk.told() == ["confirmed"]
    assert [line.shipped for line in await desk.lines()] == [0, 0]
    (parcel,) = await _parcels(desk)
    assert parcel.packages == (Package("ヤマト運輸", "444269227953"),)
    await desk.hear(ship_notice(desk.order, (1, 3), (2, 2), operation="update", now=LATER))
    assert await desk.state() == OrderState.SHIPPED


async def test_a_correction_whose_pieces_cannot_be_read_corrects_the_number_alone(desk: Desk) -> None:
    await desk.hear(ship_notice(desk.order, (1, 3), (2, 2)))
    await desk.hear(unread(desk.order, b"1,5", tracking="111111111111", operation="update"))
    assert await desk.state() == OrderState.SHIPPED
    assert await desk.told() == ["shipped", "shipped"]
    (parcel,) = await _parcels(desk)
    assert parcel.packages == (Package("ヤマト運輸", "111111111111"),)


async def _parcels(desk: Desk) -> list[tables.Shipment]:
    """The parcels that the order's details tell."""

    def load(tx: Tx) -> list[tables.Shipment]:
        return history.detail(tx, tx.orm.get_one(Order, desk.order.id)).shipments

    return await desk.shop.read(load)


async def test_a_date_in_the_future_overtakes_nothing(desk: Desk) -> None:
    future = EARLY.replace(year=2062)
    heard = HEARD + timedelta(minutes=1)
    await desk.hear(confirmation(desk.order, *ALL, now=future), ship_notice(desk.order, (1, 1), now=future))
    desk.now = heard
    refusal = confirmation(desk.order, Said(1, accepted=3), Said(2, refused=2), operation="update", now=heard)
    await desk.hear(refusal, ship_notice(desk.order, (1, 3), operation="update", now=heard))
    assert await desk.lines() == [Line("shipped", 3, 0, 3), Line("rejected", 0, 2, 0)]
    assert await desk.told() == ["confirmed", "shipped"] * 2
    assert "document" not in await desk.told(ADMIN)


@pytest.mark.parametrize("kind", ["confirmation", "ship notice"])
async def test_what_was_overtaken_is_set_aside_with_a_remark(desk: Desk, kind: str) -> None:
    earlier, later = [
        confirmation(desk.order, *ALL, now=now)
        if kind == "confirmation"
        else ship_notice(desk.order, (1, 3), (2, 2), now=now)
        for now in (EARLY, LATER)
    ]
    await desk.hear(later, earlier)
    assert await note_of(desk, later) == ""
    assert await note_of(desk, earlier) == OVERTAKEN
    assert (await desk.told(ADMIN)).count("document") == 1
    assert len(await desk.told()) == 1


async def test_a_price_of_nothing_is_a_price(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, Said(1, accepted=3, price=0), Said(2, accepted=2)))
    assert [row.confirmed_price for row in await desk.rows()] == [0, None]
    assert (await desk.lines())[0].state == "changed"


async def test_a_document_of_no_order_of_ours_is_told_to_the_admins_once(desk: Desk) -> None:
    stranger = Order(**{**desk.order.model_dump(), "number": "KM-202611-99999", "payload_id": "x@y"})
    raw = confirmation(stranger)
    for _ in range(3):
        assert await desk.take(raw) == Verdict(400, STRANGE_ORDER)
    assert (await desk.told(ADMIN)).count("document") == 1
    assert await desk.told(TARO) == []
    assert await desk.state() == OrderState.RECEIVED


async def test_a_ship_notice_that_also_speaks_of_a_stranger_is_applied_and_told(desk: Desk) -> None:
    stranger = Order(**{**desk.order.model_dump(), "number": "KM-202611-99999", "payload_id": "x@y"})
    start, end = b"<ShipNoticePortion>", b"</ShipNoticePortion>"
    other = ship_notice(stranger, (1, 1))
    portion = other[other.index(start) : other.index(end) + len(end)]
    raw = ship_notice(desk.order, (1, 3), (2, 2)).replace(end, end + portion, 1)
    await desk.hear(raw)
    assert await desk.state() == OrderState.SHIPPED
    assert "KM-202611-99999" in await note_of(desk, raw)
    assert (await desk.told(ADMIN)).count("document") == 1


async def test_a_document_that_nobody_can_read_is_kept_and_told_once(
    shop: Database, company: Company, desk: Desk
) -> None:
    for _ in range(2):
        await shop.write(
            lambda tx: keep_refused(tx, vault(), company, b"<cXML", "unreadable", "This is no XML.", NOW)
        )
    kept = await shop.read(
        lambda tx: tx.orm.exec(select(StoredDocument).where(StoredDocument.kind == "unreadable")).all()
    )
    assert [(row.outcome, row.note) for row in kept] == [("refused", "This is no XML.")]
    assert (await desk.told(ADMIN)).count("document") == 1


async def test_the_reason_that_says_most_is_kept(desk: Desk) -> None:
    """Amazon's code of a line may only say that the reason stands elsewhere: with the whole order."""
    elsewhere = "各行の理由をご確認ください。[エラーコード: 001-012]"
    raw = confirmation(desk.order, Said(1, refused=3, reason=elsewhere), amazon_order=None)
    await desk.hear(raw)
    assert (await desk.rows())[0].reason_code == "015-005", "as the header of the document says"


async def test_a_correction_of_a_refusal_is_known_by_the_document_that_it_names(desk: Desk) -> None:
    """A refusal has no Amazon order by which it could be known again."""
    first = new_payload_id()
    await desk.hear(confirmation(desk.order, Said(1, refused=3), amazon_order=None, payload_id=first))
    again = confirmation(
        desk.order, Said(1, refused=1), Said(2, accepted=2), amazon_order=None, operation="update", now=LATER
    )
    named = again.replace(b"<Comments", f'<DocumentReference payloadID="{first}"/><Comments'.encode(), 1)
    await desk.hear(named)
    assert [(line.accepted, line.rejected) for line in await desk.lines()] == [(0, 1), (2, 0)]


async def test_a_confirmation_that_is_taken_back(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, *ALL))
    await desk.hear(confirmation(desk.order, *ALL, operation="delete", now=LATER))
    assert [(line.accepted, line.state) for line in await desk.lines()] == [(0, "ordered"), (0, "ordered")]
    assert await desk.told() == ["confirmed", "confirmation_withdrawn"]


async def test_taxes_of_a_confirmation_are_kept_beside_those_of_the_order(desk: Desk) -> None:
    raw = confirmation(desk.order, Said(1, accepted=3, price=1100), Said(2, accepted=2))
    tax = b'<Tax><Money currency="JPY">330.00</Money><Description xml:lang="ja">tax</Description></Tax>'
    await desk.hear(raw.replace(b"</UnitPrice>", b"</UnitPrice>" + tax, 1))
    first, second = await desk.rows()
    assert (first.tax, first.confirmed_tax, second.confirmed_tax) == (300, 330, None)

    def heads(tx: Tx) -> list[tables.OrderConfirmationLine]:
        return list(tx.orm.exec(select(tables.OrderConfirmationLine)).all())

    assert [row.tax for row in await desk.shop.read(heads)] == [330, None]
