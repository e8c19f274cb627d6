"""A second process that uses the same database: `python -m tests.storage.other_process ADDRESS put|hold|write`.

put    puts one job
hold   claims a job, then is in the middle of a unit of work when it says so; it never ends by itself
write  puts one job after the other and says which is stored; it never ends by itself
"""

import asyncio
import sys
import threading
from itertools import count

from storage.database import Tx, open_database
from tests.storage.jobs import claiming, putting


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def never_ending(tx: Tx) -> None:
    putting("half done")(tx)
    say("inside")
    threading.Event().wait()


async def main(url: str, what: str) -> None:
    database = open_database(url)
    if what == "put":
        await database.write(putting("from another process"))
    elif what == "write":
        for number in count():
            await database.write(putting(str(number)))
            say(f"stored {number}")
    else:
        say(f"claimed {len(await database.write(claiming('other process')))}")
        await database.write(never_ending)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
