"""The queue as an administrator and a gauge see it: how much there is, what is buried, what can go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, union_all, update

from storage.database import Tx
from storage.lanes import (
    BURIED,
    DONE,
    JOB,
    LEASED,
    OPEN,
    READY,
    WAITING,
    lock_lane,
    promote,
    state_in_lane,
    wake_kind,
)


@dataclass(frozen=True, slots=True)
class Buried:
    """A job that could not succeed and waits for a person. Its payload stays in the database."""

    id: int
    company_id: str
    lane: str
    kind: str
    key: str
    attempts: int
    created_at: datetime
    finished_at: datetime
    last_error: str
    trace: str


@dataclass(slots=True)
class Depth:
    """How many jobs of a kind are in which state, and since when the oldest ready one (if any) is due."""

    kind: str
    waiting: int = 0
    ready: int = 0
    leased: int = 0
    buried: int = 0
    oldest_due: datetime | None = None


def buried(tx: Tx, company_id: str | None = None) -> list[Buried]:
    """The buried jobs of a company, or of all, oldest first."""
    statement = _BURIED if company_id is None else _BURIED.where(JOB.c.company_id == company_id)
    return [Buried(*row) for row in tx.conn.execute(statement)]


_BURIED = select(*(JOB.c[name] for name in Buried.__slots__)).where(JOB.c.state == BURIED).order_by(JOB.c.id)


@dataclass(frozen=True, slots=True)
class Open:
    """A job that is still to be done: `due` says when, `last_error` what kept it the last time."""

    id: int
    company_id: str
    lane: str
    kind: str
    state: str
    attempts: int
    created_at: datetime
    due: datetime
    last_error: str
    trace: str


def still_open(tx: Tx, limit: int) -> list[Open]:
    """The oldest open jobs, at most so many."""
    return [Open(*row) for row in tx.conn.execute(_STILL_OPEN, {"most": limit})]


_STILL_OPEN = (
    select(*(JOB.c[name] for name in Open.__slots__)).where(OPEN).order_by(JOB.c.id).limit(bindparam("most"))
)


def write_off(tx: Tx, job_id: int, now: datetime) -> bool:
    """A person says that a buried job is not to be done any more. Its key stays seen. False if it isn't buried."""
    written = tx.conn.execute(_WRITE_OFF, {"job": job_id, "now": now}).first()
    return written is not None


def at_rest(tx: Tx, company_id: str, after: int, limit: int) -> list[Open]:
    """The jobs of a company that wait or are buried, those after this id, at most so many; none that is in hand."""
    parameters = {"company": company_id, "after": after, "most": limit}
    return [Open(*row) for row in tx.conn.execute(_AT_REST, parameters)]


def write_off_at_rest(tx: Tx, job_id: int, now: datetime) -> bool:
    """The same of a job that waits, too; the next of its lane goes on. False if it is done, or in somebody's hands."""
    lane = tx.conn.execute(_LANE, {"job": job_id}).scalar()
    if lane is None:
        return False
    lock_lane(tx, lane)
    if tx.conn.execute(_WRITE_OFF_AT_REST, {"job": job_id, "now": now}).first() is None:
        return False
    promote(tx, lane)
    return True


def exhume(tx: Tx, job_id: int, now: datetime) -> bool:
    """Send a buried job again, at its old place in its lane, attempts from 0. False if it isn't buried."""
    lane = tx.conn.execute(_BURIED_LANE, {"job": job_id}).scalar()
    if lane is None:
        return False
    lock_lane(tx, lane)
    back = tx.conn.execute(_EXHUME, {"job": job_id, "its_lane": lane, "now": now}).first()
    if back is not None and back.state == "ready":
        wake_kind(tx, back.kind)
    return back is not None


_buried_one = (JOB.c.id == bindparam("job"), JOB.c.state == BURIED)
_BURIED_LANE = select(JOB.c.lane).where(*_buried_one)
_EXHUME = (
    update(JOB)
    .where(*_buried_one)
    .values(state=state_in_lane(), due=bindparam("now"), attempts=0, finished_at=None)
    .returning(JOB.c.state, JOB.c.kind)
)


