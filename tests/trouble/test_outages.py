"""Outages of an hour, storms, dead lines, lost names, clocks that jump, certificates that ran out: by an injected clock.

What waits, waits in the queue: never more in hand than there are hands, later and later up to ten minutes, and never
all at the same moment.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlmodel import select

from bot.app import buying, outgoing
from bot.handlers import CALLBACK
from bot.line import line_of
from bot.lineworks.message import Text
from bot.lineworks.outcome import Later
from bot.talk import outbox
from bot.talk.outbox import NOTICE
from punchout.status import Status, build_response
from punchout.supplier import Supplier, Taken, Unknown, Unreachable
from purchasing.lifecycle import OrderState
from storage import backlog
from storage.database import Tx
from storage.decision import LONGEST_PAUSE
from storage.tables import JobRow
from tests.trouble.house import ADMIN, COMPANY, HANAKO, NOW, TARO, config
from tests.trouble.scene import Scene, scene
from tests.trouble.test_database import until
from tests.trouble.test_outside import SEND
from tests.trouble.town import text

HOUR = timedelta(hours=1)


async def jobs_of(here: Scene, kind: str) -> list[JobRow]:
    """The open jobs of a kind."""

    def work(tx: Tx) -> list[JobRow]:
        open_ = ("waiting", "ready", "leased")
        found = tx.orm.exec(select(JobRow).where(JobRow.kind == kind).order_by(JobRow.id)).all()
        return [job for job in found if job.state in open_]

    return await here.bot.services.db.read(work)


async def none_open(here: Scene, kind: str) -> bool:
    return not await jobs_of(here, kind)


async def pass_an_hour(here: Scene, kind: str) -> list[timedelta]:
    """An hour goes by from one attempt to the next; returns the pauses that the job made."""
    pauses: list[timedelta] = []
    until = here.clock.now + HOUR
    attempt = 1
    while here.clock.now < until:
        await here.retried(kind, attempt)
        (head,) = [job for job in await jobs_of(here, kind) if job.state == "ready"]
        pauses.append(head.due - here.clock.now)
        await here.later(seconds=pauses[-1].total_seconds() + 1)
        attempt += 1
    await here.retried(kind, attempt)
    return pauses


def judge(pauses: list[timedelta]) -> None:
    """About 1, 2, 4, 8 … s, a quarter of jitter, at most ten minutes, and none like the other by rule."""
    for number, pause in enumerate(pauses):
        nominal = min(timedelta(seconds=2**number), LONGEST_PAUSE)
        assert nominal * 0.75 - timedelta(seconds=1) <= pause <= nominal, (number, pause)
    assert pauses[-1] >= LONGEST_PAUSE * 0.75
    assert any(pause % timedelta(seconds=1) for pause in pauses), "no jitter"
    assert len(pauses) < 20, "an hour's outage is no storm of ours"


async def test_line_works_is_down_for_an_hour(tmp_path: Path, database_url: str) -> None:
    """Everything that was to be said in that hour waits in the queue and comes in order, once each."""
    async with scene(tmp_path, database_url) as here:
        place = here.place
        await place.register(TARO)
        await place.talk.trouble(answer="503", times=100, at="send")
        words = ["ヘルプ"] * 30
        before = len(await place.talk.messages(TARO))
        for each in words:
            await place.post(TARO, each)
        await until(lambda: none_open(here, CALLBACK))
        judge(await pass_an_hour(here, SEND))
        waiting = await jobs_of(here, SEND)
        assert len(waiting) == len(words)
        assert [job.state for job in waiting] == ["ready"] + ["waiting"] * (len(words) - 1)
        assert f'kaimono_jobs{{kind="{SEND}",state="waiting"}} {len(words) - 1}.0' in await here.metrics()
        await place.talk.trouble(clear=True)
        await here.later(seconds=LONGEST_PAUSE.total_seconds())
        await until(lambda: none_open(here, SEND))
        said = [m for m in (await place.talk.messages(TARO))[before:] if m["from"] == "bot"]
        assert len(said) == len(words)
        assert await here.bot.services.db.read(backlog.buried) == []


async def test_line_works_is_down_for_an_hour_and_a_hundred_people_wait(
    tmp_path: Path, database_url: str
) -> None:
    """However many wait, LINE WORKS is tried about once a minute by whichever is next; then all hear all, in order."""
    people = [f"member-{number}" for number in range(100)]
    async with scene(tmp_path, database_url, more_people=len(people)) as here:
        tenant = here.place.tenant
        for user in people:  # who is told something for the first time would be greeted as well
            tenant.talks.with_bot(user).opened = True
        await here.place.talk.trouble(answer="503", times=1000, at="send")

        def news(tx: Tx) -> None:
            for user in people:
                for number in (1, 2):
                    words = [Text(f"お知らせ {number}")]
                    outbox.post(
                        tx, COMPANY, user, words, key=f"{user} {number}", now=here.clock(), priority=NOTICE
                    )

        def tried() -> int:
            return sum(entry.kind == "send" for entry in tenant.log.after(0))

        async def somebody_tries() -> bool:
            return tried() > before and await no_send_in_hand(here)

        before = 0
        await here.bot.services.db.write(news)
        for _ in range(60):
            await until(somebody_tries)
            before = tried()
            await here.later(minutes=1)
        assert tried() <= 60 + 15
        assert len(await jobs_of(here, SEND)) == 2 * len(people)
        assert f'kaimono_circuit_open{{counterparty="LINE WORKS {COMPANY}"}} 1.0' in await here.metrics()
        await here.place.talk.trouble(clear=True)
        while await jobs_of(here, SEND):
            await until(lambda: no_send_in_hand(here))
            await here.later(minutes=1)
            await asyncio.sleep(0.02)
        assert f'kaimono_circuit_open{{counterparty="LINE WORKS {COMPANY}"}} 0.0' in await here.metrics()
        for user in people:
            said = [text(m) for m in await here.place.talk.messages(user) if m["from"] == "bot"]
            assert said == ["お知らせ 1", "お知らせ 2"]


async def test_amazon_is_down_for_an_hour(tmp_path: Path, database_url: str) -> None:
    """The same bytes later and later; buyer and admin are told once that we keep trying; then one order."""
    async with scene(tmp_path, database_url) as here:
        place = here.place
        await place.come_to_the_question(TARO)
        place.door.plan += ["error page"] * 100
        number = await place.buy(TARO)
        judge(await pass_an_hour(here, "submit"))
        await place.hears(TARO, "まだAmazonから返事がありません", number)
        await place.hears(ADMIN, "【返事待ち】", number)
        assert (await here.order(number)).state == OrderState.UNANSWERED
        assert 'kaimono_circuit_open{counterparty="Amazon"} 1.0' in await here.metrics()
        place.door.plan.clear()
        await here.later(seconds=LONGEST_PAUSE.total_seconds())
        await place.hears(TARO, "受注確定", number)
        assert 'kaimono_circuit_open{counterparty="Amazon"} 0.0' in await here.metrics()
        assert len(set(place.door.orders)) == 1
        assert list(place.orders) == [number]
        assert await place.said(TARO, "まだAmazonから返事がありません") == 1


async def test_a_storm_of_429(tmp_path: Path, database_url: str) -> None:
    """One refusal shuts the gate for everybody, for as long as the platform says; then all is said, once each."""
    async with scene(tmp_path, database_url) as here:
        place = here.place
        people = (TARO, HANAKO)
        for user in people:
            await place.register(user)

        def refusals() -> int:
            return sum(each.kind == "send" and each.status == 429 for each in place.tenant.log.after(0))

        def sends() -> int:
            return sum(each.kind == "send" for each in place.tenant.log.after(0))

        await place.talk.trouble(answer="429", times=6, seconds=30, at="send")
        tried = sends()
        before = {user: len(await place.talk.messages(user)) for user in people}
        for user in (*people, *people):
            await place.post(user, "ヘルプ")
        await until(lambda: none_open(here, CALLBACK))
        storms = 0

        async def somebody_tries() -> bool:
            return (sends() > tried and await no_send_in_hand(here)) or await none_open(here, SEND)

        while await jobs_of(here, SEND):
            storms += 1
            assert storms <= 12, "it never ends"
            await until(somebody_tries)
            tried = sends()
            assert refusals() <= 2 * storms, "somebody tried before the time was over"
            await here.later(seconds=31)
        for user in people:
            said = [m for m in (await place.talk.messages(user))[before[user] :] if m["from"] == "bot"]
            assert len(said) == 2
        assert await here.bot.services.db.read(backlog.buried) == []


async def no_send_in_hand(here: Scene) -> bool:
    return all(job.state != "leased" for job in await jobs_of(here, SEND))


@pytest.mark.parametrize("jump", [timedelta(days=2), timedelta(hours=-1)], ids=["forwards", "backwards"])
async def test_the_clock_jumps(tmp_path: Path, database_url: str, jump: timedelta) -> None:
    """In the middle of a purchase, while nothing is under way: it goes on, with one order in the end."""
    async with scene(tmp_path, database_url) as here:
        place = here.place
        await place.come_to_the_question(TARO)
        await until(lambda: none_open(here, SEND))
        here.clock.now += jump
        number = await place.buy(TARO)
        await place.hears(TARO, "発送完了", number)
        await place.talk.say(TARO, "ヘルプ")
        await place.hears(TARO, "このボットでできること")
        assert list(place.orders) == [number]
        assert await here.bot.services.db.read(backlog.buried) == []


class Wire:
    """A line to a server that can die without a word: what was connected hears nothing more, who connects anew does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._dead = asyncio.Event()
        self._ends: list[asyncio.StreamWriter] = []

    def die(self) -> None:
        self._dead.set()
        self._dead = asyncio.Event()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends += [writer, far_writer]
        dead = self._dead
        await asyncio.gather(_pump(reader, far_writer, dead), _pump(far_reader, writer, dead))

    async def close(self) -> None:
        for end in self._ends:
            end.close()
        for end in self._ends:
            with suppress(ConnectionError):
                await end.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, dead: asyncio.Event) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            if not dead.is_set():
                writer.write(data)


