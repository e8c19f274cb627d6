"""Shopping: links on the address cards, a visit to Amazon's shop, and the cart that comes back.

A link is ours, bound to a member and an address, and may be opened several times until it expires: every opening is a
visit of its own with its own BuyerCookie. Nothing depends on a browser cookie, since the cart may come back in another
browser than the one that left.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from hashlib import sha256

from sqlmodel import col, func, select

from punchout.envelope import new_payload_id
from punchout.setup import SetupRequest, build_setup
from punchout.supplier import Refused, StartPage, Supplier, Unreachable
from purchasing import addresses, evidence, policy, reminders
from purchasing.lifecycle import SessionEvent, SessionState, advance
from purchasing.values import Company
from storage.database import Database, Tx, trace
from storage.tables import DeliveryAddress, Member, ShopLink, ShoppingSession
from storage.vault import Keyring


def hash_token(token: str) -> str:
    """What is kept of a token: whoever reads the database cannot use it."""
    return sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Choice:
    """One address card: the address and the member's own way from it into the shop."""

    address: DeliveryAddress
    url: str


def offer(
    tx: Tx, company: Company, member: Member, now: datetime, asin: str = "", only: str = ""
) -> list[Choice]:
    """A fresh link for every address that the member may choose, or for those called as `only` (a key).
    `asin` is what a reorder looks for first."""
    choices = []
    for address in addresses.called(addresses.choices(tx, company, member), only):
        token = secrets.token_urlsafe(18)
        assert member.id is not None
        tx.orm.add(
            ShopLink(
                token_hash=hash_token(token),
                company_id=company.id,
                member_id=member.id,
                address_key=address.key,
                asin=asin,
                expires_at=now + company.link_life,
                trace=tx.trace,
            )
        )
        choices.append(Choice(address, f"{company.public_url}/shop/{token}"))
    return choices


def offered_since(tx: Tx, company: Company, member: Member, moment: datetime) -> bool:
    """Whether the member was offered links after this moment: the end of a link tells when it was made."""
    young = select(ShopLink).where(
        ShopLink.member_id == member.id, col(ShopLink.expires_at) > moment + company.link_life
    )
    return tx.orm.exec(young.limit(1)).first() is not None


A_WHILE = timedelta(hours=1)


class Trouble(StrEnum):
    """Why a member does not get into the shop, or a cart is not taken; each has a page that says what to do."""

    LINK_UNKNOWN = "link_unknown"
    LINK_OLD = "link_old"
    NOT_REGISTERED = "not_registered"
    NOT_PERMITTED = "not_permitted"
    TOO_MANY_VISITS = "too_many_visits"
    SETUP_CREDENTIALS = "setup_credentials"
    SETUP_REFUSED = "setup_refused"
    SETUP_UNREACHABLE = "setup_unreachable"
    SETUP_UNREADABLE = "setup_unreadable"
    CART_UNKNOWN = "cart_unknown"
    CART_USED = "cart_used"
    CART_FOREIGN = "cart_foreign"
    CART_UNREADABLE = "cart_unreadable"
    CART_UNUSABLE = "cart_unusable"
    CART_TOO_LARGE = "cart_too_large"


@dataclass(frozen=True, slots=True)
class Denied:
    """The member stays outside. `reason` is Amazon's own sentence, if it gave one; `company_id`, the mail address `email`
    that the visit is for, and the member's `language` are empty where the token tells none."""

    trouble: Trouble
    reason: str = ""
    company_id: str = field(default="", compare=False)
    trace: str = field(default="", compare=False)
    email: str = field(default="", compare=False)
    language: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit being prepared: the session's row and the finished PunchOutSetupRequest."""

    session_id: int
    company: Company
    setup: bytes
    email: str
    language: str = ""
    trace: str = ""


Companies = Callable[[str], Company | None]


def find_link(tx: Tx, token: str, now: datetime) -> tuple[ShopLink, Member] | Denied:
    """The link and its member, or why it leads nowhere."""
    link = tx.orm.get(ShopLink, hash_token(token))
    if link is None:
        return Denied(Trouble.LINK_UNKNOWN)
    member = tx.orm.get_one(Member, link.member_id)
    if link.expires_at <= now:
        return _turned_away(member, Trouble.LINK_OLD)
    if member.email is None:
        return _turned_away(member, Trouble.NOT_REGISTERED)
    return link, member


def _turned_away(member: Member, trouble: Trouble) -> Denied:
    return Denied(trouble, company_id=member.company_id, language=member.language)


