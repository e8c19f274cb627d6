"""Migrations: at once or step by step they make the schema that the tables declare, and no row is lost on the way."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    Connection,
    DateTime,
    MetaData,
    Numeric,
    Table,
    create_engine,
    inspect,
    make_url,
    select,
    text,
)
from sqlmodel import SQLModel

from storage import migrate as migrate_module
from storage import sqlite_file
from storage.database import DatabaseFault, open_database
from storage.migrate import migrate, pending
from storage.types import Amount, Package, Utc
from tests.storage.filled import a_row
from tests.storage.jobs import putting
from tests.storage.schema import BASELINE, REVISIONS, connected, engine_of, migrate_to, schema, shape


def tables_of(conn: Connection) -> list[Table]:
    """The tables of the baseline as they are in the database, those referred to first, with our types of its time."""
    found = MetaData()
    found.reflect(conn)
    for column in (column for table in found.tables.values() for column in table.columns):
        if isinstance(column.type, DateTime):
            column.type = Utc()
        elif isinstance(column.type, Numeric) or (
            str(column.type) == "BIGINT" and conn.dialect.name == "sqlite"
        ):
            column.type = Amount()
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


MOVED = {"shipment": ("carrier", "tracking", "tracking_url")}
"""Columns whose content a later migration put elsewhere; each has a test of its own."""


def test_the_tables_are_declared_as_the_migrations_make_them(database_url: str, empty_url: str) -> None:
    with connected(empty_url) as declared, connected(database_url) as migrated:
        SQLModel.metadata.create_all(declared)
        assert schema(migrated) == schema(declared)
        context = MigrationContext.configure(migrated, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_step_by_step_makes_the_same_as_all_at_once(database_url: str, empty_url: str) -> None:
    for revision in REVISIONS:
        assert pending(empty_url)
        migrate_to(empty_url, revision)
    assert not pending(empty_url)
    with connected(empty_url) as stepped, connected(database_url) as at_once:
        assert schema(stepped) == schema(at_once)


def test_both_engines_have_the_same_schema(sqlite_url: str, postgres_url: str) -> None:
    with connected(sqlite_url) as sqlite, connected(postgres_url) as postgres:
        assert shape(sqlite) == shape(postgres)


def test_rows_of_the_first_release_are_kept(empty_url: str) -> None:
    """A row in every table of the baseline, then every migration since: what it said it still says."""
    migrate_to(empty_url, BASELINE)
    with connected(empty_url) as conn:
        before = tables_of(conn)
        assert len(before) >= 19
        for table in before:
            conn.execute(table.insert(), [a_row(table, number) for number in (1, 2)])
    migrate(empty_url)
    with connected(empty_url) as conn:
        for table in before:
            columns = SQLModel.metadata.tables[table.name].c
            names = [column.name for column in table.columns if column.name not in MOVED.get(table.name, ())]
            rows = conn.execute(select(*(columns[name] for name in names))).mappings()
            kept = sorted((dict(row) for row in rows), key=str)
            said = [a_row(table, number) for number in (1, 2)]
            assert kept == [{name: row[name] for name in names} for row in said], table.name


def test_the_packages_of_a_shipment_are_kept(empty_url: str) -> None:
    """One carrier, numbers in one text and one link became packages."""
    migrate_to(empty_url, BASELINE)
    former = {"carrier": "ヤマト運輸", "tracking": "111、222", "tracking_url": "https://track.example/111"}
    nothing = dict.fromkeys(former, "")
    page_alone = nothing | {"tracking_url": "https://track.example/333"}
    with connected(empty_url) as conn:
        for table in tables_of(conn):
            rows = [a_row(table, number) for number in (1, 2, 3)]
            if table.name == "shipment":
                rows = [row | said for row, said in zip(rows, (former, nothing, page_alone), strict=True)]
            conn.execute(table.insert(), rows)
    migrate(empty_url)
    with connected(empty_url) as conn:
        columns = SQLModel.metadata.tables["shipment"].c
        kept = conn.execute(select(columns.packages).order_by(columns.id)).scalars().all()
    assert kept == [
        (Package("ヤマト運輸", "111", "https://track.example/111"), Package("ヤマト運輸", "222")),
        (),
        (Package("", "", "https://track.example/333"),),
    ]


async def test_a_migrated_database_works(empty_url: str) -> None:
    migrate(empty_url)
    database = open_database(empty_url)
    assert await database.write(putting("a"))
    await database.close()


def test_migrating_again_does_nothing(empty_url: str) -> None:
    assert pending(empty_url)
    first = migrate(empty_url)
    assert first == sorted(first)
    assert not pending(empty_url)
    assert migrate(empty_url) == []


def test_two_that_start_at_once_do_not_collide(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have seen that there is work to do: one does it, the other waits and then has nothing to do."""
    upgrade, ask = command.upgrade, migrate_module.pending
    seen_by_both = threading.Barrier(2, timeout=20)

    def pending_for_both(url: str) -> bool:
        work_to_do = ask(url)
        seen_by_both.wait()
        return work_to_do

    def counted_upgrade(config: Any, target: str) -> None:
        upgrades.append(target)
        upgrade(config, target)

    upgrades: list[str] = []
    monkeypatch.setattr(migrate_module, "pending", pending_for_both)
    monkeypatch.setattr(command, "upgrade", counted_upgrade)
    with ThreadPoolExecutor(2) as both:
        applied = list(both.map(migrate, [empty_url] * 2))
    assert sorted(map(bool, applied)) == [False, True]
    assert upgrades == ["head"]


