"""Child processes that are killed, asked to stop, and started again. What they write goes to a file."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 60.0
UP = ('"listening on', '"working as')
"""What the log says once a bot is at work."""


class Program:
    """`kaimono …`, one process after the other.

    `kills`: when some ended by SIGKILL; `stops`: exit code and seconds of those that were asked to stop.
    """

    def __init__(self, name: str, folder: Path, *arguments: str, **environment: str) -> None:
        self.name, self._arguments = name, arguments
        self._log = folder / f"{name}.log"
        clean = {key: value for key, value in os.environ.items() if not key.startswith("KAIMONO_")}
        self._environment = clean | environment
        self._process: Process | None = None
        self._logged = 0
        self.kills: list[datetime] = []
        self.stops: list[tuple[int, float]] = []

    async def start(self) -> None:
        self._logged = len(self.log)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", *self._arguments),
                cwd=ROOT,
                env=self._environment,
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def up(self) -> None:
        """Returns once it is at work."""
        async with asyncio.timeout(STARTS_WITHIN):
            while not any(word in self.log[self._logged :] for word in UP):
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """SIGKILL: no last words."""
        self.kills.append(datetime.now(UTC))
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM."""
        began = asyncio.get_running_loop().time()
        code = await self._end(signal.SIGTERM)
        self.stops.append((code, asyncio.get_running_loop().time() - began))

    async def close(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self._end(signal.SIGKILL)

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    async def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return await self._process.wait()
