"""What all processes of a company share of its line to LINE WORKS: how fast they may send, and the token."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from storage.types import Utc


class SendPace(SQLModel, table=True):
    """A company's token bucket: `level` sends may go at once, as of `at`; none before `held_until`.

    Times are UNIX times: the bucket is on every send's way, and a prepared statement returns numbers (storage.prepared).
    """

    __tablename__ = "send_pace"

    company_id: str = Field(primary_key=True, foreign_key="company.id")
    level: float
    at: float
    held_until: float | None = None


class AccessToken(SQLModel, table=True):
    """A company's access token, sealed. Until `renewing_until` some process is asking for a new one: the others wait."""

    __tablename__ = "access_token"

    company_id: str = Field(primary_key=True, foreign_key="company.id")
    sealed: bytes = Field(default=b"", sa_type=LargeBinary)
    issued_at: datetime | None = Field(default=None, sa_type=Utc)
    renew_at: datetime | None = Field(default=None, sa_type=Utc)
    renewing_until: datetime | None = Field(default=None, sa_type=Utc)
