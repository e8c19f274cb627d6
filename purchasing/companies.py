"""Companies as rows: what the rows of everything else point to."""

from datetime import datetime

from storage.database import Tx
from storage.tables import Company


def provision(tx: Tx, company_id: str, name: str, now: datetime) -> None:
    """Make the company, or give it the name that the configuration has now."""
    row = tx.orm.get(Company, company_id) or Company(id=company_id, name=name, provisioned_at=now)
    row.name, row.provisioned_at = name, now
    tx.orm.add(row)
    tx.orm.flush()
