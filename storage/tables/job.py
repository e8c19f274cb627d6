"""The durable queue's one table. Only `storage.queue` writes it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary
from sqlmodel import Field, SQLModel

from storage.types import BigId, Utc, partial_index


class JobRow(SQLModel, table=True):
    """One piece of later work. Its indexes are partial: however many jobs are done, they cost the hot paths nothing.

    `state`: waiting (another job of its lane comes first), ready, leased, done or buried. `lane`: its jobs run one at a
    time, in the order of `id`; its name carries the company where needed. `key`: seen once, ever; a second job with the
    same key is not stored. `priority`: 0 answers a person now, 1 is a notice; smaller goes first. `attempts`: how often
    it was handed out; with `owner` it fences off a worker whose lease ran out. `due`: not before this time. `trace`: the
    correlation id, passed on from what caused the job.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'ready', 'leased', 'done', 'buried')", name="state"),
        partial_index("ix_job_claim", "kind", "priority", "id", where="state = 'ready'"),
        partial_index("ix_job_due", "kind", "due", where="state = 'ready'"),
        partial_index("ix_job_lane", "lane", "id", where="state IN ('waiting', 'ready', 'leased')"),
        partial_index("ix_job_lease", "lease_until", where="state = 'leased'"),
        partial_index("ix_job_buried", "company_id", "id", where="state = 'buried'"),
        partial_index("ix_job_done", "finished_at", where="state = 'done'"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    company_id: str
    lane: str
    kind: str
    key: str = Field(unique=True)
    priority: int
    payload: bytes = Field(sa_type=LargeBinary)
    state: str
    attempts: int = 0
    due: datetime = Field(sa_type=Utc)
    lease_until: datetime | None = Field(default=None, sa_type=Utc)
    owner: str = ""
    created_at: datetime = Field(sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)
    last_error: str = ""
    trace: str = ""
