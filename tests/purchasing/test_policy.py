"""Who may buy, who belongs to which group, who is told and who may look: as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from punchout.envelope import Account
from punchout.secret import Secret
from purchasing import policy
from purchasing.values import Company, Group
from storage.tables import Member

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
COMPANY = Company(
    id="1",
    name="株式会社サンプル商事",
    public_url="https://bot.example.co.jp",
    account=Account(identity="kaimono", secret=Secret("x"), deployment_mode="test"),
    punchout_url="https://amazon.example.com/punchout",
    order_url="https://amazon.example.com/orders",
    test=True,
    admins=("admin-id",),
    business_unit="MAIN",
)
TARO = Member(
    id=1, company_id="1", user_id="taro-id", login_id="taro@sample", organizations="営業部\n東京", met_at=NOW
)
HANAKO = Member(
    id=2, company_id="1", user_id="hanako-id", login_id="hanako@sample", organizations="総務部", met_at=NOW
)
UNKNOWN = Member(id=3, company_id="1", user_id="unknown-id", met_at=NOW)
"""Somebody of whom the directory told nothing: no login id, no organisation."""
ADMIN = Member(id=4, company_id="1", user_id="admin-id", login_id="buyer-admin@sample", met_at=NOW)
HEAD = Member(id=5, company_id="1", user_id="head-id", login_id="osaka-admin@sample", met_at=NOW)

SALES = Group("営業", ("org:営業部",), admins=("osaka-admin@sample", "admin-id"), business_unit="SALES")
TOKYO = Group("東京", ("org:東京", "hanako-id"))


@pytest.mark.parametrize(
    ("permitted", "who_may"),
    [
        ((), {1, 2, 3}),
        (("taro-id",), {1}),
        (("taro@sample", "hanako-id"), {1, 2}),
        (("org:営業部",), {1}),
        (("org:東京", "org:総務部"), {1, 2}),
        (("営業部",), set()),
        (("org:営業",), set()),
        (("org:",), set()),
        (("-",), set()),
        (("TARO@sample",), set()),
        (("nobody@sample",), set()),
    ],
)
def test_who_may_buy(permitted: tuple[str, ...], who_may: set[int]) -> None:
    company = replace(COMPANY, permitted=permitted)
    assert {member.id for member in (TARO, HANAKO, UNKNOWN) if policy.may_buy(company, member)} == who_may


@pytest.mark.parametrize(
    ("groups", "member", "group"),
    [
        ((), TARO, None),
        ((SALES, TOKYO), TARO, "営業"),
        ((TOKYO, SALES), TARO, "東京"),
        ((SALES, TOKYO), HANAKO, "東京"),
        ((SALES, TOKYO), UNKNOWN, None),
        ((SALES, TOKYO), ADMIN, None),
    ],
)
def test_the_first_group_that_names_a_member_is_the_members(
    groups: tuple[Group, ...], member: Member, group: str | None
) -> None:
    found = policy.group_of(replace(COMPANY, groups=groups), member)
    assert (found.name if found else None) == group


@pytest.mark.parametrize(
    ("buyer", "admins", "unit"),
    [
        (TARO, ("admin-id", "osaka-admin@sample"), "SALES"),
        (HANAKO, ("admin-id",), "MAIN"),
        (UNKNOWN, ("admin-id",), "MAIN"),
    ],
)
def test_who_is_told_of_a_purchase_each_once_and_which_group_of_amazons_pays(
    buyer: Member, admins: tuple[str, ...], unit: str
) -> None:
    company = replace(COMPANY, groups=(SALES, TOKYO))
    assert policy.admins_of(company, buyer) == admins
    assert policy.business_unit(company, buyer) == unit


@pytest.mark.parametrize(
    ("member", "company_of", "is_one"),
    [
        (ADMIN, (), True),
        (HEAD, (), False),
        (HEAD, (SALES,), True),
        (TARO, (SALES,), False),
        (UNKNOWN, (SALES,), False),
    ],
)
def test_an_admin_is_told_of_somebodys_purchases(
    member: Member, company_of: tuple[Group, ...], is_one: bool
) -> None:
    assert policy.is_admin(replace(COMPANY, groups=company_of), member) is is_one


def test_an_admin_named_by_an_empty_id_is_nobody() -> None:
    assert not policy.is_admin(replace(COMPANY, admins=("",)), UNKNOWN)
    assert not policy.may_see(replace(COMPANY, admins=("",)), UNKNOWN, TARO)


@pytest.mark.parametrize(
    ("viewer", "buyer", "sees"),
    [
        (TARO, TARO, True),
        (HANAKO, TARO, False),
        (UNKNOWN, TARO, False),
        (ADMIN, TARO, True),
        (ADMIN, HANAKO, True),
        (HEAD, TARO, True),
        (HEAD, HANAKO, False),
        (HEAD, ADMIN, False),
    ],
)
def test_an_order_is_seen_by_its_buyer_and_by_who_is_told_of_it(
    viewer: Member, buyer: Member, sees: bool
) -> None:
    assert policy.may_see(replace(COMPANY, groups=(SALES, TOKYO)), viewer, buyer) is sees


BY_LIST = replace(COMPANY, permitted=("taro-id",), groups=(Group("東京", ("hanako-id",)),))
BY_ORGANISATION = replace(COMPANY, permitted=("org:営業部",))
BY_GROUP = replace(COMPANY, groups=(SALES,))


@pytest.mark.parametrize(
    ("company", "member", "since", "look_up"),
    [
        (COMPANY, TARO, None, True),
        (COMPANY, TARO, timedelta(hours=23), False),
        (COMPANY, TARO, timedelta(days=1), True),
        (COMPANY, UNKNOWN, timedelta(seconds=59), False),
        (COMPANY, UNKNOWN, timedelta(minutes=1), True),
        (BY_LIST, HANAKO, timedelta(seconds=59), False),
        (BY_LIST, HANAKO, timedelta(minutes=1), True),
        (BY_ORGANISATION, TARO, None, True),
        (BY_ORGANISATION, TARO, timedelta(hours=23), False),
        (BY_ORGANISATION, TARO, timedelta(days=1), True),
        (BY_ORGANISATION, HANAKO, timedelta(seconds=59), False),
        (BY_ORGANISATION, HANAKO, timedelta(minutes=1), True),
        (BY_GROUP, HANAKO, timedelta(minutes=1), False),
        (BY_GROUP, HANAKO, timedelta(days=1), True),
    ],
)
def test_the_directory_is_asked_daily_and_sooner_for_who_is_turned_away_or_has_no_login_id(
    company: Company, member: Member, since: timedelta | None, look_up: bool
) -> None:
    looked_up = Member(**member.model_dump() | {"looked_up_at": NOW - since if since else None})
    assert policy.needs_look_up(company, looked_up, NOW) is look_up
