"""What each administrator wants to be told at once, in a daily digest, or not at all. Without a choice: at once."""

from collections.abc import Sequence
from datetime import datetime, time
from enum import StrEnum

from sqlmodel import col, select

from purchasing import members, policy
from purchasing.notices import What
from purchasing.values import Company, next_at
from storage import audit, queue
from storage.database import Tx
from storage.tables import DigestEntry, Member, NoticeChoice

DIGEST = "digest"
MORNING = time(9, 0)
"""When the daily digest is sent, on a Japanese clock."""


class Pace(StrEnum):
    NOW = "now"
    DAILY = "daily"
    OFF = "off"


KINDS = (
    What.ORDER_PLACED,
    What.CONFIRMED,
    What.SHIPPED,
    What.ORDER_REFUSED,
    What.ORDER_LATE,
    What.GOODS_MISSING,
    What.CANCEL_WISHED,
    What.UNDELIVERABLE,
    What.DOCUMENT,
)
"""What can be chosen; the rest goes with one of these."""
_GOES_WITH = {
    What.ORDER_UNANSWERED: What.ORDER_LATE,
    What.ORDER_STUCK: What.ORDER_LATE,
    What.ORDER_DOUBTFUL: What.ORDER_LATE,
    What.ORDER_FAILED: What.ORDER_LATE,
    What.CONFIRMATION_WITHDRAWN: What.ORDER_LATE,
    What.SHIPMENT_WITHDRAWN: What.ORDER_LATE,
    What.GOODS_DAMAGED: What.GOODS_MISSING,
}


def choose(tx: Tx, member: Member, what: What, pace: Pace, now: datetime) -> None:
    row = tx.orm.get(NoticeChoice, (member.company_id, member.user_id, what))
    row = row or NoticeChoice(company_id=member.company_id, user_id=member.user_id, what=what, pace=pace)
    row.pace = pace
    tx.orm.add(row)
    tx.orm.flush()
    audit.note_of(tx, member.company_id, member.id, "notices_chosen", now, notice=what, pace=pace)


def paces(tx: Tx, company_id: str, names: Sequence[str]) -> dict[What, Pace]:
    """The pace of every kind, for the person of these ids."""
    chosen = tx.orm.exec(
        select(NoticeChoice).where(
            NoticeChoice.company_id == company_id,
            col(NoticeChoice.user_id).in_([name for name in names if name]),
        )
    ).all()
    return dict.fromkeys(KINDS, Pace.NOW) | {What(row.what): Pace(row.pace) for row in chosen}


def pace_of(tx: Tx, company_id: str, names: Sequence[str], what: What) -> Pace:
    return paces(tx, company_id, names).get(_GOES_WITH.get(what, what), Pace.NOW)


def pace_for(tx: Tx, company_id: str, recipient: str, what: What) -> Pace:
    """The same for a recipient of notices, whom a list may name by either id."""
    known = members.find(tx, company_id, recipient)
    return pace_of(tx, company_id, (known.user_id, known.login_id) if known else (recipient,), what)


def anybody_reads(tx: Tx, company: Company, buyer: Member, what: What) -> bool:
    """Whether somebody who answers for this buyer's purchases wants to be told such news, at once or daily."""
    admins = policy.admins_of(company, buyer)
    return any(pace_for(tx, company.id, admin, what) is not Pace.OFF for admin in admins)


def put_off(tx: Tx, company_id: str, recipient: str, text: str, now: datetime) -> None:
    """Keep a line for the recipient's next digest, and see to it that there is one."""
    tx.orm.add(DigestEntry(company_id=company_id, recipient=recipient, text=text, at=now))
    due = next_at(MORNING, now)
    queue.put(
        tx,
        company_id=company_id,
        lane=f"digest:{company_id}:{recipient}",
        kind=DIGEST,
        key=f"digest:{company_id}:{recipient}:{due:%Y%m%d}",
        payload=recipient.encode(),
        now=now,
        due=due,
    )


def take_digest(tx: Tx, company_id: str, recipient: str) -> list[str]:
    """The lines kept for the recipient; they are taken away."""
    entries = tx.orm.exec(
        select(DigestEntry)
        .where(DigestEntry.company_id == company_id, DigestEntry.recipient == recipient)
        .order_by(col(DigestEntry.id))
    ).all()
    for entry in entries:
        tx.orm.delete(entry)
    return [entry.text for entry in entries]
