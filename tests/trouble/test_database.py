"""When the database fails under a running bot: no 200 for what is not stored, and all goes on when it is well again."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import aiohttp
import psycopg
import pytest
from sqlalchemy import event, make_url
from sqlmodel import select

from bot import worker
from bot.app import Running, running
from bot.config import load
from bot.handlers import CALLBACK
from bot.web import health
from punchout.status import read_response
from storage import backlog
from storage.database import DatabaseFault, Tx
from storage.tables import JobRow
from tests.postgres import restartable_postgres
from tests.trouble.house import NOTICE_PASSWORD, NOTICE_USER, TARO
from tests.trouble.town import PATIENCE, Town, bots, town

STRANGERS = [f"member-{number}" for number in range(5)]


def in_file(folder: Path) -> str:
    return f"sqlite:///{folder / 'kaimono.db'}"


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again; what is waited for comes within milliseconds, and nobody could tell us of it."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def sent(place: Town, user: str, words: str) -> tuple[int, str]:
    """How the bot answers a callback, and the callback."""
    body, signed = place.callback(user, words)
    async with place.session.post(place.bot_url + "/lineworks/callback", data=body, headers=signed) as answer:
        return answer.status, body.decode()


async def cxml_status(place: Town) -> int:
    """How the bot answers a document of Amazon's that it cannot read; it keeps every one."""
    login = aiohttp.encode_basic_auth(NOTICE_USER, NOTICE_PASSWORD)
    body = b"<cXML>" + os.urandom(20_000).hex().encode()
    async with place.session.post(
        place.bot_url + "/cxml", data=body, headers={"Authorization": login}
    ) as answer:
        return read_response(await answer.read()).status.code


async def not_ready(place: Town) -> list[str]:
    """What /readyz says is wrong."""
    async with place.session.get(place.bot_url + "/readyz") as answer:
        told = await answer.json()
        assert answer.status == (503 if told["reasons"] else 200)
        reasons: list[str] = told["reasons"]
        return reasons


async def callbacks(bot: Running) -> dict[str, str]:
    """Every callback in the books, and its state."""

    def work(tx: Tx) -> dict[str, str]:
        jobs = tx.orm.exec(select(JobRow).where(JobRow.kind == CALLBACK)).all()
        return {job.payload.decode(): job.state for job in jobs}

    return await bot.services.db.read(work)


async def handled(bot: Running, taken: set[str], refused: set[str]) -> None:
    """Returns once all that was acknowledged was handled; what was not is not in the books, and nothing is buried."""

    async def done() -> bool:
        return taken <= {body for body, state in (await callbacks(bot)).items() if state == "done"}

    await until(done)
    assert not refused & set(await callbacks(bot))
    assert await bot.services.db.read(backlog.buried) == []


