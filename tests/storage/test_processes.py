"""Several processes on one database: waking, and taking over from one that was killed."""

import asyncio
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from storage import queue
from storage.database import Database, open_database
from tests.storage.jobs import LEASE, NOW, after, claiming, keys_claimed, putting, states

ROOT = Path(__file__).parents[2]


async def other_process(url: str, what: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.storage.other_process", url, what, cwd=ROOT, stdout=PIPE
    )


async def line_of(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()


async def test_the_jobs_of_a_killed_process_are_taken_over(database: Database, database_url: str) -> None:
    await database.write(putting("a"))
    await database.close()

    killed = await other_process(database_url, "hold")
    assert await line_of(killed) == "claimed 1"
    assert await line_of(killed) == "inside"
    killed.kill()
    await killed.wait()

    restarted = open_database(database_url)
    assert await states(restarted) == {"a": "leased"}  # and nothing of the unit that was half done
    assert await keys_claimed(restarted, "restarted", after(29)) == []
    due = await restarted.read(lambda tx: queue.next_due(tx, ["send"], after(29)))
    assert due == NOW + LEASE
    (job,) = await restarted.write(claiming("restarted", now=after(30)))
    assert (job.key, job.attempts) == ("a", 2)
    await restarted.write(lambda tx: queue.finish(tx, job, owner="restarted", now=after(31)))
    assert await states(restarted) == {"a": "done"}
    await restarted.close()


async def test_what_was_acknowledged_is_in_the_files_after_a_hard_stop(
    sqlite_url: str, tmp_path: Path
) -> None:
    """SIGKILL between two words: the database and its -wal, carried elsewhere, hold every row that was said stored."""
    process = await other_process(sqlite_url, "write")
    for number in range(50):
        assert await line_of(process) == f"stored {number}"
    process.kill()
    rest, _ = await process.communicate()
    acknowledged = 50 + len([line for line in rest.decode().splitlines(keepends=True) if line.endswith("\n")])

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("kaimono.db", "kaimono.db-wal"):
        shutil.copyfile(tmp_path / name, elsewhere / name)
    found = open_database(f"sqlite:///{elsewhere}/kaimono.db")
    keys = {int(key) for key in await states(found)}
    await found.close()
    assert keys >= set(range(acknowledged))
    assert keys <= set(range(acknowledged + 1)), "at most the one that was being stored"


async def test_lanes_stay_in_order_across_processes(postgres_url: str, tmp_path: Path) -> None:
    """Three processes work, this one puts; nobody looks unless woken, so a wake that is lost would end in a time-out."""
    database, file = open_database(postgres_url), tmp_path / "what happened"
    others = [await other_process(postgres_url, str(file)) for _ in range(3)]
    try:
        assert [await line_of(other) for other in others] == ["working"] * 3
        lanes, jobs = [f"lane{n}" for n in range(5)], 12
        for number in range(jobs):
            await asyncio.gather(*(database.write(putting(f"{lane}:{number}", lane=lane)) for lane in lanes))
        async with asyncio.timeout(30):
            while set((await states(database)).values()) != {"done"}:  # noqa: ASYNC110 - it is done elsewhere
                await asyncio.sleep(0.05)
    finally:
        for other in others:
            other.kill()
            await other.wait()
        await database.close()
    happened = [line.split() for line in file.read_text().splitlines()]
    for lane in lanes:
        in_order = [[what, f"{lane}:{number}"] for number in range(jobs) for what in ("begin", "end")]
        assert [line[1:] for line in happened if line[0] == lane] == in_order


async def test_a_job_put_by_another_process_wakes_this_one(postgres_url: str) -> None:
    database = open_database(postgres_url)
    woken = asyncio.Event()
    listening = asyncio.Event()
    database.listen("listening", listening.set)
    await database.write(lambda tx: tx.wake("listening"))
    await asyncio.wait_for(listening.wait(), 5)

    database.listen("queue:send", woken.set)
    other = await other_process(postgres_url, "put")
    await asyncio.wait_for(woken.wait(), 20)
    assert await keys_claimed(database) == ["from another process"]
    assert await other.wait() == 0
    await database.close()
