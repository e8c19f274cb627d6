"""Who may buy, and in which group of the company. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from purchasing.accounting import Accounting
from purchasing.values import Company, Group
from storage.tables import Member

_ORGANISATION = "org:"
_A_DAY, _A_MOMENT = timedelta(days=1), timedelta(minutes=1)


def _named(names: Sequence[str], member: Member) -> bool:
    organisations = {f"{_ORGANISATION}{name}" for name in member.organizations.splitlines()}
    ids = {member.user_id, member.login_id} - {""}
    return not (organisations | ids).isdisjoint(names)


def may_buy(company: Company, member: Member) -> bool:
    """Whether the member is on the list, by name or by organisation; without a list everybody is."""
    return not company.permitted or _named(company.permitted, member)


def is_outdated(member: Member, now: datetime) -> bool:
    """Whether what LINE WORKS' directory says of the member should be read anew.

    Names, login ids, languages and organisations change: once a day. What was never told: at the next word. A member
    whose login id the directory did not name: after a minute.
    """
    life = _A_DAY if member.login_id else _A_MOMENT
    return member.looked_up_at is None or now - member.looked_up_at >= life


def needs_look_up(company: Company, member: Member, now: datetime) -> bool:
    """Whether the directory should be asked before the member is answered: sooner for somebody who is turned away,
    but not at every word."""
    if member.looked_up_at is None or is_outdated(member, now):
        return True
    return now - member.looked_up_at >= _A_MOMENT and not may_buy(company, member)


def group_of(company: Company, member: Member) -> Group | None:
    """The first group that names the member."""
    return next((group for group in company.groups if _named(group.members, member)), None)


def admins_of(company: Company, member: Member) -> tuple[str, ...]:
    """Who is told of the member's purchases: the company's admins, then those of the member's group."""
    group = group_of(company, member)
    return tuple(dict.fromkeys((*company.admins, *(group.admins if group else ()))))


def every_admin(company: Company) -> tuple[str, ...]:
    """Who is told of anybody's purchases: the company's admins, then those of its groups."""
    groups = (admin for group in company.groups for admin in group.admins)
    return tuple(dict.fromkeys((*company.admins, *groups)))


def first_admins(company: Company) -> tuple[str, ...]:
    """Who is told of what concerns nobody's purchase: the company's admins, else those of its groups."""
    return company.admins or every_admin(company)


def is_admin(company: Company, member: Member) -> bool:
    """Whether the member is told of anybody's purchases."""
    told = every_admin(company)
    return any(name in told for name in (member.user_id, member.login_id) if name)


def may_be_admin(company: Company, member: Member) -> bool:
    """Whether the member is an administrator, or cannot be told from one: admins are named by login id, too, and the
    directory has not said this member's."""
    return is_admin(company, member) or (not member.login_id and bool(every_admin(company)))


def may_see(company: Company, viewer: Member, buyer: Member) -> bool:
    """Whether somebody may look at an order: its buyer, and who is told of the buyer's purchases."""
    told = admins_of(company, buyer)
    return viewer.id == buyer.id or any(name in told for name in (viewer.user_id, viewer.login_id) if name)


def business_unit(company: Company, member: Member) -> str:
    """The code of the member's group at Amazon."""
    group = group_of(company, member)
    return (group.business_unit if group else "") or company.business_unit


def accounting(company: Company, member: Member) -> Accounting:
    """What the member's purchases are booked to: the group's codes, and the company's where it has none."""
    group = group_of(company, member)
    return group.accounting.over(company.accounting) if group else company.accounting