def fill(ballast: Path) -> None:
    """Leave no block free."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 8 MiB in memory; skips the test where nobody may make one."""
    place = folder / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "kaimono-test", place],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("only root may make a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


async def test_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real one. What came before it was full and what comes after is done; in between nobody hears 200."""
    monkeypatch.setattr(worker, "SAFETY_NET", 0.2)
    with small_disk(tmp_path) as disk:
        async with town(more_people=1) as place, bots(place, disk, database=in_file(disk)) as (bot,):
            await place.register(TARO)
            ballast = disk / "ballast"
            fill(ballast)
            taken, refused = set[str](), set[str]()
            for number in range(60):
                status, body = await sent(place, "member-0", f"{number} " + "あ" * 3000)
                assert status in (200, 503)
                (taken if status == 200 else refused).add(body)
            assert len(refused) >= 30, "the disk was not full"
            assert await cxml_status(place) == 500
            async with place.session.get(place.bot_url + "/healthz") as answer:
                assert answer.status == 200
            (reason,) = await not_ready(place)
            assert "full" in reason
            ballast.unlink()
            assert await not_ready(place) == []
            status, body = await sent(place, "member-0", "こんにちは")
            assert status == 200
            taken |= {body}
            await handled(bot, taken, refused)
            await buys(place)


async def test_a_disk_that_stands_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a commit waits for the disk nobody hears 200, the process answers other requests, and nothing is lost."""
    async with town(more_people=3) as place, bots(place, tmp_path, database=in_file(tmp_path)) as (bot,):
        go, waits = threading.Event(), threading.Event()

        def stand_still(_conn: object) -> None:
            waits.set()
            go.wait(30)

        event.listen(bot.services.db.engine, "commit", stand_still)
        posts = [asyncio.create_task(sent(place, f"member-{n}", "こんにちは")) for n in range(3)]
        assert await asyncio.to_thread(waits.wait, 20)
        for _ in range(3):
            async with place.session.get(place.bot_url + "/healthz") as answer:
                assert answer.status == 200
        monkeypatch.setattr(health, "PATIENCE", 0.1)
        (reason,) = await not_ready(place)
        assert "did not store anything" in reason
        assert not any(post.done() for post in posts), "200 before the disk had it"
        assert await callbacks(bot) == {}
        go.set()
        answers = await asyncio.gather(*posts)
        assert [status for status, _ in answers] == [200] * 3
        for n in range(3):
            await place.sees(f"member-{n}", "はい、会員です。")


async def test_a_file_that_turns_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SAFETY_NET", 0.2)
    async with town(more_people=1) as place, bots(place, tmp_path, database=in_file(tmp_path)) as (bot,):
        engine = bot.services.db.engine

        def read_only(driver: object, _record: object) -> None:
            driver.execute("PRAGMA query_only = 1").close()  # type: ignore[attr-defined]

        event.listen(engine, "connect", read_only)
        # The writer's connection from now on, and each that it makes after a failure.
        await bot.services.db.write(lambda tx: tx.conn.exec_driver_sql("PRAGMA query_only = 1").close())
        assert (await sent(place, "member-0", "こんにちは"))[0] == 503
        assert await cxml_status(place) == 500
        (reason,) = await not_ready(place)
        assert "readonly" in reason
        assert await callbacks(bot) == {}
        event.remove(engine, "connect", read_only)
        status, body = await sent(place, "member-0", "こんにちは")
        while status == 503:  # the connection that cannot write is used up by its failure
            status, body = await sent(place, "member-0", "こんにちは")
        await place.sees("member-0", "はい、会員です。")
        assert body in await callbacks(bot)


async def test_a_read_only_disk_is_told_at_the_start(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        async with town() as place:
            config = load(place.write_config(disk, in_file(disk)), {})
            async with running(config):
                pass
            await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,ro", disk], check=True)
            with pytest.raises(DatabaseFault, match="database"):
                async with running(config):
                    pytest.fail("it runs on a disk on which it cannot write")


async def withstands(place: Town, bot: Running, trouble: Callable[[], Awaitable[None]]) -> None:
    """People talk while the trouble lasts; what was acknowledged is handled and answered, and one can buy again."""
    await place.register(TARO)
    taken, over = set[str](), asyncio.Event()

    async def talk(user: str) -> None:
        while not over.is_set():
            status, body = await sent(place, user, "こんにちは")
            assert status in (200, 503)
            taken.update([body] if status == 200 else [])

    async def more() -> bool:
        """There is load: callbacks are acknowledged, and not only those that everybody had on their way."""
        return len(taken) > mark + len(STRANGERS)

    async with asyncio.TaskGroup() as together:
        for user in STRANGERS:
            together.create_task(talk(user))
        mark = 0
        await until(more)
        await trouble()
        mark = len(taken)
        await until(more)
        over.set()

    async def at_rest() -> bool:
        return not {"waiting", "ready", "leased"} & set((await callbacks(bot)).values())

    await until(at_rest)
    known = await callbacks(bot)
    # What could not be acknowledged because the connection broke at the commit may be there all the same.
    assert taken <= {body for body, state in known.items() if state == "done"}
    assert await bot.services.db.read(backlog.buried) == []
    for user in STRANGERS:
        await place.sees(user, "はい、会員です。")
    await buys(place)


async def buys(place: Town) -> None:
    """A whole purchase: the database is well again."""
    await place.fill_a_cart(TARO)
    await place.talk.tap(TARO, "決済する")
    await place.sees(TARO, "はい、決済します。")
    number = await place.buy(TARO)
    await place.hears(TARO, "発送完了", number)
    assert list(place.orders) == [number]


async def test_connections_to_postgres_are_cut_again_and_again(
    empty_postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every backend is terminated at a random moment, under load and in the middle of a purchase."""
    monkeypatch.setattr(worker, "SAFETY_NET", 0.5)
    random = Random(20261122)
    admin = make_url(empty_postgres_url).set(database="postgres").render_as_string(hide_password=False)
    name = str(make_url(empty_postgres_url).database)

    async def cut() -> None:
        async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as conn:
            for _ in range(10):
                await asyncio.sleep(random.uniform(0, 0.3))
                await conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
                )

    async with (
        town(more_people=len(STRANGERS)) as place,
        bots(place, tmp_path, database=empty_postgres_url) as (bot,),
    ):
        await withstands(place, bot, cut)


async def test_postgres_is_restarted_under_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SAFETY_NET", 0.5)
    with restartable_postgres() as server:
        if server is None:
            pytest.skip("the programs of PostgreSQL are not here")

        async def is_back() -> bool:
            return (await sent(place, "member-0", "戻りましたか"))[0] == 200

        async def restart() -> None:
            for _ in range(2):
                await asyncio.to_thread(server.stop)
                await asyncio.to_thread(server.start)
                await until(is_back)

        async with (
            town(more_people=len(STRANGERS)) as place,
            bots(place, tmp_path, database=server.url) as (bot,),
        ):
            await withstands(place, bot, restart)
