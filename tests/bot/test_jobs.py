"""`kaimono jobs` and `kaimono audit`, run as an operator does, beside a database that the bot uses."""

import asyncio
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.config import load
from bot.jobs import SHOWN, jobs
from bot.opened import opened
from bot.talk.wording import wording
from bot.trail import show, verify
from storage import audit, backlog, queue
from storage.database import Database, Tx
from storage.migrate import migrate
from storage.tables import Company
from tests.bot.configuration import write
from tests.bot.program import PATIENCE, environment, kaimono

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
COMPANY = "2000001"
WORDS = wording("en")
LOST = "LINE WORKS knows no such member or bot (HTTP 404), taro.yamada@example.co.jp"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    migrate("sqlite:///kaimono.db")
    return write(tmp_path)


def put(tx: Tx, key: str, lane: str = "") -> None:
    queue.put(
        tx, company_id=COMPANY, lane=lane or f"send:{COMPANY}:taro.yamada@example.co.jp", kind="send", key=key,
        payload=b'{"to": "taro", "content": "secret talk"}', now=NOW,
    )  # fmt: skip


def bury(tx: Tx, key: str) -> None:
    put(tx, key, key)
    (job,) = queue.claim(tx, kinds=["send"], owner="one", limit=1, now=NOW, lease=timedelta(seconds=30))
    queue.bury(tx, job, owner="one", now=NOW, error=LOST)


async def with_database(path: Path, *works: Callable[[Tx], object]) -> None:
    async with opened(load(path)) as db:
        await furnish(db)
        for work in works:
            await db.write(work)


async def furnish(db: Database) -> None:
    def company(tx: Tx) -> None:
        if tx.orm.get(Company, COMPANY) is None:
            tx.orm.add(Company(id=COMPANY, name="株式会社サンプル商事", provisioned_at=NOW))

    await db.write(company)


async def run(path: Path, again: str = "", forget: str = "") -> int:
    return await jobs(load(path), WORDS, again=again, forget=forget, clock=lambda: NOW)


