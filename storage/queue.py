"""The durable queue: what has to happen later, in lanes; a lane runs its jobs one at a time and in order.

A job is put in the transaction that causes it, and finished in the transaction that stores its outcome.
Whoever claims it holds it for a lease; after a crash the lease runs out and somebody else takes the job up,
so handlers are idempotent. Only the head of a lane is `ready` (or leased), all behind it are `waiting`: a
claim is an index scan, and a hundred thousand jobs in one lane cost nothing. A job that is retried keeps its
place and holds its lane; one that is buried lets the next go on, until a person sends it again. On PostgreSQL
whoever changes a lane's head locks the lane first.

Every function works inside the caller's unit of work and takes the time from its argument `now`.
`queue:<kind>` is the topic that wakes whoever runs jobs of that kind. How to look at the queue from outside:
`storage.backlog`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    bindparam,
    case,
    func,
    null,
    select,
    text,
    union_all,
    update,
)

from storage.arrivals import NewJob, put, put_all
from storage.database import Tx
from storage.decision import Bury, Decision, Done, Retry, again, backoff
from storage.lanes import (
    BURIED,
    DONE,
    JOB,
    LEASED,
    READY,
    hurry,
    lock_lane,
    promote,
    wake_kind,
)
from storage.prepared import Prepared

__all__ = [
    "Bury", "Decision", "Done", "Job", "LeaseLost", "NewJob", "Retry", "again", "backoff", "bury", "claim", "finish",
    "hurry", "next_due", "put", "put_all", "release", "renew", "retry",
]  # fmt: skip


class LeaseLost(Exception):
    """The job is no longer this owner's: its lease ran out and somebody took it. The unit rolls back."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job in the hands of its owner. `attempts` counts this one too."""

    id: int
    company_id: str
    lane: str
    kind: str
    key: str
    payload: bytes
    attempts: int
    priority: int
    created_at: datetime
    trace: str


def claim(
    tx: Tx, *, kinds: Sequence[str], owner: str, limit: int, now: datetime, lease: timedelta
) -> list[Job]:
    """Take up to `limit` jobs that are due or whose lease ran out: the most urgent first, then the oldest.

    `owner` names one process run: it must never be used again after a restart. On PostgreSQL jobs that
    another process is taking at this moment are passed over.
    """
    if not kinds or limit < 1:
        return []
    reach = limit * _REACH[tx.conn.dialect.name]
    parameters = {"now": now, "until": now + lease, "holder": owner, "most": limit, "reach": reach}
    parameters |= {f"kind_{n}": kind for n, kind in enumerate(kinds)}
    rows = _claim(len(kinds)).rows(tx, parameters)
    return sorted((Job(*row) for row in rows), key=lambda job: (job.priority, job.id))


_REACH = {"sqlite": 1, "postgresql": 8}
"""How far a claim looks past jobs that others are taking at this moment, in multiples of its limit."""


