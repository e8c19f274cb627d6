"""Small values that every use case of purchasing shares."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from punchout.envelope import Account
from purchasing.accounting import Accounting

TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class Group:
    """Members who share addresses, a group at Amazon (`business_unit`) and people who are told of their purchases.

    `members` are user ids, login ids, or "org:" and the name of an organisation in LINE WORKS. Empty `addresses` are all.
    """

    name: str
    members: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    business_unit: str = ""
    accounting: Accounting = field(default_factory=Accounting)


@dataclass(frozen=True, slots=True)
class Company:
    """What purchasing must know of a company: how it speaks to Amazon and whom it tells.

    `permitted` names who may buy as Group.members does, empty for everybody; `contact` is whom the others should ask.

    `number_pattern` is a str.format pattern over yyyy, yy, mm, dd and n (the running number).
    """

    id: str
    name: str
    public_url: str
    account: Account
    punchout_url: str
    order_url: str
    test: bool
    admins: tuple[str, ...] = ()
    number_pattern: str = "KM-{yyyy}{mm}-{n:05d}"
    business_unit: str = ""
    link_life: timedelta = field(default=timedelta(hours=1))
    permitted: tuple[str, ...] = ()
    contact: str = ""
    groups: tuple[Group, ...] = ()
    ask_purpose: bool = False
    accounting: Accounting = field(default_factory=Accounting)
    certificate_until: datetime | None = None
    """Until when the certificate is good that orders log in with; None: they log in by password."""
    visits_per_hour: int = 60
    """How often one member may go into the shop; each time Amazon is asked to open one."""


def plain(quantity: Decimal) -> str:
    """A quantity as a person writes it: 2, not 2.00."""
    return format(quantity.normalize(), "f")


def next_at(clock: time, now: datetime) -> datetime:
    """The next moment, tomorrow's at the latest, at which a Japanese clock shows this time."""
    today = datetime.combine(local(now).date(), clock, TOKYO)
    return today if today > now else today + timedelta(days=1)


def local(moment: datetime) -> datetime:
    """The same moment on a Japanese clock."""
    return moment.astimezone(TOKYO)
