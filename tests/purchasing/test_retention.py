"""What is old goes, and only that: orders with all that hangs on them, unbought carts, visits, links, documents, jobs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from punchout import inbound
from punchout.confirmation import Confirmation
from punchout.shipment import ShipNotice
from purchasing import carts, fulfilment, intake, retention, submission
from purchasing.carts import ReadCart
from purchasing.lifecycle import OrderEvent, OrderState
from purchasing.retention import Ages
from purchasing.values import Company
from storage import audit, backlog, queue
from storage.audit import Verdict
from storage.database import Database, Tx
from storage.tables import Cart, Order, StoredDocument
from tests.trouble.documents import Goods, Said, cart, confirmation, ship_notice
from tests.trouble.house import COMPANY, NOW, companies, link_for, offered, ordered, vault, visit_of

AGES = Ages()
WEEK = timedelta(days=7)


def count(tx: Tx) -> Mapping[str, int]:
    """The rows of every table that has any."""
    rows = {
        table.name: int(tx.conn.execute(select(func.count()).select_from(table)).scalar_one())
        for table in SQLModel.metadata.sorted_tables
    }
    return {name: n for name, n in rows.items() if n}


async def sweep(shop: Database, now: datetime) -> Mapping[str, int]:
    """Every step until it finds nothing more."""
    gone: dict[str, int] = {}
    for step in retention.STEPS:
        while n := await shop.write(lambda tx, step=step: step(tx, AGES, now)):  # type: ignore[misc]
            gone[step.__name__] = gone.get(step.__name__, 0) + n
    return gone


def finish_all(tx: Tx, now: datetime = NOW) -> None:
    kinds = [depth.kind for depth in backlog.depth(tx)]
    while jobs := queue.claim(
        tx, kinds=kinds, owner="x", limit=99, now=now + timedelta(days=2), lease=timedelta(seconds=9)
    ):
        for job in jobs:
            queue.finish(tx, job, owner="x", now=now)


def bought(tx: Tx, company: Company, now: datetime = NOW) -> Order:
    """An order that was taken, confirmed and shipped."""
    order = ordered(tx, company, Goods(1000, 2), now=now)
    assert order.id is not None
    submission._take_up(tx, vault(), order.id)
    submission._note(tx, company, order.id, OrderEvent.TAKEN, now)
    for raw in (confirmation(order, Said(1, accepted=2)), ship_notice(order, (1, 2))):
        document = inbound.read(raw)
        assert intake.take_in(tx, vault(), company, raw, document, now).code == 200
        stored = tx.orm.get_one(StoredDocument, _newest(tx))
        assert isinstance(document.value, Confirmation | ShipNotice)
        fulfilment.apply(tx, company, order.id, stored, document.value, now)
    return order


def _newest(tx: Tx) -> int:
    return int(tx.conn.execute(select(func.max(retention.DOCUMENT.c.id))).scalar_one())


async def test_an_order_goes_after_ten_years_with_all_that_hangs_on_it(
    shop: Database, company: Company
) -> None:
    before = await shop.read(count)
    order = await shop.write(lambda tx: bought(tx, company))
    await shop.write(finish_all)
    full = await shop.read(count)
    assert full["document"] == 5  # setup, cart, order, confirmation, ship notice
    assert (await sweep(shop, NOW + AGES.orders - WEEK)).get("orders", 0) == 0
    kept = await shop.read(count)
    assert (kept["document"], kept["purchase_order"], kept["cart"]) == (4, 1, 1)
    assert (await sweep(shop, NOW + AGES.orders + WEEK))["orders"] == 1
    after = await shop.read(count)
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert changed <= {"audit_entry", "audit_head", "number_series"}
    entries = await shop.read(lambda tx: audit.entries(tx, COMPANY, order_number=order.number))
    assert [entries[0].what, entries[-1].what] == ["order_placed", "order_deleted"]
    assert (await shop.read(lambda tx: audit.verify(tx, COMPANY))).broken_at is None


@pytest.mark.parametrize("state", [OrderState.PLACED, OrderState.SENDING, OrderState.UNANSWERED])
async def test_an_order_on_its_way_stays_whatever_its_age(
    shop: Database, company: Company, state: OrderState
) -> None:
    def stuck(tx: Tx) -> None:
        order = ordered(tx, company)
        order.state = state
        tx.orm.add(order)

    await shop.write(stuck)
    assert "orders" not in await sweep(shop, NOW + 2 * AGES.orders)
    kept = await shop.read(count)
    assert (kept["purchase_order"], kept["cart"], kept["document"], kept["job"]) == (1, 1, 2, kept["job"])
    assert any(job.kind == "submit" for job in await shop.read(lambda tx: backlog.depth(tx)))


async def test_a_young_order_beside_an_old_one_stays(shop: Database, company: Company) -> None:
    await shop.write(lambda tx: bought(tx, company))
    later = NOW + timedelta(days=400)
    young = await shop.write(lambda tx: bought(tx, company, later))
    assert (await sweep(shop, NOW + AGES.orders + WEEK))["orders"] == 1
    left = await shop.read(lambda tx: tx.conn.execute(select(retention.ORDER.c.number)).scalars().all())
    assert left == [young.number]


async def test_unbought_carts_visits_and_links_go_after_months(shop: Database, company: Company) -> None:
    def visits(tx: Tx) -> None:
        offered(tx, company)
        visit_of(tx, company)
        link_for(tx, company)

    before = await shop.read(count)
    await shop.write(visits)
    await shop.write(finish_all)
    assert set(await sweep(shop, NOW + AGES.visits - WEEK)) == {"jobs"}
    gone = await sweep(shop, NOW + AGES.visits + WEEK)
    assert {"carts", "visits", "links", "loose_documents"} <= set(gone)
    after = await shop.read(count)
    assert {n: after.get(n) for n in ("cart", "shopping_session", "shop_link", "document")} == {
        n: before.get(n) for n in ("cart", "shopping_session", "shop_link", "document")
    }


async def test_what_a_cart_was_bought_with_stays_as_long_as_its_order(
    shop: Database, company: Company
) -> None:
    order = await shop.write(lambda tx: bought(tx, company))

    def cart_document(tx: Tx) -> StoredDocument:
        return tx.orm.get_one(StoredDocument, tx.orm.get_one(Cart, order.cart_id).document_id)

    assert (await shop.read(cart_document)).order_number == order.number
    await sweep(shop, NOW + timedelta(days=2000))
    assert (await shop.read(cart_document)).order_number == order.number


async def test_refused_documents_go_those_that_name_an_order_later(shop: Database, company: Company) -> None:
    def strangers(tx: Tx) -> Any:
        carts.accept_cart(tx, vault(), companies, company.id, "nobody's", ReadCart.of(cart("cookie")), NOW)
        order = ordered(tx, company)
        order.number = order.payload_id = "KM-000000-0"
        raw = confirmation(order, Said(1, accepted=1))
        tx.orm.refresh(order)
        return intake.take_in(tx, vault(), company, raw, inbound.read(raw), NOW).code

    assert await shop.write(strangers) != 200
    gone = await sweep(shop, NOW + AGES.visits + WEEK)
    assert "strange_documents" not in gone
    assert gone["loose_documents"] == 2  # the stranger's cart and the setup
    assert (await sweep(shop, NOW + AGES.orders + WEEK))["strange_documents"] == 1


async def test_jobs_that_are_done_go_after_weeks_others_never(shop: Database) -> None:
    def put(tx: Tx, key: str) -> None:
        queue.put(tx, company_id=COMPANY, lane=key, kind="callback", key=key, payload=b"", now=NOW)

    await shop.write(lambda tx: put(tx, "done"))
    await shop.write(finish_all)
    await shop.write(lambda tx: put(tx, "open"))
    assert await sweep(shop, NOW + AGES.jobs - WEEK) == {}
    assert await sweep(shop, NOW + AGES.jobs + WEEK) == {"jobs": 1}
    assert (await shop.read(count))["job"] == 1


async def test_it_goes_in_batches(shop: Database, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(3):
        await shop.write(lambda tx: ordered(tx, company))

    def refuse(tx: Tx) -> None:
        tx.conn.execute(retention.ORDER.update().values(state=OrderState.REFUSED))

    await shop.write(refuse)
    steps = [
        await shop.write(lambda tx: retention.orders(tx, AGES, NOW + AGES.orders + WEEK)) for _ in range(3)
    ]
    assert steps == [2, 1, 0]
    assert await shop.read(lambda tx: audit.verify(tx, COMPANY)) == Verdict(
        (await shop.read(count))["audit_entry"]
    )
