"""What is old goes, a little at a time: each step is one unit of work that deletes at most BATCH and says how many.

Orders go with everything that Amazon told of them, with their cart and their documents, once Japan's law on electronic
records (電子帳簿保存法) does not ask for them any more; visits, carts that were not bought and documents that belong to
no order go after months; jobs that are done go after weeks. Never an order that is still on its way to Amazon, a job that
waits or was given up, a member, an address, or the audit, which notes every order that goes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Select, Table, delete, literal, select
from sqlmodel import SQLModel

from purchasing.lifecycle import CartState, OrderState, SessionState
from storage import audit, backlog
from storage.database import Tx

BATCH = 100
_TABLES = SQLModel.metadata.tables
ORDER, CART, VISIT = _TABLES["purchase_order"], _TABLES["cart"], _TABLES["shopping_session"]
DOCUMENT, LINK, DIGEST = _TABLES["document"], _TABLES["shop_link"], _TABLES["digest_entry"]
_ROOTS = (ORDER, CART, VISIT, DOCUMENT)
_ON_ITS_WAY = (OrderState.PLACED, OrderState.SENDING, OrderState.UNANSWERED)


@dataclass(frozen=True, slots=True)
class Ages:
    """How long things are kept."""

    orders: timedelta = timedelta(days=3653)
    visits: timedelta = timedelta(days=180)
    jobs: timedelta = timedelta(days=30)


def orders(tx: Tx, ages: Ages, now: datetime) -> int:
    """Orders placed long ago, with all that hangs on them."""
    oldest = tx.conn.execute(
        select(ORDER.c.id, ORDER.c.company_id, ORDER.c.number, ORDER.c.cart_id, ORDER.c.placed_at)
        .where(ORDER.c.state.not_in(_ON_ITS_WAY))
        .order_by(ORDER.c.id)
        .limit(BATCH)
    ).all()
    old = [row for row in oldest if row.placed_at < now - ages.orders]
    if not old:
        return 0
    carts = [row.cart_id for row in old]
    visits = tx.conn.execute(select(CART.c.session_id).where(CART.c.id.in_(carts))).scalars().all()
    papers = set(_delete(tx, ORDER, [row.id for row in old])) | set(_delete(tx, CART, carts))
    _delete(tx, VISIT, visits)
    for row in old:
        named = (DOCUMENT.c.company_id == row.company_id, DOCUMENT.c.order_number == row.number)
        papers |= set(tx.conn.execute(select(DOCUMENT.c.id).where(*named)).scalars())
        audit.note(tx, row.company_id, "kaimono", "order_deleted", now, order_number=row.number)
    _delete_papers(tx, papers)
    return len(old)


def carts(tx: Tx, ages: Ages, now: datetime) -> int:
    """Carts that nobody bought, with their visits and documents."""
    rows = tx.conn.execute(
        select(CART.c.id, CART.c.session_id)
        .where(CART.c.state != CartState.ORDERED, CART.c.received_at < now - ages.visits)
        .limit(BATCH)
    ).all()
    papers = _delete(tx, CART, [row.id for row in rows])
    _delete(tx, VISIT, [row.session_id for row in rows])
    _delete_papers(tx, papers)
    return len(rows)


def visits(tx: Tx, ages: Ages, now: datetime) -> int:
    """Visits that brought no cart."""
    old = (VISIT.c.state != SessionState.RETURNED, VISIT.c.opened_at < now - ages.visits)
    return _delete_some(tx, VISIT, select(VISIT.c.id).where(*old))


def links(tx: Tx, ages: Ages, now: datetime) -> int:
    """Links on address cards, long after they expired: until then their page can send fresh ones."""
    return _delete_some(tx, LINK, select(LINK.c.token_hash).where(LINK.c.expires_at < now - ages.visits))


def loose_documents(tx: Tx, ages: Ages, now: datetime) -> int:
    """Documents that belong to no order: setups, carts not bought, what was refused."""
    loose = select(DOCUMENT.c.id).where(DOCUMENT.c.order_number == "", DOCUMENT.c.at < now - ages.visits)
    return _delete_some(tx, DOCUMENT, loose.where(*_unreferenced()).order_by(DOCUMENT.c.at))


def strange_documents(tx: Tx, ages: Ages, now: datetime) -> int:
    """Documents that name an order which is not here, as old as orders get."""
    theirs = select(ORDER.c.id).where(
        ORDER.c.company_id == DOCUMENT.c.company_id, ORDER.c.number == DOCUMENT.c.order_number
    )
    strange = select(DOCUMENT.c.id).where(
        DOCUMENT.c.order_number != "", DOCUMENT.c.at < now - ages.orders, ~theirs.exists(), *_unreferenced()
    )
    return _delete_some(tx, DOCUMENT, strange.order_by(DOCUMENT.c.at))


def digests(tx: Tx, ages: Ages, now: datetime) -> int:
    """Lines of digests that nobody was sent, since their reader is no administrator any more."""
    return _delete_some(tx, DIGEST, select(DIGEST.c.id).where(DIGEST.c.at < now - ages.jobs))


def jobs(tx: Tx, ages: Ages, now: datetime) -> int:
    """Jobs that are done, the callbacks among them."""
    return backlog.forget(tx, before=now - ages.jobs)


Step = Callable[[Tx, Ages, datetime], int]
STEPS: tuple[Step, ...] = (
    orders, carts, visits, links, loose_documents, strange_documents, digests, jobs,
)  # fmt: skip


def _delete(tx: Tx, table: Table, ids: Iterable[int]) -> list[int]:
    """Delete rows with the rows that are parts of them. Returns the ids of the documents that they stood for."""
    ids = list(ids)
    papers: list[int] = []
    for part, column in _referring(table):
        # What is more than a part holds its place: deleting it here would be a mistake.
        if part not in _ROOTS:
            papers += _delete(tx, part, tx.conn.execute(select(part.c.id).where(column.in_(ids))).scalars())
    if "document_id" in table.c:
        papers += tx.conn.execute(select(table.c.document_id).where(table.c.id.in_(ids))).scalars()
    tx.conn.execute(delete(table).where(table.c.id.in_(ids)))
    return papers


def _delete_papers(tx: Tx, papers: Iterable[int]) -> None:
    """Delete documents that nothing speaks of any more: one may have spoken of several orders."""
    tx.conn.execute(delete(DOCUMENT).where(DOCUMENT.c.id.in_(list(papers)), *_unreferenced()))


def _delete_some(tx: Tx, table: Table, which: Select[tuple[int]]) -> int:
    (key,) = table.primary_key.columns
    return tx.conn.execute(delete(table).where(key.in_(which.limit(BATCH)))).rowcount


def _referring(table: Table) -> list[tuple[Table, Column[int]]]:
    """Every table that refers to this one, with the column that does."""
    return [
        (other, key.parent)
        for other in SQLModel.metadata.sorted_tables
        for key in other.foreign_keys
        if key.column.table is table
    ]


def _unreferenced() -> list[ColumnElement[bool]]:
    return [~select(literal(1)).where(column == DOCUMENT.c.id).exists() for _, column in _referring(DOCUMENT)]
