"""The SQLite file: where it lies, how connections to it are set up, and a snapshot of it."""

from contextlib import closing
from pathlib import Path
from sqlite3 import Connection as DriverConnection
from sqlite3 import Error as DriverError

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from storage.database import DatabaseFault
from storage.prepared import straight

BUSY_MS = 10_000
"""How long to wait for another process (a migration, a backup, a shell) that holds the write lock."""
_PRAGMAS = (
    f"busy_timeout = {BUSY_MS}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "cache_size = -32768",  # 32 MiB: the upper levels of a million orders' indexes stay in memory
)


def sqlite_file(address: URL) -> Path:
    """The file of the database. It and its folder are made where they are not there, for this user alone, and SQLite
    gives its -wal and -shm the file's own permissions. Raises DatabaseFault if that can't be done."""
    path = Path(str(address.database))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseFault(
            f"can't make the folder {path.parent} of the database: {error.strerror}"
        ) from error
    if not path.exists():
        try:
            path.touch(mode=0o600)
        except OSError as error:
            raise DatabaseFault(f"can't make the database {path}: {error.strerror}") from error
    return path


def sqlite_engine(address: URL, *, writes: bool, size: int = 1, foreign_keys: bool = True) -> Engine:
    """An engine whose transactions begin for real: `BEGIN IMMEDIATE` for writing, a snapshot for reading.

    The sqlite3 driver by itself begins only at the first write, so two units could overwrite each other's changes.
    """
    engine = create_engine(
        address,
        pool_size=size,
        max_overflow=0,
        # a rollback costs the writer time on every batch, and its connection is thrown away after any trouble
        pool_reset_on_return=None if writes else "rollback",
        hide_parameters=True,
    )
    own = (f"foreign_keys = {int(foreign_keys)}", f"query_only = {int(not writes)}")
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "connect")
    def set_up(driver: DriverConnection, _record: object) -> None:
        driver.isolation_level = None  # the driver no longer decides when to begin
        for pragma in (*_PRAGMAS, *own):
            driver.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin_for_real(conn: Connection) -> None:
        straight(conn, begin)

    return engine


def snapshot(address: URL, to: Path) -> None:
    """Write everything as it is now into a new file, beside all that is read and written meanwhile.

    Raises DatabaseFault. The file is not yet on the disk for good.
    """
    engine = sqlite_engine(address, writes=True)
    try:
        with closing(engine.raw_connection()) as conn:  # by itself: VACUUM can't run in a transaction
            conn.cursor().execute("VACUUM INTO ?", (str(to),))
    except (DBAPIError, DriverError) as error:
        raise DatabaseFault(f"can't write a snapshot of the database: {error}") from error
    finally:
        engine.dispose()
