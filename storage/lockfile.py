"""Locks beside a file, for the processes of one machine: who may change it, and who has it in use."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from storage.database import DatabaseFault


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait for `<path>.lock` and hold it. The system lets go when the process ends, however it ends.

    Raises DatabaseFault if there can be no such file.
    """
    with _opened(path, "lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def in_use(path: Path, *, alone: bool) -> BinaryIO | None:
    """Hold `<path>.serving` until what is returned is closed: with others or alone. None if others forbid it.
    Raises DatabaseFault if there can be no such file.

    A file of its own: whoever changes the schema waits for `<path>.lock`, also beside a bot that serves.
    """
    file = _opened(path, "serving")
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _opened(path: Path, suffix: str) -> BinaryIO:
    """`<path>.<suffix>`, for those alone who may write `path` itself: whoever can open it can hold the lock for ever.

    What root makes belongs to the owner of `path`, as SQLite does it with its own files: else the bot could not start.
    """
    beside = Path(f"{path}.{suffix}")
    try:
        of = path.stat() if path.exists() else None
        mode = 0o600 | (stat.S_IMODE(of.st_mode) if of else 0)
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, mode)
        if os.fstat(descriptor).st_uid == os.geteuid():
            os.fchmod(descriptor, mode)
        if of and os.geteuid() == 0:
            os.fchown(descriptor, of.st_uid, of.st_gid)
    except OSError as error:
        raise DatabaseFault(f"can't open the lock {beside}: {error.strerror}") from error
    return open(descriptor, "r+b")
