"""Certificates for tests: an authority that nobody knows, and what it vouches for."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address

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

START, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)


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
