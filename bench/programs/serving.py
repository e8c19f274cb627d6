"""How every program here listens: on a free port, which it prints, until SIGTERM."""

import asyncio
import signal

from aiohttp import web


async def until_stopped() -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


async def listen(app: web.Application) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    return runner


async def serve(app: web.Application) -> None:
    runner = await listen(app)
    await until_stopped()
    await runner.cleanup()
