"""What Amazon tells of an order: in any order, twice, split, corrected, and each document applied once."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from sqlmodel import select

from punchout import inbound
from punchout.confirmation import Confirmation
from punchout.shipment import Parcel, ShipNotice
from purchasing import evidence, fulfilment, intake, submission
from purchasing.intake import Verdict
from purchasing.lifecycle import LineState, OrderEvent, OrderState
from purchasing.notices import Notice
from purchasing.values import Company
from storage import queue, tables
from storage.database import Database, Tx
from storage.queue import Job, LeaseLost
from storage.tables import Order, OrderLine, StoredDocument
from storage.types import Package
from tests.trouble.documents import EARLY, OUT_OF_STOCK, Goods, Said, confirmation, ship_notice
from tests.trouble.house import ADMIN, NOW, TARO, furnished, ordered, vault

LATER = EARLY + timedelta(minutes=5)
HEARD = EARLY + timedelta(hours=1)
"""When the desk hears of it: after Amazon has said it."""
LEASE = timedelta(seconds=30)


@dataclass(frozen=True)
class Line:
    """One order line in short."""

    state: str
    accepted: int
    rejected: int
    shipped: int


class Desk:
    """One order and the way of Amazon's documents to it: through the door, then applied in the order's lane."""

    def __init__(self, shop: Database, company: Company, order: Order) -> None:
        self.shop, self.company, self.order, self.now = shop, company, order, HEARD

    async def take(self, raw: bytes) -> Verdict:
        document = inbound.read(raw)
        return await self.shop.write(
            lambda tx: intake.take_in(tx, vault(), self.company, raw, document, self.now)
        )

    async def claim(self) -> list[Job]:
        return await self.shop.write(
            lambda tx: queue.claim(
                tx, kinds=[intake.APPLY], owner="desk", limit=10, now=self.now, lease=LEASE
            )
        )

    def apply(self, tx: Tx, job: Job) -> None:
        """What the worker's handler does, in one unit of work."""
        task = intake.Task.unpack(job.payload)
        stored = tx.orm.get_one(StoredDocument, task.document_id)
        value = inbound.read(evidence.raw_bytes(vault(), stored)).value
        assert isinstance(value, Confirmation | ShipNotice)
        fulfilment.apply(tx, self.company, task.order_id, stored, value, self.now)
        queue.finish(tx, job, owner="desk", now=self.now)

    async def drain(self) -> None:
        while jobs := await self.claim():
            for job in jobs:
                await self.shop.write(lambda tx, job=job: self.apply(tx, job))  # type: ignore[misc]

    async def hear(self, *documents: bytes) -> None:
        for raw in documents:
            assert await self.take(raw) == Verdict(200, "OK")
            await self.drain()

    async def state(self) -> str:
        return (await self.shop.read(lambda tx: tx.orm.get_one(Order, self.order.id))).state

    async def rows(self) -> list[OrderLine]:
        def load(tx: Tx) -> list[OrderLine]:
            rows = tx.orm.exec(select(OrderLine).where(OrderLine.order_id == self.order.id)).all()
            return sorted(rows, key=lambda row: row.line_number)

        return await self.shop.read(load)

    async def lines(self) -> list[Line]:
        return [
            Line(row.state, int(row.accepted), int(row.rejected), int(row.shipped))
            for row in await self.rows()
        ]

    async def told(self, user_id: str = TARO) -> list[str]:
        def load(tx: Tx) -> list[str]:
            rows = tx.orm.exec(select(tables.JobRow).where(tables.JobRow.kind == "notice")).all()
            notices = [Notice.unpack(row.payload) for row in sorted(rows, key=lambda row: row.id or 0)]
            return [n.what.value for n in notices if n.recipient == user_id and n.what != "cart"]

        return await self.shop.read(load)


@pytest.fixture
async def desk(shop: Database, company: Company) -> Desk:
    """An order of two lines, three and two pieces, taken by Amazon."""

    def taken(tx: Tx) -> Order:
        order = ordered(tx, company, Goods(1000, 3), Goods(500, 2))
        assert order.id is not None
        submission._take_up(tx, vault(), order.id)
        submission._note(tx, company, order.id, OrderEvent.TAKEN, NOW)
        return order

    return Desk(shop, company, await shop.write(taken))


ALL = (Said(1, accepted=3), Said(2, accepted=2))
WHOLE = ((1, 3), (2, 2))


async def test_a_confirmation_settles_every_line_and_is_told(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, *ALL))
    assert await desk.state() == OrderState.CONFIRMED
    assert await desk.lines() == [Line("accepted", 3, 0, 0), Line("accepted", 2, 0, 0)]
    assert [row.amazon_order for row in await desk.rows()] == ["250-5123176-9239824"] * 2
    assert await desk.told() == ["confirmed"]
    assert (await desk.told(ADMIN))[-1] == "confirmed"