async def test_a_line_that_died_without_a_word() -> None:
    """Half open: the kept connection swallows what we send. The time-out ends it, and the next try has a new line."""
    taken = []

    async def order(request: web.Request) -> web.Response:
        taken.append(await request.read())
        return web.Response(
            body=build_response(Status(200, "OK"), "answer@amazon", NOW), content_type="text/xml"
        )

    app = web.Application()
    app.router.add_post("/orders", order)
    async with TestServer(app) as server:
        assert server.port is not None
        wire = Wire(server.port)
        line = await asyncio.start_server(wire.connected, "127.0.0.1", 0)
        async with line, outgoing() as session:
            url = f"http://127.0.0.1:{line.sockets[0].getsockname()[1]}/orders"
            account = buying(config().company[0], config().public_url).account
            supplier = Supplier(session, connect=5, total=1)
            assert isinstance(await supplier.order(url, account, b"<first/>"), Taken)
            wire.die()
            assert isinstance(await supplier.order(url, account, b"<second/>"), Unknown)
            patient = Supplier(session, connect=30, total=30)
            assert isinstance(await patient.order(url, account, b"<second/>"), Taken)
            await wire.close()
        assert taken == [b"<first/>", b"<second/>"]


class NoNames(AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> Any:
        raise OSError(f"no address for {host}")

    async def close(self) -> None:
        pass


async def test_names_that_nobody_knows() -> None:
    """Without a name server nothing was sent: the order is surely not there, and the message is for later."""
    connector = aiohttp.TCPConnector(resolver=NoNames())
    async with aiohttp.ClientSession(connector=connector) as session:
        company = buying(config().company[0], config().public_url)
        outcome = await Supplier(session).order(
            "https://orders.amazon.example/x", company.account, b"<order/>"
        )
        assert isinstance(outcome, Unreachable)
        assert "name" in outcome.why
        line = line_of(config().company[0], session, lambda: NOW)
        assert isinstance(await line.client.send(TARO, {"type": "text", "text": "x"}), Later)


def certificate(folder: Path, until: datetime) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's side of TLS; the client trusts this certificate, as long as it lasts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=90))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(path)
    client = ssl.create_default_context()
    client.load_verify_locations(path)
    return server, client


@asynccontextmanager
async def served(app: web.Application, tls: ssl.SSLContext) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "localhost", 0, ssl_context=tls).start()
        yield f"https://localhost:{runner.addresses[0][1]}/orders"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("days", [30, -1], ids=["valid", "expired"])
async def test_a_certificate_that_ran_out(tmp_path: Path, days: int) -> None:
    """Nothing is sent over a line that is not sure; the order waits, and its note says that it is the certificate."""
    server_side, client_side = certificate(tmp_path, datetime.now(UTC) + timedelta(days=days))
    bodies = []

    async def order(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response(
            body=build_response(Status(200, "OK"), "answer@amazon", NOW), content_type="text/xml"
        )

    app = web.Application()
    app.router.add_post("/orders", order)
    async with (
        served(app, server_side) as url,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client_side)) as session,
    ):
        account = buying(config().company[0], config().public_url).account
        outcome = await Supplier(session).order(url, account, b"<order/>")
        if days > 0:
            assert isinstance(outcome, Taken)
            assert bodies == [b"<order/>"]
        else:
            assert isinstance(outcome, Unreachable)
            assert "certificate" in outcome.why
            assert bodies == []
