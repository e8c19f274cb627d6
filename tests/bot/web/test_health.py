"""GET /healthz, /readyz, /metrics: what a load balancer and Prometheus are told."""

import json
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from storage import queue
from storage.database import Tx
from tests.bot.web.conftest import Site
from tests.bot.web.test_callback import event
from tests.trouble.house import ordered


async def samples(site: Site) -> dict[str, float]:
    """The metrics by name and labels: kaimono_callbacks_total{status="200"}."""
    answer = await site.call("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        f"{s.name}{json.dumps(s.labels)}": s.value
        for family in text_string_to_metric_families(answer.text)
        for s in family.samples
    }


async def test_a_bot_that_works(site: Site) -> None:
    health, ready = await site.call("GET", "/healthz"), await site.call("GET", "/readyz")
    assert (health.status, json.loads(health.body)) == (200, {"status": "ok"})
    assert (ready.status, json.loads(ready.body)) == (200, {"status": "ready", "reasons": [], "warnings": []})
    assert (await site.call("HEAD", "/readyz")).status == 200


async def test_without_a_database_it_lives_but_is_not_ready(site: Site) -> None:
    await site.db.close()
    assert (await site.call("GET", "/healthz")).status == 200
    ready = await site.call("GET", "/readyz")
    assert ready.status == 503
    assert json.loads(ready.body)["reasons"] == ["the database is closed"]


async def test_callbacks_are_counted_by_their_answer(site: Site) -> None:
    await site.callback(event("1"))
    await site.callback(event("2"))
    await site.callback(event("3"), X_WORKS_Signature="x")
    found = await samples(site)
    assert found['kaimono_callbacks_total{"status": "200"}'] == 2
    assert found['kaimono_callbacks_total{"status": "401"}'] == 1
    assert found["kaimono_callback_seconds_count{}"] == 3


async def test_jobs_that_wait_and_jobs_that_were_buried_are_seen(site: Site) -> None:
    await site.callback(event("1", at="2026-11-24T01:00:00.001Z"))
    await site.callback(event("2", at="2026-11-24T01:00:00.002Z"))
    site.clock.advance(seconds=30)
    found = await samples(site)
    assert found['kaimono_jobs{"kind": "callback", "state": "ready"}'] == 1
    assert found['kaimono_jobs{"kind": "callback", "state": "waiting"}'] == 1
    assert found['kaimono_job_age_seconds{"kind": "callback"}'] == 30

    def bury(tx: Tx) -> None:
        now = site.clock()
        (job,) = queue.claim(tx, kinds=["callback"], owner="test", limit=1, now=now, lease=now - now)
        queue.bury(tx, job, owner="test", now=now, error="for a test")

    await site.db.write(bury)
    assert (await samples(site))['kaimono_jobs{"kind": "callback", "state": "buried"}'] == 1


async def test_metrics_are_still_told_without_a_database(site: Site) -> None:
    """Just then somebody wants to see them."""
    await site.callback(event("1"))
    await site.db.close()
    await site.callback(event("2"))
    found = await samples(site)
    assert found['kaimono_callbacks_total{"status": "503"}'] == 1


async def _at_revision(site: Site, number: str) -> None:
    await site.db.write(
        lambda tx: tx.conn.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{number}'") and None
    )


async def test_a_schema_older_than_this_program_is_not_ready(site: Site) -> None:
    await _at_revision(site, "0001")
    ready = await site.call("GET", "/readyz")
    assert ready.status == 503
    assert "revision 0001" in json.loads(ready.body)["reasons"][0]


async def test_a_schema_without_a_version_is_not_taken_for_a_newer_one(site: Site) -> None:
    await site.db.write(lambda tx: tx.conn.exec_driver_sql("DELETE FROM alembic_version") and None)
    assert (await site.call("GET", "/readyz")).status == 503


async def test_while_others_are_updated_the_old_ones_stay_in_service(site: Site) -> None:
    """The new schema is there before the first new process; out of service together they would turn callbacks away."""
    await _at_revision(site, "9999")
    [warning] = await warnings(site)
    assert "revision 9999" in warning
    assert warning.endswith("update the program")
    assert await site.callback(event("1")) == 200


@pytest.mark.parametrize(
    ("seconds", "said"), [(-10, "10 seconds behind"), (10, "10 seconds ahead of"), (1, "")]
)
async def test_a_clock_that_differs_from_the_databases_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch, seconds: int, said: str
) -> None:
    async def ahead() -> timedelta:
        return timedelta(seconds=seconds)

    monkeypatch.setattr(site.db, "ahead", ahead)
    assert [said in warning for warning in await warnings(site)] == ([True] if said else [])


async def test_one_machine_has_one_clock(site: Site) -> None:
    assert abs(await site.db.ahead()) < timedelta(seconds=1)


async def test_a_database_that_was_never_migrated_is_not_ready(site: Site) -> None:
    await site.db.write(lambda tx: tx.conn.exec_driver_sql("DROP TABLE alembic_version") and None)
    ready = await site.call("GET", "/readyz")
    assert ready.status == 503
    (reason,) = json.loads(ready.body)["reasons"]
    assert reason.startswith("the database can't do it: ")
    assert "alembic_version" in reason


async def test_a_worker_that_has_ended_is_not_ready(site: Site) -> None:
    site.services.troubles.append(lambda: "a pool of the worker has ended")
    ready = await site.call("GET", "/readyz")
    assert (ready.status, json.loads(ready.body)["reasons"]) == (503, ["a pool of the worker has ended"])


async def warnings(site: Site) -> list[str]:
    """What is told beside readiness; the process stays in service, or callbacks would be lost."""
    ready = await site.call("GET", "/readyz")
    assert ready.status == 200
    found: list[str] = json.loads(ready.body)["warnings"]
    return found


async def test_callbacks_that_no_worker_takes_are_told(site: Site) -> None:
    await site.callback(event("1"))
    site.clock.advance(seconds=29)
    assert await warnings(site) == []
    site.clock.advance(seconds=2)
    assert await warnings(site) == [
        "a callback has been waiting for 31 seconds: no worker takes it, or they are far behind"
    ]


async def test_a_callback_in_the_hands_of_a_worker_waits_for_nobody_until_its_lease_is_long_over(
    site: Site,
) -> None:
    await site.callback(event("1"))

    def take(tx: Tx) -> None:
        lease = timedelta(minutes=5)
        assert queue.claim(tx, kinds=["callback"], owner="it died", limit=1, now=site.clock(), lease=lease)

    await site.db.write(take)
    site.clock.advance(seconds=5 * 60 + 29)
    assert await warnings(site) == []
    site.clock.advance(seconds=1)
    assert len(await warnings(site)) == 1


async def test_orders_are_counted_by_state(site: Site) -> None:
    await site.db.write(lambda tx: ordered(tx, site.company))
    assert (await samples(site))['kaimono_orders{"state": "placed"}'] == 1
