"""The schema, brought to the newest version at every start, guarded so that two starts don't collide.

To write a migration after the tables have changed:  python -m storage.migrate "what changes"
It compares the tables with an empty database that has all migrations so far, and writes the difference to
`storage/migrations/versions/`. Read it, format it, and let `tests/storage/test_migrations.py` judge it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError

from storage.database import DatabaseFault, as_fault, read_address
from storage.lockfile import alone
from storage.postgres import postgres_engine, refuse_other_encodings
from storage.sqlite_file import sqlite_engine, sqlite_file

_LOCK = int.from_bytes(b"kaimono")
"""The advisory lock that a migrating process holds on PostgreSQL."""


def pending(url: str) -> bool:
    """Whether the database lacks migrations. Raises DatabaseFault if it can't be asked, or is too new."""
    address = read_address(url)
    if address.drivername == "sqlite" and not Path(str(address.database)).exists():
        return True
    with connected(address, writes=False) as conn:
        return bool(missing(conn))


def newest() -> str:
    """The revision that this program's tables are at."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def migrate(url: str) -> list[str]:
    """Bring the database to the newest schema, all or nothing. Returns the revisions applied, oldest first.

    Other processes that start now wait, then find nothing to do. Raises DatabaseFault if it can't be done.
    """
    if not pending(url):
        return []
    with changing(read_address(url)) as conn:
        return upgrade(conn)


@contextmanager
def changing(address: URL) -> Iterator[Connection]:
    """One transaction that may change the schema; whoever else wants to change it waits.

    SQLite doesn't look at foreign keys meanwhile, so all are looked at in the end. Raises DatabaseFault.
    """
    on_sqlite = address.drivername == "sqlite"
    with (
        alone(sqlite_file(address)) if on_sqlite else nullcontext(),
        connected(address, writes=True) as conn,
    ):
        if not on_sqlite:
            conn.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        yield conn
        if on_sqlite and conn.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise DatabaseFault("there would be rows that refer to nothing; nothing was changed")


def upgrade(conn: Connection) -> list[str]:
    """Bring the schema to the newest in this transaction. Returns the revisions applied, oldest first."""
    lacking = missing(conn)
    if lacking:
        command.upgrade(_config(conn), "head")
    return lacking


def revise(message: str) -> Path | None:
    """Write the migration from the newest one to the tables as they are now. None if nothing has changed."""

    def nothing_to_do(_context: Any, _revision: Any, scripts: list[Any]) -> None:
        if scripts[0].upgrade_ops.is_empty():
            scripts.clear()

    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/empty.db"
        migrate(url)
        with connected(read_address(url), writes=True) as conn:
            config = _config(conn)
            number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
            script = command.revision(
                config,
                message,
                autogenerate=True,
                rev_id=f"{number:04}",
                process_revision_directives=nothing_to_do,
            )
    return Path(script.path) if script and not isinstance(script, list) else None


@contextmanager
def connected(address: URL, *, writes: bool) -> Iterator[Connection]:
    """One transaction on a connection of its own, which ends with it; one consistent snapshot if it only reads."""
    if address.drivername == "sqlite":
        # SQLite changes a table by making it anew: with foreign keys on, dropping the old one would empty others
        engine = sqlite_engine(address, writes=writes, foreign_keys=False)
    else:
        engine = postgres_engine(address)
        if not writes:
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    try:
        with engine.begin() as conn:
            if conn.dialect.name == "postgresql":
                refuse_other_encodings(conn)
            yield conn
    except DBAPIError as error:
        raise as_fault(error) from error.orig
    finally:
        engine.dispose()


def _config(conn: Connection | None = None) -> Config:
    config = Config()
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    return config


def version(conn: Connection) -> tuple[str, ...]:
    """The newest revision that the database has; nothing if it isn't a database of ours."""
    return tuple(MigrationContext.configure(conn).get_current_heads())


def missing(conn: Connection) -> list[str]:
    """The revisions that the database lacks, oldest first. Raises DatabaseFault if it is newer than this program."""
    has = version(conn)
    scripts = ScriptDirectory.from_config(_config())
    try:
        return [script.revision for script in scripts.iterate_revisions("head", has or "base")][::-1]
    except RevisionError:
        raise DatabaseFault("the database is newer than this program: update the program") from None


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('usage: python -m storage.migrate "what changes"')
    sys.stdout.write(f"{revise(sys.argv[1]) or 'the tables are as the migrations make them'}\n")