async def test_one_order_split_over_several_confirmations(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, Said(1, accepted=3), amazon_order="250-1111111-1111111"))
    assert await desk.state() == OrderState.CONFIRMING
    await desk.hear(confirmation(desk.order, Said(2, accepted=2), amazon_order="250-2222222-2222222"))
    assert await desk.state() == OrderState.CONFIRMED
    assert [row.amazon_order for row in await desk.rows()] == ["250-1111111-1111111", "250-2222222-2222222"]
    assert await desk.told() == ["confirmed", "confirmed"]


async def test_refused_lines_keep_their_code_and_reason(desk: Desk) -> None:
    await desk.hear(
        confirmation(desk.order, Said(2, accepted=2)),
        confirmation(desk.order, Said(1, refused=3), amazon_order=None),
    )
    assert await desk.state() == OrderState.CONFIRMED
    assert await desk.lines() == [Line("rejected", 0, 3, 0), Line("accepted", 2, 0, 0)]
    row = (await desk.rows())[0]
    assert row.reason_code == "015-005"
    assert row.reason
    assert OUT_OF_STOCK.startswith(row.reason)


async def test_an_order_of_which_nothing_is_left_is_rejected(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, Said(1, refused=3), Said(2, refused=2), amazon_order=None))
    assert await desk.state() == OrderState.REJECTED


async def test_part_of_a_line(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, Said(1, accepted=2, refused=1), Said(2, accepted=2)))
    assert await desk.state() == OrderState.CONFIRMED
    assert (await desk.lines())[0] == Line("partly", 2, 1, 0)
    await desk.hear(ship_notice(desk.order, (1, 2), (2, 2)))
    assert await desk.state() == OrderState.SHIPPED


async def test_a_price_that_changed(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, Said(1, accepted=3, price=1100), Said(2, accepted=2)))
    assert [line.state for line in await desk.lines()] == ["changed", "accepted"]
    assert [row.confirmed_price for row in await desk.rows()] == [1100, None]


async def test_a_ship_notice_per_parcel(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, *ALL), ship_notice(desk.order, (2, 2), shipment="1"))
    assert await desk.state() == OrderState.SHIPPING
    await desk.hear(ship_notice(desk.order, (1, 1), shipment="2"))
    assert await desk.state() == OrderState.SHIPPING
    await desk.hear(ship_notice(desk.order, (1, 2), shipment="3"))
    assert await desk.state() == OrderState.SHIPPED
    assert await desk.lines() == [Line("shipped", 3, 0, 3), Line("shipped", 2, 0, 2)]
    assert await desk.told() == ["confirmed", "shipped", "shipped", "shipped"]


async def test_every_package_of_a_notice_is_kept_with_its_carrier_and_page(desk: Desk) -> None:
    parcels = (
        Parcel("ヤマト運輸", "111111111111"),
        Parcel("佐川急便", "222222222222", "https://track.example/222"),
    )
    await desk.hear(ship_notice(desk.order, *WHOLE, parcels=parcels))
    (kept,) = await desk.shop.read(lambda tx: tx.orm.exec(select(tables.Shipment)).all())
    assert kept.packages == tuple(Package(each.carrier, each.tracking, each.tracking_url) for each in parcels)


async def test_a_ship_notice_before_the_confirmation(desk: Desk) -> None:
    await desk.hear(ship_notice(desk.order, *WHOLE))
    assert await desk.state() == OrderState.SHIPPED
    await desk.hear(confirmation(desk.order, *ALL))
    assert await desk.state() == OrderState.SHIPPED
    assert await desk.lines() == [Line("shipped", 3, 0, 3), Line("shipped", 2, 0, 2)]
    assert await desk.told() == ["shipped", "confirmed"]


async def test_the_same_document_again_changes_nothing(desk: Desk) -> None:
    for raw in (confirmation(desk.order, *ALL), ship_notice(desk.order, *WHOLE)):
        await desk.hear(raw)
        await asyncio.gather(*(desk.hear(raw) for _ in range(5)))
    assert await desk.told() == ["confirmed", "shipped"]
    assert await desk.lines() == [Line("shipped", 3, 0, 3), Line("shipped", 2, 0, 2)]


async def test_the_same_document_at_the_same_moment_is_taken_in_once(desk: Desk) -> None:
    raw = confirmation(desk.order, *ALL)
    assert set(await asyncio.gather(*(desk.take(raw) for _ in range(10)))) == {Verdict(200, "OK")}
    assert len(await desk.claim()) == 1


