"""What the tests of trouble share: the process that forks bots, and what the walk over the crash points has to tell."""

import subprocess
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.trouble.mortal import Point
from tests.trouble.serving import REPOSITORY, Warm, warm_process

CrashPoints = dict[str, list[Point]]
"""By engine: where a bot was killed."""
_FOUND: pytest.StashKey[CrashPoints] = pytest.StashKey()


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    with warm_process() as process:
        yield process


@pytest.fixture(scope="session")
def crash_points(pytestconfig: pytest.Config) -> CrashPoints:
    """To be filled in; told at the end of the run."""
    return pytestconfig.stash.setdefault(_FOUND, {})


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """How many crash points were walked, on which commit of this repository, and where they lie."""
    found = config.stash.get(_FOUND, {})
    for engine, points in found.items():
        at_commits = sum(" commit of " in name for _, name, _ in points)
        terminalreporter.section(f"crash points on {engine}, commit {_commit()}")
        terminalreporter.line(
            f"{len(points)} walked, each by a SIGKILL: {at_commits} around commits, "
            f"{len(points) - at_commits} around calls to the outside"
        )
        for stage in dict.fromkeys(stage for stage, _, _ in points):
            times = Counter(name for its_stage, name, _ in points if its_stage == stage)
            where = (f"{name}{f' × {count}' if count > 1 else ''}" for name, count in times.items())
            terminalreporter.line(f"{stage}: {'; '.join(where)}")


def _commit() -> str:
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown (not a git checkout)"
    return asked.stdout.strip()
