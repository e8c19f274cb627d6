"""Bots that die by SIGKILL and start again: at every crash point once, or at any moment.

Whoever lives on after a kill finds the time moved on by a lease, so that nobody waits for one; the stand-ins live by the
same clock.
"""

import asyncio
import os
import signal
import socket
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from bot import sweeping
from bot.worker import LEASE
from purchasing import reminders
from tests.trouble.house import assert_silent
from tests.trouble.points import GO_ON
from tests.trouble.serving import STARTS_WITHIN, Life, Warm

Point = tuple[str, str, int]
"""Stage, name, and the how manieth of this name in this stage."""
_ANY_TIME = ("Worker._beat", "/token", f"({reminders.KIND})", f"({sweeping.KIND})")
"""What happens when its time has come, in whichever stage that is; it counts once."""
_LONGEST_LIFE = 1.5
"""Seconds that a hunted bot lives at most after it is ready."""


class Lives(ABC):
    """One process of the bot after the other. `killed` counts kills since the last `enter`."""

    def __init__(self, warm: Warm) -> None:
        self._warm = warm
        self._ahead = timedelta()
        self._life: Life | None = None
        self._stopping = False
        self.stage = "start"
        self.killed = 0
        self.lives = 0
        self.up = asyncio.Event()
        self.reports = asyncio.Event()
        self.log: list[str] = []

    def clock(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    @property
    def idle(self) -> bool:
        return self.up.is_set()

    def enter(self, stage: str) -> None:
        self.stage, self.killed = stage, 0

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
                self._send(signal.SIGTERM)
        except BaseException:
            sys.stderr.write("\n".join(["the end of the bot's log:", *self.log[-40:], ""]))
            raise
        finally:
            self._send(signal.SIGKILL)
        assert_silent("\n".join(self.log))

    @abstractmethod
    async def _until_killed(self, life: Life, questions: socket.socket) -> None:
        """Let it live until it is killed, or until it has been asked to stop."""

    def _kill(self) -> None:
        self.killed += 1
        self.up.clear()
        self._send(signal.SIGKILL)

    def _send(self, how: signal.Signals) -> None:
        if self._life is not None and not self._life.ended.done():
            os.kill(self._life.pid, how)

    async def _live(self, config: Path) -> None:
        while not self._stopping:
            ours, theirs = socket.socketpair()
            order = {"how": "composed", "config": str(config), "ahead": self._ahead.total_seconds()}
            with ours:
                self._life = life = await self._begin(order, theirs.detach())
                self.lives += 1
                reading = asyncio.create_task(self._read(life))
                await self._until_killed(life, ours)
                code = await asyncio.shield(life.ended)
                await reading
            expected = 0 if self._stopping else -signal.SIGKILL
            assert code == expected, "\n".join([f"the bot ended by itself ({code})", *self.log[-20:]])
            self._ahead += LEASE + timedelta(seconds=1)

    async def _begin(self, order: dict[str, object], asks: int) -> Life:
        return await Life.begin(self._warm, order, asks)

    async def _read(self, life: Life) -> None:
        async for line in life.errors:
            self.log.append(line.decode().rstrip())
            if '"listening on' in self.log[-1]:
                self.up.set()


class Mortal(Lives):
    """Dies at the first crash point of each stage at which none has died before.

    `walked` holds every point at which one was killed, in the order in which they were found.
    """

    def __init__(self, warm: Warm) -> None:
        super().__init__(warm)
        self._reached: Counter[str] = Counter()
        self._inside: Counter[str] = Counter()
        self.walked: dict[Point, int] = {}

    @property
    def idle(self) -> bool:
        """Up, and between the points: no commit and no call is under way."""
        return self.up.is_set() and not any(self._inside.values())

    def enter(self, stage: str) -> None:
        """From here on the points are those of this stage, and it may die once."""
        super().enter(stage)
        self._reached.clear()

    async def _until_killed(self, life: Life, questions: socket.socket) -> None:
        self._inside.clear()
        asked, answers = await asyncio.open_connection(sock=questions)
        async for line in asked:
            if self._dies_at(line.decode().rstrip()):
                self._kill()
                break
            answers.write(GO_ON)
        answers.close()

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
        self.walked[point] = self.lives
        if starting:
            self._reached.clear()
        return True


class Hunted(Lives):
    """Dies so many times, each time at a random moment of its life."""

    def __init__(self, warm: Warm, random: Random, times: int) -> None:
        super().__init__(warm)
        self._random, self._times = random, times
        self.left_alone = asyncio.Event()

    async def _begin(self, order: dict[str, object], asks: int) -> Life:
        os.close(asks)
        return await Life.begin(self._warm, order)

    async def _until_killed(self, life: Life, questions: socket.socket) -> None:
        if self.killed == self._times:
            self.left_alone.set()
            return
        await self.up.wait()
        await asyncio.wait({life.ended}, timeout=self._random.uniform(0, _LONGEST_LIFE))
        if not life.ended.done():
            self._kill()
