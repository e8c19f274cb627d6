"""A bot that dies: at the first crash point of each stage at which none has died before, by SIGKILL, and starts again.

What lives on after a kill finds the time moved on by a lease, so that nobody waits for one; the stand-ins live by the
same clock.
"""

import asyncio
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.worker import LEASE
from purchasing import reminders
from tests.trouble.house import assert_silent
from tests.trouble.points import GO_ON
from tests.trouble.serving import STARTS_WITHIN, Life, Warm

Point = tuple[str, str, int]
"""Stage, name, and the how manieth of this name in this stage."""
_ANY_TIME = ("Worker._beat", "/token", f"({reminders.KIND})")
"""What happens when its time has come, in whichever stage that is; it counts once."""


class Mortal:
    """`walked` holds every point at which a bot was killed, in the order in which they were found."""

    def __init__(self, warm: Warm) -> None:
        self._warm = warm
        self._ahead = timedelta()
        self._pid = 0
        self._ended: asyncio.Task[int] | None = None
        self._stopping = False
        self._reached: Counter[str] = Counter()
        self._inside: Counter[str] = Counter()
        self.stage = "start"
        self.killed = 0
        self.lives = 0
        self.up = asyncio.Event()
        self.reports = asyncio.Event()
        self.walked: dict[Point, int] = {}
        self.log: list[str] = []

    def clock(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    @property
    def idle(self) -> bool:
        """Up, and between the points: no commit and no call is under way."""
        return self.up.is_set() and not any(self._inside.values())

    def enter(self, stage: str) -> None:
        """From here on the points are those of this stage, and it may die once."""
        self.stage, self.killed = stage, 0
        self._reached.clear()

    @asynccontextmanager
    async def alive(self, config: Path) -> AsyncIterator[None]:
        """One process after the other while the block runs, from when the first one takes requests; a clean end."""
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(self._live(config))
                async with asyncio.timeout(STARTS_WITHIN):
                    await self.up.wait()
                yield
                self._stopping = True
                os.kill(self._pid, signal.SIGTERM)
        except BaseException:
            sys.stderr.write("\n".join(["the end of the bot's log:", *self.log[-40:], ""]))
            raise
        finally:
            if self._ended is not None and not self._ended.done():
                os.kill(self._pid, signal.SIGKILL)
        assert_silent("\n".join(self.log))

    async def _live(self, config: Path) -> None:
        while not self._stopping:
            await self._live_once(config)

    async def _live_once(self, config: Path) -> None:
        ours, theirs = socket.socketpair()
        order = {"how": "composed", "config": str(config), "ahead": self._ahead.total_seconds()}
        life = await Life.begin(self._warm, order, theirs.detach())
        self._pid, self._ended = life.pid, life.ended
        self.lives += 1
        reading = asyncio.create_task(self._read(life))
        questions, answers = await asyncio.open_connection(sock=ours)
        try:
            async for line in questions:
                if self._dies_at(line.decode().rstrip()):
                    self.up.clear()
                    os.kill(life.pid, signal.SIGKILL)
                    break
                answers.write(GO_ON)
            code = await asyncio.shield(life.ended)
            await reading
        finally:
            answers.close()
        expected = 0 if self._stopping else -signal.SIGKILL
        assert code == expected, "\n".join([f"the bot ended by itself ({code})", *self.log[-20:]])
        self._ahead += LEASE + timedelta(seconds=1)
        self._inside.clear()

    def _dies_at(self, name: str) -> bool:
        """Whether the process that reached this point is to be killed there."""
        when, _, what = name.partition(" ")
        self._inside[what] += 1 if when == "before" else -1
        self.reports.set()
        starting = self.stage == "start"
        if self._stopping or (self.killed and not starting):
            return False
        self._reached[name] += 1
        point = (self.stage, name, self._reached[name])
        if any(part in name for part in _ANY_TIME):
            point = ("any time", name, 1)
        if point in self.walked:
            return False
        self.killed += 1
        self.walked[point] = self.lives
        if starting:
            self._reached.clear()
        return True

    async def _read(self, life: Life) -> None:
        async for line in life.errors:
            self.log.append(line.decode().rstrip())
            if '"listening on' in self.log[-1]:
                self.up.set()
