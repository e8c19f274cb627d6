"""Order numbers that a person can read over the phone: KM-202611-00042."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from purchasing.values import Company, local
from storage.database import Tx
from storage.tables import NumberSeries

LONGEST = 22
"""What X12 allows for a purchase order number (Amazon reference 8.2)."""


def render(pattern: str, now: datetime, n: int) -> str:
    """The pattern filled in for this day (Japan's calendar) and running number. Raises ValueError for a bad pattern."""
    day = local(now)
    try:
        return pattern.format(yyyy=f"{day:%Y}", yy=f"{day:%y}", mm=f"{day:%m}", dd=f"{day:%d}", n=n)
    except (KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"unknown field {error} in the pattern") from None


def check_pattern(pattern: str) -> None:
    """Raises ValueError unless numbers made from the pattern are distinct, short enough and safe to print."""
    now = datetime.fromisoformat("2026-12-31T00:00:00+09:00")
    small, large = render(pattern, now, 1), render(pattern, now, 99_999)
    if small == large:
        raise ValueError("the pattern needs {n}, the running number")
    if len(large) > LONGEST:
        raise ValueError(f"numbers would be longer than {LONGEST} characters")
    if not all(c.isascii() and (c.isalnum() or c in "-_/.") for c in small + large):
        raise ValueError("only letters, digits and - _ / . are allowed")


def next_number(tx: Tx, company: Company, now: datetime) -> str:
    """The company's next order number. A series runs as long as the pattern's date part stays the same."""
    period = render(company.number_pattern, now, 0)
    dialect = postgresql if tx.conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(NumberSeries).values(company_id=company.id, period=period, last=1)
    last = tx.conn.execute(
        statement.on_conflict_do_update(
            index_elements=["company_id", "period"],
            set_={"last": NumberSeries.__table__.c.last + 1},  # type: ignore[attr-defined]
        ).returning(NumberSeries.__table__.c.last)  # type: ignore[attr-defined]
    ).scalar_one()
    return render(company.number_pattern, now, last)
