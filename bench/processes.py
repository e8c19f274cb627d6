"""The processes of a load test: bots that are killed, asked to stop and started again, and the stand-ins beside them.

A bot is forked from a process that has loaded the program already (`tests.trouble.warm`): a start of Python takes seconds
of a busy machine, and a bot that is to be killed every five would never get to work.
"""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.trouble.serving import REPOSITORY, Serving, Warm


class Bot(Serving):
    """One process of `kaimono serve` after the other.

    `kills`: when some ended by SIGKILL; `early`: how many of these before they were at work; `stops`: exit code and
    seconds of those that were asked to stop.
    """

    def __init__(self, name: str, config: Path, role: str, warm: Warm) -> None:
        super().__init__(config, role, warm)
        self.name = name
        self.kills: list[datetime] = []
        self.early = 0
        self.stops: list[tuple[int, float]] = []

    async def kill(self) -> None:
        self.kills.append(datetime.now(UTC))
        self.early += not self.is_up
        await super().kill()

    async def stop(self) -> int:
        began = asyncio.get_running_loop().time()
        code = await super().stop()
        self.stops.append((code, asyncio.get_running_loop().time() - began))
        return code


@asynccontextmanager
async def sandbox(config: Path) -> AsyncIterator[Process]:
    """Both stand-ins, in a process of their own; at the end nothing of it is left."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KAIMONO_")}
    words = (sys.executable, "-m", "bot", "sandbox", "--config", str(config))
    with config.with_suffix(".log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *words, cwd=REPOSITORY, env=clean, stdin=DEVNULL, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
