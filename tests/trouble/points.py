"""Crash points: before and after each commit that stores something, and before and after each call to the outside.

They are found where they are, not listed: at the one place where SQLAlchemy commits, and at the HTTP client's own
signals. A process in which they are installed stands still at each of them until a test says "go on", or kills it.
Only tests install them, in a process of their own; the program knows nothing of them.
"""

import os
import re
import threading
from collections.abc import Callable, Iterator
from socket import socket
from types import SimpleNamespace
from typing import Any

import aiohttp
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

from bot import app
from storage import sqlite
from storage.database import Tx
from storage.queue import Job

GO_ON = b"\n"
_STARTING = "migration"
_CHANGING = {"INSERT", "UPDATE", "DELETE", "WITH"}


class Points:
    """The process's side of the conversation: one question at a time, each a line, each answered by a byte."""

    def __init__(self, test: socket) -> None:
        self._test, self._turn = test, threading.Lock()

    def reach(self, name: str) -> None:
        with self._turn:
            self._test.sendall(f"{name}\n".encode())
            if self._test.recv(1) != GO_ON:
                os._exit(1)  # the test has gone


def install(test: socket) -> None:
    """From here on this process asks at each crash point."""
    points = Points(test)
    _at_commits(points)
    _at_calls(points)


def _at_commits(points: Points) -> None:
    """Group commit is kept to groups of one: each state that a group could leave behind is left behind by itself too."""
    sqlite.LARGEST_BATCH = 1
    here = threading.local()
    perform, do_commit = Tx.perform, DefaultDialect.do_commit

    def named(tx: Tx, work: Callable[[Tx], Any]) -> Any:
        here.unit, conn = None, tx.conn
        before = _changes(conn)
        result = perform(tx, work)
        here.unit = _name(work, result) if _changes(conn) > before else None
        return result

    def commit(dialect: DefaultDialect, connection: Any) -> None:
        unit, here.unit = getattr(here, "unit", _STARTING), _STARTING
        if unit is None:  # nothing to store: no boundary
            do_commit(dialect, connection)
        else:
            points.reach(f"before commit of {unit}")
            do_commit(dialect, connection)
            points.reach(f"after commit of {unit}")

    Tx.perform = named  # type: ignore[method-assign]
    DefaultDialect.do_commit = commit  # type: ignore[method-assign,assignment]
    event.listen(Engine, "after_cursor_execute", _count)


def _count(conn: Connection, cursor: Any, statement: str, *_more: object) -> None:
    if statement.split(None, 1)[0].upper() in _CHANGING:
        conn.info["changes"] = conn.info.get("changes", 0) + max(cursor.rowcount, 0)


def _changes(conn: Connection) -> int:
    """How many rows this connection has changed so far. Only SQLite's driver counts them itself."""
    driver: Any = conn.connection.driver_connection
    counted: int = getattr(driver, "total_changes", None) or conn.info.get("changes", 0)
    return counted


def _name(work: Callable[[Tx], Any], result: object) -> str:
    """Whose unit of work it is, and the kind of the jobs that it is about."""
    work = getattr(work, "func", work)  # what a partial is of
    held = [cell.cell_contents for cell in getattr(work, "__closure__", None) or ()]
    jobs = [job for job in [*held, *_flat(result)] if isinstance(job, Job)]
    kinds = ", ".join(sorted({job.kind for job in jobs}))
    module = work.__module__.rpartition(".")[2]
    return f"{module}.{work.__qualname__.replace('.<locals>', '')}" + (f" ({kinds})" if kinds else "")


def _flat(result: object) -> Iterator[object]:
    for part in result if isinstance(result, list | tuple) else ():
        yield part
        yield from _flat(part)


def _at_calls(points: Points) -> None:
    outgoing = app.outgoing

    async def begins(_session: object, about: SimpleNamespace, call: aiohttp.TraceRequestStartParams) -> None:
        about.name = f"{call.method} {_shape(call.url.path)}"
        points.reach(f"before {about.name}")

    async def ends(_session: object, about: SimpleNamespace, _call: object) -> None:
        points.reach(f"after {about.name}")

    def watched() -> aiohttp.ClientSession:
        session = outgoing()
        watching = aiohttp.TraceConfig()
        watching.on_request_start.append(begins)
        watching.on_request_end.append(ends)
        watching.on_request_exception.append(ends)
        watching.freeze()
        session._trace_configs.append(watching)
        return session

    app.outgoing = watched


def _shape(path: str) -> str:
    """The path without what differs from member to member."""
    return re.sub(r"/users/[^/]+", "/users/…", path)
