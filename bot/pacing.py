"""The pace of a company's sends, kept in the database: one bucket for all processes that send in its name.

A send is counted in the transaction that hands out its job: no process hoards what another could use, and the most urgent
goes first whoever runs it. A 429, and what the platform says of its own count, reach everybody the same way.
Whoever also touches jobs in a unit touches the bucket first: two units never wait for each other crosswise.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.lineworks.pace import Bucket, Rate, most
from storage.database import Tx
from storage.prepared import Prepared
from storage.tables import SendPace

_TABLE = SendPace.metadata.tables["send_pace"]
_OURS = _TABLE.c.company_id == bindparam("company")
_LOOK = Prepared(select(_TABLE.c.level, _TABLE.c.at, _TABLE.c.held_until).where(_OURS).with_for_update())
_KEEP = Prepared(
    update(_TABLE)
    .where(_OURS)
    .values(level=bindparam("level_now"), at=bindparam("now"), held_until=bindparam("hold"))
)
_FIRST = Prepared(
    sqlite.insert(_TABLE).on_conflict_do_nothing(),
    postgresql.insert(_TABLE).on_conflict_do_nothing(),
    columns=("company_id", "level", "at"),
)


class SharedPace:
    """A company's bucket, and the gate of its sends. It is made full by whoever sends first."""

    def __init__(self, company_id: str, per_minute: float) -> None:
        self._company, self._per_minute = company_id, per_minute

    def let(self, tx: Tx, take: Callable[[int], int], now: datetime) -> timedelta:
        """Let `take` begin as many sends as there is room for; it says how many it did. Returns when to come again.

        Until the unit ends nobody else may look.
        """
        bucket = self._look(tx, now)
        taken = take(room) if (room := bucket.room(now)) else 0
        if taken:
            bucket = bucket.taken(taken, now)
            self._keep(tx, bucket)
        return bucket.wait(now)

    def hold(self, tx: Tx, pause: timedelta, now: datetime) -> None:
        """The platform refused: nobody sends before the pause is over."""
        self._keep(tx, self._look(tx, now).held(now + pause, now))

    def minds(self, rate: Rate) -> bool:
        """Whether what the platform says can matter: it has less left than a full bucket gives."""
        return rate.remaining is not None and rate.remaining < most(self._per_minute)

    def heed(self, tx: Tx, rate: Rate, now: datetime) -> None:
        """Send no more than the platform says is left."""
        self._keep(tx, self._look(tx, now).heeding(rate, now))

    def _look(self, tx: Tx, now: datetime) -> Bucket:
        rows = _LOOK.run(tx, {"company": self._company}).fetchall()
        if rows:
            level, at, hold = rows[0]
            return Bucket(self._per_minute, level, _time(at), None if hold is None else _time(hold))
        full = Bucket.full(self._per_minute, now)
        _FIRST.run(tx, {"company_id": self._company, "level": full.level, "at": full.at.timestamp()})
        return self._look(tx, now)

    def _keep(self, tx: Tx, bucket: Bucket) -> None:
        hold = bucket.held_until.timestamp() if bucket.held_until else None
        values = {"level_now": bucket.level, "now": bucket.at.timestamp(), "hold": hold}
        _KEEP.run(tx, {"company": self._company} | values)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
