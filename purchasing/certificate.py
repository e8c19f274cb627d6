"""When the certificate that a company's orders log in with nears its end, and how near that is. Pure."""

from datetime import datetime, time, timedelta

from purchasing.values import TOKYO, local

STEPS = (30, 7, 1, 0)
"""How many days before the last one people are told; 0: it has ended."""
MORNING = time(9, 0)
"""When they are told of what has not happened yet, on a Japanese clock."""


def _moments(until: datetime) -> dict[int, datetime]:
    """When each of STEPS is told. The end is told as it comes: from then on orders fail."""
    last_day = local(until).date()
    mornings = {
        days: datetime.combine(last_day - timedelta(days=days), MORNING, TOKYO) for days in STEPS if days
    }
    return mornings | {0: until}


def step(until: datetime, now: datetime) -> int | None:
    """The step that it stands at; None while its end is far away."""
    return min((days for days, moment in _moments(until).items() if moment <= now), default=None)


def next_moment(until: datetime, now: datetime) -> datetime | None:
    """When the next step begins; None after the last."""
    return min((moment for moment in _moments(until).values() if moment > now), default=None)


def days_left(until: datetime, now: datetime) -> int:
    """By the calendar: 0 on its last day."""
    return (local(until).date() - local(now).date()).days
