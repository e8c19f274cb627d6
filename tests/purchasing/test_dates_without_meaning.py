"""Dates at the ends of the calendar, in every document and every field: whoever buys is told all the same."""

import re

import pytest
from sqlmodel import select

from bot.talk import counter, telling
from bot.talk.hearing import Heard, Verb
from bot.talk.wording import LANGUAGES, wording
from punchout import inbound
from purchasing import documents, intake, notices
from purchasing.notices import Notice
from storage.database import Tx
from storage.tables import JobRow, Shipment
from tests.purchasing.test_fulfilment import ALL, WHOLE, Desk, desk
from tests.purchasing.test_invoicing import enveloped, invoice, line, part
from tests.trouble.documents import confirmation, ship_notice
from tests.trouble.house import NOW, known, vault

__all__ = ["desk"]
ENDS = (
    "9999-12-31T23:59:59Z",
    "9999-12-31",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
)
DATES = re.compile(rb'((?:timestamp|orderDate|noticeDate|shipmentDate|deliveryDate|invoiceDate)=)"[^"]*"')


def documents_of(desk: Desk) -> dict[str, bytes]:
    order = desk.order
    status = f'<DocumentReference payloadID="{order.payload_id}"/><Status code="200" text="OK"/>'
    return {
        "confirmation": confirmation(order, *ALL),
        "ship notice": ship_notice(order, *WHOLE),
        "invoice": invoice(part(order, line(1, 3, 1000))),
        "status update": enveloped(f"<StatusUpdateRequest>{status}</StatusUpdateRequest>"),
    }


def shown(tx: Tx, desk: Desk) -> int:
    """Everything that people are told of the order, and may ask for; the number of messages."""
    rows = tx.orm.exec(select(JobRow).where(JobRow.kind == notices.KIND)).all()
    told = [
        telling.write(tx, desk.company, Notice.unpack(row.payload), "https://sample", NOW) for row in rows
    ]
    for language in LANGUAGES:
        asked = Heard(Verb.ORDER, ref=desk.order.number)
        told.append(counter.show(tx, desk.company, wording(language), known(tx), asked, "https://sample"))
        told.append(counter.list_orders(tx, wording(language), known(tx), "", buys=True)[0])
    return sum(map(len, told))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", ["confirmation", "ship notice", "invoice", "status update"])
async def test_a_date_that_nobody_means_hides_nothing_else(desk: Desk, kind: str, end: str) -> None:
    raw, dates = DATES.subn(rb'\1"' + end.encode() + b'"', documents_of(desk)[kind])
    assert dates

    def hear(tx: Tx) -> int:
        before = shown(tx, desk)
        assert intake.take_in(tx, vault(), desk.company, raw, inbound.read(raw), NOW).code == 200
        for row in tx.orm.exec(select(JobRow).where(JobRow.kind == intake.APPLY)).all():
            documents.apply(tx, vault(), desk.company, intake.Task.unpack(row.payload), NOW)
        return shown(tx, desk) - before

    more = await desk.shop.write(hear)
    assert more >= (2 if kind in ("confirmation", "ship notice") else 0)
    for parcel in await desk.shop.read(lambda tx: tx.orm.exec(select(Shipment)).all()):
        assert (parcel.shipped_at, parcel.delivery_at, parcel.noticed_at) == (None, None, NOW)
