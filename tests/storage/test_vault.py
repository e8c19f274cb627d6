"""The vault: what is sealed opens at its place only, and the key file is for its owner only."""

import os
import stat
from pathlib import Path

import pytest

from storage.vault import Keyring, VaultFault, add_key, load_keyring

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PLAIN = "株式会社サンプル商事 <SharedSecret>".encode()


def test_what_was_sealed_opens_at_its_place() -> None:
    ring = Keyring({"old": OLD})
    sealed = ring.seal(PLAIN, "document/1")
    assert ring.open(sealed, "document/1") == PLAIN
    assert PLAIN not in sealed
    assert ring.open(ring.seal(b"", "document/2"), "document/2") == b""


def test_the_same_text_never_looks_the_same() -> None:
    ring = Keyring({"old": OLD})
    assert ring.seal(PLAIN, "document/1") != ring.seal(PLAIN, "document/1")


def test_a_value_moved_to_another_place_does_not_open() -> None:
    ring = Keyring({"old": OLD})
    with pytest.raises(VaultFault, match="damaged or was moved"):
        ring.open(ring.seal(PLAIN, "company/1/secret"), "company/2/secret")


def test_every_damaged_byte_is_noticed() -> None:
    ring = Keyring({"old": OLD})
    sealed = ring.seal(b"secret", "p")
    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(VaultFault):
            ring.open(bytes(damaged), "p")
    for length in range(len(sealed)):
        with pytest.raises(VaultFault):
            ring.open(sealed[:length], "p")


@pytest.mark.parametrize("foreign", [b"", b"plain text", b"2.old.something", b"1.old", b"1..x", b"1.\xff.x"])
def test_what_was_never_sealed_is_refused(foreign: bytes) -> None:
    with pytest.raises(VaultFault):
        Keyring({"old": OLD}).open(foreign, "p")
    with pytest.raises(VaultFault):
        Keyring({"old": OLD}).open(foreign + b"." + bytes(40), "p")


def test_rotation_first_key_writes_every_key_reads() -> None:
    before = Keyring({"old": OLD})
    sealed = before.seal(PLAIN, "p")
    assert not before.stale(sealed)

    after = Keyring({"new": NEW, "old": OLD})
    assert after.open(sealed, "p") == PLAIN
    assert after.stale(sealed)
    again = after.seal(PLAIN, "p")
    assert not after.stale(again)

    without_old = Keyring({"new": NEW})
    assert without_old.open(again, "p") == PLAIN
    with pytest.raises(VaultFault, match="key old, which is not in the key file"):
        without_old.open(sealed, "p")


def test_a_key_is_bound_to_its_name() -> None:
    sealed = Keyring({"old": OLD}).seal(PLAIN, "p")
    with pytest.raises(VaultFault):
        Keyring({"new": OLD}).open(sealed.replace(b"1.old.", b"1.new."), "p")


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({}, "at least one"),
        ({"old": OLD[:31]}, "31 bytes"),
        ({"o.l": OLD}, "letters and digits"),
        ({"": OLD}, "letters"),
    ],
)
def test_a_wrong_ring_is_refused(keys: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(VaultFault, match=sentence):
        Keyring(keys)


def test_a_ring_shows_names_only() -> None:
    assert repr(Keyring({"new": NEW, "old": OLD})) == "Keyring(new, old)"


def test_the_key_file_is_made_on_the_first_start(tmp_path: Path) -> None:
    path = tmp_path / "var" / "kaimono.key"
    ring = load_keyring(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keyring(path).open(ring.seal(PLAIN, "p"), "p") == PLAIN
    assert [file.name for file in path.parent.glob("*.new")] == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kaimono.key"
    load_keyring(path)
    path.chmod(mode)
    for use in (load_keyring, add_key):
        with pytest.raises(VaultFault, match=f"others can read the key file {path}: run  chmod 600"):
            use(path)
    path.chmod(0o400)
    load_keyring(path)


def test_a_new_key_writes_from_now_on_and_the_old_ones_read(tmp_path: Path) -> None:
    path = tmp_path / "kaimono.key"
    first = load_keyring(path)
    sealed = first.seal(PLAIN, "p")
    second = add_key(path)
    assert second.open(sealed, "p") == PLAIN
    assert second.stale(sealed)
    assert add_key(path).open(second.seal(PLAIN, "p"), "p") == PLAIN
    assert len([line for line in path.read_text().splitlines() if not line.startswith("#")]) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "at least one key"),
        ("# only a comment\n\n", "at least one key"),
        ("k1\n", "line 1 of the key file"),
        ("# kaimono\nk1 no!base64\n", "line 2 of the key file"),
        ("k1 QUJD\n", "key k1 has 3 bytes, not 32"),
        ("k1 AA== and more\n", "line 1 of the key file"),
        ("鍵\n", "it is not text"),
    ],
)
def test_a_file_that_is_no_key_ring_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "kaimono.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(VaultFault, match=sentence) as caught:
        load_keyring(path)
    assert "QUJD" not in str(caught.value)


def test_a_key_file_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(VaultFault, match="can't make the key file"):
        load_keyring(tmp_path / "file" / "kaimono.key")
    with pytest.raises(VaultFault, match="can't read the key file"):
        load_keyring(tmp_path)


def test_the_key_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        load_keyring(tmp_path / "kaimono.key")
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "kaimono.key").stat().st_mode) == 0o600
