"""What LINE WORKS' directory says of somebody."""

import logging

from bot.line import Line
from bot.lineworks.client import CallFailed
from purchasing.members import Person

_log = logging.getLogger(__name__)


async def look_up(line: Line, user_id: str) -> Person | None:
    """A bare id where the directory knows nobody of this user id or login id; None when it does not tell now."""
    try:
        profile = await line.client.user(user_id)
    except CallFailed as failed:
        _log.warning("a member could not be looked up: %s", failed)
        return None
    if profile is None:
        return Person(user_id)
    return Person(
        profile.user_id,
        profile.login_id or "",
        profile.last_name or "",
        profile.first_name or "",
        profile.language or "",
        profile.organizations,
    )