def test_a_database_newer_than_the_program_is_refused(empty_url: str) -> None:
    migrate(empty_url)
    engine = engine_of(empty_url)
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for use in (pending, migrate):
        with pytest.raises(DatabaseFault, match="newer than this program"):
            use(empty_url)


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half_way(config: Any, _target: str) -> None:
        conn = config.attributes["connection"]
        conn.execute(text("CREATE TABLE half_way (id INTEGER)"))
        raise KeyError("half way")

    monkeypatch.setattr(command, "upgrade", half_way)
    with pytest.raises(KeyError):
        migrate(empty_url)
    engine = engine_of(empty_url)
    with engine.connect() as conn:
        assert inspect(conn).get_table_names() == []
    engine.dispose()


def test_a_migration_that_leaves_orphans_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite checks no foreign key while tables are made anew, so all are checked in the end."""
    url = f"sqlite:///{tmp_path}/kaimono.db"

    def orphan(config: Any, _target: str) -> None:
        conn = config.attributes["connection"]
        conn.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        conn.execute(text("CREATE TABLE child (parent REFERENCES parent)"))
        conn.execute(text("INSERT INTO child VALUES (1)"))

    monkeypatch.setattr(command, "upgrade", orphan)
    with pytest.raises(DatabaseFault, match="refer to nothing; nothing was changed"):
        migrate(url)
    engine = engine_of(url)
    with engine.connect() as conn:
        assert inspect(conn).get_table_names() == []
    engine.dispose()


def test_asking_makes_no_file(tmp_path: Path) -> None:
    assert pending(f"sqlite:///{tmp_path}/kaimono.db")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_can_not_be_asked_is_told(tmp_path: Path) -> None:
    path = tmp_path / "kaimono.db"
    path.write_bytes(b"this is no database, " * 100)
    with pytest.raises(DatabaseFault, match="file is not a database"):
        pending(f"sqlite:///{path}")
    with pytest.raises(DatabaseFault):
        pending("postgresql://postgres@127.0.0.1:1/kaimono?connect_timeout=2")


def test_a_database_that_somebody_else_holds_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'held.db'}"
    migrate_to(url, REVISIONS[-2])
    monkeypatch.setattr(sqlite_file, "_PRAGMAS", ("busy_timeout = 10",))
    with connected(url), pytest.raises(DatabaseFault, match="locked"):
        migrate(url)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "EUC_JP"])
def test_a_database_that_cannot_hold_every_name_is_refused(empty_postgres_url: str, encoding: str) -> None:
    """SQL_ASCII is what initdb makes of LANG=C; EUC_JP knows neither 😀 nor 𠮷 nor Korean."""
    address = make_url(empty_postgres_url)
    server = create_engine(empty_postgres_url.replace(":", "+psycopg:", 1), isolation_level="AUTOCOMMIT")
    with server.connect() as conn:
        conn.exec_driver_sql(
            f"CREATE DATABASE {address.database}_other TEMPLATE template0"
            f" ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        other = address.set(database=f"{address.database}_other").render_as_string(hide_password=False)
        try:
            with pytest.raises(
                DatabaseFault, match=f"encoding is {encoding}: make one with .* ENCODING 'UTF8'"
            ):
                migrate(other)
        finally:
            conn.exec_driver_sql(f"DROP DATABASE {address.database}_other WITH (FORCE)")
    server.dispose()
