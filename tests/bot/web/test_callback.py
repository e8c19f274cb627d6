"""POST /lineworks/callback: verify the bytes, store them, then say 200. LINE WORKS never sends anything twice."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.handlers import CALLBACK
from bot.lineworks.signature import sign
from bot.web.bodies import MIB
from punchout.secret import Secret
from tests.bot.lineworks.reference import lineworks_reference
from tests.bot.web.conftest import Site
from tests.trouble.house import BOT_ID, BOT_SECRET, TARO

OURS = sorted((Path(__file__).parents[1] / "lineworks" / "callbacks").glob("*.json"))


def event(text: str = "買い物をする", at: str = "2026-11-24T01:00:00.001Z", user_id: str = TARO) -> bytes:
    source = {"userId": user_id, "domainId": 12345678}
    content = {"type": "text", "text": text}
    return json.dumps(
        {"type": "message", "source": source, "issuedTime": at, "content": content},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


async def test_a_signed_event_is_stored_then_acknowledged_with_nothing(site: Site) -> None:
    body = event()
    answer = await site.call(
        "POST",
        "/lineworks/callback",
        data=body,
        headers={"X-WORKS-BotId": str(BOT_ID), "X-WORKS-Signature": sign(Secret(BOT_SECRET), body)},
    )
    assert (answer.status, answer.body) == (200, b"")
    (job,) = await site.stored(CALLBACK)
    assert job.payload == body
    assert job.lane == f"talk:sample:{TARO}"
    assert job.state == "ready"


async def test_all_nineteen_callbacks_of_the_reference(site: Site) -> None:
    folder = lineworks_reference()
    vectors = json.loads((folder / "signature-vectors.json").read_text())
    assert len(vectors["vectors"]) == 19
    secret = Secret(vectors["botSecret"])
    bot = site.services.bots[vectors["X-WORKS-BotId"]]
    object.__setattr__(bot, "secret", secret)
    for vector in vectors["vectors"]:
        body = (folder / vector["file"]).read_bytes()
        signature = vector["X-WORKS-Signature"]
        assert await site.callback(body, X_WORKS_Signature=signature) == 200, vector["file"]
        place = random.Random(vector["file"]).randrange(len(body))
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert await site.callback(changed, X_WORKS_Signature=signature) == 401, vector["file"]
    bodies = [job.payload for job in await site.stored(CALLBACK)]
    assert bodies == [(folder / vector["file"]).read_bytes() for vector in vectors["vectors"]]


@pytest.mark.parametrize(
    "headers",
    [
        {"X_WORKS_Signature": ""},
        {"X_WORKS_Signature": "9crxWhZ9aQO/9ruUM4MH3dF/WRGYRhj0vSR4cRyJfHQ="},
        {"X_WORKS_Signature": "ÄÖÜ" * 15},
        {"X_WORKS_BotId": "2000002"},
        {"X_WORKS_BotId": ""},
        {"X_WORKS_BotId": "２０００００１"},
    ],
    ids=["no signature", "placeholder", "not ascii", "unknown bot", "no bot", "full-width bot"],
)
async def test_who_cannot_sign_is_not_heard(site: Site, headers: dict[str, str]) -> None:
    assert await site.callback(event(), **headers) == 401
    assert await site.stored(CALLBACK) == []


async def test_without_the_headers_nothing_is_heard(site: Site) -> None:
    assert (await site.call("POST", "/lineworks/callback", data=event())).status == 401
    assert await site.stored(CALLBACK) == []


async def test_header_names_in_any_case(site: Site) -> None:
    for count, spell in enumerate((str.lower, str.upper, str.title), start=1):
        body = event(f"{count}")
        names = {"X-WORKS-BotId": str(BOT_ID), "X-WORKS-Signature": sign(Secret(BOT_SECRET), body)}
        answer = await site.call(
            "POST",
            "/lineworks/callback",
            data=body,
            headers={spell(name): value for name, value in names.items()},
        )
        assert answer.status == 200
        assert len(await site.stored(CALLBACK)) == count


async def test_more_than_a_mebibyte_is_not_read(site: Site) -> None:
    at_the_limit = event("あ" * 1000).ljust(MIB)
    assert await site.callback(at_the_limit) == 200
    assert await site.callback(at_the_limit + b" ") == 413

    async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    for size, status in ((MIB + 1, 413), (MIB - 1, 200)):
        body = event("い").ljust(size)
        answer = await site.call(
            "POST",
            "/lineworks/callback",
            data=in_pieces(body),
            headers={"X-WORKS-BotId": str(BOT_ID), "X-WORKS-Signature": sign(Secret(BOT_SECRET), body)},
        )
        assert answer.status == status
    assert len(await site.stored(CALLBACK)) == 2


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"{", b'{"a":NaN}', b"\xff\xfe{}", b"[" * 100_000, '{"type":"メ'.encode()[:-1]],
    ids=["empty", "words", "broken off", "NaN", "no UTF-8", "deep", "half a character"],
)
async def test_signed_but_no_json_is_refused(site: Site, body: bytes) -> None:
    assert await site.callback(body) == 400
    assert await site.stored(CALLBACK) == []


@pytest.mark.parametrize("body", [b"null", b"[]", b"1", b'"text"', b"true", b"{}"])
async def test_json_that_is_no_event_is_taken(site: Site, body: bytes) -> None:
    assert await site.callback(body) == 200


@pytest.mark.parametrize("body", [file.read_bytes() for file in OURS], ids=[file.stem for file in OURS])
async def test_whatever_the_platform_may_think_of_is_taken(site: Site, body: bytes) -> None:
    assert await site.callback(body) == 200
    (job,) = await site.stored(CALLBACK)
    assert job.payload == body


async def test_a_name_of_any_length_finds_a_lane(site: Site) -> None:
    assert await site.callback(event(user_id="u" * 100_000)) == 200
    assert await site.callback(event(user_id="?").replace(b'"?"', rb'"\u0000\ud800"')) == 200


async def test_the_same_bytes_twice_are_one_job(site: Site) -> None:
    body = event()
    assert [await site.callback(body) for _ in range(3)] == [200, 200, 200]
    assert set(await asyncio.gather(*(site.callback(body) for _ in range(20)))) == {200}
    assert len(await site.stored(CALLBACK)) == 1


async def test_two_taps_a_moment_apart_are_two_jobs_in_order(site: Site) -> None:
    for at in ("2026-11-24T01:00:00.001Z", "2026-11-24T01:00:00.002Z"):
        assert await site.callback(event(at=at)) == 200
    assert [job.state for job in await site.stored(CALLBACK)] == ["ready", "waiting"]


async def test_a_storm_is_stored_whole(site: Site) -> None:
    bodies = [event(str(number), user_id=f"u-{number % 7}") for number in range(200)]
    assert set(await asyncio.gather(*map(site.callback, bodies))) == {200}
    assert {job.payload for job in await site.stored(CALLBACK)} == set(bodies)


async def test_what_a_full_disk_or_a_read_only_server_did_not_store_is_never_acknowledged(site: Site) -> None:
    await site.store_no_more()
    answers = [await site.callback(event(str(number).ljust(9000))) for number in range(5)]
    assert set(answers) <= {200, 503}
    assert 503 in answers
    assert len(await site.stored(CALLBACK)) == answers.count(200)


async def test_a_database_that_is_gone_is_never_acknowledged(site: Site) -> None:
    await site.db.close()
    assert await site.callback(event()) == 503
    assert "could not be stored" in site.written.getvalue()


async def test_what_nobody_expected_is_in_the_log_and_never_acknowledged(site: Site) -> None:
    site.clock.now = datetime(2026, 11, 24)  # noqa: DTZ001 - a time without a zone can't be stored
    assert await site.callback(event()) == 500
    assert "a callback failed" in site.written.getvalue()
    metrics = (await site.call("GET", "/metrics")).text
    assert 'kaimono_callbacks_total{status="500"} 1.0' in metrics


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_only_post(site: Site, method: str) -> None:
    assert (await site.call(method, "/lineworks/callback")).status == 405


async def test_the_log_tells_nothing_of_what_was_said(site: Site) -> None:
    """Signed or not: neither words nor names of members stand in the log."""
    body = event("私の住所は秘密です")
    await site.callback(body)
    await site.callback(body, X_WORKS_Signature="x")
    await site.callback(b"{" + body)
    for word in ("秘密", TARO, sign(Secret(BOT_SECRET), body)):
        assert word not in site.written.getvalue()
