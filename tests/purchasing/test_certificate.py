"""The certificate that orders log in with nears its end: who is told, when, and how often."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from purchasing import certificate, reminders
from purchasing.reminders import KIND
from purchasing.values import TOKYO, Company
from storage import queue
from storage.database import Database, Tx
from tests.purchasing.jobs import jobs_of, told
from tests.trouble.house import ADMIN

END = datetime(2027, 1, 10, 23, 59, 59, tzinfo=TOKYO)
A_SECOND = timedelta(seconds=1)


def at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2026 if month > 6 else 2027, month, day, hour, minute, tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("step", "begins"), [(30, at(12, 11)), (7, at(1, 3)), (1, at(1, 9)), (0, END)], ids=str
)
def test_a_step_begins_in_the_morning_of_its_day_and_the_end_with_the_certificate_s_own(
    step: int, begins: datetime
) -> None:
    assert certificate.step(END, begins) == step
    assert certificate.step(END, begins - A_SECOND) == {30: None, 7: 30, 1: 7, 0: 1}[step]
    assert certificate.next_moment(END, begins - A_SECOND) == begins


def test_after_the_end_nothing_more_comes() -> None:
    assert certificate.next_moment(END, END) is None
    assert certificate.step(END, END + timedelta(days=900)) == 0


@pytest.mark.parametrize("hour", [0, 8, 9, 10, 23])
def test_whatever_the_hour_of_its_end_each_step_comes_once_and_in_turn(hour: int) -> None:
    end, now, found = at(1, 10, hour), at(11, 24), []
    while (moment := certificate.next_moment(end, now)) is not None:
        assert moment > now
        now = moment
        found.append(certificate.step(end, now))
    assert found == [30, 7, 1, 0]


@pytest.mark.parametrize(
    ("now", "left"), [(at(12, 11), 30), (at(1, 9, 23, 59), 1), (at(1, 10, 0), 0), (at(1, 11, 0), -1)]
)
def test_days_are_those_of_the_calendar_in_japan(now: datetime, left: int) -> None:
    assert certificate.days_left(END, now.astimezone(UTC)) == left


def watched(tx: Tx, company: Company, now: datetime) -> None:
    reminders.watch_certificates(tx, [company], now)


def reminded(tx: Tx, company: Company) -> datetime:
    """The next reminder comes due. Returns when that was."""
    (job,) = [row for row in jobs_of(tx, KIND) if row.state == "ready"]
    (held,) = queue.claim(tx, kinds=[KIND], owner="x", limit=9, now=job.due, lease=timedelta(seconds=9))
    reminders.look(tx, company, held.payload, job.due)
    queue.finish(tx, held, owner="x", now=job.due)
    return job.due


async def test_the_admins_are_told_once_at_every_step_by_a_process_that_goes_on_running(
    shop: Database, company: Company
) -> None:
    ours = replace(company, certificate_until=END)
    for now in (at(11, 24), at(11, 25)):  # several processes, and a start on another day
        for _ in range(2):
            await shop.write(lambda tx, now=now: watched(tx, ours, now))  # type: ignore[misc]
    assert await shop.read(told) == []
    for times, moment in enumerate([at(12, 11), at(1, 3), at(1, 9), END], start=1):
        assert await shop.write(lambda tx: reminded(tx, ours)) == moment
        await shop.write(lambda tx, now=moment: watched(tx, ours, now))  # type: ignore[misc]
        assert await shop.read(told) == times * [("certificate", ADMIN, True)]
    assert all(job.state == "done" for job in await shop.read(lambda tx: jobs_of(tx, KIND)))


async def test_who_starts_late_is_told_where_it_stands_and_no_more(shop: Database, company: Company) -> None:
    ours = replace(company, certificate_until=END)
    await shop.write(lambda tx: watched(tx, ours, at(1, 5)))
    (notice,) = await shop.read(lambda tx: jobs_of(tx, "notice"))
    assert notice.key.endswith(":7")


async def test_a_renewed_certificate_starts_anew(shop: Database, company: Company) -> None:
    ours = replace(company, certificate_until=END)
    renewed = replace(company, certificate_until=END + timedelta(days=365))
    await shop.write(lambda tx: watched(tx, ours, at(12, 12)))
    assert await shop.write(lambda tx: reminded(tx, renewed)) == at(1, 3)
    assert len(await shop.read(told)) == 1
    assert await shop.write(lambda tx: reminded(tx, renewed)) == at(12, 11) + timedelta(days=365)
    assert len(await shop.read(told)) == 2


async def test_without_a_certificate_nothing_is_watched(shop: Database, company: Company) -> None:
    await shop.write(lambda tx: watched(tx, company, at(12, 12)))
    assert await shop.read(lambda tx: jobs_of(tx, KIND)) == []
