"""Our client certificate towards Amazon: the other way to log in with an order, instead of HTTP Basic (reference 8.1)."""

import logging
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from prometheus_client import Gauge

from punchout.secret import Secret
from purchasing.certificate import step
from purchasing.values import Company

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""A certificate that never ends says 9999-12-31T23:59:59Z (RFC 5280, 4.1.2.5), which Japan's calendar has no more."""
_log = logging.getLogger(__name__)


def check_certificate(pem: Secret) -> None:
    """Raises ValueError unless it is a PEM of a certificate (with those that vouch for it, if any) and its private key
    without a password."""
    key, spki = private_key(pem), (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if _own(pem).public_key().public_bytes(*spki) != key.public_key().public_bytes(*spki):
        raise ValueError("the key is not that of the first certificate")


def private_key(pem: Secret) -> PrivateKeyTypes:
    """The key in a PEM. Raises ValueError for what is none, and for one with a password."""
    try:
        return load_pem_private_key(pem.reveal().encode(), password=None)
    except (TypeError, UnsupportedAlgorithm):
        raise ValueError("a key with a password, or of a kind that nobody knows") from None


def valid_until(pem: Secret) -> datetime:
    return min(_own(pem).not_valid_after_utc, _NEVER)


def show_ends(companies: Iterable[Company], shown: Gauge, now: datetime) -> None:
    """Until when each company's is good, for whoever watches; in the log where that is soon. With one that ran out
    Amazon takes no order."""
    for company in companies:
        if (end := company.certificate_until) is None:
            continue
        shown.labels(company.id).set(end.timestamp())
        if step(end, now) is not None:
            _log.error(
                "the certificate that %s shows to Amazon is good until %s: get a new one", company.id, end
            )


def _own(pem: Secret) -> x509.Certificate:
    return x509.load_pem_x509_certificates(pem.reveal().encode())[0]


def contexts(certificates: Iterable[tuple[str, Secret | None]]) -> dict[str, ssl.SSLContext]:
    """For each login name that has a certificate, the TLS that shows it. Amazon's own is checked as always."""
    return {identity: _context(pem) for identity, pem in certificates if pem is not None}


def _context(pem: Secret) -> ssl.SSLContext:
    context = ssl.create_default_context()
    # OpenSSL reads key and certificate from a file alone: one that only we can read, gone at once.
    with TemporaryDirectory() as folder:
        file = Path(folder) / "client.pem"
        file.touch(0o600)
        file.write_text(pem.reveal(), encoding="ascii")
        context.load_cert_chain(file)
    return context
