"""Callbacks on their way to the disk: those that come while others are being stored are stored together, after them.

A transaction of its own for each would cost more than the callback; so would a unit of its own for each in the writer's
transaction (bench/ack.py).
"""

import asyncio

from storage import queue
from storage.database import Database, DatabaseFault, Tx
from storage.queue import NewJob

MOST = 256
"""So many are stored in one transaction at most, so that nobody waits long for his neighbours."""


class Inbox:
    """Where the web routes put what LINE WORKS posts."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[tuple[NewJob, asyncio.Future[None]]] = []
        self._storing: asyncio.Task[None] | None = None

    async def store(self, job: NewJob) -> None:
        """Return when the job is on the disk. Raises what the database raises; then it is not stored."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, stored))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all(), name="callbacks")
        await stored

    async def _store_all(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                await self._put([job for job, _ in together])
            except DatabaseFault as fault:
                _answer(together, fault)
            except Exception:  # noqa: BLE001 - one of them can't be stored: it is told so, and keeps nobody else out
                for each in together:
                    await self._store_alone(*each)
            else:
                _answer(together)
        self._storing = None

    async def _store_alone(self, job: NewJob, stored: asyncio.Future[None]) -> None:
        try:
            await self._put([job])
        except Exception as fault:  # noqa: BLE001 - raised where it is waited for
            _answer([(job, stored)], fault)
        else:
            _answer([(job, stored)])

    async def _put(self, jobs: list[NewJob]) -> None:
        def work(tx: Tx) -> None:
            queue.put_all(tx, jobs)

        await self._db.write(work)


def _answer(together: list[tuple[NewJob, asyncio.Future[None]]], fault: Exception | None = None) -> None:
    for _, stored in together:
        if stored.done():
            continue  # who waited for it has gone
        if fault is None:
            stored.set_result(None)
        else:
            stored.set_exception(fault)
