"""The rule of a lane: its first open job is ready or leased, every other one is waiting.

Three things can break it when they happen side by side: a job joins, the head leaves, a buried one comes
back. Each of them locks the lane first. (SQLite has one writer: nothing to lock.)
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, exists, func, literal_column, select, text, update

from storage.database import Tx
from storage.prepared import Prepared
from storage.tables.job import JobRow

JOB = JobRow.metadata.tables["job"]

# Literals, not parameters: only then SQLite sees that a partial index covers the query.
WAITING: ColumnElement[str] = literal_column("'waiting'")
READY: ColumnElement[str] = literal_column("'ready'")
LEASED: ColumnElement[str] = literal_column("'leased'")
DONE: ColumnElement[str] = literal_column("'done'")
BURIED: ColumnElement[str] = literal_column("'buried'")

OPEN = JOB.c.state.in_([WAITING, READY, LEASED])
"""Jobs that are still to be done."""
_other = JOB.alias("other")
_open = _other.c.state.in_([WAITING, READY, LEASED])
_LOCK = Prepared(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("lane"), text("0")))))
_LOCK_FREE = (
    "SELECT lane, pg_try_advisory_xact_lock(hashtextextended(lane, 0)) FROM unnest(%(lanes)s::text[]) AS lane"
)
_head = select(func.min(_other.c.id)).where(_other.c.lane == bindparam("its_lane"), _open)
_PROMOTE = Prepared(
    update(JOB)
    .where(JOB.c.id == _head.scalar_subquery(), JOB.c.state == WAITING)
    .values(state=READY)
    .returning(JOB.c.kind)
)
_HURRY = Prepared(
    update(JOB)
    .where(JOB.c.lane == bindparam("its_lane"), OPEN, JOB.c.priority > bindparam("urgency"))
    .values(priority=bindparam("urgency"))
)


def lock_lane(tx: Tx, lane: str) -> None:
    """Until this unit ends nobody else changes the lane. Units that lock lanes crosswise are run again."""
    if tx.conn.dialect.name == "postgresql":
        _LOCK.run(tx, {"lane": lane})


def lock_free_lanes(tx: Tx, lanes: Iterable[str]) -> set[str]:
    """The same of as many of these as nobody else is at: who wants many lanes must not wait for one of them."""
    if tx.conn.dialect.name != "postgresql":
        return set(lanes)
    free = tx.conn.exec_driver_sql(_LOCK_FREE, {"lanes": sorted(set(lanes))})
    return {lane for lane, taken in free if taken}


def state_in_lane() -> ColumnElement[Any]:
    """The state of a job that joins the lane `:its_lane`: it waits if the lane has an open job."""
    occupied = exists().where(_other.c.lane == bindparam("its_lane"), _open)
    return case((occupied, WAITING), else_=READY)


def promote(tx: Tx, lane: str) -> None:
    """The head of the lane has left: the next one is ready."""
    for (kind,) in _PROMOTE.run(tx, {"its_lane": lane}).fetchall():
        wake_kind(tx, kind)


def hurry(tx: Tx, lane: str, priority: int) -> None:
    """Whoever waits behind others waits for them: the open jobs of the lane become at least this urgent."""
    _HURRY.run(tx, {"its_lane": lane, "urgency": priority})


def wake_kind(tx: Tx, kind: str) -> None:
    """Wake whoever runs jobs of this kind."""
    tx.wake(f"queue:{kind}")
