"""`kaimono jobs`: what waits and what is buried; sends buried jobs again or writes them off.

Lanes and errors are shown without mail addresses, payloads not at all. A job sent again keeps its key and its place, so
what it causes happens once: an order goes out as the same bytes, a document is applied if it was not. What is written
off is not done any more; the audit keeps it.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlmodel import select

from bot.app import Clock, utc_now
from bot.config import Config
from bot.log import blot, one_line
from bot.opened import opened, operator
from bot.talk.wording import Wording
from purchasing import submission
from purchasing.ordering import SUBMIT
from purchasing.values import local
from storage import audit, backlog
from storage.backlog import Buried, Open
from storage.database import Database, Tx
from storage.tables import Company, JobRow, Order

SHOWN = 50
"""Open jobs listed at most; the rest is told as a number."""
AT_ONCE = 500
"""Jobs of one transaction: each locks its lane, and PostgreSQL has room for some thousand locks only."""
Act = Callable[[Tx, int, datetime], bool]
J = TypeVar("J", Buried, Open)


async def jobs(
    config: Config,
    words: Wording,
    *,
    again: str = "",
    forget: str = "",
    forget_company: str = "",
    clock: Clock = utc_now,
) -> int:
    """List, or act on the job of this id, on "all", or on a company's; 1 when there is no such job or company."""
    configured = {company.key for company in config.company}
    async with opened(config) as db:
        if again or forget:
            return await _act(db, words, again or forget, clock, configured, once_more=bool(again))
        if forget_company:
            return await _forget_company(db, words, forget_company, clock, configured)
        await _list(db, words, configured)
    return 0


async def _act(
    db: Database, words: Wording, which: str, clock: Clock, configured: Collection[str], *, once_more: bool
) -> int:
    """Do buried jobs again or write them off. An order that nobody was told of is written off by its number alone."""
    act, what = (backlog.exhume, "job_again") if once_more else (backlog.write_off, "job_forgotten")
    found = [job for job in await db.read(backlog.buried) if which in ("all", str(job.id))]
    if not found:
        print(words("jobs", "none_buried") if which == "all" else words("jobs", "not_buried", id=which))
        return 0 if which == "all" else 1
    if which == "all" and not once_more:
        found = _but_orders(words, found, configured)
    for start in range(0, len(found), AT_ONCE):
        batch = found[start : start + AT_ONCE]
        for job in await db.write(partial(_change, batch=batch, act=act, what=what, clock=clock)):
            print(words("jobs", "again" if once_more else "forgotten", id=job.id, kind=job.kind))
    return 0


async def _forget_company(
    db: Database, words: Wording, company_id: str, clock: Clock, configured: Collection[str]
) -> int:
    """Write off all that waits for a company that the configuration does not name, but orders."""
    if company_id in configured:
        print(words("jobs", "is_configured", company=company_id))
        return 1
    done, last = 0, 0
    while batch := await db.read(partial(backlog.at_rest, company_id=company_id, after=last, limit=AT_ONCE)):
        last = batch[-1].id
        batch = _but_orders(words, batch, configured)
        act = partial(_change, batch=batch, act=backlog.write_off_at_rest, what="job_forgotten", clock=clock)
        done += len(await db.write(act))
    name = "company_forgotten" if last else "company_has_nothing"
    print(words("jobs", name, company=company_id, count=done))
    return 0 if last else 1


def _but_orders(words: Wording, found: list[J], configured: Collection[str]) -> list[J]:
    """Without the orders of companies that are not configured; those are named."""
    orders = {job.id for job in found if job.kind == SUBMIT and job.company_id not in configured}
    for number in sorted(orders):
        print(words("jobs", "order_by_number", id=number))
    return [job for job in found if job.id not in orders]


def _change(tx: Tx, batch: list[J], act: Act, what: str, clock: Clock) -> list[J]:
    """Returns those of the batch that were changed; somebody else may have been quicker."""
    now, done = clock(), []
    for job in batch:
        if act(tx, job.id, now):
            tx.trace = job.trace
            number = _order_given_up(tx, job.id) if what == "job_forgotten" and job.kind == SUBMIT else ""
            for company_id in [job.company_id] if job.company_id else _every_company(tx):
                audit.note(
                    tx, company_id, operator(), what, now, order_number=number,
                    job=job.id, kind=job.kind, why=blot(job.last_error)[:300],
                )  # fmt: skip
            done.append(job)
    return done


def _every_company(tx: Tx) -> Sequence[str]:
    """What is nobody's, as the nightly sweep is, concerns them all."""
    return tx.orm.exec(select(Company.id)).all()


def _order_given_up(tx: Tx, job_id: int) -> str:
    """An order that is not sent any more must not count as on its way for ever. Returns its number."""
    order = tx.orm.get_one(Order, int(tx.orm.get_one(JobRow, job_id).payload), with_for_update=True)
    submission.abandon(tx, order)
    return order.number


async def _list(db: Database, words: Wording, configured: Collection[str]) -> None:
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
    for company_id, count in sorted((await db.read(backlog.open_by_company)).items()):
        if company_id and company_id not in configured:
            print(words("jobs", "not_configured", company=company_id, count=count))


def _when(moment: datetime) -> str:
    return f"{local(moment):%Y-%m-%d %H:%M:%S}"


def _line(number: int, kind: str, at: str, lane: str, attempts: int, error: str) -> str:
    said = one_line(f"{lane}  {error}".rstrip())
    return f"  {number}  {kind}  {at}  x{attempts}  {said}"
