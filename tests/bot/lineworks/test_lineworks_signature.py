"""A callback is believed when its signature fits its exact bytes, and never otherwise."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lineworks.signature import sign, verify
from punchout.secret import Secret

from .reference import lineworks_reference

SECRET = Secret("bot-secret-for-tests-0001")
CALLBACKS = sorted((Path(__file__).parent / "callbacks").glob("*.json"))
BODY = (
    b'{"type":"message","source":{"userId":"u-1","domainId":1},'
    b'"issuedTime":"2026-11-20T02:15:30.001Z","content":{"type":"text","text":"hello"}}'
)


def independent(body: bytes) -> str:
    return base64.b64encode(hmac.new(b"bot-secret-for-tests-0001", body, hashlib.sha256).digest()).decode()


def test_the_worked_vector_of_the_reference() -> None:
    assert len(BODY) == 138
    assert sign(SECRET, BODY) == "JUVpGNpDV733Wi90eg9k2bupW1VAbenggQ2K8egkidQ="


def test_all_nineteen_vectors_of_the_reference() -> None:
    folder = lineworks_reference()
    vectors = json.loads((folder / "signature-vectors.json").read_text())
    assert len(vectors["vectors"]) == 19
    for vector in vectors["vectors"]:
        body = (folder / vector["file"]).read_bytes()
        assert len(body) == vector["length"], vector["file"]
        assert verify(Secret(vectors["botSecret"]), body, vector["X-WORKS-Signature"]), vector["file"]


@pytest.mark.parametrize("file", CALLBACKS, ids=lambda file: file.stem)
def test_our_own_callbacks(file: Path) -> None:
    assert verify(SECRET, file.read_bytes(), independent(file.read_bytes()))


@given(st.binary(max_size=300))
def test_any_bytes_can_be_signed(body: bytes) -> None:
    assert sign(SECRET, body) == independent(body)
    assert verify(SECRET, body, sign(SECRET, body))


def test_every_changed_byte_is_noticed() -> None:
    signature = independent(BODY)
    for place in range(len(BODY)):
        changed = bytearray(BODY)
        changed[place] ^= 1
        assert not verify(SECRET, bytes(changed), signature), place
    assert not verify(SECRET, BODY + b"\n", signature)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        " ",
        "garbage",
        "署名",
        "\udcff\ud800",
        independent(BODY)[:-1],
        independent(BODY) + " ",
        independent(BODY).lower(),
        hmac.new(b"bot-secret-for-tests-0001", BODY, hashlib.sha256).hexdigest(),
        "9crxWhZ9aQO/9ruUM4MH3dF/WRGYRhj0vSR4cRyJfHQ=",
    ],
    ids=[
        "missing",
        "empty",
        "blank",
        "word",
        "japanese",
        "bytes",
        "short",
        "long",
        "lower",
        "hex",
        "placeholder",
    ],
)
def test_any_other_header_is_refused(header: str | None) -> None:
    assert not verify(SECRET, BODY, header)


def test_another_bots_secret_is_refused() -> None:
    assert not verify(Secret("bot-secret-for-tests-0002"), BODY, independent(BODY))


def test_an_empty_secret_verifies_nothing() -> None:
    assert not verify(Secret(""), BODY, sign(Secret(""), BODY))
