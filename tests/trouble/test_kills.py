"""Two web and two worker processes on one PostgreSQL, killed or restarted under load: nothing lost, nothing bought twice.

The long run is `python -m bench.kills`.
"""

import json
import sys
from pathlib import Path

import pytest

from bench.kills import kills, rolling_restart, run
from tests.postgres import PostgresServer
from tests.trouble.serving import Warm

pytestmark = pytest.mark.xdist_group("killed")


async def test_killed_again_and_again_under_load(
    postgres_server: PostgresServer, warm: Warm, tmp_path: Path
) -> None:
    with postgres_server.fresh() as database:
        figures = await run(database, tmp_path, warm, kills(seconds=15, every=5))
    sys.stdout.write(json.dumps(figures, indent=2))
    assert figures["kills"] == 12
    assert [name for name, holds in figures["limits"].items() if not holds] == []


async def test_a_rolling_restart_loses_nothing_and_says_nothing_twice(
    postgres_server: PostgresServer, warm: Warm, tmp_path: Path
) -> None:
    with postgres_server.fresh() as database:
        figures = await run(database, tmp_path, warm, rolling_restart)
    sys.stdout.write(json.dumps(figures, indent=2))
    assert figures["messages_repeated"] == 0
    assert [name for name, holds in figures["limits"].items() if not holds] == []
