"""Companies as rows: what the rows of everything else point to."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import col, select

from storage.database import Tx
from storage.tables import Company


def provision(tx: Tx, company_id: str, name: str, now: datetime) -> None:
    """Make the company, or give it the name that the configuration has now."""
    row = tx.orm.get(Company, company_id) or Company(id=company_id, name=name, provisioned_at=now)
    row.name, row.provisioned_at = name, now
    tx.orm.add(row)
    tx.orm.flush()


def known(tx: Tx, configured: Mapping[str, str]) -> dict[str, str]:
    """The name of every company of which there may be rows, by id: those that are configured, then those that are not
    any more."""
    rows = tx.orm.exec(select(Company).order_by(col(Company.id))).all()
    return dict(configured) | {row.id: f"{row.name} ({row.id})" for row in rows if row.id not in configured}
