"""Another process that uses the same database: `python -m tests.storage.other_process ADDRESS put|hold|write|FILE`.

put    puts one job
hold   claims a job, then is in the middle of a unit of work when it says so; it never ends by itself
write  puts one job after the other and says which is stored; it never ends by itself
FILE   works off jobs as they come, notes in this file when each begins and ends, and never ends by itself
"""

import asyncio
import os
import sys
import threading
from itertools import count
from pathlib import Path

from storage import queue
from storage.database import Database, Tx, open_database
from storage.queue import Job
from tests.storage.jobs import NOW, claiming, putting


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def never_ending(tx: Tx) -> None:
    putting("half done")(tx)
    say("inside")
    threading.Event().wait()


async def work_off(database: Database, owner: str, file: Path) -> None:
    woken = asyncio.Event()
    database.listen("queue:send", woken.set)

    async def do(job: Job) -> None:
        note(file, f"{job.lane} begin {job.key}")
        await asyncio.sleep(0)
        note(file, f"{job.lane} end {job.key}")
        await database.write(lambda tx: queue.finish(tx, job, owner=owner, now=NOW))

    say("working")
    while True:
        woken.clear()
        jobs = await database.write(claiming(owner, limit=3))
        await asyncio.gather(*map(do, jobs))
        if not jobs:
            await woken.wait()


def note(file: Path, line: str) -> None:
    """One short write at the end: the lines of all processes stand in the order in which they were written."""
    with file.open("ab", buffering=0) as end:
        end.write(f"{line}\n".encode())


async def main(url: str, what: str) -> None:
    database = open_database(url)
    if what == "put":
        await database.write(putting("from another process"))
    elif what == "write":
        for number in count():
            await database.write(putting(str(number)))
            say(f"stored {number}")
    elif what == "hold":
        say(f"claimed {len(await database.write(claiming('other process')))}")
        await database.write(never_ending)
    else:
        await work_off(database, f"process {os.getpid()}", Path(what))
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
