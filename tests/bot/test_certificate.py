"""Our client certificate: orders over real TLS to a counterparty that takes none without it."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.app import buying, certificates_of
from bot.certificate import show_ends, valid_until
from bot.check import _certificate
from bot.config import ConfigFaults, load
from bot.finding import Verdict
from bot.lineworks.message import Text
from bot.metrics import Metrics
from bot.talk import telling
from bot.talk.wording import wording
from punchout.envelope import Account
from punchout.secret import Secret
from punchout.status import Status, build_response
from punchout.supplier import OrderOutcome, Supplier, Taken, Unknown, Unreachable
from purchasing.notices import Notice, What
from storage.database import Database
from tests.bot.configuration import beside, write
from tests.certificates import END, START, Authority
from tests.trouble.house import ADMIN, config

ACCOUNT = Account("kaimono-sandbox", Secret("sandbox-shared-secret"))


@dataclass
class Door:
    """Amazon's door for orders, which opens to certificates of its authority alone."""

    url: str = ""
    seen: list[tuple[str, str | None]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        shown = request.transport.get_extra_info("peercert")
        name = dict(part[0] for part in shown["subject"])["commonName"]
        self.seen.append((name, request.headers.get("Authorization")))
        return web.Response(body=build_response(Status(200), "answer@amazon", START), content_type="text/xml")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that this machine trusts for as long as the test runs."""
    ours = Authority("sample authority")
    (tmp_path / "authority.pem").write_bytes(ours.certificate())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return ours


@pytest.fixture
async def door(tmp_path: Path, authority: Authority) -> AsyncIterator[Door]:
    (tmp_path / "server.pem").write_text(authority.pem("127.0.0.1"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem")
    tls.load_verify_locations(tmp_path / "authority.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    opened = Door()
    app = web.Application()
    app.router.add_post("/orders/token", opened.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    opened.url = f"https://127.0.0.1:{runner.addresses[0][1]}/orders/token"
    yield opened
    await runner.cleanup()


def configured(folder: Path, pem: str) -> Path:
    (folder / "amazon.pem").write_text(pem)
    return write(folder, beside("mode", 'client_certificate_file = "amazon.pem"'))


async def order(folder: Path, url: str, pem: str) -> OrderOutcome:
    """An order as the composed bot sends it, with this certificate in its configuration."""
    config = load(configured(folder, pem), {})
    async with aiohttp.ClientSession() as session:
        return await Supplier(session, certificates_of(config)).order(url, ACCOUNT, b"<cXML/>")


async def test_an_order_shows_the_certificate_and_no_password(
    tmp_path: Path, door: Door, authority: Authority
) -> None:
    assert isinstance(await order(tmp_path, door.url, authority.pem("sample-buyer")), Taken)
    assert door.seen == [("sample-buyer", None)]


async def test_a_certificate_that_nobody_vouches_for_is_refused_before_the_order_is_read(
    tmp_path: Path, door: Door
) -> None:
    """With TLS 1.3 the refusal comes after the handshake and looks like a broken connection: sent again, taken never."""
    outcome = await order(tmp_path, door.url, Authority("somebody else").pem("sample-buyer"))
    assert isinstance(outcome, Unknown | Unreachable)
    assert door.seen == []


async def test_an_account_without_a_certificate_logs_in_by_password_and_does_not_get_in(
    tmp_path: Path, door: Door, authority: Authority
) -> None:
    config = load(write(tmp_path), {})
    assert certificates_of(config) == {}
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context())
    async with aiohttp.ClientSession(connector=connector) as session:
        outcome = await Supplier(session, certificates_of(config)).order(door.url, ACCOUNT, b"<cXML/>")
    assert isinstance(outcome, Unknown | Unreachable)
    assert door.seen == []


def test_a_server_that_nobody_vouches_for_gets_no_order(tmp_path: Path) -> None:
    (tls,) = certificates_of(load(configured(tmp_path, Authority("a").pem("b")), {})).values()
    assert (tls.verify_mode, tls.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_what_is_no_certificate_with_its_key_is_refused_at_the_start(tmp_path: Path) -> None:
    one = Authority("sample authority")
    certificate, key = one.pem("a").split("-----BEGIN PRIVATE KEY-----")
    other_key = one.pem("b").split("-----BEGIN PRIVATE KEY-----")[1]
    for pem in (
        "not a certificate",
        certificate,
        "-----BEGIN PRIVATE KEY-----" + key,
        f"{certificate}-----BEGIN PRIVATE KEY-----{other_key}",
        one.pem("c", b"password"),
    ):
        with pytest.raises(ConfigFaults) as caught:
            load(configured(tmp_path, pem), {})
        assert [(fault.place, fault.key) for fault in caught.value.faults] == [
            ("company[0].amazon.client_certificate", "wrong")
        ]


async def test_check_says_until_when_it_is_good() -> None:
    pem, words = Secret(Authority("a").pem("b")), wording("en")
    assert valid_until(pem) == END
    good = await _certificate(pem, END - timedelta(days=32), words)
    soon = await _certificate(pem, END - timedelta(days=12), words)
    over = await _certificate(pem, END, words)
    assert (good.verdict, good.text) == (Verdict.GOOD, "valid until 2090-01-01.")
    assert (soon.verdict, soon.text) == (
        Verdict.GOOD,
        "valid until 2090-01-01 (days left: 12). Put a new one in its place.",
    )
    assert (over.verdict, over.text) == (
        Verdict.FAULT,
        "it expired on 2090-01-01. Put a new one in its place.",
    )


async def test_a_certificate_that_never_ends_is_good() -> None:
    pem = Secret(Authority("a").pem("b", end=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)))
    assert (await _certificate(pem, END, wording("en"))).text == "valid until 9999-01-01."


@pytest.mark.parametrize(("days", "logged"), [(31, 0), (29, 1), (-1, 1)], ids=["in time", "soon", "over"])
def test_whoever_watches_sees_when_it_runs_out(
    days: int, logged: int, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = Metrics()
    pem = Secret(Authority("Amazon").pem("kaimono"))
    company = buying(config().company[0], "")
    ours = replace(company, id="sample", certificate_until=valid_until(pem))
    show_ends([ours, company], metrics.certificates, END - timedelta(days=days))
    (line,) = (x for x in metrics.expose().decode().splitlines() if x.startswith("kaimono_certificate_until"))
    name, _, seconds = line.rpartition(" ")
    assert (name, float(seconds)) == (
        'kaimono_certificate_until_seconds{company="sample"}',
        END.timestamp(),
    )
    assert len(caplog.messages) == logged
    assert all("sample" in message and "2090-01-01" in message for message in caplog.messages)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(days=12), "2090-01-01 09:00 に切れます（あと12日）"),
        (timedelta(hours=2), "本日 2090-01-01 09:00 に切れます"),
        (timedelta(0), "2090-01-01 09:00 に切れました"),
    ],
)
async def test_a_notice_that_comes_late_says_where_it_stands_then(
    database: Database, before: timedelta, said: str
) -> None:
    notice = Notice(What.CERTIFICATE, int(END.timestamp()), ADMIN, to_admin=True, again="30")
    company = replace(buying(config().company[0], ""), certificate_until=END)
    (message,) = await database.read(lambda tx: telling.write(tx, company, notice, "", END - before))
    assert isinstance(message, Text)
    assert said in message.text


async def test_a_certificate_that_was_renewed_meanwhile_is_not_told_of(database: Database) -> None:
    notice = Notice(What.CERTIFICATE, int(END.timestamp()), ADMIN, to_admin=True, again="30")
    company = buying(config().company[0], "")
    for until in (None, END + timedelta(days=365)):
        now_good = replace(company, certificate_until=until)
        assert (
            await database.read(lambda tx, ours=now_good: telling.write(tx, ours, notice, "", END)) == []  # type: ignore[misc]
        )
