"""Raw documents, kept as evidence."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.types import BigId, Utc


class StoredDocument(SQLModel, table=True):
    """A document exactly as it was sent or came, sealed by the key ring.

    `identity` is the payloadID, or the hash of the bytes where a document has none: the same document is kept once.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("company_id", "direction", "identity"),
        Index(
            "ix_document_loose",
            "at",
            sqlite_where=text("order_number = ''"),
            postgresql_where=text("order_number = ''"),
        ),
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
