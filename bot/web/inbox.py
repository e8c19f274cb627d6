"""Callbacks on their way to the disk: those that come while others are being stored are stored together, after them.

A transaction of its own for each would cost more than the callback; so would a unit of its own for each in the writer's
transaction (bench/ack.py). Nobody waits for somebody else's talk: a callback whose lane another process has locked, and
one that can't be stored, goes a way of its own.
"""

import asyncio
from collections import deque
from typing import NamedTuple

from storage import queue
from storage.database import Database, DatabaseFault
from storage.queue import NewJob

MOST = 256
"""So many are stored in one transaction at most, so that nobody waits long for his neighbours."""
SHORTEST, LONGEST = 0.01, 0.5
"""Seconds between two tries at a lane that somebody else is at: a turn takes milliseconds, a process that froze in the
middle of one is cut off by PostgreSQL after a while (storage.postgres)."""


class _Callback(NamedTuple):
    job: NewJob
    stored: asyncio.Future[None]

    def answer(self, fault: Exception | None = None) -> None:
        if self.stored.done():
            return  # who waited for it has gone
        if fault is None:
            self.stored.set_result(None)
        else:
            self.stored.set_exception(fault)


class Inbox:
    """Where the web routes put what LINE WORKS posts."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[_Callback] = []
        self._storing: asyncio.Task[None] | None = None
        self._apart: dict[str, deque[_Callback]] = {}
        """By lane, what waits for one that somebody else is at, in the order in which it came."""
        self._aside: set[asyncio.Task[None]] = set()

    async def store(self, job: NewJob) -> None:
        """Return when the job is on the disk. Raises what the database raises; then it is not stored."""
        callback = _Callback(job, asyncio.get_running_loop().create_future())
        self._waiting.append(callback)
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all(), name="callbacks")
        await callback.stored

    async def _store_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # those that are at the door come along
            together = [callback for callback in self._waiting[:MOST] if not self._goes_apart(callback)]
            self._waiting = self._waiting[MOST:]
            try:
                busy = await self._put([callback.job for callback in together])
            except DatabaseFault as fault:
                for callback in together:
                    callback.answer(fault)
            except Exception:  # noqa: BLE001 - one of them can't be stored: it is told so, and keeps nobody else out
                for callback in together:
                    self._set_apart(callback)
            else:
                for callback in together:
                    if callback.job.lane in busy:
                        self._set_apart(callback)
                    else:
                        callback.answer()
        self._storing = None

    async def _put(self, jobs: list[NewJob]) -> set[str]:
        """The lanes that somebody else is at: of these nothing was stored."""
        return await self._db.write(lambda tx: queue.put_all(tx, jobs)) if jobs else set()

    def _goes_apart(self, callback: _Callback) -> bool:
        """Behind those of its lane that are apart already: it does not overtake them."""
        if callback.job.lane not in self._apart:
            return False
        self._set_apart(callback)
        return True

    def _set_apart(self, callback: _Callback) -> None:
        lane = callback.job.lane
        if lane in self._apart:
            self._apart[lane].append(callback)
            return
        self._apart[lane] = deque([callback])
        task = asyncio.create_task(self._store_apart(lane), name="callbacks of a busy lane")
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def _store_apart(self, lane: str) -> None:
        """One after the other, each tried until its lane is free. It holds no connection while it waits."""
        waiting = self._apart[lane]
        while waiting:
            callback = waiting.popleft()
            pause = SHORTEST
            try:
                while await self._put([callback.job]):
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST)
            except Exception as fault:  # noqa: BLE001 - raised where it is waited for
                callback.answer(fault)
            else:
                callback.answer()
        del self._apart[lane]
