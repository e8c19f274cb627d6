"""`kaimono serve`: the bot until somebody asks it to stop."""

import asyncio
import signal

from bot.app import running
from bot.config import Config
from bot.faults import TROUBLE, unstartable


async def until_stopped() -> None:
    """Returns on SIGTERM or SIGINT."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()


async def serve(config: Config, role: str) -> int:
    """Run the web part, the worker, or both. Raises Unstartable when database, keys or port cannot be had."""
    try:
        async with running(config, web_too=role != "worker", worker_too=role != "web"):
            await until_stopped()
    except TROUBLE as error:
        raise unstartable(error) from error
    return 0
