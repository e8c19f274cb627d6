"""The service account's RSA key pair: LINE WORKS holds the public half, the bot signs with the other."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


class KeyUnusable(Exception):
    """A key file or text that is not what it should be; the sentence says which and why."""


@dataclass(frozen=True)
class Keys:
    """PEM texts; the private one is there only where this sandbox made or keeps it."""

    public_pem: str
    private_pem: str | None = field(default=None, repr=False)


def make_keys() -> tuple[str, str]:
    """A new pair as PEM: private (PKCS#8, as the Developer Console's .key file, reference 1.2), public."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private_pem.decode(), _pem(key.public_key())


def find_keys(public_pem: str, public_file: Path | None, private_file: Path | None) -> Keys:
    """The configured public key; else the pair kept in `private_file`; else a new pair, written there.

    The file gets mode 600. Raises KeyUnusable for one that can't be read or written, or holds no RSA key.
    """
    try:
        if public_pem or public_file is not None:
            pem = public_pem or _text(public_file)
            return Keys(_pem(_rsa_public(serialization.load_pem_public_key(pem.encode()))))
        if private_file is not None and private_file.exists():
            private_pem = private_file.read_text(encoding="ascii")
            private = serialization.load_pem_private_key(private_pem.encode(), password=None)
            return Keys(_pem(_rsa_public(private.public_key())), private_pem)
        made, public = make_keys()
        if private_file is not None:
            with open(os.open(private_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(made)
        return Keys(public, made)
    except OSError as error:
        raise KeyUnusable(f"{error.filename}: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable("the service account's key is not an RSA key as PEM text") from error


def _text(path: Path | None) -> str:
    return path.read_text(encoding="ascii") if path is not None else ""


def _rsa_public(key: object) -> rsa.RSAPublicKey:
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("not an RSA key")
    return key


def _pem(key: rsa.RSAPublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
