"""Whether more callbacks wait than the database should hold."""

import asyncio
import logging

from bot.handlers import CALLBACK
from storage import backlog
from storage.database import Database, DatabaseFault

LOOK = 2.0
"""Seconds between two looks at how many callbacks wait."""
_log = logging.getLogger(__name__)


class Waiting:
    """How many callbacks wait to be worked on. Looked at beside the callbacks, at most every LOOK seconds."""

    def __init__(self, db: Database, most: int) -> None:
        self._db, self._most = db, most
        self._count, self._look_at = 0, 0.0
        self._looking: asyncio.Task[None] | None = None

    async def too_many(self) -> bool:
        """Whether no more should be taken. Knows what was true at the last look; nobody is refused without a new one."""
        now, full = asyncio.get_running_loop().time(), self._count >= self._most
        if self._looking is None and (full or now >= self._look_at):
            self._look_at = now + LOOK
            self._looking = asyncio.create_task(self._look(), name="waiting callbacks")
        if full and self._looking is not None:
            await asyncio.shield(self._looking)
        return self._count >= self._most

    async def _look(self) -> None:
        try:
            self._count = await self._db.read(lambda tx: backlog.waiting(tx, CALLBACK, self._most))
            if self._count >= self._most:
                _log.error("%d callbacks wait already: more are refused", self._count)
        except DatabaseFault:
            pass  # whoever stores the callback will say so
        finally:
            self._looking = None
