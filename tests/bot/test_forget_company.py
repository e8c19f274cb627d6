"""`kaimono jobs --forget-company`: a company is gone for good, and so is what waits for it; on both engines."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Config, load
from bot.jobs import AT_ONCE, jobs
from bot.talk.wording import wording
from purchasing.ordering import SUBMIT
from purchasing.values import Company
from storage import audit, queue
from storage.database import Database, Tx
from storage.tables import Order
from tests.bot.configuration import TEXT, instead, write
from tests.bot.program import kaimono
from tests.purchasing.jobs import jobs_of
from tests.storage.jobs import states
from tests.trouble.house import COMPANY, NOW, companies, furnished, ordered

WORDS = wording("en")
LEASE = timedelta(seconds=30)


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Config:
    """A configuration that names another company than the one whose work waits."""
    text = instead(f'database = "{database_url}"', TEXT.replace("bot_id = 2000001", "bot_id = 2000009"))
    return load(write(tmp_path, text))


@pytest.fixture
def company() -> Company:
    return companies("")


def put(tx: Tx, key: str, company_id: str = COMPANY, lane: str = "") -> None:
    queue.put(
        tx, company_id=company_id, lane=lane or f"send:{company_id}:{key}", kind=f"send:{company_id}", key=key,
        payload=b"{}", now=NOW,
    )  # fmt: skip


def bury(tx: Tx, kind: str) -> int:
    (job,) = queue.claim(tx, kinds=[kind], owner="one", limit=1, now=NOW, lease=LEASE)
    queue.bury(tx, job, owner="one", now=NOW, error="the configuration names no company")
    return job.id


async def forget(config: Config, company_id: str) -> int:
    return await jobs(config, WORDS, forget_company=company_id, clock=lambda: NOW)


async def test_all_that_waits_and_what_was_given_up_is_written_off_and_the_audit_keeps_it(
    config: Config, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await database.write(furnished)
    for key in ("given up", "first", "second"):
        await database.write(lambda tx, key=key: put(tx, key, lane="one lane"))  # type: ignore[misc]
    await database.write(lambda tx: bury(tx, f"send:{COMPANY}"))
    await database.write(lambda tx: put(tx, "of another", "2000009"))

    assert await jobs(config, WORDS, clock=lambda: NOW) == 0
    assert (
        f"2 jobs wait for the company {COMPANY}, which the configuration does not name"
        in capsys.readouterr().out
    )
    assert [await forget(config, COMPANY), await forget(config, COMPANY)] == [0, 1]
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"Written off for the company {COMPANY}: 3."
    assert shown[1].startswith(f"Nothing waits for a company {COMPANY}.")
    assert await states(database) == {
        "given up": "done", "first": "done", "second": "done", "of another": "ready",
    }  # fmt: skip
    noted = [
        e for e in await database.read(lambda tx: audit.entries(tx, COMPANY)) if e.what == "job_forgotten"
    ]
    assert len(noted) == 3
    assert all(entry.actor.startswith("operator:") for entry in noted)


async def test_a_company_that_is_configured_keeps_its_work(
    config: Config, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await database.write(lambda tx: put(tx, "a", "2000009"))
    assert await forget(config, "2000009") == 1
    assert "The configuration names the company 2000009" in capsys.readouterr().out
    assert await states(database) == {"a": "ready"}


async def test_what_somebody_has_in_hand_stays(config: Config, database: Database) -> None:
    await database.write(furnished)
    await database.write(lambda tx: put(tx, "held", lane="one lane"))
    await database.write(lambda tx: put(tx, "behind", lane="one lane"))
    kinds = [f"send:{COMPANY}"]
    (job,) = await database.write(
        lambda tx: queue.claim(tx, kinds=kinds, owner="one", limit=9, now=NOW, lease=LEASE)
    )
    assert await forget(config, COMPANY) == 0
    assert await states(database) == {"held": "leased", "behind": "done"}
    await database.write(lambda tx: queue.finish(tx, job, owner="one", now=NOW))


async def test_the_next_of_a_lane_goes_on(config: Config, database: Database) -> None:
    """A lane may hold work of several companies: it must not stand still behind what is written off."""
    await database.write(furnished)
    await database.write(lambda tx: put(tx, "gone", lane="one lane"))
    await database.write(lambda tx: put(tx, "stays", "2000009", lane="one lane"))
    await forget(config, COMPANY)
    assert await states(database) == {"gone": "done", "stays": "ready"}


async def test_an_order_is_written_off_by_its_number_alone_and_is_not_on_its_way_any_more(
    config: Config, database: Database, company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    def place(tx: Tx) -> Order:
        furnished(tx)
        return ordered(tx, company)

    async def order_and_job() -> tuple[str, str]:
        def look(tx: Tx) -> tuple[str, str]:
            (job,) = jobs_of(tx, SUBMIT)
            return tx.orm.get_one(Order, order.id).state, job.state

        return await database.read(look)

    order = await database.write(place)
    await forget(config, COMPANY)
    assert await order_and_job() == ("placed", "ready")
    number = await database.write(lambda tx: bury(tx, SUBMIT))
    await forget(config, COMPANY)
    await jobs(config, WORDS, forget="all", clock=lambda: NOW)
    assert await order_and_job() == ("placed", "buried")
    assert capsys.readouterr().out.count(f"{number} sends an order and was left") == 3

    assert await jobs(config, WORDS, forget=str(number), clock=lambda: NOW) == 0
    assert await order_and_job() == ("stuck", "done")
    entries = await database.read(lambda tx: audit.entries(tx, COMPANY, order_number=order.number))
    assert entries[-1].what == "job_forgotten"


async def test_a_flood_goes_in_portions(
    config: Config, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.jobs.AT_ONCE", 3)
    assert AT_ONCE > 3
    await database.write(furnished)
    for n in range(8):
        await database.write(lambda tx, n=n: put(tx, str(n)))  # type: ignore[misc]
    await forget(config, COMPANY)
    assert set((await states(database)).values()) == {"done"}


async def test_from_the_command_line(tmp_path: Path, config: Config, database: Database) -> None:
    await database.write(furnished)
    await database.write(lambda tx: put(tx, "a"))
    path = tmp_path / "config.toml"
    ended = await kaimono(tmp_path, "jobs", "--config", path, "--forget-company", COMPANY, lang="ja_JP.UTF-8")
    assert (ended.code, ended.out, ended.err) == (0, f"{COMPANY} の処理を 1 件取りやめました。\n", "")
    both = await kaimono(tmp_path, "jobs", "--config", path, "--forget-company", COMPANY, "--again", "all")
    assert both.code == 2


async def test_a_given_up_job_of_no_company_is_acted_on_too(config: Config, database: Database) -> None:
    """The nightly sweep belongs to nobody: it is noted in the audit of every company."""

    def sweep(tx: Tx) -> int:
        furnished(tx)
        queue.put(tx, company_id="", lane="sweep", kind="sweep", key="sweep:1", payload=b"", now=NOW)
        return bury(tx, "sweep")

    number = str(await database.write(sweep))
    assert await jobs(config, WORDS, again=number, clock=lambda: NOW) == 0
    assert await states(database) == {"sweep:1": "ready"}
    await database.write(lambda tx: bury(tx, "sweep"))
    assert await jobs(config, WORDS, forget=number, clock=lambda: NOW) == 0
    assert await states(database) == {"sweep:1": "done"}
    noted = await database.read(lambda tx: audit.entries(tx, COMPANY))
    assert [entry.what for entry in noted[-2:]] == ["job_again", "job_forgotten"]