async def test_one_amazon_order_told_again_under_a_new_payload_id_counts_once(desk: Desk) -> None:
    """Idempotent by (orderID, confirmID), too (Amazon reference 9.6)."""
    await desk.hear(confirmation(desk.order, *ALL), confirmation(desk.order, *ALL))
    assert await desk.lines() == [Line("accepted", 3, 0, 0), Line("accepted", 2, 0, 0)]
    await desk.hear(ship_notice(desk.order, (1, 2)), ship_notice(desk.order, (1, 2)))
    assert (await desk.lines())[0].shipped == 2


async def test_refused_lines_told_again_under_a_new_payload_id_count_once(desk: Desk) -> None:
    """A refusal has no Amazon order number by which it could be known again: the line's quantity is the bound."""
    for _ in range(2):
        await desk.hear(confirmation(desk.order, Said(1, refused=3), amazon_order=None))
    assert await desk.lines() == [Line("rejected", 0, 3, 0), Line("ordered", 0, 0, 0)]


async def test_a_correction_takes_the_place_of_what_it_corrects(desk: Desk) -> None:
    first = confirmation(desk.order, Said(1, accepted=3, price=1100), Said(2, accepted=2))
    second = confirmation(
        desk.order, Said(1, accepted=2, refused=1), Said(2, accepted=2), operation="update", now=LATER
    )
    await desk.hear(first, second)
    assert await desk.lines() == [Line("partly", 2, 1, 0), Line("accepted", 2, 0, 0)]
    row = (await desk.rows())[0]
    assert row.confirmed_price is None, "the price of what was corrected is no longer true"


async def test_a_correction_that_overtook_what_it_corrects_stands_and_is_told_once(desk: Desk) -> None:
    await desk.hear(
        confirmation(desk.order, Said(1, accepted=2, refused=1), operation="update", now=LATER),
        confirmation(desk.order, Said(1, accepted=3), now=EARLY),
        ship_notice(desk.order, (1, 2), operation="update", now=LATER),
        ship_notice(desk.order, (1, 3), now=EARLY),
    )
    assert (await desk.lines())[0] == Line("shipped", 2, 1, 2)
    assert await desk.told() == ["confirmed", "shipped"]


async def test_a_shipment_that_is_taken_back(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, *ALL), ship_notice(desk.order, *WHOLE))
    await desk.hear(ship_notice(desk.order, *WHOLE, operation="delete", now=LATER))
    assert await desk.state() == OrderState.CONFIRMED
    assert await desk.lines() == [Line("accepted", 3, 0, 0), Line("accepted", 2, 0, 0)]
    assert await desk.told() == ["confirmed", "shipped", "shipment_withdrawn"]


def _every_document(order: Order) -> Iterable[bytes]:
    return (
        confirmation(order, Said(1, accepted=3, price=1100), amazon_order="250-1111111-1111111"),
        confirmation(
            order, Said(1, accepted=2), amazon_order="250-1111111-1111111", operation="update", now=LATER
        ),
        confirmation(order, Said(1, refused=1), Said(2, refused=2), amazon_order=None),
        ship_notice(order, (1, 1), (2, 1), shipment="1"),
        ship_notice(order, (1, 2), shipment="1", operation="update", now=LATER),
    )


async def test_in_whatever_order_documents_come_the_sums_are_the_same(
    database: Database, company: Company
) -> None:
    """A correction may overtake what it corrects: every fifth of all orders of five documents."""
    await database.write(furnished)
    seen = set()
    for order_of_arrival in list(permutations(range(5)))[::5]:
        order = await database.write(lambda tx: ordered(tx, company, Goods(1000, 3), Goods(500, 2)))
        desk = Desk(database, company, order)
        documents = list(_every_document(order))
        for index in order_of_arrival:
            await desk.take(documents[index])
        await desk.drain()
        prices = tuple(row.confirmed_price for row in await desk.rows())
        seen.add((await desk.state(), *await desk.lines(), prices))
    assert seen == {(OrderState.SHIPPED, Line("shipped", 2, 1, 2), Line("rejected", 0, 2, 0), (None, None))}


async def test_a_handler_that_crashed_half_way_is_applied_once(desk: Desk) -> None:
    await desk.take(confirmation(desk.order, *ALL))
    (job,) = await desk.claim()

    def fall(tx: Tx) -> None:
        desk.apply(tx, job)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        await desk.shop.write(fall)
    assert await desk.state() == OrderState.RECEIVED
    assert await desk.told() == []
    await desk.shop.write(lambda tx: desk.apply(tx, job))
    assert await desk.state() == OrderState.CONFIRMED
    with pytest.raises(LeaseLost):
        await desk.shop.write(lambda tx: desk.apply(tx, job))
    assert await desk.told() == ["confirmed"]


