"""The worker: takes jobs from the queue and runs their handlers, each lane in order, lanes side by side.

A `Pool` serves some kinds of jobs with a bounded number of hands. It sleeps until somebody puts a job of its kinds, or
until the next one falls due; polling is only the safety net. A pool with a `Gate` takes no more jobs than may begin now:
what waits, waits in the queue, where the most urgent goes first, and not in a hand. What a handler decides is written
back by `_settle`; a handler that has finished its job in its own transaction returns None. A job that nobody can do is
buried, never dropped.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from storage import queue
from storage.database import Database, DatabaseFault, Tx, trace
from storage.queue import Bury, Decision, Done, Job, LeaseLost, Retry, again

Handler = Callable[[Job], Awaitable[Decision | None]]
Clock = Callable[[], datetime]

LEASE = timedelta(seconds=8)
SAFETY_NET = 5.0
"""Seconds between two looks at the queue when nobody wakes us."""
ALONE = 0.2
"""The same for a worker that nobody can wake: one that shares a SQLite file with another process."""
GRACE = 4.0
"""Seconds that running jobs may take to end when the process is asked to stop; ten is all that a stop may take."""
LAST_ATTEMPT = 12
"""After this many unexpected failures (about 40 minutes) a job is buried. Handlers that expect trouble decide alone."""

_log = logging.getLogger(__name__)


class Gate(Protocol):
    """Lets as many jobs of a pool begin as may, in the unit of work that takes them; all processes have it in common."""

    def let(self, tx: Tx, take: Callable[[int], int], now: datetime) -> timedelta:
        """Calls `take` with the room there is, which returns how many it took. Returns the time until there is room."""


class Open:
    """The gate of jobs that may begin whenever there is a hand."""

    def let(self, _tx: Tx, take: Callable[[int], int], _now: datetime) -> timedelta:
        take(sys.maxsize)
        return timedelta(0)


@dataclass(frozen=True, slots=True)
class Hands:
    """What a pool is made of: how many jobs at a time, who does each kind, and how fast they may begin."""

    count: int
    handlers: Mapping[str, Handler]
    gate: Gate = field(default_factory=Open)
    buried: Callable[[Tx, Job], None] | None = None
    """What is done in the transaction that buries a job: whoever waits for it has to know."""


class Pool:
    """Some hands for some kinds of jobs."""

    def __init__(
        self,
        db: Database,
        owner: str,
        clock: Clock,
        hands: Hands,
        look_every: float = SAFETY_NET,
    ) -> None:
        self._db, self._owner, self._clock = db, owner, clock
        self._handlers, self._hands, self._gate = hands.handlers, hands.count, hands.gate
        self._buried = hands.buried
        self._look_every = look_every
        self._kinds = tuple(hands.handlers)
        self._changed = asyncio.Event()
        self._opens = clock()
        self._stopping = False
        self.running: dict[asyncio.Task[None], Job] = {}

    async def run(self) -> None:
        """Work until `stop`, then wait for the jobs in hand."""
        ends = [self._db.listen(f"queue:{kind}", self._changed.set) for kind in self._kinds]
        try:
            while not self._stopping:
                self._changed.clear()
                free, pause = self._hands - len(self.running), self._look_every
                if free and (shut := self._shut_for()):
                    pause = shut
                elif free:
                    try:
                        jobs, rest = await self._claim(free)
                        self._begin(jobs)
                        pause = self._shut_for() or rest
                    except DatabaseFault as fault:
                        _log.error("the queue cannot be read: %s", fault)
                    # A table that is away for a moment must not end the worker while callbacks are still taken.
                    except Exception:  # noqa: BLE001
                        _log.exception("the queue cannot be read")
                        pause = 1.0
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), pause)
        finally:
            for end in ends:
                end()
            if self.running:
                await asyncio.wait(self.running, timeout=GRACE)
            late = list(self.running)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def stop(self) -> None:
        self._stopping = True
        self._changed.set()

    def _begin(self, jobs: list[Job]) -> None:
        for job in jobs:
            task = asyncio.create_task(self._perform(job), name=f"{job.kind} {job.id}")
            self.running[task] = job
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.running.pop(task, None)
        self._changed.set()

    def _shut_for(self) -> float:
        """Seconds until it is worth asking the gate again; none if the clock was set back meanwhile."""
        seconds = (self._opens - self._clock()).total_seconds()
        return seconds if 0 < seconds <= self._look_every else 0.0

    async def _claim(self, limit: int) -> tuple[list[Job], float]:
        """Jobs to begin, and the seconds until the next one falls due, at most the safety net's."""
        held = list(self.running.values())

        def work(tx: Tx) -> tuple[list[Job], datetime, datetime | None]:
            now, jobs = self._clock(), list[Job]()

            def take(room: int) -> int:
                if held:
                    # After a standstill, of a suspended machine for instance, our own leases would be up for grabs.
                    queue.renew(tx, held, owner=self._owner, now=now, lease=LEASE)
                most = min(limit, room)
                jobs.extend(
                    queue.claim(tx, kinds=self._kinds, owner=self._owner, limit=most, now=now, lease=LEASE)
                )
                return len(jobs)

            shut = self._gate.let(tx, take, now)
            # Whoever was woken meanwhile looks again at once, and need not know when else.
            again = len(jobs) == limit or self._changed.is_set()
            opens = now + min(shut, timedelta(seconds=self._look_every))
            return jobs, opens, now if again else queue.next_due(tx, self._kinds, now)

        jobs, self._opens, due = await self._db.write(work)
        rest = self._look_every if due is None else max(0.01, (due - self._clock()).total_seconds())
        return jobs, 0.0 if len(jobs) == limit else min(self._look_every, rest)

    async def _perform(self, job: Job) -> None:
        token = trace.set(job.trace or job.key)
        try:
            try:
                decision = await self._handlers[job.kind](job)
            except (LeaseLost, DatabaseFault) as lost:
                _log.warning("%s job %s left to its lease: %s", job.kind, job.id, lost)
                return
            # Whatever a handler did not expect must neither end the worker nor lose the job.
            except Exception:  # noqa: BLE001
                _log.exception("%s job %s failed", job.kind, job.id)
                decision = self._after_failure(job)
            if decision is not None:
                await self._end(job, decision)
        finally:
            trace.reset(token)

    def _after_failure(self, job: Job) -> Decision:
        if job.attempts >= LAST_ATTEMPT:
            return Bury("the handler failed too often; see the log")
        return again(job.attempts, "the handler failed; see the log")

    async def _end(self, job: Job, decision: Decision) -> None:
        """Write down what was decided. A job has to be buried even where nobody can be told of it."""
        try:
            await self._db.write(lambda tx: self._settle(tx, job, decision, self._buried))
        except (LeaseLost, DatabaseFault) as lost:
            _log.warning("%s job %s left to its lease: %s", job.kind, job.id, lost)
        except Exception:
            if not isinstance(decision, Bury):
                raise
            _log.exception("nobody could be told that %s job %s is buried", job.kind, job.id)
            with suppress(LeaseLost, DatabaseFault):
                await self._db.write(lambda tx: self._settle(tx, job, decision, None))

    def _settle(self, tx: Tx, job: Job, decision: Decision, buried: Callable[[Tx, Job], None] | None) -> None:
        now = self._clock()
        match decision:
            case Done():
                queue.finish(tx, job, owner=self._owner, now=now)
            case Retry(after, why):
                queue.retry(tx, job, owner=self._owner, due=now + after, error=why)
            case Bury(why):
                _log.error("%s job %s buried: %s", job.kind, job.id, why)
                queue.bury(tx, job, owner=self._owner, now=now, error=why)
                if buried is not None:
                    buried(tx, job)


