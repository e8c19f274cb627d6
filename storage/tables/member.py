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
    organizations: str = ""
    """Names of the member's organisations in LINE WORKS, a line each."""
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
    about: str = ""
    """What the question was about: the id of a cart, or where the history that was shown goes on."""
    changed_at: datetime = Field(sa_type=Utc)


class NoticeChoice(SQLModel, table=True):
    """How somebody wants to be told one kind of news: at once, once a day, or not at all."""

    __tablename__ = "notice_choice"

    company_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    pace: str


class DigestEntry(SQLModel, table=True):
    """One line of somebody's next daily digest."""

    __tablename__ = "digest_entry"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    company_id: str = Field(foreign_key="company.id")
    recipient: str = Field(index=True)
    text: str
    at: datetime = Field(sa_type=Utc)
