"""Order numbers that a person can read over the phone: KM-202611-00042."""

import re
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from punchout.order import MAX_NUMBER
from purchasing.values import Company, local
from storage.database import Tx
from storage.tables import NumberSeries


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
    if len(large) > MAX_NUMBER:
        raise ValueError(f"numbers would be longer than {MAX_NUMBER} characters")
    if not all(c.isascii() and (c.isalnum() or c in "-_/.") for c in small + large):
        raise ValueError("only letters, digits and - _ / . are allowed")


_FIELD = re.compile(r"\{[^}]*\}")
_AMAZONS = re.compile(r"[0-9A-Z]{3}-?[0-9]{6,8}-?[0-9]{6,8}")
_DIGITS = 5


def resembles(pattern: str, word: str) -> bool:
    """Whether a word looks like a number of this pattern, mistyped perhaps, or like Amazon's (250-5123176-9239824).

    Letters count; hyphens and how many digits there are do not.
    """
    word = word.upper()
    shape = r"\d+".join(_bare(part) for part in _FIELD.split(pattern))
    known = re.fullmatch(shape, _bare(word)) or _AMAZONS.fullmatch(word)
    return known is not None and sum(char.isdigit() for char in word) >= _DIGITS


def _bare(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


GAP = 1000
"""Numbers left out after a restore: more than a company orders between two backups."""


def next_number(tx: Tx, company: Company, now: datetime) -> str:
    """The company's next order number. A series runs as long as the pattern's date part stays the same."""
    return render(company.number_pattern, now, _moved_on(tx, company, now, 1))


def leave_gap(tx: Tx, company: Company, now: datetime) -> str:
    """Leave out GAP numbers, since a backup does not know those given after it; returns the next that will be given.

    A series that the backup does not have may have begun after it, so it begins with the gap.
    """
    return render(company.number_pattern, now, _moved_on(tx, company, now, GAP) + 1)


def _moved_on(tx: Tx, company: Company, now: datetime, by: int) -> int:
    """The last number of the series that runs now, after it was moved on."""
    period = render(company.number_pattern, now, 0)
    dialect = postgresql if tx.conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(NumberSeries).values(company_id=company.id, period=period, last=by)
    last: int = tx.conn.execute(
        statement.on_conflict_do_update(
            index_elements=["company_id", "period"],
            set_={"last": NumberSeries.__table__.c.last + by},  # type: ignore[attr-defined]
        ).returning(NumberSeries.__table__.c.last)  # type: ignore[attr-defined]
    ).scalar_one()
    return last
