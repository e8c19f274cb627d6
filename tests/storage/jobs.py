"""Short ways to put and take jobs, for tests."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import event

from storage import queue
from storage.database import Database, Tx
from storage.queue import Job

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def putting(
    key: str, lane: str | None = None, kind: str = "send", due: datetime | None = None, priority: int = 1
) -> Callable[[Tx], bool]:
    """The unit of work that puts a job; without a lane it has one of its own."""
    return lambda tx: queue.put(
        tx,
        company_id="sample",
        lane=lane or f"lane of {key}",
        kind=kind,
        key=key,
        payload=key.encode(),
        now=NOW,
        due=due,
        priority=priority,
        trace=f"trace of {key}",
    )


def claiming(
    owner: str = "one", limit: int = 10, now: datetime = NOW, *kinds: str
) -> Callable[[Tx], list[Job]]:
    return lambda tx: queue.claim(
        tx, kinds=kinds or ("send",), owner=owner, limit=limit, now=now, lease=LEASE
    )


async def keys_claimed(
    database: Database, owner: str = "one", now: datetime = NOW, limit: int = 10, kinds: tuple[str, ...] = ()
) -> list[str]:
    return [job.key for job in await database.write(claiming(owner, limit, now, *kinds))]


async def states(database: Database) -> dict[str, str]:
    """The state of every job, by its key."""

    def load(tx: Tx) -> dict[str, str]:
        rows = tx.conn.exec_driver_sql("SELECT key, state FROM job ORDER BY id").all()
        return {str(row.key): str(row.state) for row in rows}

    return await database.read(load)


class Commits:
    """Counts the commits of an engine."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        event.listen(database.engine, "commit", self._one_more)

    def _one_more(self, _conn: object) -> None:
        self.count += 1
