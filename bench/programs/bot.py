"""The bot itself. `python -m bench.programs.bot ROLE FOLDER [--works URL] [--database URL] [--slow-flush SECONDS]`

ROLE is `web` (callbacks are taken and stored), `worker`, or `both`. Its sends per minute are set so high
that what is measured is the bot, not LINE WORKS' limit.
"""

import argparse
import asyncio
import time

from sqlalchemy import event

from bench.house import configured
from bench.programs.serving import until_stopped
from bot import app
from bot.serving import settle


async def main(words: argparse.Namespace) -> None:
    config = configured(words.folder, words.works, words.database, words.sends)
    async with app.running(config, web_too=words.role != "worker", worker_too=words.role != "web") as running:
        if words.slow_flush:
            event.listen(running.services.db.engine, "commit", lambda _conn: time.sleep(words.slow_flush))
        settle()
        print(running.port, flush=True)
        await until_stopped()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=("web", "worker", "both"))
    parser.add_argument("folder")
    parser.add_argument("--works", default="http://127.0.0.1:1")
    parser.add_argument("--database", default="")
    parser.add_argument("--sends", type=int, default=100_000)
    parser.add_argument("--slow-flush", type=float, default=0.0)
    asyncio.run(main(parser.parse_args()))
