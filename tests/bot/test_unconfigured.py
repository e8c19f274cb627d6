"""A company that was taken out of the configuration, or has another id now, while work of its own still waits."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.unconfigured import configured, tell
from bot.worker import LAST_ATTEMPT, Hands
from storage.database import Database, Tx
from storage.queue import Bury, Done, Job, Retry
from tests.storage.jobs import claiming, putting
from tests.trouble.house import COMPANY


async def a_job(database: Database) -> Job:
    await database.write(putting("a"))
    [job] = await database.write(claiming())
    return job


async def test_it_is_tried_again_for_a_while_then_given_up_with_the_reason(database: Database) -> None:
    done: list[str] = []
    told: list[str] = []

    async def handler(job: Job) -> Done:
        done.append(job.company_id)
        return Done()

    def buried(_tx: Tx, job: Job) -> None:
        told.append(job.company_id)

    ours = await a_job(database)
    gone, nobodys = replace(ours, company_id="gone"), replace(ours, company_id="")
    hands = configured(Hands(1, {"send": handler}, buried=buried), {COMPANY})

    assert isinstance(await hands.handlers["send"](ours), Done)
    assert isinstance(await hands.handlers["send"](nobodys), Done)
    again = await hands.handlers["send"](gone)
    assert isinstance(again, Retry)
    assert again.after <= timedelta(seconds=1)
    assert "no company gone" in again.why
    last = await hands.handlers["send"](replace(gone, attempts=LAST_ATTEMPT))
    assert isinstance(last, Bury)
    assert last.why == again.why
    assert done == [COMPANY, ""]

    assert hands.buried is not None
    for job in (ours, gone):
        await database.write(lambda tx, job=job: hands.buried(tx, job))  # type: ignore[misc]
    assert told == [COMPANY]


async def test_the_start_tells_for_whom_nobody_works(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await database.write(putting("a"))
    await database.write(putting("b"))
    with caplog.at_level(logging.ERROR):
        await tell(database, {COMPANY})
        assert not caplog.messages
        await tell(database, {"another"})
    [said] = caplog.messages
    assert said.startswith(f"2 jobs wait for the company {COMPANY}, which the configuration does not name")
