"""Jobs of a company that the configuration does not name: it was taken out, or had another id when they were put (the
bot's, where none is written).

They are tried again for a while, since a worker that was started with another configuration may know the company; then
they are given up and kept. Messages to its members nobody takes at all. Once the company is back, `kaimono jobs
--again` does what was given up; where it is gone for good, `--forget-company` writes all of it off.
"""

import logging
from collections.abc import Collection
from dataclasses import replace

from bot.worker import LAST_ATTEMPT, Handler, Hands
from storage import backlog
from storage.database import Database, Tx
from storage.queue import Bury, Decision, Job, again

_log = logging.getLogger(__name__)


def configured(hands: Hands, companies: Collection[str]) -> Hands:
    """The hands, which leave alone what is not of these companies. A job of no company at all is everybody's."""

    def ours(job: Job) -> bool:
        return not job.company_id or job.company_id in companies

    def only_ours(handler: Handler) -> Handler:
        async def handle(job: Job) -> Decision | None:
            return await handler(job) if ours(job) else _not_ours(job)

        return handle

    def buried(tx: Tx, job: Job) -> None:
        if hands.buried is not None and ours(job):
            hands.buried(tx, job)

    handlers = {kind: only_ours(handler) for kind, handler in hands.handlers.items()}
    return replace(hands, handlers=handlers, buried=buried)


def _not_ours(job: Job) -> Decision:
    why = f"the configuration names no company {job.company_id}: put it back, under this id"
    if job.attempts >= LAST_ATTEMPT:
        return Bury(why)
    return again(job.attempts, why)


async def tell(db: Database, companies: Collection[str]) -> None:
    """Say in the log for which companies there is work that nobody here can do."""
    for company_id, count in (await db.read(backlog.open_by_company)).items():
        if company_id and company_id not in companies:
            _log.error(
                "%d jobs wait for the company %s, which the configuration does not name: put it back, under this id, "
                "or see kaimono jobs for how to write them off",
                count,
                company_id,
            )
