"""How every peer listens: on a free port, which it prints, until SIGTERM. Runs in the peers' own environment."""

import asyncio
import signal

from aiohttp import web

SECRET = "bench-bot-secret"


async def serve(app: web.Application) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await stopped.wait()
    await runner.cleanup()
