"""A backup is one SQLite file, whichever engine it comes from, and goes back into either.

It is taken while the bot serves: SQLite writes its own snapshot, PostgreSQL's is read in one transaction and moved by
`storage.copy`. What is sealed at rest stays sealed: without the key file a backup's documents cannot be read. Behind
SQLite's own bytes, which SQLite does not look beyond, stands their SHA-256: years later it tells a byte that has changed.
"""

import errno
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL, Connection

from storage.copy import Onlooker, fill, refuse_nothing, unserved
from storage.database import DatabaseFault, T, Tx, Work, read_address
from storage.migrate import changing, connected, migrate, missing
from storage.sqlite_file import snapshot

_DRAFTS = ".kaimono-backup-"
_ABANDONED = 86_400
"""Seconds after which nobody writes a draft any more."""
_MAGIC = b"SQLite format 3\0"
_SIGNED = b"\nkaimono backup, SHA-256 of all before: "
_DAMAGED = "the backup is damaged: its bytes are not those that were written"


def backup(url: str, file: Path, onlooker: Onlooker) -> int:
    """Everything as it is at this moment, in `file` (mode 600); returns its size in bytes.

    An older backup of that name is replaced once the new one is whole and on the disk. Raises DatabaseFault.
    """
    refuse_nothing(url)
    address = read_address(url)
    _refuse_to_replace(file, address)
    try:
        _clear_away(file.absolute().parent)
        with TemporaryDirectory(prefix=_DRAFTS, dir=file.absolute().parent) as folder:
            draft = Path(folder, "backup.db")
            _take(address, draft, onlooker)
            _judge(draft)
            _sign(draft)
            draft.chmod(0o600)
            _sync(draft)
            size = draft.stat().st_size
            draft.replace(file)
            _sync(file.absolute().parent)
            return size
    except OSError as error:
        raise DatabaseFault(f"can't write the backup {file}: {error.strerror}") from error


def _clear_away(folder: Path) -> None:
    """A backup that was killed leaves its draft behind, as large as the database and in a hidden folder."""
    for draft in folder.glob(f"{_DRAFTS}*"):
        with suppress(FileNotFoundError):  # another backup ends just now
            if time.time() - draft.stat().st_mtime > _ABANDONED:
                shutil.rmtree(draft, ignore_errors=True)


def restore(file: Path, url: str, onlooker: Onlooker, then: Work[T], *, replace: bool = False) -> T:
    """Put everything of a backup into a database that no bot serves, and that is empty unless it may be replaced.

    A backup of an older version is brought to the newest schema on the way. `then` is what must not be without it: it
    is stored with the rest, and its result returned. The file stays as it is. Raises DatabaseFault, and then the
    database is as it was.
    """
    _refuse_what_is_in_use(file)
    try:
        with TemporaryDirectory(prefix="kaimono-restore-") as folder:
            draft = Path(folder, "backup.db")
            _copy(file, draft)
            _verify(draft)
            _judge(draft)
            migrate(f"sqlite:///{draft}")
            with connected(_at(draft), writes=False) as old, _alone(read_address(url)) as new:
                fill(old, new, onlooker, replace=replace)
                return Tx(new).perform(then)
    except OSError as error:
        raise DatabaseFault(f"can't read the backup {file}: {error.strerror}") from error


def _copy(file: Path, draft: Path) -> None:
    try:
        shutil.copyfile(file, draft)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        size = file.stat().st_size
        raise DatabaseFault(
            f"no room for a working copy of the backup ({size} bytes) in {draft.parent.parent}: set TMPDIR to a folder "
            "that has it"
        ) from error


@contextmanager
def _alone(address: URL) -> Iterator[Connection]:
    """One transaction that no bot lives beside. Raises DatabaseFault while one serves; none starts meanwhile."""
    with changing(address) as conn, unserved(address, conn):
        yield conn


def _at(path: Path) -> URL:
    return read_address(f"sqlite:///{path}")


def _take(address: URL, draft: Path, onlooker: Onlooker) -> None:
    if address.drivername == "sqlite":
        snapshot(address, draft)
        return
    with connected(address, writes=False) as old, changing(_at(draft)) as new:
        if missing(old):
            raise DatabaseFault("the database lacks migrations: run  kaimono migrate  first")
        fill(old, new, onlooker)


def _judge(path: Path) -> None:
    """Raises DatabaseFault for what is no whole database of ours. Afterwards it is one file, without a -wal beside it."""
    if not _is_sqlite(path):
        raise DatabaseFault("it is not a backup: not a SQLite file")
    try:
        with closing(sqlite3.connect(path)) as conn:
            conn.execute("PRAGMA journal_mode = DELETE")
            found = conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise DatabaseFault(f"the backup is damaged: {found}")
            if conn.execute("PRAGMA foreign_key_check").fetchone():
                raise DatabaseFault("the backup is damaged: it has rows that refer to nothing")
            if not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                raise DatabaseFault("it is not a backup: a SQLite file, but not of kaimono")
    except sqlite3.Error as error:
        raise DatabaseFault(f"the backup is damaged: {error}") from error


def _sign(path: Path) -> None:
    """Write the file's SHA-256 behind its last byte."""
    with path.open("rb+") as content:
        content.write(_SIGNED + file_digest(content, "sha256").digest())  # the digest leaves off at the end


def _verify(path: Path) -> None:
    """Raises DatabaseFault when the bytes are not those that were signed; takes the signature off. A file without one is
    older and ends with a page of SQLite's, 512 bytes or a multiple: what stands behind was a signature."""
    with path.open("rb+") as content:
        end = content.seek(0, os.SEEK_END) - len(_SIGNED) - 32
        content.seek(max(end, 0))
        signature = content.read()
        if not signature.startswith(_SIGNED):
            if path.stat().st_size % 512 and _is_sqlite(path):
                raise DatabaseFault(_DAMAGED)
            return
        content.truncate(end)
        content.seek(0)
        if file_digest(content, "sha256").digest() != signature.removeprefix(_SIGNED):
            raise DatabaseFault(_DAMAGED)


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as content:
        return content.read(len(_MAGIC)) == _MAGIC


def _refuse_to_replace(file: Path, address: URL) -> None:
    """Nothing but an older backup is ever replaced."""
    try:
        if not file.exists():
            return
        if not file.is_file() or not _is_sqlite(file):
            raise DatabaseFault(f"{file} is there and is not a backup: choose another name")
    except OSError as error:
        raise DatabaseFault(f"can't write the backup {file}: {error.strerror}") from error
    if address.drivername == "sqlite" and file.samefile(str(address.database)):
        raise DatabaseFault(f"{file} is the database itself: choose another name")
    _refuse_what_is_in_use(file)


def _refuse_what_is_in_use(file: Path) -> None:
    """A backup is one file; a database that is open has its newest rows in another one beside it."""
    if Path(f"{file}-wal").exists():
        raise DatabaseFault(f"{file} is a database in use ({file.name}-wal is beside it), not a backup")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
