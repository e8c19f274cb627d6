"""The house as a test: every import, every door to the outside and the size of every file, read from the source.

A rule is a function from the modules to sentences about what breaks it; `test_the_rules_see` shows on small bad houses
that each of them can fail.
"""

from collections.abc import Callable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.house import ROOMS, Module, Modules, read_house, within

HERE = Path(__file__).parent.parent
MAY_USE = {
    "bot": {"bot", "purchasing", "punchout", "storage"},
    "console": {"console", "purchasing", "punchout", "storage"},
    "purchasing": {"purchasing", "punchout", "storage"},
    "punchout": {"punchout"},
    "storage": {"storage"},
    "sandbox": {"sandbox", "punchout"},
}
COMPOSE = {"bot.app", "bot.cli", "bot.demo"}
"""They alone put console and sandbox together with the bot."""

DIAL = {
    "punchout.supplier": "posts documents to Amazon",
    "bot.lineworks.client": "calls the LINE WORKS API",
    "bot.lineworks.token": "asks for the token of that API",
    "bot.app": "owns the session that these use",
    "bot.line": "hands that session to them",
    "bot.check": "owns a session, to check the configuration",
    "bot.reach": "calls our own public address, to check that it leads here",
    "bot.certificate": "makes the TLS that shows our certificate to Amazon",
    "bot.replay": "posts recorded callbacks",
    "bot.setup": "owns a session, to register the bot",
    "bot.demo": "looks for a free port",
    "storage.postgres": "hears what PostgreSQL notifies",
}
"""Who may hold a connection to the outside, and what for. The sandbox is the outside."""
CONNECTIONS = {"socket", "ssl", "http.client", "urllib.request", "ftplib", "smtplib", "requests", "httpx"}
DIALLING = {"ClientSession", "open_connection", "open_unix_connection", "create_connection"}

ENGINES = {
    "sqlite3",
    "psycopg",
    "alembic",
    "storage.sqlite",
    "storage.sqlite_file",
    "storage.postgres",
    "storage.lockfile",
}
OPENS_THE_DATABASE = {"bot.app", "bot.check", "bot.opened"}

TOUCHES_STORAGE = {
    "bot.talk.engine",
    "bot.talk.outbox",
    "bot.talk.telling",
    "bot.talk.counter",
    "bot.talk.meaning",
    "bot.talk.till",
    "bot.talk.choices",
}
"""Of the talk, these alone run inside a transaction."""
IMPURE = {
    "aiohttp",
    "asyncio",
    "os",
    "random",
    "secrets",
    "socket",
    "sqlalchemy",
    "subprocess",
    "time",
    "urllib.request",
}
DOORS = {
    "storage.database",
    "storage.queue",
    "storage.sqlite",
    "storage.sqlite_file",
    "storage.postgres",
    "punchout.supplier",
}
CLOCKS = {"now", "utcnow", "today", "monotonic", "perf_counter"}

LONGEST = 260


def arrows(house: Modules) -> Iterator[str]:
    """A room uses itself and the rooms to its right; only those who compose see the rest."""
    for module in house.values():
        for target in module.imports:
            room = target.partition(".")[0]
            composed = module.name in COMPOSE and room in ("console", "sandbox")
            if room in ("tests", "bench") or (
                room in ROOMS and room not in MAY_USE[module.room] and not composed
            ):
                yield f"{module.name} must not import {target}"


def inner_arrows(house: Modules) -> Iterator[str]:
    """The stand-in never borrows our client, and the platform's wire knows nothing of ours but its secret type."""
    for module in house.values():
        for target in module.imports:
            ours = target.partition(".")[0] in ROOMS
            if module.of("sandbox") and within(target, "punchout.supplier"):
                yield f"{module.name} must not import {target}"
            if (
                module.of("bot.lineworks")
                and ours
                and not within(target, "bot.lineworks")
                and target != "punchout.secret"
            ):
                yield f"{module.name} must not import {target}"


def doors_out(house: Modules) -> Iterator[str]:
    """Nobody opens a connection but those who are known to."""
    for module in house.values():
        dials = (module.imports & CONNECTIONS) | (module.names & DIALLING)
        if dials and not module.of("sandbox") and module.name not in DIAL:
            yield f"{module.name} uses {', '.join(sorted(dials))}, but it is no door to the outside"


def database_door(house: Modules) -> Iterator[str]:
    """Outside storage nobody knows which database it is."""
    for module in house.values():
        if module.of("storage"):
            continue
        engines = {target for target in module.imports for engine in ENGINES if within(target, engine)}
        opening = {"open_database", "create_engine"} & module.names
        if engines or (opening and module.name not in OPENS_THE_DATABASE):
            yield f"{module.name} must not use {', '.join(sorted(engines | opening))}: the door is storage.database"


