"""What a unit of work left in the queue, for tests that ask who is told what, and when something is looked at again."""

from sqlmodel import col, select

from purchasing import notices
from purchasing.notices import Notice
from storage.database import Tx
from storage.tables import JobRow


def jobs_of(tx: Tx, kind: str) -> list[JobRow]:
    return list(tx.orm.exec(select(JobRow).where(JobRow.kind == kind).order_by(col(JobRow.id))).all())


def told(tx: Tx, *, but: tuple[str, ...] = ("cart", "order_placed")) -> list[tuple[str, str, bool]]:
    """Every notice so far as (what, recipient, to an admin), without those that led to where a test begins."""
    found = [Notice.unpack(row.payload) for row in jobs_of(tx, notices.KIND)]
    return [(n.what.value, n.recipient, n.to_admin) for n in found if n.what not in but]
