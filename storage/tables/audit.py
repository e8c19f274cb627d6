"""Who did what, when and why: rows that are only ever added, chained by hashes. `storage.audit` alone writes them."""

from datetime import datetime

from sqlalchemy import DDL, UniqueConstraint, event
from sqlmodel import Field, SQLModel

from storage.types import BigId, Utc, partial_index


class AuditEntry(SQLModel, table=True):
    """One fact. `place` counts a company's entries from 1; `hash` is over the entry and the hash before it.

    actor    who did it: member:<row id>, operator:<login>, amazon or kaimono; never a name or an address
    facts    the rest as canonical JSON: ids, states, amounts, reasons
    trace    the id that the log carries for the same piece of work
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("company_id", "place"),
        partial_index("ix_audit_entry_order", "order_number", where="order_number <> ''"),
        partial_index("ix_audit_entry_member", "member_id", where="member_id IS NOT NULL"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    company_id: str = Field(foreign_key="company.id")
    place: int = Field(sa_type=BigId)
    at: datetime = Field(sa_type=Utc)
    actor: str
    what: str
    order_number: str
    member_id: int | None = Field(sa_type=BigId)
    facts: str
    trace: str
    hash: str


class AuditHead(SQLModel, table=True):
    """Where a company's chain ends. Its row is the lock that writers queue at, and shows a chain cut short."""

    __tablename__ = "audit_head"

    company_id: str = Field(primary_key=True, foreign_key="company.id")
    place: int = Field(sa_type=BigId)
    hash: str


APPEND_ONLY = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_entry_no_{verb.lower()} BEFORE {verb} ON audit_entry "
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$",
        "CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
    ),
}
"""What makes the database itself refuse changes. Migration 0004 says the same."""

ONLY_GROWS = {
    "sqlite": (
        "CREATE TRIGGER audit_head_only_grows BEFORE UPDATE ON audit_head "
        "WHEN NEW.place <= OLD.place OR NEW.company_id <> OLD.company_id "
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        "CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head "
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    ),
    "postgresql": (
        "CREATE TRIGGER audit_head_only_grows BEFORE UPDATE ON audit_head FOR EACH ROW "
        "WHEN (NEW.place <= OLD.place OR NEW.company_id <> OLD.company_id) EXECUTE FUNCTION audit_append_only()",
        "CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
    ),
}
"""The head moves on and never back. Migration 0007 says the same."""

for _table, _guard in (("audit_entry", APPEND_ONLY), ("audit_head", ONLY_GROWS)):
    for _engine, _statements in _guard.items():
        for _statement in _statements:
            _trigger = DDL(_statement.replace("%", "%%")).execute_if(dialect=_engine)  # type: ignore[no-untyped-call]
            event.listen(AuditEntry.metadata.tables[_table], "after_create", _trigger)