async def test_two_workers_with_the_same_document_apply_it_once(desk: Desk) -> None:
    """The first one's lease has run out while it still works."""
    await desk.take(confirmation(desk.order, *ALL))
    (slow,) = await desk.claim()
    (fast,) = await desk.shop.write(
        lambda tx: queue.claim(
            tx, kinds=[intake.APPLY], owner="desk", limit=1, now=HEARD + LEASE * 2, lease=LEASE
        )
    )
    outcomes = await asyncio.gather(
        *(desk.shop.write(lambda tx, job=job: desk.apply(tx, job)) for job in (slow, fast)),  # type: ignore[misc]
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], LeaseLost)
    assert outcomes[1] is None
    assert await desk.told() == ["confirmed"]


async def test_a_confirmation_before_the_answer_to_our_order(shop: Database, company: Company) -> None:
    desk = Desk(
        shop, company, await shop.write(lambda tx: ordered(tx, company, Goods(1000, 3), Goods(500, 2)))
    )
    await desk.hear(confirmation(desk.order, *ALL))
    assert await desk.state() == OrderState.CONFIRMED
    for event in (
        OrderEvent.TAKEN,
        OrderEvent.NO_ANSWER,
        OrderEvent.NOT_REACHED,
        OrderEvent.REFUSED,
        OrderEvent.GIVEN_UP,
    ):
        await shop.write(
            lambda tx, event=event: submission._note(tx, company, desk.order.id or 0, event, NOW)  # type: ignore[misc]
        )
        assert await desk.state() == OrderState.CONFIRMED
    assert await desk.told() == ["confirmed"]


async def test_lines_that_are_not_ours_are_passed_over(desk: Desk) -> None:
    await desk.hear(
        confirmation(desk.order, Said(1, accepted=3), Said(77, accepted=1)),
        ship_notice(desk.order, (1, 1), (77, 5)),
    )
    assert await desk.lines() == [Line("accepted", 3, 0, 1), Line("ordered", 0, 0, 0)]


async def test_more_pieces_than_were_ordered_are_cut_to_the_order(desk: Desk) -> None:
    await desk.hear(
        confirmation(desk.order, Said(1, accepted=300), Said(2, refused=99)),
        ship_notice(desk.order, (1, 300)),
    )
    assert await desk.lines() == [Line("shipped", 3, 0, 3), Line("rejected", 0, 2, 0)]


async def test_a_document_of_no_order_of_ours_is_refused_and_kept(desk: Desk) -> None:
    stranger = Order(**{**desk.order.model_dump(), "number": "KM-202611-99999", "payload_id": "x@y"})
    for raw in (confirmation(stranger), ship_notice(stranger)):
        verdict = Verdict(400, "This document speaks of no order of ours.")
        assert await desk.take(raw) == verdict
        assert await desk.take(raw) == verdict
    assert await desk.claim() == []


async def test_the_payload_id_of_our_order_is_enough(desk: Desk) -> None:
    raw = confirmation(desk.order, *ALL).replace(f'orderID="{desk.order.number}"'.encode(), b"")
    await desk.hear(raw)
    assert await desk.state() == OrderState.CONFIRMED


def test_every_line_state_can_be_reached() -> None:
    """The words for the states are the talk's; here only that none is forgotten."""
    told = {fulfilment.line_event(row) for row in _line_rows()}
    assert len(told) == len(LineState)


def _line_rows() -> Iterable[OrderLine]:
    def row(accepted: int = 0, rejected: int = 0, shipped: int = 0, price: int | None = None) -> OrderLine:
        return OrderLine(
            order_id=1,
            line_number=1,
            asin="B0SAMPLE01",
            description="机",
            quantity=Decimal(3),
            unit_price=Decimal(1000),
            state="ordered",
            accepted=Decimal(accepted),
            rejected=Decimal(rejected),
            shipped=Decimal(shipped),
            confirmed_price=None if price is None else Decimal(price),
        )

    return (row(), row(3), row(3, price=1100), row(2, 1), row(0, 3), row(3, 0, 3))


async def test_a_ship_notice_for_two_orders_reaches_both(desk: Desk) -> None:
    def more(tx: Tx) -> Order:
        other = ordered(tx, desk.company, Goods(700, 1))
        assert other.id is not None
        submission._take_up(tx, vault(), other.id)
        submission._note(tx, desk.company, other.id, OrderEvent.TAKEN, NOW)
        return other

    other = Desk(desk.shop, desk.company, await desk.shop.write(more))
    one, two = ship_notice(desk.order, *WHOLE), ship_notice(other.order, (1, 1))
    start, end = b"<ShipNoticePortion>", b"</ShipNoticePortion>"
    portion = two[two.index(start) : two.index(end) + len(end)]
    await desk.hear(one.replace(end, end + portion, 1))
    assert await desk.state() == OrderState.SHIPPED
    assert await other.state() == OrderState.SHIPPED
