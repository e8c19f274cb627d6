"""A callback that comes long after it was issued: a recording of it that somebody posts again (LINE WORKS reference 2.2).

The same bytes within `jobs_days` meet the key of their job. After that nothing remembers them, but LINE WORKS itself
never sends a callback again, and its signature covers no time.
"""

import logging
from datetime import timedelta

from bot.lineworks.events import Event
from purchasing import members
from storage.database import Database
from storage.queue import Job

REMEMBERED = timedelta(days=7)
"""The least that `jobs_days` may be: for so long the keys of callbacks are kept at any rate."""
_log = logging.getLogger(__name__)


async def came_again(db: Database, job: Job, event: Event) -> bool:
    """Whether this was taken before, though its key is forgotten: it is that late, and its sender was known by then.

    Recordings may be replayed to a bot that did not know their people, be they as old as they will. A callback that
    names nobody is a greeting at most. The log tells of what is left unanswered.
    """
    user_id, issued = event.user_id, event.issued_at
    if user_id is None or issued is None or job.created_at - issued < REMEMBERED:
        return False
    member = await db.read(lambda tx: members.find(tx, job.company_id, user_id))
    again = member is not None and member.met_at < issued + REMEMBERED
    if again:
        _log.warning(
            "a callback is not answered: issued more than a week ago, and its sender was known by then"
        )
    return again
