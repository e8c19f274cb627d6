"""`kaimono serve` as a child process, to be killed: forked from a process that has loaded it already, or started anew."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.trouble.house import assert_silent

REPOSITORY = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 60.0
ENDS_WITHIN = 10.0
"""Seconds that the contract promises."""


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("KAIMONO_")}


class Warm:
    """The process that forks (`tests.trouble.warm`); one serves a whole test run."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders

    def fork(self, order: dict[str, Any], ends: list[int]) -> None:
        """Have a bot made; the ends are its own from here on."""
        socket.send_fds(self._orders, [json.dumps(order).encode()], ends)
        for end in ends:
            os.close(end)


@contextmanager
def warm_process() -> Iterator[Warm]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with (
        ours,
        subprocess.Popen(
            [sys.executable, "-m", "tests.trouble.warm", str(theirs.fileno())],
            cwd=REPOSITORY,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        ) as process,
    ):
        theirs.close()
        ours.settimeout(STARTS_WITHIN)
        assert ours.recv(16) == b"ready", "the process that forks did not start"
        yield Warm(ours)
        ours.close()
        assert process.wait(STARTS_WITHIN) == 0


class Life:
    """One process of the bot: its pid, its standard error, and in the end its exit code."""

    def __init__(self, pid: int, errors: asyncio.StreamReader, status: asyncio.StreamReader) -> None:
        self.pid, self.errors, self._status = pid, errors, status
        self.ended = asyncio.create_task(self._wait())

    async def _wait(self) -> int:
        code = int(await self._status.readline())
        await self._status.read()  # up to its end, which closes the pipe
        await asyncio.sleep(0)
        return code

    @staticmethod
    async def begin(warm: Warm, order: dict[str, Any], *more_ends: int) -> "Life":
        status, status_end = os.pipe()
        errors, errors_end = os.pipe()
        warm.fork(order, [status_end, errors_end, *more_ends])
        read_status = await _reader(status)
        return Life(int(await read_status.readline()), await _reader(errors), read_status)


async def _reader(end: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(end, "rb")
    )
    return reader


class Serving:
    """One run of the program after the other, on one configuration. `log` is what all of them wrote.

    `ready` is when the last one began to take requests (a worker alone: jobs), by the loop's clock.
    """

    def __init__(self, config: Path, role: str, warm: Warm) -> None:
        self._config, self._role, self._warm = config, role, warm
        self._first_words = '"working as' if role == "worker" else '"listening on'
        self._life: Life | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.log: list[str] = []
        self.ready = 0.0

    async def start(self) -> None:
        """Start it; returns when it takes requests (a worker alone: jobs)."""
        await self.begin()
        await self.up()

    async def begin(self) -> None:
        """Start it, and wait for nothing."""
        self._ready.clear()
        order = {"how": "serve", "config": str(self._config), "role": self._role}
        self._life = await Life.begin(self._warm, order)
        self._reading = asyncio.create_task(self._read(self._life))

    async def up(self) -> None:
        """Returns when it takes requests (a worker alone: jobs)."""
        assert self._life is not None
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait(
            {self._life.ended, ready}, timeout=STARTS_WITHIN, return_when=asyncio.FIRST_COMPLETED
        )
        assert ready.done(), "\n".join(["the bot did not start", *self.log[-20:]])
        self.ready = asyncio.get_running_loop().time()

    @property
    def is_up(self) -> bool:
        return self._ready.is_set()

    async def kill(self) -> None:
        """SIGKILL: no last words, no clean-up."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; the exit code. Fails when it takes longer than it may."""
        async with asyncio.timeout(ENDS_WITHIN):
            return await self._end(signal.SIGTERM)

    async def close(self) -> None:
        """Whatever happened: nothing of it is left, and its log has shown no secret."""
        if self._life is not None and not self._life.ended.done():
            await self.kill()
        assert_silent("\n".join(self.log))

    async def _end(self, how: signal.Signals) -> int:
        assert self._life is not None
        assert self._reading is not None
        os.kill(self._life.pid, how)
        code = await asyncio.shield(self._life.ended)
        await self._reading
        return code

    async def _read(self, life: Life) -> None:
        async for line in life.errors:
            self.log.append(line.decode().rstrip())
            if self._first_words in self.log[-1]:
                self._ready.set()