async def test_what_waits_and_what_was_given_up_is_listed_without_addresses_or_payloads(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await with_database(path, lambda tx: bury(tx, "a"), lambda tx: put(tx, "b"))
    assert await run(path) == 0
    shown = capsys.readouterr().out
    assert "Given up: 1\n  1  send  2026-11-24 10:00:00  x1  a  LINE WORKS knows no such member" in shown
    assert "Waiting: 1\n  2  send (ready)  due 2026-11-24 10:00:00  x0  send:2000001:***@***\n" in shown
    for hidden in ("taro", "secret talk"):
        assert hidden not in shown


async def test_an_error_of_others_stays_one_line_and_commands_no_terminal(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.LOST", "broken\n  2  submit\x9b2J")
    await with_database(path, lambda tx: bury(tx, "a"))
    assert await run(path) == 0
    assert "  x1  a  broken   2  submit2J\n" in capsys.readouterr().out


async def test_a_long_queue_is_told_as_a_number(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await with_database(path, lambda tx: [put(tx, str(n)) for n in range(SHOWN + 7)])
    await run(path)
    shown = capsys.readouterr().out
    assert f"Waiting: {SHOWN + 7}\n" in shown
    assert "and 7 more" in shown


async def test_a_given_up_job_is_sent_again_once_and_the_audit_says_by_whom(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await with_database(path, lambda tx: bury(tx, "a"), lambda tx: bury(tx, "b"))
    assert [await run(path, again="1"), await run(path, again="1"), await run(path, again="one")] == [0, 1, 1]
    async with opened(load(path)) as db:
        assert [job.key for job in await db.read(backlog.buried)] == ["b"]
        (entry,) = await db.read(lambda tx: audit.entries(tx, COMPANY))
    assert entry.what == "job_again"
    assert entry.actor.startswith("operator:")
    assert "taro" not in entry.facts
    assert "No given-up job has the number 1" in capsys.readouterr().out


async def test_all_are_sent_again_or_written_off(path: Path) -> None:
    await with_database(path, lambda tx: bury(tx, "a"), lambda tx: bury(tx, "b"))
    assert await run(path, forget="2") == 0
    assert [await run(path, again="all"), await run(path, again="all")] == [0, 0]
    async with opened(load(path)) as db:
        assert await db.read(backlog.buried) == []
        work = queue.claim
        taken = await db.write(
            lambda tx: work(tx, kinds=["send"], owner="x", limit=9, now=NOW, lease=timedelta(seconds=9))
        )
        await db.write(lambda tx: put(tx, "b"))  # its key stays seen
        assert [job.key for job in taken] == ["a"]
        assert (await db.read(backlog.depth))[0].ready == 0


async def test_a_flood_is_sent_again_in_transactions_of_bounded_size(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL has room for the locks of some thousand lanes in one transaction, not for twenty thousand."""
    await with_database(path, *(partial(bury, key=str(number)) for number in range(7)))
    locked: list[tuple[Tx, str]] = []
    lock_lane = backlog.lock_lane  # type: ignore[attr-defined]

    def locking(tx: Tx, lane: str) -> None:
        locked.append((tx, lane))
        lock_lane(tx, lane)

    monkeypatch.setattr(backlog, "lock_lane", locking)
    monkeypatch.setattr("bot.jobs.AT_ONCE", 3)
    assert await run(path, again="all") == 0
    assert {lane for _, lane in locked} == set("0123456")
    assert sorted(Counter(id(tx) for tx, _ in locked).values()) == [1, 3, 3]
    async with opened(load(path)) as db:
        assert await db.read(backlog.buried) == []


async def test_the_audit_is_listed_and_verified(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def noted(tx: Tx) -> None:
        audit.note(tx, COMPANY, "member:1", "order_placed", NOW, order_number="KM-1", total="18240.00")

    await with_database(path, noted)
    config = load(path)
    assert await show(config, WORDS, order="KM-1", member="", limit=9) == 0
    line = '2000001#1  2026-11-24 10:00:00  member:1  order_placed KM-1  {"total":"18240.00"}\n'
    assert capsys.readouterr().out == line
    assert await show(config, WORDS, order="", member="nobody@sample", limit=9) == 1
    assert await verify(config, WORDS) == 0
    shown = capsys.readouterr().out
    assert "OK  株式会社サンプル商事: 1 entries, the chain is whole. It ends at 1:" in shown
    head = re.search(r"1:[0-9a-f]{64}", shown)[0]  # type: ignore[index]
    held = await kaimono(path.parent, "audit", "verify", "--config", path, "--expect", head)
    assert (held.code, held.out) == (0, shown.splitlines()[-1] + "\n")
    cut = await kaimono(
        path.parent, "audit", "verify", "--config", path, "--expect", head.replace("1:", "2:", 1)
    )
    assert (cut.code, cut.out.splitlines()[1][:24]) == (1, "NG  No chain holds 2:" + head[2:5])
    wrong = await kaimono(path.parent, "audit", "verify", "--config", path, "--expect", "1:x")
    assert (wrong.code, wrong.out) == (2, "")
    assert "not PLACE:HASH as `kaimono audit verify` prints it: '1:x'" in wrong.err

    def tampered(tx: Tx) -> None:
        tx.conn.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
        tx.conn.exec_driver_sql("UPDATE audit_entry SET facts = '{}'")

    await with_database(path, tampered)
    assert await verify(config, WORDS) == 1
    assert "NG  株式会社サンプル商事: entry 1 was changed" in capsys.readouterr().out


async def test_a_chain_without_entries_has_no_end_to_keep(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await verify(load(path), WORDS) == 0
    assert capsys.readouterr().out == "OK  株式会社サンプル商事: no entries yet.\n"


async def test_from_the_command_line(path: Path) -> None:
    await with_database(path, lambda tx: bury(tx, "a"))
    listed = await kaimono(path.parent, "jobs", "--config", path, lang="ja_JP.UTF-8")
    assert (listed.code, listed.err) == (0, "")
    assert "止めた処理: 1 件" in listed.out
    again = await kaimono(path.parent, "jobs", "--config", path, "--again", "1")
    assert (again.code, again.out) == (0, "1 (send) will be done again.\n")
    verified = await kaimono(path.parent, "audit", "verify", "--config", path)
    assert (verified.code, verified.err) == (0, "")
    assert "1 entries" in verified.out


async def test_without_a_database_it_is_one_sentence(path: Path) -> None:
    path.with_name("kaimono.db").write_bytes(b"this is no database, " * 100)
    ended = await kaimono(path.parent, "jobs", "--config", path)
    assert (ended.code, ended.out) == (1, "")
    assert "file is not a database" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "command", [("jobs",), ("audit",), ("audit", "verify"), ("evidence", "KM-1")], ids=" ".join
)
async def test_asking_makes_no_database(tmp_path: Path, command: tuple[str, ...]) -> None:
    """A relative path in another folder than the bot's would be another database, empty and without any trouble."""
    path = write(tmp_path)
    ended = await kaimono(tmp_path, *command, "--config", path)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"Cannot open the database: there is no database kaimono.db in {tmp_path}\n"
    assert not (tmp_path / "kaimono.db").exists()


async def test_a_reader_who_has_seen_enough_is_no_fault(path: Path) -> None:
    """kaimono jobs | head -1"""
    await with_database(path, *(partial(put, key=str(n), lane=str(n)) for n in range(SHOWN)))
    read, write_end = os.pipe()
    os.close(read)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "jobs", "--config", path),
        cwd=path.parent, env=environment(), stdout=write_end, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    os.close(write_end)
    _, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, err) == (141, b"")
