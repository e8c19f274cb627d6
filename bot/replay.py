"""`kaimono replay`: recorded callbacks, signed and posted in order, byte for byte as they lie in the files."""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import aiohttp

from bot.lineworks.signature import sign
from bot.talk.wording import Wording
from punchout.secret import Secret


async def replay(words: Wording, files: Sequence[Path], url: str, secret_file: Path, bot_id: str) -> int:
    """Print status and time of each; 0 when there was one and every one was answered with 200."""
    try:
        secret = Secret(secret_file.read_text(encoding="utf-8").strip())
        bodies = [(path, path.read_bytes()) for path in _sorted(files)]
    except OSError as error:
        print(words("cli", "unreadable", file=error.filename, reason=error.strerror))
        return 1
    except UnicodeDecodeError:
        print(words("cli", "unreadable", file=secret_file, reason="not UTF-8"))
        return 1
    if not bodies:
        print(words("cli", "replay_nothing", files=", ".join(map(str, files))))
        return 1
    good = True
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        for path, body in bodies:
            status, milliseconds = await _post(session, url, body, secret, bot_id)
            good = good and status == 200
            print(f"{status or words('cli', 'no_answer')}  {milliseconds:7.1f} ms  {path.name}")
    return 0 if good else 1


def _sorted(files: Sequence[Path]) -> list[Path]:
    """The files as named; a folder stands for the JSON files in it, by the number that each begins with, then by name."""
    return [
        file
        for path in files
        for file in (sorted(path.glob("*.json"), key=_place) if path.is_dir() else [path])
    ]


def _place(path: Path) -> tuple[int, str]:
    """A recording may grow past 9999-….json."""
    digits = path.name[: len(path.name) - len(path.name.lstrip("0123456789"))]
    return int(digits or 0), path.name


async def _post(
    session: aiohttp.ClientSession, url: str, body: bytes, secret: Secret, bot_id: str
) -> tuple[int, float]:
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "X-WORKS-BotId": bot_id,
        "X-WORKS-Signature": sign(secret, body),
    }
    started = perf_counter()
    try:
        async with session.post(url, data=body, headers=headers) as response:
            await response.read()
            status = response.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        status = 0
    return status, (perf_counter() - started) * 1000
