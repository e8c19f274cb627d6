"""A process that has loaded the bot already and forks one whenever a test asks: a start takes a tenth of a second.

Run as `python -m tests.trouble.warm SOCKET`. Each message on the socket orders one bot; with it come the ends of pipes:
status (its pid, later its exit code, a line each), standard error and, for a bot that asks at every crash point, a
socket (`tests.trouble.points`). What is forked runs the real command line or the real composition, in a process of its
own: to be killed like any other. Nothing has been opened before the fork, no file, no connection, no event loop.
"""

import asyncio
import gc
import json
import os
import signal
import socket
import sys
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot import cli, fields, log
from bot.app import running
from bot.config import Config, load
from bot.lineworks import token
from bot.serving import until_stopped
from bot.talk.wording import wording
from storage.migrate import migrate
from tests.trouble import points


def main(fd: int) -> None:
    with socket.socket(fileno=fd) as orders, TemporaryDirectory() as folder:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a watcher ended
        fields.load_pem_private_key = token.load_pem_private_key = lru_cache(load_pem_private_key)  # type: ignore[attr-defined]
        # What a process does when it does something for the first time is done here, once for all of them.
        migrate(f"sqlite:///{folder}/kaimono.db")
        for language in ("ja", "ja_JP"):
            wording(language)
        gc.freeze()
        orders.send(b"ready")
        while True:
            message, ends, _, _ = socket.recv_fds(orders, 1 << 16, 3)
            if not message:
                return
            order = json.loads(message)
            _config(order["config"])
            if os.fork() == 0:
                orders.close()
                _watch(order, *ends)
            for end in ends:
                os.close(end)


def _watch(order: dict[str, Any], status: int, *ends: int) -> NoReturn:
    """Stay beside the bot and report how it ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(status)
        _live(order, *ends)
    for end in ends:
        os.close(end)
    os.write(status, f"{pid}\n".encode())
    os.write(status, f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())
    os._exit(0)


def _live(order: dict[str, Any], error: int, ask: int = -1) -> NoReturn:
    os.dup2(error, sys.stderr.fileno())
    os.close(error)
    code: object = 70
    try:
        if order["how"] == "composed":
            code = _composed(order, ask)
        else:
            cli.main(["serve", "--config", order["config"], "--role", order["role"]])
    except SystemExit as end:
        code = end.code
    finally:
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _composed(order: dict[str, Any], ask: int) -> int:
    """The bot as `serve` makes it, by a clock that is ahead, and asking at every crash point if there is whom to ask."""
    ahead = timedelta(seconds=order["ahead"])
    log.set_up()
    if ask >= 0:
        points.install(socket.socket(fileno=ask))

    async def live() -> None:
        async with running(_config(order["config"]), clock=lambda: datetime.now(UTC) + ahead):
            await until_stopped()

    asyncio.run(live())
    return 0


@lru_cache
def _config(path: str) -> Config:
    """Read before the fork, as is the private key in it: that takes a sixth of a second each time."""
    return load(Path(path), {})


if __name__ == "__main__":
    main(int(sys.argv[1]))
