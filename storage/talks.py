"""Where a member stands in the talk. Read and written with every word, so by prepared statements."""

from sqlalchemy.dialects import postgresql, sqlite

from storage.database import Tx
from storage.finder import Finder
from storage.prepared import Prepared
from storage.tables import Talk

_COLUMNS = ("company_id", "user_id", "state", "about", "changed_at")


def _put(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    news = {name: insert.excluded[name] for name in ("state", "about", "changed_at")}
    return insert.on_conflict_do_update(index_elements=["company_id", "user_id"], set_=news)


_TABLE = Talk.metadata.tables["talk"]
_KEPT = Finder(Talk, "company_id", "user_id")
_KEEP = Prepared(_put(sqlite.insert(_TABLE)), _put(postgresql.insert(_TABLE)), columns=_COLUMNS)


def look(tx: Tx, company_id: str, user_id: str) -> Talk | None:
    return _KEPT.copy(tx, company_id=company_id, user_id=user_id)


def keep(tx: Tx, talk: Talk) -> None:
    """Remember where the talk stands now. A talk has a lane: nobody else writes it meanwhile."""
    _KEEP.run(tx, {name: getattr(talk, name) for name in _COLUMNS})
