"""One process at a time on one machine: an exclusive lock beside a file that is to be changed."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait for `<path>.lock` and hold it. The system lets go when the process ends, however it ends."""
    with Path(f"{path}.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
