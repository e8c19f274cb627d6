"""Migrations: from an empty database they make the same schema as the tables themselves."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect, text
from sqlmodel import SQLModel

from storage import migrate as migrate_module
from storage.database import DatabaseFault, open_database, read_address
from storage.migrate import migrate, pending
from storage.postgres import postgres_engine
from storage.sqlite import sqlite_engine
from tests.postgres import PostgresServer
from tests.storage.jobs import putting


def engine_of(url: str) -> Engine:
    address = read_address(url)
    return sqlite_engine(address, writes=True) if address.drivername == "sqlite" else postgres_engine(address)


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database without any table, of the same engine as `database_url`."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path}/var/empty.db"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.fresh() as url:
            yield url


def schema(conn: Connection) -> dict[str, Any]:
    """Everything that the database knows of its tables but the order of their columns."""
    look = inspect(conn)
    if conn.dialect.name == "sqlite":
        indexes = conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'").all()
    else:
        indexes = conn.exec_driver_sql(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        ).all()
    tables = {
        table: {
            "columns": sorted(
                (column["name"], str(column["type"]), column["nullable"], str(column["default"]))
                for column in look.get_columns(table)
            ),
            "key": look.get_pk_constraint(table),
            "unique": sorted(look.get_unique_constraints(table), key=str),
            "foreign": sorted(look.get_foreign_keys(table), key=str),
            "checks": sorted(look.get_check_constraints(table), key=str),
        }
        for table in look.get_table_names()
        if table != "alembic_version"
    }
    return tables | {"indexes": sorted((name, sql) for name, sql in indexes if "alembic_version" not in name)}


def test_migrated_from_empty_is_what_the_tables_say(empty_url: str, database_url: str) -> None:
    assert migrate(empty_url)
    migrated, created = engine_of(empty_url), engine_of(database_url)
    with migrated.connect() as conn, created.connect() as reference:
        assert schema(conn) == schema(reference)
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    migrated.dispose()
    created.dispose()


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
