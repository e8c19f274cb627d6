"""What the configuration file declares, as rows: companies and the places they have things delivered to."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import BigId, Utc


class Company(SQLModel, table=True):
    """A buying company. Its secrets stay in the configuration; rows of other tables name it by `id`."""

    __tablename__ = "company"

    id: str = Field(primary_key=True)
    name: str
    provisioned_at: datetime = Field(sa_type=Utc)


class DeliveryAddress(SQLModel, table=True):
    """A place that goods are delivered to. `key` is cXML's addressID; a retired address keeps its row for old orders."""

    __tablename__ = "delivery_address"
    __table_args__ = (UniqueConstraint("company_id", "key"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    company_id: str = Field(foreign_key="company.id")
    key: str
    position: int
    name: str
    postal_code: str
    prefecture: str
    city: str
    street: str
    building: str
    deliver_to: str
    phone: str
    managed_by: str = "file"
    retired: bool = False