class Worker:
    """All pools of one process, their heartbeat, and a clean end."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        owner: str,
        pools: Sequence[Hands],
        look_every: float = SAFETY_NET,
    ) -> None:
        self.owner = owner
        self._db, self._clock = db, clock
        self._pools = [Pool(db, owner, clock, hands, look_every) for hands in pools]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(pool.run(), name="pool") for pool in self._pools]
        self._heart = asyncio.create_task(self._beat(), name="heartbeat")

    def trouble(self) -> str:
        return "a pool of the worker has ended" if any(task.done() for task in self._tasks) else ""

    async def stop(self) -> None:
        """Take nothing new, let jobs in hand end, hand back the rest."""
        for pool in self._pools:
            pool.stop()
        await asyncio.gather(*self._tasks)
        self._heart.cancel()
        with suppress(DatabaseFault):
            await self._db.write(lambda tx: queue.release(tx, owner=self.owner, now=self._clock()))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            jobs = [job for pool in self._pools for job in pool.running.values()]
            if jobs:
                try:
                    await self._db.write(lambda tx, jobs=jobs: self._renew(tx, jobs))  # type: ignore[misc]
                # Without a heartbeat every job in hand would soon be anybody's.
                except Exception:  # noqa: BLE001
                    _log.exception("the leases could not be renewed")

    def _renew(self, tx: Tx, jobs: list[Job]) -> None:
        queue.renew(tx, jobs, owner=self.owner, now=self._clock(), lease=LEASE)
