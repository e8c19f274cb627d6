"""Raw documents, kept as evidence."""

from datetime import datetime

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import BigId, Utc, partial_index


class StoredDocument(SQLModel, table=True):
    """A document exactly as it was sent or came, sealed by the key ring.

    `identity` is the payloadID, or the hash of the bytes where a document has none: the same document is kept once.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("company_id", "direction", "identity"),
        partial_index("ix_document_loose", "at", where="order_number = ''"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    company_id: str = Field(foreign_key="company.id")
    direction: str
    identity: str
    kind: str
    order_number: str = Field(default="", index=True)
    at: datetime = Field(sa_type=Utc, index=True)
    sealed: bytes = Field(sa_type=LargeBinary)
    outcome: str
    note: str = ""
