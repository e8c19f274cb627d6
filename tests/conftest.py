"""What every room's tests share: a database of their own, on both engines.

A test that asks for `database`, `database_url` or `empty_url` runs twice: […sqlite] and […postgres]. One that asks for
`sqlite_…` or `postgres_…` is about that engine's own nature.
"""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from storage.database import Database, open_database
from storage.migrate import migrate
from tests.postgres import PostgresServer
from tests.postgres import postgres_server as start_postgres
from tests.punchout.conftest import cxml_dtd, fulfill_dtd  # noqa: F401 - every room may send a document

Tell = Callable[..., None]
"""Called with a heading and lines."""


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
        migrate(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that holds the schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "kaimono.db"
    migrate(f"sqlite:///{path}")
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


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database without a table, this test's own."""
    with postgres_server.fresh() as url:
        yield url


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite database that nobody has made yet."""
    return f"sqlite:///{tmp_path}/empty.db"


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    """The test runs twice: on SQLite and on PostgreSQL."""
    return str(request.param)


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest) -> str:
    """A database with the schema; the test runs on both engines."""
    return str(request.getfixturevalue(f"{engine}_url"))


@pytest.fixture
def empty_url(engine: str, request: pytest.FixtureRequest) -> str:
    """A database without a table, beside `database_url` if that is asked for too; on both engines."""
    return str(request.getfixturevalue(f"empty_{engine}_url"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database; the test runs on both engines."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    """An open SQLite database, for what only SQLite does."""
    opened = open_database(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
async def postgres_database(postgres_url: str) -> AsyncIterator[Database]:
    """An open PostgreSQL database, for what only PostgreSQL does."""
    opened = open_database(postgres_url)
    yield opened
    await opened.close()


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """For whoever reads the output of the whole run: a heading, and lines below it, at the end."""
    return lambda heading, *lines: record_property("told", [heading, *lines])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests had to tell, and which published document gave what (tests/bot/test_read.py).

    Of a test that ran in another process only its properties arrive here.
    """
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = [value for report in reports for name, value in report.user_properties if name == "sample"]
    if rows:
        terminalreporter.section("published documents: what was understood")
        for name, understood in sorted(rows):
            terminalreporter.line(f"{name[-64:]:64}  {understood}")
    for heading, *lines in (
        value for report in reports for name, value in report.user_properties if name == "told"
    ):
        terminalreporter.section(heading)
        for line in lines:
            terminalreporter.line(line)
