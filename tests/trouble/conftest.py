"""What the tests of trouble share: the process that forks bots, and what the walk over the crash points has to tell."""

import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from tests.trouble.mortal import Point
from tests.trouble.serving import REPOSITORY, Warm, warm_process


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    with warm_process() as process:
        yield process


def told(engine: str, points: Iterable[Point]) -> list[str]:
    """How many crash points were walked, on which commit of this repository, and where they lie: for `tell`."""
    names = [(stage, name) for stage, name, _ in points]
    at_commits = sum(" commit of " in name for _, name in names)
    lines = [
        f"crash points on {engine}, commit {_commit()}",
        f"{len(names)} walked, each by a SIGKILL: {at_commits} around commits, "
        f"{len(names) - at_commits} around calls to the outside",
    ]
    for stage in dict.fromkeys(stage for stage, _ in names):
        times = Counter(name for its_stage, name in names if its_stage == stage)
        where = (f"{name}{f' × {count}' if count > 1 else ''}" for name, count in times.items())
        lines.append(f"{stage}: {'; '.join(where)}")
    return lines


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
