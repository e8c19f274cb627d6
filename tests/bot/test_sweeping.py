"""The sweep as a job: every night once, whoever asks for it, and it says what went."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import sweeping
from bot.config import load
from bot.metrics import Metrics
from bot.sweeping import KIND, Sweeper
from purchasing import retention
from purchasing.retention import Ages
from storage import queue
from storage.database import Database, Tx
from tests.bot.configuration import TEXT, write
from tests.purchasing.jobs import jobs_of
from tests.trouble.house import Clock

EVENING = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


async def test_a_sweep_is_planned_for_the_night_and_plans_the_next(database: Database) -> None:
    clock, metrics = Clock(EVENING), Metrics()
    sweeper = Sweeper(database, Ages(jobs=timedelta(days=30)), metrics, clock, "one")

    def old(tx: Tx) -> None:
        long_ago = EVENING - timedelta(days=40)
        queue.put(tx, company_id="", lane="a", kind="a", key="a", payload=b"", now=long_ago)
        (job,) = queue.claim(tx, kinds=["a"], owner="one", limit=1, now=long_ago, lease=timedelta(seconds=9))
        queue.finish(tx, job, owner="one", now=long_ago)

    await database.write(old)
    for _ in range(3):
        await database.write(lambda tx: sweeping.plan(tx, clock()))
    assert [job.due for job in await database.read(lambda tx: jobs_of(tx, KIND))] == [NIGHT]
    clock.now = NIGHT + timedelta(seconds=2)
    (job,) = await database.write(
        lambda tx: queue.claim(
            tx, kinds=[KIND], owner="one", limit=9, now=clock(), lease=timedelta(seconds=9)
        )
    )
    assert await sweeper.sweep(job) is None
    planned = await database.read(lambda tx: jobs_of(tx, KIND))
    assert [(job.state, job.due) for job in planned] == [
        ("done", NIGHT),
        ("ready", NIGHT + timedelta(days=1)),
    ]
    assert await database.read(lambda tx: jobs_of(tx, "a")) == []
    assert b'kaimono_swept_total{what="jobs"} 1.0' in metrics.expose()


@pytest.mark.parametrize("years", [7, 9, 10, 13, 30])
def test_an_order_is_kept_for_whole_years_whatever_leap_days_are_in_them(tmp_path: Path, years: int) -> None:
    config = load(write(tmp_path, f"{TEXT}\n[retention]\norders_years = {years}\n"))
    for placed in range(2024, 2032):
        whole = datetime(placed + years, 1, 1, tzinfo=UTC) - datetime(placed, 1, 1, tzinfo=UTC)
        assert whole <= sweeping.ages_of(config).orders <= whole + timedelta(days=2)


async def test_a_night_that_is_given_up_is_not_the_last(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(NIGHT + timedelta(seconds=2))

    def broken(_tx: Tx, _ages: Ages, _now: datetime) -> int:
        raise ArithmeticError("a row that nothing can be made of")

    monkeypatch.setattr(retention, "STEPS", (broken,))
    await database.write(lambda tx: sweeping.plan(tx, EVENING))
    (job,) = await database.write(
        lambda tx: queue.claim(
            tx, kinds=[KIND], owner="one", limit=9, now=clock(), lease=timedelta(seconds=9)
        )
    )
    with pytest.raises(ArithmeticError):
        await Sweeper(database, Ages(), Metrics(), clock, "one").sweep(job)
    await database.write(lambda tx: queue.bury(tx, job, owner="one", now=clock(), error="broken"))
    planned = await database.read(lambda tx: jobs_of(tx, KIND))
    assert [(each.state, each.due) for each in planned] == [
        ("buried", NIGHT),
        ("ready", NIGHT + timedelta(days=1)),
    ]
