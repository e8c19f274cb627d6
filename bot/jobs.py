"""`kaimono jobs`: what waits and what is buried; sends buried jobs again or writes them off.

Lanes and errors are shown without mail addresses, payloads not at all. A job sent again keeps its key and its place, so
what it causes happens once: an order goes out as the same bytes, a document is applied if it was not.
"""

from datetime import datetime
from functools import partial

from bot.app import Clock, utc_now
from bot.config import Config
from bot.log import blot
from bot.opened import opened, operator
from bot.talk.wording import Wording
from purchasing.values import local
from storage import audit, backlog
from storage.backlog import Buried
from storage.database import Database, Tx

SHOWN = 50
"""Open jobs listed at most; the rest is told as a number."""
AT_ONCE = 500
"""Jobs of one transaction: each locks its lane, and PostgreSQL has room for some thousand locks only."""


async def jobs(config: Config, words: Wording, *, again: str, forget: str, clock: Clock = utc_now) -> int:
    """List, or act on the job of this id, or on "all"; 1 when there is no such buried job."""
    async with opened(config) as db:
        if again or forget:
            return await _act(db, words, again or forget, clock, once_more=bool(again))
        await _list(db, words)
    return 0


async def _act(db: Database, words: Wording, which: str, clock: Clock, *, once_more: bool) -> int:
    act, what = (backlog.exhume, "job_again") if once_more else (backlog.write_off, "job_forgotten")

    def change(tx: Tx, batch: list[Buried]) -> list[Buried]:
        now, done = clock(), []
        for job in batch:
            if act(tx, job.id, now):
                tx.trace = job.trace
                audit.note(
                    tx, job.company_id, operator(), what, now,
                    job=job.id, kind=job.kind, why=blot(job.last_error)[:300],
                )  # fmt: skip
                done.append(job)
        return done

    found = [job for job in await db.read(backlog.buried) if which in ("all", str(job.id))]
    done = 0
    for start in range(0, len(found), AT_ONCE):
        changed = await db.write(partial(change, batch=found[start : start + AT_ONCE]))
        done += len(changed)
        for job in changed:
            print(words("jobs", "again" if once_more else "forgotten", id=job.id, kind=job.kind))
    if not done:
        print(words("jobs", "none_buried") if which == "all" else words("jobs", "not_buried", id=which))
    return 0 if done or which == "all" else 1


async def _list(db: Database, words: Wording) -> None:
    buried = await db.read(backlog.buried)
    still_open = await db.read(lambda tx: backlog.still_open(tx, SHOWN))
    depth = await db.read(backlog.depth)
    waiting = sum(kind.waiting + kind.ready + kind.leased for kind in depth)
    print(words("jobs", "buried_head", count=len(buried)))
    for job in buried:
        at = _when(job.finished_at)
        print(_line(job.id, job.kind, at, job.lane, job.attempts, job.last_error))
    print(words("jobs", "open_head", count=waiting))
    for each in still_open:
        kind, at = f"{each.kind} ({each.state})", words("jobs", "due", at=_when(each.due))
        print(_line(each.id, kind, at, each.lane, each.attempts, each.last_error))
    if waiting > len(still_open):
        print(words("jobs", "more", count=waiting - len(still_open)))
    if buried:
        print(words("jobs", "what_to_do"))


def _when(moment: datetime) -> str:
    return f"{local(moment):%Y-%m-%d %H:%M:%S}"


def _line(number: int, kind: str, at: str, lane: str, attempts: int, error: str) -> str:
    said = blot(f"{lane}  {error}".rstrip())
    return f"  {number}  {kind}  {at}  x{attempts}  {said}"
