"""Locks beside a file, for the processes of one machine: who may change it, and who has it in use."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait for `<path>.lock` and hold it. The system lets go when the process ends, however it ends."""
    with Path(f"{path}.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def in_use(path: Path, *, alone: bool) -> BinaryIO | None:
    """Hold `<path>.serving` until what is returned is closed: with others or alone. None if others forbid it.

    A file of its own: whoever changes the schema waits for `<path>.lock`, also beside a bot that serves.
    """
    file = Path(f"{path}.serving").open("ab")  # noqa: SIM115 - closed by whoever holds it
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
