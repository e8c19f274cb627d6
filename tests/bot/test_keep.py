"""`kaimono copy`, `backup` and `restore` from outside: what they print, and that a fault is one sentence."""

import asyncio
import re
import signal
import stat
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.app import buying
from bot.config import load
from bot.keep import backup, restore
from bot.talk.wording import wording
from purchasing.numbers import next_number
from storage.database import open_database
from tests.bot.configuration import instead, write
from tests.bot.program import begin, files, kaimono, until_listening
from tests.storage import filled

WORDS = wording("en")
CHANGED_BY_A_RESTORE = {"number_series", "audit_entry", "audit_head"}
LINE = re.compile(r"(\w+): sent (\d+) rows \(checksum (\w{16})\), found (\d+) rows \(checksum (\w{16})\)")


def on(url: str) -> str:
    """The configuration of a bot on this database."""
    return instead(f'database = "{url}"')


def tables_told(out: str) -> list[str]:
    """The tables that were moved; both sides must be told alike."""
    told = [match.groups() for line in out.splitlines() if (match := LINE.fullmatch(line))]
    assert [(sent, was) for _, sent, was, _, _ in told] == [(came, found) for *_, came, found in told]
    return [table for table, *_ in told]


async def test_copy_shows_both_sides_of_every_table(
    tmp_path: Path, database_url: str, empty_url: str
) -> None:
    filled.fill(database_url)
    ended = await kaimono(tmp_path, "copy", "--from", database_url, "--to", empty_url)
    assert (ended.code, ended.err) == (0, "")
    assert tables_told(ended.out) == [table.name for table in filled.TABLES]
    assert "the same key file" in ended.out.splitlines()[-1]
    assert filled.content(empty_url) == filled.content(database_url)

    again = await kaimono(tmp_path, "copy", "--from", database_url, "--to", empty_url)
    assert (again.code, again.out) == (1, "")
    assert again.err.startswith("Nothing was copied: the target is not empty")
    assert len(again.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("sqlite:///nowhere.db", "there is no database nowhere.db"),
        ("mysql://root:himitsu@localhost/db", "can't use a database address that begins mysql://"),
        ("postgresql://kaimono:himitsu@127.0.0.1:1/kaimono", "the database can't do it: "),
    ],
)
async def test_what_can_not_be_copied_is_one_sentence_without_a_password(
    tmp_path: Path, source: str, sentence: str
) -> None:
    ended = await kaimono(tmp_path, "copy", "--from", source, "--to", "sqlite:///new.db")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"Nothing was copied: {sentence}")
    assert len(ended.err.splitlines()) == 1
    assert "himitsu" not in ended.err
    assert files(tmp_path) == []


async def test_a_bot_that_serves_is_backed_up_and_put_back(tmp_path: Path, database_url: str) -> None:
    write(tmp_path, on(database_url))
    process = await begin(tmp_path, "serve", "--config", "config.toml")
    port = await until_listening(process)
    taken = await kaimono(tmp_path, "backup", "kaimono.backup", "--config", "config.toml")
    assert (taken.code, taken.err) == (0, "")
    assert re.fullmatch(
        r"kaimono\.backup: [\d,]+ bytes, checked\. .* key file \S*kaimono\.key too.*",
        taken.out.splitlines()[-1],
    )
    assert stat.S_IMODE((tmp_path / "kaimono.backup").stat().st_mode) == 0o600
    async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as ready:
        assert ready.status == 200
    below = await kaimono(tmp_path, "restore", "kaimono.backup", "--config", "config.toml", "--replace")
    assert (below.code, below.out) == (1, "")
    assert below.err == (
        "Nothing was restored: a bot serves on this database: stop every kaimono serve first\n"
    )
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), 10)

    before = filled.content(database_url)
    refused = await kaimono(tmp_path, "restore", "kaimono.backup", "--config", "config.toml")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("Nothing was restored: the target is not empty")
    assert "--replace" in refused.err
    restored = await kaimono(tmp_path, "restore", "kaimono.backup", "--config", "config.toml", "--replace")
    assert (restored.code, restored.err) == (0, "")
    assert tables_told(restored.out) == [table.name for table in filled.TABLES]
    assert "the key file of that time" in restored.out.splitlines()[-1]
    after = filled.content(database_url)
    assert {name for name in after if after[name] != before[name]} == CHANGED_BY_A_RESTORE


async def test_numbers_given_after_the_backup_are_not_given_again(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = load(write(tmp_path, on(database_url)))
    (company,) = (buying(each, config.public_url) for each in config.company)
    november, december = datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)

    async def order(now: datetime) -> str:
        database = open_database(database_url)
        number = await database.write(lambda tx: next_number(tx, company, now))
        await database.close()
        return number

    assert await order(november) == "KM-202611-00001"
    backup(config, WORDS, tmp_path / "kaimono.backup")
    after = {await order(november), await order(november), await order(december)}
    for now, follows in ((november, "KM-202611-01002"), (december, "KM-202612-01001")):
        put = partial(
            restore, config, WORDS, tmp_path / "kaimono.backup", replace=True, clock=lambda now=now: now
        )
        assert await asyncio.to_thread(put) == 0
        told = f"{company.name}: 1,000 order numbers are left out, because orders after the backup may have them."
        assert f"{told} The next one is {follows}.\n" in capsys.readouterr().out
        assert await order(now) == follows not in after


async def test_what_is_no_backup_is_one_sentence(tmp_path: Path) -> None:
    write(tmp_path)
    ended = await kaimono(tmp_path, "restore", "config.toml", "--config", "config.toml", lang="ja_JP.UTF-8")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "何も戻していません: it is not a backup: not a SQLite file\n"