def pure_core(house: Modules) -> Iterator[str]:
    """Documents, tables of states and the talk do no input or output and are told what time it is."""
    for module in house.values():
        if not _is_pure(module):
            continue
        tools = {target for target in module.imports for tool in IMPURE | DOORS if within(target, tool)}
        clock = module.calls & CLOCKS
        if tools or clock:
            yield f"{module.name} is pure, but it uses {', '.join(sorted(tools | clock))}"


def _is_pure(module: Module) -> bool:
    documents = module.of("punchout") and module.name != "punchout.supplier"
    talk = module.of("bot.talk") and module.name not in TOUCHES_STORAGE
    return (
        documents
        or talk
        or module.name in ("purchasing.lifecycle", "purchasing.diagram", "purchasing.values")
    )


def no_circles(house: Modules) -> Iterator[str]:
    """Every module can be loaded first."""
    try:
        TopologicalSorter({module.name: module.needs & set(house) for module in house.values()}).prepare()
    except CycleError as circle:
        yield "a circle of imports: " + " > ".join(circle.args[1])


def short_files(house: Modules) -> Iterator[str]:
    """One noun a file. Migrations are as long as Alembic writes them."""
    for module in house.values():
        if module.of("storage.migrations.versions"):
            continue
        if module.lines > LONGEST:
            yield f"{module.name} has {module.lines} lines, more than {LONGEST}"


Rule = Callable[[Modules], Iterator[str]]
RULES = (arrows, inner_arrows, doors_out, database_door, pure_core, no_circles, short_files)


@cache
def _house() -> Modules:
    return read_house(HERE)


def test_the_whole_house_is_read() -> None:
    assert len(_house()) > 150
    assert {module.room for module in _house().values()} >= set(ROOMS) - {"console"}
    assert "storage.database" in _house()["purchasing.ordering"].imports


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule) -> None:
    assert sorted(rule(_house())) == []


def test_every_exception_still_exists() -> None:
    assert {*DIAL, *COMPOSE, *OPENS_THE_DATABASE, *TOUCHES_STORAGE} <= set(_house())


@pytest.mark.parametrize(
    ("rule", "file", "source", "said"),
    [
        (arrows, "storage/jobs.py", "from punchout.secret import Secret", "punchout.secret"),
        (arrows, "punchout/cart.py", "def f():\n    import storage.database", "storage.database"),
        (arrows, "purchasing/orders.py", "from bot.talk import wording", "bot.talk"),
        (arrows, "sandbox/shop.py", "import purchasing.ordering", "purchasing.ordering"),
        (arrows, "bot/worker.py", "from sandbox.app import make_sandbox", "sandbox.app"),
        (arrows, "console/pages.py", "from bot.talk.wording import wording", "bot.talk.wording"),
        (inner_arrows, "sandbox/shop.py", "from punchout.supplier import Supplier", "punchout.supplier"),
        (inner_arrows, "bot/lineworks/client.py", "from ..talk import engine", "bot.talk"),
        (doors_out, "bot/talk/cards.py", "import aiohttp\nget = aiohttp.ClientSession", "ClientSession"),
        (doors_out, "purchasing/orders.py", "from urllib.request import urlopen", "urllib.request"),
        (database_door, "purchasing/orders.py", "from storage.sqlite import sqlite_engine", "storage.sqlite"),
        (database_door, "bot/worker.py", "from storage.database import open_database", "open_database"),
        (pure_core, "bot/talk/steps.py", "from storage.database import Tx", "storage.database"),
        (
            pure_core,
            "punchout/order.py",
            "from datetime import UTC, datetime\nnow = datetime.now(UTC)",
            "now",
        ),
        (no_circles, "bot/a.py", "import bot.b", "bot.a > bot.b > bot.a"),
        (short_files, "bot/a.py", "\n" * 261, "261 lines"),
    ],
)
def test_the_rules_see(tmp_path: Path, rule: Rule, file: str, source: str, said: str) -> None:
    for path, text in (("bot/b.py", "import bot.a"), (file, source)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    found = list(rule(read_house(tmp_path)))
    assert len(found) == 1
    assert said in found[0]


def test_what_only_a_type_checker_loads_makes_no_circle(tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot/a.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import bot.b\n"
    )
    (tmp_path / "bot/b.py").write_text("import bot.a\n")
    assert list(no_circles(read_house(tmp_path))) == []
