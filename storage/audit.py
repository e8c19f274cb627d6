"""The audit: who did what, when and why, written in the transaction of the fact itself, and only ever added to.

Every company has a chain: an entry's hash is SHA-256 over the hash before it and the entry as canonical JSON, so that
no entry can be changed, taken out or put in without every later hash telling. `audit_head` holds the end of the chain;
it is also the lock that writers queue at. It is taken last of all, when the unit of work is done, so that nobody waits
for longer than a commit and no two units wait for each other.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import Tx
from storage.tables.audit import AuditEntry, AuditHead
from storage.tables.order import Order

ENTRY = AuditEntry.metadata.tables["audit_entry"]
HEAD = AuditHead.metadata.tables["audit_head"]
ORDER = Order.metadata.tables["purchase_order"]
_BEGINNING = ""
_HASHED = ("company_id", "place", "at", "actor", "what", "order_number", "member_id", "facts", "trace")


def note(
    tx: Tx,
    company_id: str,
    actor: str,
    what: str,
    now: datetime,
    *,
    order_number: str = "",
    member_id: int | None = None,
    **facts: object,
) -> None:
    """Add an entry when this unit of work ends; it is stored with the unit or not at all.

    `facts` are ids, states, amounts and reasons: no names, addresses or secrets, since entries are kept for good.
    """
    row = {
        "company_id": company_id,
        "at": now,
        "actor": actor,
        "what": what,
        "order_number": order_number,
        "member_id": member_id,
        "facts": _canonical(facts),
        "trace": tx.trace,
    }
    waiting: dict[str, list[dict[str, Any]]] = tx.kept.setdefault(note, {})
    if not waiting:
        tx.at_end(_append)
    waiting.setdefault(company_id, []).append(row)


def note_of(tx: Tx, company_id: str, member_id: int | None, what: str, now: datetime, **facts: Any) -> None:
    """The same of what a member did; `facts` may hold the `order_number`."""
    note(tx, company_id, f"member:{member_id}", what, now, member_id=member_id, **facts)


def _append(tx: Tx) -> None:
    """Chain what this unit noted. Companies in order, so that two units never lock them crosswise."""
    for company_id, rows in sorted(tx.kept.pop(note).items()):
        place, last = _lock_head(tx.conn, company_id)
        for row in rows:
            place += 1
            row["place"] = place
            row["hash"] = last = _hash(last, row)
        tx.conn.execute(insert(ENTRY), rows)
        tx.conn.execute(_MOVE_HEAD, {"company": company_id, "to_place": place, "to_hash": last})


def _lock_head(conn: Connection, company_id: str) -> tuple[int, str]:
    head = conn.execute(_LOCK, {"company": company_id}).first()
    if head is None:
        dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
        first = dialect.insert(HEAD).values(company_id=company_id, place=0, hash=_BEGINNING)
        conn.execute(first.on_conflict_do_nothing())
        head = conn.execute(_LOCK, {"company": company_id}).one()
    return head.place, head.hash


_LOCK = select(HEAD.c.place, HEAD.c.hash).where(HEAD.c.company_id == bindparam("company")).with_for_update()
_MOVE_HEAD = (
    update(HEAD)
    .where(HEAD.c.company_id == bindparam("company"))
    .values(place=bindparam("to_place"), hash=bindparam("to_hash"))
)


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _hash(before: str, row: dict[str, Any]) -> str:
    said = {name: row[name] for name in _HASHED}
    said["at"] = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return sha256((before + _canonical(said)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along a chain found: how many entries are good, and the place where it breaks (None: nowhere).

    `hash` is of the last good entry: kept elsewhere with its place, it shows later that nothing before it was cut.
    """

    count: int
    broken_at: int | None = None
    why: str = ""
    hash: str = field(default="", compare=False)


PAGE = 2_000


def verify(tx: Tx, company_id: str) -> Verdict:
    """Walk a company's chain from its beginning to its head. `why` is changed, missing, cut, or none.

    A chain that was cut together with its head looks whole: see `holds`. None: there are orders and no entry at all.
    """
    place, last = 0, _BEGINNING
    try:
        for row in _along(tx.conn, company_id):
            if row.place > place + 1:
                return Verdict(place, place + 1, "missing")
            if row.place <= place or _hash(last, row._asdict()) != row.hash:
                return Verdict(place, row.place, "changed")
            place, last = row.place, row.hash
    except (ValueError, TypeError):  # SQLite holds anything, even a time that is none
        return Verdict(place, place + 1, "changed")
    head = tx.conn.execute(select(HEAD).where(HEAD.c.company_id == company_id)).first()
    if (head.place, head.hash) != (place, last) if head else place > 0:
        return Verdict(place, place + 1, "cut")
    if place == 0 and tx.conn.execute(_AN_ORDER, {"company": company_id}).first():
        return Verdict(0, 1, "none")
    return Verdict(place, hash=last)


_AN_ORDER = select(ORDER.c.id).where(ORDER.c.company_id == bindparam("company")).limit(1)


def holds(tx: Tx, company_id: str, place: int, expected: str) -> bool:
    """Whether the chain still has the entry that was its head once."""
    found = select(ENTRY.c.hash).where(ENTRY.c.company_id == company_id, ENTRY.c.place == place)
    return tx.conn.execute(found).scalar() == expected


def heads(tx: Tx) -> list[AuditHead]:
    """Where every chain ends."""
    return [AuditHead(**row._asdict()) for row in tx.conn.execute(select(HEAD).order_by(HEAD.c.company_id))]


def _along(conn: Connection, company_id: str) -> Iterator[Row[Any]]:
    """Every entry of the chain, a page at a time, and one by one: what can't be read is reached when all before it is.

    From the least number that a place can be: what somebody put before the beginning is no part of the chain.
    """
    place = -(2**63)
    while True:
        page = conn.execute(
            select(ENTRY)
            .where(ENTRY.c.company_id == company_id, ENTRY.c.place >= place)
            .order_by(ENTRY.c.place)
            .limit(PAGE)
        )
        count = 0
        for row in page:
            yield row
            count, place = count + 1, row.place + 1
        if count < PAGE:
            return


def entries(
    tx: Tx, company_id: str, *, order_number: str = "", member_id: int | None = None, limit: int = 100
) -> list[AuditEntry]:
    """The newest entries of a company, of one order or of one member, oldest of them first."""
    query = select(ENTRY).where(ENTRY.c.company_id == company_id)
    if order_number:
        query = query.where(ENTRY.c.order_number == order_number)
    if member_id is not None:
        query = query.where(ENTRY.c.member_id == member_id)
    rows = tx.conn.execute(query.order_by(ENTRY.c.place.desc()).limit(limit)).all()
    return [AuditEntry(**row._asdict()) for row in reversed(rows)]
