"""How the Amazon stand-in waits on the stage: until the transcript lets it go on."""

import asyncio
from typing import Any

from sandbox.amazon.fulfilment import PARCEL_SECONDS

CONFIRM, SHIP = 1001.0, 1002.0
"""Pauses that end when the transcript says so; every other one ends at once."""


class Pauses:
    """How the Amazon stand-in waits: until it is let go on. It also knows who is at work for an order just now."""

    def __init__(self) -> None:
        self.at_work: set[asyncio.Task[Any]] = set()
        self._waiting: dict[float, dict[asyncio.Task[Any], asyncio.Future[None]]] = {CONFIRM: {}, SHIP: {}}
        self._changed = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        if seconds not in self._waiting:
            return
        task = asyncio.current_task()
        assert task is not None
        self._waiting[seconds][task] = go_on = asyncio.get_running_loop().create_future()
        task.add_done_callback(self._rests)
        self._rests(task)
        try:
            await go_on
        finally:
            self._waiting[seconds].pop(task, None)

    def one_by_one(self) -> float:
        """From now on each parcel waits for a word of its own. Returns how the next one waits."""
        waiting = self._waiting.setdefault(PARCEL_SECONDS, {})
        return PARCEL_SECONDS if waiting else SHIP

    def _rests(self, task: asyncio.Task[Any]) -> None:
        self.at_work.discard(task)
        self._changed.set()

    def begin(self, task: asyncio.Task[Any]) -> None:
        """Somebody is at work from now on, until the work is done or waits to be let go on."""
        self.at_work.add(task)
        task.add_done_callback(self._rests)

    async def waiting(self, seconds: float) -> list[asyncio.Task[Any]]:
        """Everybody who waits so, the longest first; waits for the first one to come."""
        while not self._waiting[seconds]:
            await self._change()
        return list(self._waiting[seconds])

    def go_on(self, seconds: float, task: asyncio.Task[Any]) -> None:
        """Lets one of them go on."""
        self.at_work.add(task)
        self._waiting[seconds][task].set_result(None)

    async def rest(self) -> None:
        """Returns when nobody works any more: all wait to be let go on, or have done."""
        while self.at_work:
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
