"""`kaimono serve`: the bot until somebody asks it to stop."""

import asyncio
import gc
import logging
import os
import signal
from threading import Timer

from bot.app import running
from bot.config import Config
from bot.faults import TROUBLE, unstartable

STOP_WITHIN = 8.0
"""Seconds after which a stop that does not come to its end is cut short; ten is all that it may take."""

YOUNG = 5_000
"""New objects between two looks for garbage. A few dozen requests in hand have more than Python's own 700, and to look at
them again and again took a tenth of the time of an acknowledgement (bench/ack.py)."""

_log = logging.getLogger(__name__)


async def until_stopped() -> None:
    """Returns on SIGTERM or SIGINT."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()


async def serve(config: Config, role: str) -> int:
    """Run the web part, the worker, or both. Raises Unstartable when database, keys or port cannot be had."""
    last_net = Timer(STOP_WITHIN, _end_at_once)
    last_net.daemon = True
    try:
        async with running(config, web_too=role != "worker", worker_too=role != "web"):
            settle()
            await until_stopped()
            last_net.start()
    except TROUBLE as error:
        raise unstartable(error) from error
    finally:
        last_net.cancel()
    return 0


def settle() -> None:
    """What is there by now stays: the collector looks at what comes and goes only, and not after every few requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


def _end_at_once() -> None:
    """End although a thread still waits for a database that does not answer; Python would wait for it for ever.

    Like a kill, it loses nothing: what was acknowledged is stored, and the leases of what is in hand run out.
    """
    _log.error(
        "stopped without an answer of the database; what was in hand is taken up again at the next start"
    )
    os._exit(1)
