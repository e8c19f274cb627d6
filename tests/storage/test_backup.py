"""Backups: taken while others write, whole or not there at all, and put back into either engine."""

import asyncio
import errno
import os
import re
import shutil
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path
from tempfile import gettempdir

import pytest
from sqlalchemy import insert, text

from storage.backup import _SIGNED, backup, restore
from storage.database import DatabaseFault, Tx, open_database
from storage.migrate import pending
from tests.storage import filled
from tests.storage.jobs import putting
from tests.storage.schema import BASELINE, connected, migrate_to
from tests.storage.test_copy import COMPANY, Watched


@pytest.fixture
def full_url(database_url: str) -> str:
    filled.fill(database_url)
    return database_url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "kaimono.backup"


def put_back(file: Path, url: str, watched: Watched, *, replace: bool = False) -> None:
    restore(file, url, watched, lambda _tx: None, replace=replace)


def rows_in(file: Path, table: str) -> int:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as conn:
        return int(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_backup_is_one_private_file_and_nothing_else_is_left(full_url: str, file: Path) -> None:
    size = backup(full_url, file, Watched())
    assert file.stat().st_size == size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [found.name for found in file.parent.iterdir()] == [file.name]
    assert rows_in(file, "member") == 3
    assert [found.name for found in file.parent.iterdir()] == [file.name], (
        "reading it makes no -wal beside it"
    )


def test_what_a_killed_backup_left_behind_is_cleared_away_by_a_later_one(sqlite_url: str, file: Path) -> None:
    filled.fill(sqlite_url)
    old, under_way = (file.parent / f".kaimono-backup-{name}" for name in ("old", "under-way"))
    for draft in (old, under_way):
        draft.mkdir()
        (draft / "backup.db").touch()
    os.utime(old, (time.time() - 2 * 86_400,) * 2)
    backup(sqlite_url, file, Watched())
    assert sorted(found.name for found in file.parent.iterdir()) == [under_way.name, file.name]


def test_a_backup_comes_back_into_either_engine(
    full_url: str, file: Path, empty_sqlite_url: str, empty_postgres_url: str
) -> None:
    before = filled.content(full_url)
    backup(full_url, file, Watched())
    kept = file.read_bytes()
    for url in (empty_sqlite_url, empty_postgres_url):
        watched = Watched()
        put_back(file, url, watched)
        assert filled.content(url) == before
        assert all(sent == came for sent, came in watched.both.values())
    assert file.read_bytes() == kept


async def test_a_backup_under_load_is_a_moment_of_it(database_url: str, file: Path, tmp_path: Path) -> None:
    """Each unit puts a pair of jobs; a backup in the middle holds all that was acknowledged, and no half of a pair."""
    database, stored = open_database(database_url), 0

    async def write_a_pair() -> None:
        nonlocal stored
        pair = [putting(f"{half} {stored}", lane=half) for half in ("left", "right")]
        await database.write(lambda tx: [put(tx) for put in pair])
        stored += 1

    for _ in range(3):
        await write_a_pair()
        before = stored
        taking = asyncio.create_task(asyncio.to_thread(backup, database_url, file, Watched()))
        while not taking.done():
            await write_a_pair()
        await taking
        with closing(sqlite3.connect(file)) as conn:
            keys = [key for (key,) in conn.execute("SELECT key FROM job")]
        left, right = ({key.split()[1] for key in keys if key.startswith(half)} for half in ("left", "right"))
        assert left == right == set(map(str, range(len(left))))
        assert before <= len(left) <= stored
    await database.close()
    put_back(file, f"sqlite:///{tmp_path}/restored.db", Watched())


def test_a_byte_that_changed_is_seen_though_every_page_is_sound(
    full_url: str, file: Path, empty_url: str
) -> None:
    """A letter in a name is nothing that SQLite would miss."""
    backup(full_url, file, Watched())
    written = file.read_bytes()
    name = written.rindex("株式会社".encode())
    for changed in (
        written[:name] + "有限".encode() + written[name + 6 :],
        written[:-1] + b"?",
        written + b"\n",
        written[:-60] + b"?" + written[-59:],
    ):
        assert changed != written
        file.write_bytes(changed)
        with pytest.raises(DatabaseFault, match="its bytes are not those that were written"):
            put_back(file, empty_url, Watched())
    assert pending(empty_url)
    file.write_bytes(written)
    put_back(file, empty_url, Watched())
    assert filled.content(empty_url) == filled.content(full_url)
    assert file.read_bytes() == written


def test_a_backup_without_a_signature_is_an_older_one(sqlite_url: str, file: Path, empty_url: str) -> None:
    filled.fill(sqlite_url)
    backup(sqlite_url, file, Watched())
    before, signed, _ = file.read_bytes().rpartition(_SIGNED)
    assert signed
    file.write_bytes(before)
    put_back(file, empty_url, Watched())
    assert filled.content(empty_url) == filled.content(sqlite_url)


def test_a_newer_backup_takes_the_place_of_the_older(full_url: str, file: Path) -> None:
    backup(full_url, file, Watched())
    with connected(full_url) as conn:
        conn.execute(insert(COMPANY), [filled.a_row(COMPANY, 4)])
    backup(full_url, file, Watched())
    assert rows_in(file, "company") == 4


def test_a_backup_that_fails_leaves_the_older_one(
    full_url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(full_url, file, Watched())
    kept = file.read_bytes()

    def full_disk(_draft: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("storage.backup._sync", full_disk)
    with pytest.raises(DatabaseFault, match=r"can't write the backup .*: No space left on device"):
        backup(full_url, file, Watched())
    assert file.read_bytes() == kept
    assert [found.name for found in file.parent.iterdir()] == [file.name]


def test_nothing_but_a_backup_is_replaced(sqlite_url: str, tmp_path: Path) -> None:
    other = tmp_path / "config.toml"
    other.write_text("mode = 'active'")
    with pytest.raises(DatabaseFault, match=r"config.toml is there and is not a backup"):
        backup(sqlite_url, other, Watched())
    with pytest.raises(DatabaseFault, match=r"is there and is not a backup"):
        backup(sqlite_url, tmp_path, Watched())
    with pytest.raises(DatabaseFault, match=r"can't write the backup .*No such file or directory"):
        backup(sqlite_url, tmp_path / "nowhere" / "kaimono.backup", Watched())
    assert other.read_text() == "mode = 'active'"


async def test_the_database_itself_is_no_place_for_its_backup(sqlite_url: str, tmp_path: Path) -> None:
    database = open_database(sqlite_url)
    await database.write(putting("a"))
    with pytest.raises(DatabaseFault, match=r"kaimono.db is the database itself"):
        backup(sqlite_url, tmp_path / "kaimono.db", Watched())
    await database.close()


def test_where_there_is_no_database_no_backup_is_made(empty_url: str, file: Path) -> None:
    with pytest.raises(DatabaseFault, match=r"there is no database|is not a database of kaimono"):
        backup(empty_url, file, Watched())
    assert list(file.parent.iterdir()) == []


def test_a_database_that_is_not_empty_is_restored_only_if_told(full_url: str, file: Path) -> None:
    before = filled.content(full_url)
    backup(full_url, file, Watched())
    with connected(full_url) as conn:
        conn.execute(insert(COMPANY), [filled.a_row(COMPANY, 4)])
        conn.execute(text("CREATE TABLE of_others (id INTEGER)"))
    with pytest.raises(DatabaseFault, match="the target is not empty"):
        put_back(file, full_url, Watched())
    assert len(filled.content(full_url)["company"]) == 4
    put_back(file, full_url, Watched(), replace=True)
    assert filled.content(full_url) == before
    with connected(full_url) as conn:
        assert conn.execute(text("SELECT count(*) FROM of_others")).scalar() == 0


def test_a_replacement_that_fails_leaves_what_was_there(
    full_url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(full_url, file, Watched())
    before = filled.content(full_url)
    monkeypatch.setattr(Watched, "compared", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        put_back(file, full_url, Watched(), replace=True)
    assert filled.content(full_url) == before


def test_an_older_backup_is_brought_to_the_newest_schema(empty_url: str, file: Path) -> None:
    migrate_to(f"sqlite:///{file}", BASELINE)
    with connected(f"sqlite:///{file}") as conn:
        conn.execute(insert(COMPANY), [filled.a_row(COMPANY, 1)])
    kept = file.read_bytes()
    put_back(file, empty_url, Watched())
    assert not pending(empty_url)
    assert filled.content(empty_url)["company"] == [tuple(filled.a_row(COMPANY, 1).values())]
    assert file.read_bytes() == kept


def test_what_is_no_whole_backup_is_refused_and_changes_nothing(
    sqlite_url: str, empty_url: str, file: Path, tmp_path: Path
) -> None:
    filled.fill(sqlite_url, rows=200)
    backup(sqlite_url, file, Watched())
    whole = file.read_bytes()
    torn = tmp_path / "torn.backup"
    damages = {
        "not a SQLite file": b"PGDMP",
        "damaged": whole[: len(whole) // 2],
        "is damaged": whole[:8192] + b"\xa5" * 8192 + whole[16384:],
    }
    for sentence, content in damages.items():
        torn.write_bytes(content)
        with pytest.raises(DatabaseFault, match=sentence):
            put_back(torn, empty_url, Watched())
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as conn:
        conn.execute("CREATE TABLE diary (entry)")
    with pytest.raises(DatabaseFault, match="not of kaimono"):
        put_back(tmp_path / "foreign.db", empty_url, Watched())
    file.write_bytes(whole.rpartition(_SIGNED)[0])
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
        conn.commit()
    with pytest.raises(DatabaseFault, match="newer than this program"):
        put_back(file, empty_url, Watched())
    with pytest.raises(DatabaseFault, match="can't read the backup"):
        put_back(tmp_path / "nothing.backup", empty_url, Watched())
    assert pending(empty_url)


@pytest.mark.parametrize(
    ("place", "broken"), [(0, "file is not a database"), (4096, "database disk image is malformed")]
)
def test_below_a_damaged_database_it_is_told_what_to_move_away(
    place: int, broken: str, sqlite_url: str, file: Path
) -> None:
    filled.fill(sqlite_url)
    backup(sqlite_url, file, Watched())
    before, damaged = filled.content(sqlite_url), Path(sqlite_url.removeprefix("sqlite:///"))
    with damaged.open("r+b") as content:
        content.seek(place)
        content.write(b"\xff" * (damaged.stat().st_size - place))
    with pytest.raises(DatabaseFault, match=f"{broken}. Its file is damaged: .* move the file away"):
        put_back(file, sqlite_url, Watched(), replace=True)
    for each in damaged.parent.glob(f"{damaged.name}*"):
        each.unlink()
    put_back(file, sqlite_url, Watched())
    assert filled.content(sqlite_url) == before


def test_a_full_folder_for_working_copies_is_named(
    sqlite_url: str, empty_url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.fill(sqlite_url)
    backup(sqlite_url, file, Watched())

    def full(_file: Path, _draft: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(DatabaseFault, match=f"no room .* in {re.escape(gettempdir())}: set TMPDIR"):
        put_back(file, empty_url, Watched())


async def test_a_database_in_use_is_no_backup(sqlite_url: str, empty_url: str, tmp_path: Path) -> None:
    """Its newest rows are in the file beside it: whoever copies the one alone loses them."""
    database = open_database(sqlite_url)
    await database.write(putting("a"))
    with pytest.raises(DatabaseFault, match=r"is a database in use \(kaimono.db-wal is beside it\)"):
        put_back(tmp_path / "kaimono.db", empty_url, Watched())
    await database.close()
    shutil.copyfile(tmp_path / "kaimono.db", tmp_path / "closed.db")
    put_back(tmp_path / "closed.db", empty_url, Watched())


async def test_nothing_is_put_back_below_a_bot_that_serves(full_url: str, file: Path) -> None:
    backup(full_url, file, Watched())
    before, one, other = filled.content(full_url), open_database(full_url), open_database(full_url)
    await one.serve()
    await other.serve()
    for served in (one, other):
        with pytest.raises(DatabaseFault, match="stop every kaimono serve first"):
            await asyncio.to_thread(put_back, file, full_url, Watched(), replace=True)
        await served.close()
    assert filled.content(full_url) == before
    await asyncio.to_thread(put_back, file, full_url, Watched(), replace=True)


async def test_no_bot_begins_to_serve_while_a_backup_is_put_back(
    full_url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.postgres.SERVES_WITHIN", 1.0)
    backup(full_url, file, Watched())

    async def serve() -> None:
        database = open_database(full_url)
        try:
            await database.serve()
        finally:
            await database.close()

    def meanwhile(_tx: Tx) -> str:
        with pytest.raises(DatabaseFault, match="a backup is being put back"):
            asyncio.run(serve())
        return "refused"

    found = await asyncio.to_thread(restore, file, full_url, Watched(), meanwhile, replace=True)
    assert found == "refused"
    await serve()


async def test_a_bot_whose_connection_was_lost_serves_on(postgres_url: str, file: Path) -> None:
    """The lock of PostgreSQL goes with its connection and comes back with the next one."""
    backup(postgres_url, file, Watched())
    database = open_database(postgres_url)
    await database.serve()
    with connected(postgres_url) as conn:
        holders = text("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted")
        (before,) = conn.execute(holders).scalars().all()
        conn.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
        deadline = time.monotonic() + 10
        while (now := conn.execute(holders).scalars().all()) in ([], [before]):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
    assert len(now) == 1
    with pytest.raises(DatabaseFault, match="stop every kaimono serve first"):
        await asyncio.to_thread(put_back, file, postgres_url, Watched(), replace=True)
    await database.close()
