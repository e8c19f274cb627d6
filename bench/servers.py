"""Programs that are measured: each a process of its own, which prints its port and runs until it is told to stop."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
PEERS = ROOT / ".bench" / "bin" / "python"
"""The interpreter of the peers' own environment (`make bench` makes it): their packages and ours never meet."""


@contextmanager
def program(*words: str, python: str = sys.executable) -> Iterator[tuple[int, int]]:
    """Start `python words…`; its port and its process id. It is stopped in the end."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen([python, *words], stdout=subprocess.PIPE, env=env, cwd=ROOT)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(words)} did not start (exit code {process.wait()})")
        yield int(line), process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def memory(pid: int) -> int:
    """What the process holds in memory now, in bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def peak_memory(pid: int) -> int:
    """The most that it ever held, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