@lru_cache
def _claim(kinds: int) -> Prepared:
    """The claiming statement for so many kinds.

    Each kind contributes the first few entries of its own stretch of the index, so kinds with a long backlog
    cost the others nothing; of these the best that nobody holds are locked and taken.
    """
    wanted: list[BindParameter[str]] = [bindparam(f"kind_{n}") for n in range(kinds)]
    # since when a job is to be had; a CASE also keeps both engines from using the index on `due` and sorting it all
    free_since = case((JOB.c.state == READY, JOB.c.due), (JOB.c.state == LEASED, JOB.c.lease_until))
    free = free_since <= bindparam("now")
    heads = [
        select(JOB.c.id)
        .where(JOB.c.state == READY, free, JOB.c.kind == kind)
        .order_by(JOB.c.priority, JOB.c.id)
        .limit(bindparam("reach"))
        for kind in wanted
    ]
    abandoned = (
        select(JOB.c.id)
        .where(JOB.c.state == LEASED, JOB.c.lease_until <= bindparam("now"), JOB.c.kind.in_(wanted))
        .limit(bindparam("reach"))
    )
    candidates = union_all(*(select(part.subquery().c.id) for part in (*heads, abandoned)))
    picked = (
        select(JOB.c.id)
        .where(JOB.c.id.in_(candidates), free)
        .order_by(JOB.c.priority, JOB.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("picked")
        .prefix_with("MATERIALIZED", dialect="postgresql")  # run once, or the limit would not be strict
    )
    take = update(JOB).where(JOB.c.id.in_(select(picked.c.id)))
    taken = {"state": LEASED, "owner": bindparam("holder"), "lease_until": bindparam("until")}
    return Prepared(
        take.values(**taken, attempts=JOB.c.attempts + 1).returning(*(JOB.c[name] for name in Job.__slots__))
    )


def finish(tx: Tx, job: Job, *, owner: str, now: datetime) -> None:
    """The job is done; the next of its lane is ready. Raises LeaseLost if it isn't this owner's any more."""
    lock_lane(tx, job.lane)
    _let_go(tx, _FINISH, job, owner, at=now)
    promote(tx, job.lane)


def bury(tx: Tx, job: Job, *, owner: str, now: datetime, error: str) -> None:
    """The job can't succeed by itself: it waits for a person, its lane goes on. Raises LeaseLost."""
    lock_lane(tx, job.lane)
    _let_go(tx, _BURY, job, owner, at=now, error=error)
    promote(tx, job.lane)


def retry(tx: Tx, job: Job, *, owner: str, due: datetime, error: str) -> None:
    """Run the job again when it is due; until then it holds its lane. Raises LeaseLost."""
    _let_go(tx, _RETRY, job, owner, due_again=due, error=error)
    wake_kind(tx, job.kind)  # whoever waits for the earliest due job has to look again


def _let_go(tx: Tx, statement: Prepared, job: Job, owner: str, **values: Any) -> None:
    fence = {"job": job.id, "holder": owner, "attempt": job.attempts}
    if statement.run(tx, fence | values).rowcount != 1:
        raise LeaseLost(f"job {job.id} ({job.kind}) is no longer held by {owner}, attempt {job.attempts}")


_HELD = update(JOB).where(
    JOB.c.id == bindparam("job"),
    JOB.c.state == LEASED,
    JOB.c.owner == bindparam("holder"),
    JOB.c.attempts == bindparam("attempt"),
)
_FREE: dict[str, Any] = {"owner": text("''"), "lease_until": null()}
_FINISH = Prepared(_HELD.values(state=DONE, finished_at=bindparam("at"), **_FREE))
_BURY = Prepared(
    _HELD.values(state=BURIED, finished_at=bindparam("at"), last_error=bindparam("error"), **_FREE)
)
_RETRY = Prepared(
    _HELD.values(state=READY, due=bindparam("due_again"), last_error=bindparam("error"), **_FREE)
)


def renew(tx: Tx, jobs: Sequence[Job], *, owner: str, now: datetime, lease: timedelta) -> None:
    """Prolong the leases of jobs that still run. What was lost already stays lost: `finish` will say so."""
    tx.conn.execute(_RENEW, {"jobs": [job.id for job in jobs], "holder": owner, "until": now + lease})


_RENEW = (
    update(JOB)
    .where(
        JOB.c.id.in_(bindparam("jobs", expanding=True)),
        JOB.c.state == LEASED,
        JOB.c.owner == bindparam("holder"),
    )
    .values(lease_until=bindparam("until"))
)


def release(tx: Tx, *, owner: str, now: datetime) -> int:
    """Hand back at once what this owner still holds (graceful stop). Returns how many jobs that were."""
    kinds = tx.conn.execute(_RELEASE, {"holder": owner, "at": now}).scalars().all()
    for kind in set(kinds):
        wake_kind(tx, kind)
    return len(kinds)


_RELEASE = (
    update(JOB)
    .where(JOB.c.state == LEASED, JOB.c.owner == bindparam("holder"))
    .values(state=READY, due=bindparam("at"), **_FREE)
    .returning(JOB.c.kind)
)


def next_due(tx: Tx, kinds: Sequence[str], now: datetime) -> datetime | None:
    """When a job of these kinds will next be due, or a lease run out. None: only a wake can bring work."""
    parameters = {"now": now} | {f"kind_{n}": kind for n, kind in enumerate(kinds)}
    return min((time for (time,) in _next_due(len(kinds)).rows(tx, parameters) if time), default=None)


@lru_cache
def _next_due(kinds: int) -> Prepared:
    wanted = JOB.c.kind.in_([bindparam(f"kind_{n}") for n in range(kinds)])
    due, lease_ends = (column > bindparam("now") for column in (JOB.c.due, JOB.c.lease_until))
    return Prepared(
        union_all(
            select(func.min(JOB.c.due)).where(JOB.c.state == READY, wanted, due),
            select(func.min(JOB.c.lease_until)).where(JOB.c.state == LEASED, wanted, lease_ends),
        )
    )
