"""Our client certificate: orders over real TLS to a counterparty that takes none without it."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from bot.app import certificates_of
from bot.certificate import show_ends, valid_until
from bot.check import _certificate
from bot.config import ConfigFaults, load
from bot.finding import Verdict
from bot.metrics import Metrics
from bot.talk.wording import wording
from punchout.envelope import Account
from punchout.secret import Secret
from punchout.status import Status, build_response
from punchout.supplier import OrderOutcome, Supplier, Taken, Unknown, Unreachable
from tests.bot.configuration import beside, write

START, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
ACCOUNT = Account("kaimono-sandbox", Secret("sandbox-shared-secret"))


@dataclass(frozen=True)
class Authority:
    """Whoever vouches for certificates in these tests."""

    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def certificate(self) -> bytes:
        builder = _named(self.name, self.name, self.key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def pem(self, name: str, password: bytes | None = None, end: datetime = END) -> str:
        """A certificate and its key, for a client or for the server on loopback."""
        key = ec.generate_private_key(ec.SECP256R1())
        here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        builder = _named(name, self.name, key.public_key(), end).add_extension(here, critical=False)
        lock = BestAvailableEncryption(password) if password else NoEncryption()
        own = builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)
        return (own + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)).decode()


def _named(
    subject: str, issuer: str, key: ec.EllipticCurvePublicKey, end: datetime = END
) -> x509.CertificateBuilder:
    name, vouching = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (subject, issuer))
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(vouching).public_key(key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(START).not_valid_after(end)


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
    good = await _certificate(pem, END - timedelta(days=1), words)
    over = await _certificate(pem, END, words)
    assert (good.verdict, good.text) == (Verdict.GOOD, "valid until 2090-01-01.")
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
    show_ends([("sample", pem), ("without", None)], metrics.certificates, END - timedelta(days=days))
    (line,) = (x for x in metrics.expose().decode().splitlines() if x.startswith("kaimono_certificate_until"))
    name, _, seconds = line.rpartition(" ")
    assert (name, float(seconds)) == (
        'kaimono_certificate_until_seconds{company="sample"}',
        END.timestamp(),
    )
    assert len(caplog.messages) == logged
    assert all("sample" in message and "2090-01-01" in message for message in caplog.messages)