def prepare(tx: Tx, vault: Keyring, companies: Companies, token: str, now: datetime) -> Visit | Denied:
    """Open a session for the link and write the setup request that belongs to it."""
    found = find_link(tx, token, now)
    if isinstance(found, Denied):
        return found
    link, member = found
    tx.trace = link.trace or tx.trace
    company = companies(link.company_id)
    if company is None:
        return Denied(Trouble.LINK_UNKNOWN)
    if not policy.may_buy(company, member):
        return _turned_away(member, Trouble.NOT_PERMITTED)
    if _visits_since(tx, member, now - A_WHILE) >= company.visits_per_hour:
        return _turned_away(member, Trouble.TOO_MANY_VISITS)
    address = addresses.get(tx, company.id, link.address_key)
    cart_token, cookie = secrets.token_urlsafe(18), secrets.token_hex(16)
    session = ShoppingSession(
        company_id=company.id,
        member_id=link.member_id,
        address_key=address.key,
        cart_token_hash=hash_token(cart_token),
        cookie_hash=hash_token(cookie),
        email=member.email,
        state=SessionState.OPENING,
        test=company.test,
        opened_at=now,
        trace=tx.trace,
    )
    tx.orm.add(session)
    tx.orm.flush()
    payload_id = new_payload_id(now, company.account.identity, secrets.token_hex(6))
    assert session.id is not None
    assert member.email is not None
    setup = build_setup(
        SetupRequest(
            buyer_cookie=cookie,
            return_url=f"{company.public_url}/punchout/cart/{cart_token}",
            email=member.email,
            first_name=member.first_name,
            last_name=member.last_name,
            business_unit=policy.business_unit(company, member),
            selected=link.asin,
            ship_to=addresses.to_cxml(company, address, member.email),
            contact=addresses.contact_of(member),
        ),
        company.account,
        payload_id,
        now,
    )
    evidence.keep(
        tx,
        vault,
        company_id=company.id,
        direction="out",
        identity=payload_id,
        kind="PunchOutSetupRequest",
        raw=setup,
        now=now,
        outcome="sent",
    )
    member.last_address = address.key
    tx.orm.add(member)
    return Visit(session.id, company, setup, member.email, member.language, tx.trace)


def _visits_since(tx: Tx, member: Member, moment: datetime) -> int:
    visits = select(func.count()).where(
        ShoppingSession.member_id == member.id, col(ShoppingSession.opened_at) > moment
    )
    return tx.orm.exec(visits).one()


async def enter(
    db: Database,
    supplier: Supplier,
    vault: Keyring,
    companies: Companies,
    token: str,
    clock: Callable[[], datetime],
) -> str | Denied:
    """The address of Amazon's start page for the holder of this link, or why there is none."""
    visit = await db.write(lambda tx: prepare(tx, vault, companies, token, clock()))
    if isinstance(visit, Denied):
        return visit
    trace.set(visit.trace)
    outcome = await supplier.setup(visit.company.punchout_url, visit.setup)
    if isinstance(outcome, StartPage):
        await db.write(lambda tx: _started(tx, visit.session_id, SessionEvent.STARTED, clock()))
        return outcome.url
    whose = partial(Denied, company_id=visit.company.id, email=visit.email, language=visit.language)
    if isinstance(outcome, Refused):
        denied = whose(_why_refused(outcome.status), outcome.reason)
    elif isinstance(outcome, Unreachable):
        denied = whose(Trouble.SETUP_UNREACHABLE, outcome.why)
    else:
        denied = whose(Trouble.SETUP_UNREADABLE, outcome.why)
    await db.write(
        lambda tx: _started(
            tx, visit.session_id, SessionEvent.REFUSED, clock(), f"{denied.trouble}: {denied.reason}"
        )
    )
    return denied


def _why_refused(status: int) -> Trouble:
    """A wrong password is the administrator's affair, trouble at Amazon passes, the rest is about the member."""
    if status == 401:
        return Trouble.SETUP_CREDENTIALS
    return Trouble.SETUP_UNREACHABLE if status >= 500 else Trouble.SETUP_REFUSED


def _started(tx: Tx, session_id: int, event: SessionEvent, now: datetime, trouble: str = "") -> None:
    session = tx.orm.get_one(ShoppingSession, session_id, with_for_update=True)
    session.state = advance(SessionState(session.state), event)
    session.trouble = trouble
    tx.orm.add(session)
    if session.state == SessionState.OPEN:
        reminders.watch_session(tx, session, now)
