"""Databases of any version, and what they know of their own tables, as data to compare."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.types import TypeEngine

from storage import migrate as migrate_module
from storage.database import read_address
from storage.migrate import migrate
from storage.postgres import postgres_engine
from storage.sqlite_file import sqlite_engine

FOLDER = Path(migrate_module.__file__).with_name("migrations")
REVISIONS = [script.revision for script in ScriptDirectory(FOLDER).walk_revisions()][::-1]
"""The oldest first."""
BASELINE = REVISIONS[0]


def engine_of(url: str) -> Engine:
    address = read_address(url)
    return sqlite_engine(address, writes=True) if address.drivername == "sqlite" else postgres_engine(address)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = engine_of(url)
    try:
        with engine.begin() as conn:
            yield conn
    finally:
        engine.dispose()


def migrate_to(url: str, revision: str) -> None:
    """What a program of that age would have done."""
    upgrade = command.upgrade
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(command, "upgrade", lambda config, _head: upgrade(config, revision))
        migrate(url)


def schema(conn: Connection) -> dict[str, Any]:
    """Everything that the database knows of its tables but the order of their columns."""
    look = inspect(conn)
    if conn.dialect.name == "sqlite":
        indexes = conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'").all()
    else:
        indexes = conn.exec_driver_sql(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        ).all()
    if conn.dialect.name == "sqlite":
        triggers = conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    else:
        triggers = conn.exec_driver_sql(
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
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
    return tables | {
        "indexes": sorted((name, sql) for name, sql in indexes if "alembic_version" not in name),
        "triggers": sorted((name, sql) for name, sql in triggers),
    }


def shape(conn: Connection) -> dict[str, Any]:
    """What both engines have to agree about: everything but the names of types and how a condition is written."""
    look = inspect(conn)
    return {
        table: {
            "columns": {
                column["name"]: (_kind(column["type"]), column["nullable"], _given(column["default"]))
                for column in look.get_columns(table)
            },
            "key": look.get_pk_constraint(table)["constrained_columns"],
            "unique": {(each["name"], *each["column_names"]) for each in look.get_unique_constraints(table)},
            "foreign": {
                (
                    each["name"],
                    *each["constrained_columns"],
                    each["referred_table"],
                    *each["referred_columns"],
                )
                for each in look.get_foreign_keys(table)
            },
            "checks": {each["name"] for each in look.get_check_constraints(table)},
            "indexes": {
                (each["name"], bool(each["unique"]), *each["column_names"], _partial(each["dialect_options"]))
                for each in look.get_indexes(table)
                if "duplicates_constraint" not in each
            },
        }
        for table in look.get_table_names()
        if table != "alembic_version"
    }


def _kind(of: TypeEngine[Any]) -> str:
    kind = of.python_type.__name__
    return "int" if kind == "Decimal" else kind  # an exact number is a whole one on SQLite


def _given(default: str | None) -> str | None:
    return None if default is None or "nextval" in default else default.partition("::")[0]


def _partial(options: Any) -> bool:
    return any(name.endswith("_where") for name in options)
