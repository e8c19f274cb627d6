"""People of a company as LINE WORKS knows them, and where each one's talk with the bot stands."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import BigId, Utc


class Member(SQLModel, table=True):
    """A person we have met in a talk or have told something. Registered to buy once `email` is set."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("company_id", "user_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    company_id: str = Field(foreign_key="company.id")
    user_id: str
    login_id: str = Field(default="", index=True)
    last_name: str = ""
    first_name: str = ""
    language: str = ""
    email: str | None = None
    last_address: str | None = None
    met_at: datetime = Field(sa_type=Utc)
    looked_up_at: datetime | None = Field(default=None, sa_type=Utc)
    registered_at: datetime | None = Field(default=None, sa_type=Utc)

    @property
    def display_name(self) -> str:
        """Family name first; the mail address or nothing where LINE WORKS gave no name."""
        return f"{self.last_name} {self.first_name}".strip() or self.email or self.login_id


class Talk(SQLModel, table=True):
    """What the bot last asked a person, so that the next typed word can be understood."""

    __tablename__ = "talk"

    company_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    state: str
    changed_at: datetime = Field(sa_type=Utc)
