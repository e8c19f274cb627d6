"""Secrets and documents at rest: AES-256-GCM under a ring of named keys, each value bound to its place.

A sealed value is `1.<key id>.` followed by 12 bytes of nonce and the box. The place (table, row, column; any
text) is authenticated with it, so a value that somebody moved to another row does not open there. The first
key of the ring writes, every key reads: to rotate, add a key, seal again what is `stale`, then take the old
key out of the file.
"""

import base64
import binascii
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.database import DatabaseFault
from storage.lockfile import alone

_NONCE = 12
_HEADING = (
    "# Key ring of kaimono. The first key writes, every key reads. Who has this file can read every secret.\n"
)


class VaultFault(Exception):
    """A key file or a sealed value can't be used. The message is for people and holds nothing secret."""


class Keyring:
    """Named keys of 32 bytes, the one that writes first."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise VaultFault("a key ring needs at least one key")
        for name, key in keys.items():
            if not name.isascii() or not name.isalnum():
                raise VaultFault(f"a key's name is letters and digits only: {name!r}")
            if len(key) != 32:
                raise VaultFault(f"key {name} has {len(key)} bytes, not 32")
        self._boxes = {name: AESGCM(key) for name, key in keys.items()}
        self._writing = next(iter(keys))

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._boxes)})"

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt for this place."""
        nonce = os.urandom(_NONCE)
        box = self._boxes[self._writing].encrypt(nonce, plain, _bound_to(self._writing, place))
        return b"1.%b.%b%b" % (self._writing.encode(), nonce, box)

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt what was sealed for this place. Raises VaultFault: unknown format or key, damaged, moved."""
        name, body = _taken_apart(sealed)
        if name not in self._boxes:
            raise VaultFault(f"sealed with key {name}, which is not in the key file")
        try:
            return self._boxes[name].decrypt(body[:_NONCE], body[_NONCE:], _bound_to(name, place))
        except (InvalidTag, ValueError):
            raise VaultFault("a sealed value is damaged or was moved from another place") from None

    def lacks(self, sealed: bytes) -> str:
        """The name of the key that the value was sealed with if it is not in this ring, else "". A damaged value lacks
        none: whoever opens it is told."""
        try:
            name, _ = _taken_apart(sealed)
        except VaultFault:
            return ""
        return "" if name in self._boxes else name

    def stale(self, sealed: bytes) -> bool:
        """Whether the value was sealed with another key than the one that writes now."""
        return _taken_apart(sealed)[0] != self._writing


def _bound_to(name: str, place: str) -> bytes:
    return f"{name}|{place}".encode()


def _taken_apart(sealed: bytes) -> tuple[str, bytes]:
    version, _, rest = sealed.partition(b".")
    name, dot, body = rest.partition(b".")
    if version != b"1" or not dot or not name.isalnum():
        raise VaultFault("not a sealed value")
    return name.decode(), body


def load_keyring(path: Path) -> Keyring:
    """The keys in this file; a file with one fresh key is made if there is none.

    Raises VaultFault if others than its owner may read the file, or if it can't be read as a key ring.
    """
    if not path.exists():
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with alone(path):
                if not path.exists():
                    _write(path, _fresh_key())
        except OSError as error:
            raise VaultFault(f"can't make the key file {path}: {error.strerror}") from None
        except DatabaseFault as fault:
            raise VaultFault(f"can't make the key file {path}: {fault}") from None
    return Keyring(_read(path))


def add_key(path: Path) -> Keyring:
    """Put a fresh key at the head of the file: from the next start it writes, and all others still read."""
    with alone(path):
        _write(path, _fresh_key() | _read(path))
    return Keyring(_read(path))


def _fresh_key() -> dict[str, bytes]:
    return {f"k{secrets.token_hex(4)}": secrets.token_bytes(32)}


def _read(path: Path) -> dict[str, bytes]:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise VaultFault(f"can't read the key file {path}: {reason}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise VaultFault(f"others can read the key file {path}: run  chmod 600 {path}")
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            name, key = words
            keys[name] = base64.b64decode(key, validate=True)
        except (ValueError, binascii.Error):
            raise VaultFault(
                f"line {number} of the key file {path} is not: name, space, key in base64"
            ) from None
    return keys


def _write(path: Path, keys: Mapping[str, bytes]) -> None:
    """All or nothing, on the disk before anything can be sealed with it, and for the owner's eyes only."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    lines = [f"{name} {base64.b64encode(key).decode()}\n" for name, key in keys.items()]
    with os.fdopen(
        os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii"
    ) as file:
        file.writelines([_HEADING, *lines])
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