_written_off: dict[str, Any] = {"state": DONE, "finished_at": bindparam("now"), "owner": "written off"}
_WRITE_OFF = update(JOB).where(*_buried_one).values(_written_off).returning(JOB.c.id)
_resting = JOB.c.state.in_([WAITING, READY, BURIED])
_LANE = select(JOB.c.lane).where(JOB.c.id == bindparam("job"))
_WRITE_OFF_AT_REST = (
    update(JOB).where(JOB.c.id == bindparam("job"), _resting).values(_written_off).returning(JOB.c.id)
)
_AT_REST = (
    select(*(JOB.c[name] for name in Open.__slots__))
    .where(JOB.c.company_id == bindparam("company"), _resting, JOB.c.id > bindparam("after"))
    .order_by(JOB.c.id)
    .limit(bindparam("most"))
)


def waiting(tx: Tx, kind: str, most: int) -> int:
    """How many jobs of a kind are open; counts no further than `most`."""
    return int(tx.conn.execute(_WAITING, {"kind": kind, "most": most}).scalar_one())


_WAITING = select(func.count()).select_from(
    select(JOB.c.id).where(OPEN, JOB.c.kind == bindparam("kind")).limit(bindparam("most")).subquery()
)


def open_by_company(tx: Tx) -> dict[str, int]:
    """How many jobs are open, by the id of their company."""
    return {row.company_id: row.jobs for row in tx.conn.execute(_OPEN_BY_COMPANY)}


_OPEN_BY_COMPANY = select(JOB.c.company_id, func.count().label("jobs")).where(OPEN).group_by(JOB.c.company_id)


def untouched_since(tx: Tx, kind: str) -> datetime | None:
    """Since when somebody could have taken a job of this kind and nobody did; it may lie in the future. None: no job."""
    times = tx.conn.execute(_UNTOUCHED, {"kind": kind}).scalars()
    return min((time for time in times if time is not None), default=None)


_UNTOUCHED = union_all(
    select(func.min(JOB.c.due)).where(JOB.c.state == READY, JOB.c.kind == bindparam("kind")),
    select(func.min(JOB.c.lease_until)).where(JOB.c.state == LEASED, JOB.c.kind == bindparam("kind")),
)


def depth(tx: Tx) -> list[Depth]:
    """Every kind that has open or buried jobs, for metrics and the console."""
    kinds: dict[str, Depth] = {}
    for statement in (_OPEN_DEPTH, _BURIED_DEPTH):
        for kind, state, count, oldest_due in tx.conn.execute(statement):
            of_kind = kinds.setdefault(kind, Depth(kind))
            setattr(of_kind, state, count)
            if state == "ready":
                of_kind.oldest_due = oldest_due
    return sorted(kinds.values(), key=lambda of_kind: of_kind.kind)


_counted = select(JOB.c.kind, JOB.c.state, func.count(), func.min(JOB.c.due)).group_by(
    JOB.c.kind, JOB.c.state
)
_OPEN_DEPTH = _counted.where(OPEN)
_BURIED_DEPTH = _counted.where(JOB.c.state == BURIED)

FORGOTTEN_AT_ONCE = 5_000


def forget(tx: Tx, *, before: datetime) -> int:
    """Delete jobs that were done before this time; their keys count as never seen from then on.

    Takes at most FORGOTTEN_AT_ONCE, oldest first, so that nobody waits long behind it: call it until it
    returns 0.
    """
    return tx.conn.execute(_FORGET, {"before": before, "most": FORGOTTEN_AT_ONCE}).rowcount


_forgettable = (
    select(JOB.c.id)
    .where(JOB.c.state == DONE, JOB.c.finished_at < bindparam("before"))
    .order_by(JOB.c.finished_at)
    .limit(bindparam("most"))
)
_FORGET = delete(JOB).where(JOB.c.id.in_(_forgettable))
