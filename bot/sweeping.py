"""The sweep: every night, a job deletes what is older than the configuration keeps, batch by batch, and plans the next.

A sweep that is cut short goes on where it was: what is gone is gone, and its job is taken up again.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import ceil

from bot.config import Config
from bot.metrics import Metrics
from purchasing import retention
from purchasing.retention import Ages
from purchasing.values import next_at
from storage import audit, backlog, queue
from storage.database import Database, Tx
from storage.queue import Decision, Job

KIND = "sweep"
NIGHT = time(3, 0)
"""When the sweep begins, on a Japanese clock."""
_log = logging.getLogger(__name__)


def plan(tx: Tx, now: datetime) -> None:
    """See to it that there is a sweep next night; every process may ask for it."""
    due = next_at(NIGHT, now)
    key = f"{KIND}:{due:%Y%m%d}"
    queue.put(tx, company_id="", lane=KIND, kind=KIND, key=key, payload=b"", now=now, due=due)


def ages_of(config: Config) -> Ages:
    """How long the configuration keeps things; of a number of years the longest that there is."""
    kept = config.retention
    return Ages(
        orders=timedelta(days=ceil(kept.orders_years * 365.25)),
        visits=timedelta(days=kept.visits_days),
        jobs=timedelta(days=kept.jobs_days),
    )


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Who sweeps, and how long things are kept."""

    db: Database
    ages: Ages
    metrics: Metrics
    clock: Callable[[], datetime]
    owner: str

    async def sweep(self, job: Job) -> Decision | None:
        now, gone = self.clock(), Counter[str]()
        await self.db.write(lambda tx: plan(tx, now))  # first: should this night be given up, the next is not
        for step in retention.STEPS:
            while count := await self.db.write(lambda tx, step=step: step(tx, self.ages, now)):  # type: ignore[misc]
                gone[step.__name__] += count
                self.metrics.swept.labels(step.__name__).inc(count)

        await self.db.write(lambda tx: queue.finish(tx, job, owner=self.owner, now=now))
        _log.info("swept: %s", ", ".join(f"{n} {what}" for what, n in gone.items()) or "nothing was old")
        for head in await self.db.read(audit.heads):
            _log.info("the audit of %s ends at %d:%s", head.company_id, head.place, head.hash)
        if given_up := len(await self.db.read(backlog.buried)):
            _log.error("%d jobs were given up: look at them with kaimono jobs", given_up)
        return None
