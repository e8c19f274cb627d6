"""A company moves from one database to another, of either engine: everything arrives, or nothing does."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlmodel import SQLModel

from storage.copy import BATCH, Tally, copy
from storage.database import DatabaseFault, open_database
from storage.migrate import pending
from tests.storage import filled
from tests.storage.jobs import putting, states
from tests.storage.schema import BASELINE, connected, migrate_to

COMPANY = SQLModel.metadata.tables["company"]


class Watched:
    """What a person would have been shown."""

    def __init__(self) -> None:
        self.moved: list[tuple[str, int, int]] = []
        self.both: dict[str, tuple[Tally, Tally]] = {}

    def moving(self, table: str, rows: int, of: int) -> None:
        self.moved.append((table, rows, of))

    def compared(self, table: str, source: Tally, target: Tally) -> None:
        self.both[table] = (source, target)


@pytest.fixture(params=["sqlite", "postgres"])
def source_url(request: pytest.FixtureRequest) -> str:
    """A database with rows in every table, on either engine: with `empty_url` every pair of engines is tried."""
    url = str(request.getfixturevalue(f"{request.param}_url"))
    filled.fill(url)
    return url


def test_everything_arrives_as_it_was(source_url: str, empty_url: str) -> None:
    before, watched = filled.content(source_url), Watched()
    copy(source_url, empty_url, watched)
    assert filled.content(empty_url) == before == filled.content(source_url)
    assert not pending(empty_url)
    assert [*watched.both] == [table.name for table in filled.TABLES]
    for sent, came in watched.both.values():
        assert sent == came
        assert sent.rows == 3
    assert watched.moved == [(table.name, 3, 3) for table in filled.TABLES]


def test_there_and_back_again(source_url: str, empty_url: str, tmp_path: Path) -> None:
    copy(source_url, empty_url, Watched())
    home = f"sqlite:///{tmp_path}/home.db"
    copy(empty_url, home, Watched())
    assert filled.content(home) == filled.content(source_url)


async def test_the_new_database_goes_on_counting(source_url: str, empty_url: str) -> None:
    copy(source_url, empty_url, Watched())
    database = open_database(empty_url)
    assert await database.write(putting("the next one"))
    assert (await states(database))["the next one"] == "ready"
    await database.close()


async def test_a_source_on_which_a_bot_serves_is_refused(source_url: str, empty_url: str) -> None:
    database = open_database(source_url)
    await database.serve()
    with pytest.raises(DatabaseFault, match="stop every kaimono serve first"):
        await asyncio.to_thread(copy, source_url, empty_url, Watched())
    await database.close()
    await asyncio.to_thread(copy, source_url, empty_url, Watched())


def test_a_target_that_is_not_empty_is_refused(source_url: str, database_url: str) -> None:
    """Also its own source."""
    if source_url != database_url:
        with connected(database_url) as conn:
            conn.execute(insert(COMPANY), filled.a_row(COMPANY, 1))
    before = filled.content(database_url)
    with pytest.raises(
        DatabaseFault, match=r"the target is not empty: its table \w+ has rows; nothing was changed"
    ):
        copy(source_url, database_url, Watched())
    assert filled.content(database_url) == before


def test_what_the_other_engine_cannot_hold_is_told_and_leaves_nothing(
    sqlite_url: str, empty_postgres_url: str
) -> None:
    filled.fill(sqlite_url)
    with connected(sqlite_url) as conn:
        conn.execute(text("UPDATE member SET last_name = 'yama' || char(0) || 'da' WHERE id = 2"))
    with pytest.raises(
        DatabaseFault, match=r"a row of the table member can't be moved: .*NUL.*; nothing was changed"
    ):
        copy(sqlite_url, empty_postgres_url, Watched())
    with connected(empty_postgres_url) as conn:
        assert conn.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar() == 0


def test_rows_that_refer_to_nothing_are_not_moved(sqlite_url: str, empty_url: str) -> None:
    """A file in which somebody has deleted by hand, without foreign keys."""
    filled.fill(sqlite_url)
    with connected(sqlite_url) as conn:
        conn.connection.driver_connection.execute("COMMIT").close()  # type: ignore[union-attr]
        conn.exec_driver_sql("PRAGMA foreign_keys = OFF")
        conn.exec_driver_sql("BEGIN")
        conn.execute(text("DELETE FROM company WHERE id LIKE '2%'"))
    with pytest.raises(DatabaseFault, match="nothing was changed"):
        copy(sqlite_url, empty_url, Watched())


def test_a_source_that_is_no_database_of_ours_is_told_and_not_made(empty_url: str, sqlite_url: str) -> None:
    with pytest.raises(DatabaseFault, match=r"there is no database .*empty.db|is not a database of kaimono"):
        copy(empty_url, sqlite_url, Watched())
    assert pending(empty_url)


def test_an_older_source_is_brought_to_the_newest_schema_first(empty_url: str, tmp_path: Path) -> None:
    older = f"sqlite:///{tmp_path}/older.db"
    migrate_to(older, BASELINE)
    with connected(older) as conn:
        conn.execute(insert(COMPANY), [filled.a_row(COMPANY, 1)])
    copy(older, empty_url, Watched())
    assert not pending(older)
    assert not pending(empty_url)
    assert filled.content(empty_url)["company"] == [tuple(filled.a_row(COMPANY, 1).values())]


def test_many_rows_go_in_batches(sqlite_url: str, empty_postgres_url: str) -> None:
    rows, watched = 2 * BATCH + 1, Watched()
    with connected(sqlite_url) as conn:
        conn.execute(insert(COMPANY), [filled.a_row(COMPANY, number) for number in range(rows)])
    copy(sqlite_url, empty_postgres_url, watched)
    shown = [moved for moved in watched.moved if moved[0] == "company"]
    assert shown == [("company", BATCH, rows), ("company", 2 * BATCH, rows), ("company", rows, rows)]
    assert watched.both["company"][1].rows == rows


def test_a_checksum_knows_every_value_but_no_order(sqlite_url: str) -> None:
    filled.fill(sqlite_url)
    with connected(sqlite_url) as conn:
        rows = conn.execute(text("SELECT * FROM member")).all()
    tally = Tally().plus(rows)
    assert tally == Tally().plus(rows[:1]).plus(reversed(rows[1:])) == Tally().plus(reversed(rows))
    assert len(tally.checksum) == 16
    for others in (rows[:2], [*rows, rows[0]], [*rows[:2], rows[1]]):
        assert Tally().plus(others) != tally
