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
from storage.postgres import postgres_engine
from storage.sqlite import sqlite_engine, sqlite_file

_LOCK = int.from_bytes(b"kaimono")
"""The advisory lock that a migrating process holds on PostgreSQL."""


def pending(url: str) -> bool:
    """Whether the database lacks migrations. Raises DatabaseFault if it can't be asked, or is too new."""
    address = read_address(url)
    if address.drivername == "sqlite" and not Path(str(address.database)).exists():
        return True
    with _connected(address, writes=False) as conn:
        return bool(_missing(conn))


def migrate(url: str) -> list[str]:
    """Bring the database to the newest schema, all or nothing. Returns the revisions applied, oldest first.

    Other processes that start now wait, then find nothing to do. Raises DatabaseFault if it can't be done.
    """
    if not pending(url):
        return []
    address = read_address(url)
    on_sqlite = address.drivername == "sqlite"
    with (
        alone(sqlite_file(address)) if on_sqlite else nullcontext(),
        _connected(address, writes=True) as conn,
    ):
        if not on_sqlite:
            conn.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        missing = _missing(conn)
        if missing:
            command.upgrade(_config(conn), "head")
        if on_sqlite and conn.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise DatabaseFault("the migration would leave rows that refer to nothing; nothing was changed")
        return missing


def revise(message: str) -> Path | None:
    """Write the migration from the newest one to the tables as they are now. None if nothing has changed."""

    def nothing_to_do(_context: Any, _revision: Any, scripts: list[Any]) -> None:
        if scripts[0].upgrade_ops.is_empty():
            scripts.clear()

    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/empty.db"
        migrate(url)
        with _connected(read_address(url), writes=True) as conn:
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
def _connected(address: URL, *, writes: bool) -> Iterator[Connection]:
    """One transaction on a connection of its own, which ends with it."""
    if address.drivername == "sqlite":
        # SQLite changes a table by making it anew: with foreign keys on, dropping the old one would empty others
        engine = sqlite_engine(address, writes=writes, foreign_keys=False)
    else:
        engine = postgres_engine(address)
    try:
        with engine.begin() as conn:
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


def _missing(conn: Connection) -> list[str]:
    """The revisions that the database lacks, oldest first."""
    has = MigrationContext.configure(conn).get_current_heads()
    scripts = ScriptDirectory.from_config(_config())
    try:
        return [script.revision for script in scripts.iterate_revisions("head", has or "base")][::-1]
    except RevisionError:
        raise DatabaseFault("the database is newer than this program: update the program") from None


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('usage: python -m storage.migrate "what changes"')
    sys.stdout.write(f"{revise(sys.argv[1]) or 'the tables are as the migrations make them'}\n")
