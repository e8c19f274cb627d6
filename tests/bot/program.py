"""`kaimono` as a child process, for tests that look at it from outside."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

STARTED = "listening on"
PATIENCE = 60


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def environment(lang: str = "C") -> Mapping[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": lang, "PYTHONWARNINGS": "error"}


async def begin(folder: Path, *arguments: str | Path, lang: str = "C") -> asyncio.subprocess.Process:
    """`kaimono …` in this folder, not yet ended."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", *map(str, arguments)),
        cwd=folder,
        env=environment(lang),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def kaimono(folder: Path, *arguments: str | Path, lang: str = "C") -> Ended:
    process = await begin(folder, *arguments, lang=lang)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


async def until_listening(process: asyncio.subprocess.Process) -> int:
    """The port, as the log tells it once the bot can be reached."""
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE):
        async for line in process.stderr:
            message: str = json.loads(line)["message"]
            if message.startswith(STARTED):
                return int(message.rpartition(":")[2])
    raise AssertionError("it ended without listening")


def files(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())
