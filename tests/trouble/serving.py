"""The real `kaimono serve` as a child process, to be killed."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from tests.trouble.house import assert_silent

REPOSITORY = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 25.0


class Serving:
    """One run of the program after the other, on one configuration. `log` is what all of them wrote."""

    def __init__(self, config: Path, role: str = "all") -> None:
        self._config, self._role = config, role
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self.log: list[str] = []
        self.started = 0.0

    async def begin(self) -> None:
        """Start it, and do not wait until it serves."""
        self._listening.clear()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KAIMONO_")}
        self.started = asyncio.get_running_loop().time()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "serve", "--config", str(self._config), "--role", self._role),
            cwd=REPOSITORY,
            env=environment,
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=PIPE,
        )
        self._reading = asyncio.create_task(self._read(self._process))

    async def start(self) -> None:
        """Start it; returns when it takes requests (a worker alone: at once)."""
        await self.begin()
        if self._role == "worker":
            return
        assert self._process is not None
        ended = asyncio.create_task(self._process.wait())
        listening = asyncio.create_task(self._listening.wait())
        await asyncio.wait({ended, listening}, timeout=STARTS_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        assert listening.done(), "\n".join(["the bot did not start", *self.log[-20:]])
        ended.cancel()

    async def kill(self) -> None:
        """SIGKILL: no last words, no clean-up."""
        await self._end(signal.SIGKILL)

    async def stop(self, within: float = 10.0) -> int:
        """SIGTERM; the exit code. Fails when it takes longer than the contract allows."""
        async with asyncio.timeout(within):
            return await self._end(signal.SIGTERM)

    async def close(self) -> None:
        """Whatever happened: nothing of it is left, and its log has shown no secret."""
        if self._process is not None and self._process.returncode is None:
            await self.kill()
        assert_silent("\n".join(self.log))

    async def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        assert self._reading is not None
        self._process.send_signal(how)
        code = await self._process.wait()
        await self._reading
        return code

    async def _read(self, process: Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.log.append(line.decode().rstrip())
            if '"listening on' in self.log[-1]:
                self._listening.set()
