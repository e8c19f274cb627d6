"""The limit of a durable turn in this stack: nothing but what the word durable asks for, in bare SQL.

A callback is verified, stored and answered; its turn reads member and talk, writes the talk and the message to send; the
message is posted by aiohttp's client and noted as sent. One writer thread with group commit and synchronous FULL, as many
posts side by side as the bot has. No sentences, no leases, no pace, no second process, no audit.
`python -m bench.programs.lean FOLDER WORKS-URL`
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any

import aiohttp
from aiohttp import web

from bench.programs.serving import serve
from bench.programs.verify import is_signed

POSTS, TURNS = 5, 32
_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE job (id INTEGER PRIMARY KEY, lane TEXT, state TEXT, payload BLOB);
CREATE INDEX open ON job (lane, id) WHERE state = 'ready';
CREATE TABLE member (user TEXT PRIMARY KEY, name TEXT);
CREATE TABLE talk (user TEXT PRIMARY KEY, state TEXT);
"""
_PUT = "INSERT INTO job (lane, state, payload) VALUES (?, 'ready', ?) RETURNING id"
_DONE = "UPDATE job SET state = 'done' WHERE id = ?"
_TALK = "INSERT INTO talk VALUES (?, 'greeted') ON CONFLICT (user) DO UPDATE SET state = 'greeted'"
_WORD = json.dumps({"content": {"type": "text", "text": "ようこそ"}}).encode()
_HEADERS = {"Authorization": "Bearer t", "Content-Type": "application/json"}

Unit = Callable[[sqlite3.Connection], Any]
Waiting = tuple[Unit, asyncio.Future[Any]]


class Writer:
    """Units of work that wait at the same time are one transaction."""

    def __init__(self, folder: str) -> None:
        self._loop, self._folder = asyncio.get_running_loop(), folder
        self._gathered: list[Waiting] = []
        self._handed: SimpleQueue[list[Waiting]] = SimpleQueue()
        Thread(target=self._write, daemon=True).start()

    def write(self, unit: Unit) -> asyncio.Future[Any]:
        stored = self._loop.create_future()
        self._gathered.append((unit, stored))
        if len(self._gathered) == 1:
            self._loop.call_soon(self._hand_over, 0)
        return stored

    def _hand_over(self, come: int) -> None:
        if come < len(self._gathered):
            self._loop.call_soon(self._hand_over, len(self._gathered))
        else:
            self._handed.put(self._gathered)
            self._gathered = []

    def _write(self) -> None:
        connection = sqlite3.connect(f"{self._folder}/lean.db", isolation_level=None)
        connection.executescript(_TABLES)
        while True:
            batch = self._handed.get()
            connection.execute("BEGIN IMMEDIATE")
            results = [unit(connection) for unit, _ in batch]
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(self._answer, batch, results)

    def _answer(self, batch: list[Waiting], results: list[Any]) -> None:
        for (_, stored), result in zip(batch, results, strict=True):
            stored.set_result(result)


def put(connection: sqlite3.Connection, lane: str, payload: bytes) -> int:
    job: int = connection.execute(_PUT, (lane, payload)).fetchone()[0]
    return job


def done(connection: sqlite3.Connection, job: int) -> None:
    connection.execute(_DONE, (job,))


def turn(connection: sqlite3.Connection, job: int, user: str) -> int:
    if connection.execute("SELECT name FROM member WHERE user = ?", (user,)).fetchone() is None:
        connection.execute("INSERT INTO member VALUES (?, '')", (user,))
    connection.execute("SELECT state FROM talk WHERE user = ?", (user,)).fetchone()
    connection.execute(_TALK, (user,))
    done(connection, job)
    return put(connection, f"send:{user}", _WORD)


async def main(folder: str, works: str) -> None:
    writer = Writer(folder)
    heard: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
    said: asyncio.Queue[tuple[int, str]] = asyncio.Queue()

    async def callback(request: web.Request) -> web.Response:
        body = await request.read()
        if not is_signed(request, body):
            return web.Response(status=401)
        user = json.loads(body)["source"]["userId"]
        heard.put_nowait((await writer.write(partial(put, lane=f"talk:{user}", payload=body)), user))
        return web.Response(status=200)

    async def answer() -> None:
        while True:
            job, user = await heard.get()
            told = await writer.write(partial(turn, job=job, user=user))
            said.put_nowait((told, user))

    async def post(client: aiohttp.ClientSession) -> None:
        while True:
            job, user = await said.get()
            url = f"{works}/bots/1/users/{user}/messages"
            async with client.post(url, data=_WORD, headers=_HEADERS) as response:
                await response.read()
            await writer.write(partial(done, job=job))

    app = web.Application()
    app.router.add_post("/lineworks/callback", callback)
    async with aiohttp.ClientSession() as client:
        hands = [asyncio.create_task(post(client)) for _ in range(POSTS)]
        hands += [asyncio.create_task(answer()) for _ in range(TURNS)]
        await serve(app)
        for hand in hands:
            hand.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
