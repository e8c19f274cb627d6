"""The tests' own PostgreSQL ends with the tests, however they end."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.postgres import _find_programs

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys, time
from tests.postgres import restartable_postgres
with restartable_postgres() as server:
    print(server._server.pid, server._base, flush=True)
    time.sleep(120)
"""


def runs(pid: int) -> bool:
    """Ended but not yet collected by whoever inherited it is not running."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_run_that_is_killed_leaves_no_server_behind() -> None:
    if _find_programs() is None:
        pytest.skip("no PostgreSQL of its own can be started")
    killed = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    pid, folder = killed.stdout.readline().split()
    assert runs(int(pid))
    killed.kill()
    killed.communicate()
    deadline = time.monotonic() + 20
    while runs(int(pid)) or Path(folder).exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
