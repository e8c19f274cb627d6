"""Members: who has met the bot, what LINE WORKS says of them, and the mail address that Amazon Business knows them by."""

from dataclasses import dataclass
from datetime import datetime

from storage import audit
from storage.database import Tx
from storage.finder import Finder
from storage.tables import Member


@dataclass(frozen=True, slots=True)
class Person:
    """What LINE WORKS' directory says of somebody; every field but the id may be empty."""

    user_id: str
    login_id: str = ""
    last_name: str = ""
    first_name: str = ""
    language: str = ""
    organizations: tuple[str, ...] = ()


def find(tx: Tx, company_id: str, who: str) -> Member | None:
    """The member with this LINE WORKS user id or login id."""
    return _BY_USER_ID.find(tx, company_id=company_id, user_id=who) or _BY_LOGIN_ID.find(
        tx, company_id=company_id, login_id=who
    )


_BY_USER_ID = Finder(Member, "company_id", "user_id")
_BY_LOGIN_ID = Finder(Member, "company_id", "login_id")


def meet(tx: Tx, company_id: str, person: Person, now: datetime, *, looked_up: bool) -> Member:
    """The person's row, made or brought up to date. What the directory left empty keeps its old value.

    `looked_up` is for what the directory has answered: without it the next word asks the directory again.
    """
    member = find(tx, company_id, person.user_id)
    if member is None:
        member = Member(company_id=company_id, user_id=person.user_id, met_at=now)
        tx.orm.add(member)
    for name in ("login_id", "last_name", "first_name", "language"):
        if value := getattr(person, name):
            setattr(member, name, value)
    if looked_up:
        member.looked_up_at = now
        if person.login_id:  # else the directory knows nobody of this id: it names everybody's login id
            member.organizations = "\n".join(person.organizations)
    tx.orm.flush()
    return member


def renew(tx: Tx, company_id: str, person: Person, now: datetime) -> None:
    """Keep what the directory says of somebody; a name under which it knows nobody makes no member."""
    if person.login_id or find(tx, company_id, person.user_id):
        meet(tx, company_id, person, now, looked_up=True)


def learn_language(tx: Tx, member: Member, language: str, *, own: bool = False) -> None:
    """Keep the language ("en_US", "" for none) in which the member speaks, where none is known yet; the `own` one of the
    member's client overrules what was learned before."""
    if language and (own or not member.language):
        member.language = language
        tx.orm.add(member)


def register(tx: Tx, member: Member, email: str, now: datetime) -> None:
    """From now on the member can buy, known to Amazon by this address."""
    what = "mail_changed" if member.email else "member_registered"
    audit.note_of(tx, member.company_id, member.id, what, now)
    member.email = email
    member.registered_at = member.registered_at or now
    tx.orm.add(member)
