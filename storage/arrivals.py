"""How a job comes into the queue: at the end of its lane, and only if its key was never seen before."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ClauseElement, text
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import Tx
from storage.lanes import JOB, lock_free_lanes, lock_lane, state_in_lane, wake_kind
from storage.prepared import Prepared


class NewJob(NamedTuple):
    """A job that is not in the queue yet. `lane` and `key` have to stay below 2,000 bytes: no more fits into an index
    entry of PostgreSQL."""

    company_id: str
    lane: str
    kind: str
    key: str
    payload: bytes
    created_at: datetime
    due: datetime
    priority: int
    trace: str

    @property
    def its_lane(self) -> str:
        """The lane once more: the statement asks for it where it stores it and where it looks who is there."""
        return self.lane


def put(
    tx: Tx,
    *,
    company_id: str,
    lane: str,
    kind: str,
    key: str,
    payload: bytes,
    now: datetime,
    due: datetime | None = None,
    priority: int = 1,
    trace: str = "",
) -> bool:
    """Add a job to the end of its lane. False, nothing stored, if the key was seen before, even long ago.

    Without a `trace` the job carries that of the unit.
    """
    lock_lane(tx, lane)
    job = NewJob(company_id, lane, kind, key, payload, now, due or now, priority, trace or tx.trace)
    if _PUT.run(tx, {**job._asdict(), "its_lane": lane}).rowcount == 0:
        return False
    wake_kind(tx, kind)
    return True


def put_all(tx: Tx, jobs: Sequence[NewJob]) -> set[str]:
    """Add many, each to the end of its lane; those whose key was seen before are passed over.

    Returns the lanes that somebody else is at right now: nothing was added to them.
    """
    free = lock_free_lanes(tx, [job.lane for job in jobs])
    busy = {job.lane for job in jobs} - free
    jobs = [job for job in jobs if job.lane in free]
    for kind in {job.kind for job in jobs}:
        wake_kind(tx, kind)
    while jobs:  # a job sees who is in its lane already, but not who comes with it
        firsts: dict[str, NewJob] = {}
        for job in jobs:
            firsts.setdefault(job.lane, job)
        _PUT.run_all(tx, firsts.values())
        jobs = [job for job in jobs if firsts[job.lane] is not job]
    return busy


def _put(insert: sqlite.Insert | postgresql.Insert) -> ClauseElement:
    fresh = {"state": state_in_lane(), "attempts": text("0"), "owner": text("''"), "last_error": text("''")}
    return insert.values(fresh).on_conflict_do_nothing(index_elements=["key"])


_PUT = Prepared(
    _put(sqlite.insert(JOB)),
    _put(postgresql.insert(JOB)),
    columns=("company_id", "lane", "kind", "key", "priority", "payload", "due", "created_at", "trace"),
)
