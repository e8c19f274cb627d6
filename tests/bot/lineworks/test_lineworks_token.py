"""A token is asked for with a signed JWT, kept until shortly before it dies, and asked for once."""

import asyncio
import logging

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bot.lineworks.token import KeyUnreadable, TokenRefused, TokenSource, TokenUnreachable
from punchout.secret import Secret

from .conftest import CLIENT_SECRET, Clock, Platform
from .fake import answer, hang_up, never, raw


async def test_the_request_is_what_the_platform_documents(
    tokens: TokenSource, platform: Platform, key: rsa.RSAPrivateKey, clock: Clock
) -> None:
    token = await tokens.token()
    assert token.reveal() == "token-1"
    assert str(token) == "***"
    (form,) = platform.fake.tokens_asked
    assertion = form.pop("assertion")
    assert form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "client_id": "client-1",
        "client_secret": CLIENT_SECRET,
        "scope": "bot.message user.profile.read",
    }
    assert jwt.get_unverified_header(assertion) == {"alg": "RS256", "typ": "JWT"}
    claims = jwt.decode(
        assertion, key.public_key(), algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
    )
    issued = int(clock.now.timestamp())
    assert claims == {
        "iss": "client-1",
        "sub": "bot.serviceaccount@sample",
        "iat": issued,
        "exp": issued + 3600,
    }
    assert all(type(claims[name]) is int for name in ("iat", "exp"))


async def test_many_callers_at_once_make_one_request(tokens: TokenSource, platform: Platform) -> None:
    platform.fake.token_free.clear()
    callers = [asyncio.create_task(tokens.token()) for _ in range(100)]
    await platform.fake.token_wanted.wait()
    platform.fake.token_free.set()
    assert {token.reveal() for token in await asyncio.gather(*callers)} == {"token-1"}
    assert len(platform.fake.tokens_asked) == 1


async def test_many_callers_share_one_refusal(tokens: TokenSource, platform: Platform) -> None:
    platform.fake.token_free.clear()
    platform.fake.token_answers.append(answer(400, {"returnCode": "99", "returnMessage": "UnexpectedError"}))
    callers = [asyncio.create_task(tokens.token()) for _ in range(20)]
    await platform.fake.token_wanted.wait()
    platform.fake.token_free.set()
    outcomes = await asyncio.gather(*callers, return_exceptions=True)
    assert all(isinstance(outcome, TokenRefused) for outcome in outcomes)
    assert len(platform.fake.tokens_asked) == 1
    assert (await tokens.token()).reveal() == "token-2"


async def test_a_caller_who_leaves_does_not_take_the_token_along(
    tokens: TokenSource, platform: Platform
) -> None:
    platform.fake.token_free.clear()
    leaving, staying = asyncio.create_task(tokens.token()), asyncio.create_task(tokens.token())
    await platform.fake.token_wanted.wait()
    leaving.cancel()
    platform.fake.token_free.set()
    assert (await staying).reveal() == "token-1"
    assert leaving.cancelled()


@pytest.mark.parametrize(
    ("expires_in", "kept", "renewed"),
    [
        ("86400", 86_339, 86_340),
        (86_400, 86_339, 86_340),
        ("3600", 3539, 3540),
        (3600.0, 3539, 3540),
        ("5", 4, 5),
        ("soon", 3539, 3540),
        (None, 3539, 3540),
        ("9" * 40, 86_339, 86_340),
    ],
)
async def test_the_life_is_the_one_the_platform_names(
    tokens: TokenSource, platform: Platform, clock: Clock, expires_in: object, kept: float, renewed: float
) -> None:
    platform.fake.expires_in = expires_in
    await tokens.token()
    clock.advance(kept)
    assert (await tokens.token()).reveal() == "token-1"
    clock.advance(renewed - kept)
    assert (await tokens.token()).reveal() == "token-2"


async def test_a_life_that_is_over_at_once_still_gives_a_token(
    tokens: TokenSource, platform: Platform
) -> None:
    platform.fake.expires_in = "-1"
    assert [(await tokens.token()).reveal() for _ in range(3)] == ["token-1", "token-2", "token-3"]


async def test_a_refused_token_is_replaced_once(tokens: TokenSource, platform: Platform) -> None:
    old = await tokens.token()
    tokens.invalidate(old)
    new = await tokens.token()
    tokens.invalidate(old)
    assert (await tokens.token()).reveal() == new.reveal() == "token-2"
    assert len(platform.fake.tokens_asked) == 2


@pytest.mark.parametrize(
    "facts",
    [
        {"returnCode": "99", "returnMessage": "UnexpectedError"},
        {"error": "invalid_client", "error_description": f"wrong secret {CLIENT_SECRET}"},
        None,
    ],
)
async def test_a_refusal_says_where_to_look_and_tells_no_secret(
    tokens: TokenSource, platform: Platform, facts: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bot")
    platform.fake.token_answers.append(answer(400, facts))
    with pytest.raises(TokenRefused) as refusal:
        await tokens.token()
    sentence = str(refusal.value)
    for place in ("HTTP 400", "client_id", "client_secret", "service_account", "private key", "bot.message"):
        assert place in sentence
    assertion = platform.fake.tokens_asked[0]["assertion"]
    for secret in (CLIENT_SECRET, assertion, "PRIVATE KEY"):
        assert secret not in sentence + caplog.text


@pytest.mark.parametrize("status", [302, 404, 405])
async def test_a_wrong_address_is_told(tokens: TokenSource, platform: Platform, status: int) -> None:
    platform.fake.token_answers.append(answer(status, Location="/elsewhere"))
    with pytest.raises(TokenRefused, match="check auth_url"):
        await tokens.token()
    assert not platform.fake.calls


@pytest.mark.parametrize(
    "reply",
    [
        answer(500),
        answer(503, {"code": "INTERNAL_SERVER_ERROR"}),
        answer(429),
        hang_up,
        raw(200, b"<html>"),
        answer(200, {"access_token": ""}),
        answer(200, {"access_token": 7}),
        answer(200, ["token"]),
    ],
)
async def test_trouble_passes(tokens: TokenSource, platform: Platform, reply: object) -> None:
    platform.fake.token_answers.append(reply)  # type: ignore[arg-type]
    with pytest.raises(TokenUnreachable):
        await tokens.token()
    assert (await tokens.token()).reveal() == "token-2"


async def test_a_server_that_never_answers(platform: Platform, pem: Secret, clock: Clock) -> None:
    tokens = TokenSource(
        platform.session,
        platform.auth_url + "/",
        client_id="client-1",
        client_secret=Secret(CLIENT_SECRET),
        service_account="bot.serviceaccount@sample",
        private_key=pem,
        clock=clock,
        timeout=aiohttp.ClientTimeout(total=0.05),
    )
    platform.fake.token_answers.append(never)
    with pytest.raises(TokenUnreachable, match="can't be reached"):
        await tokens.token()


async def test_no_server_at_all(platform: Platform, tokens: TokenSource) -> None:
    await platform.server.close()
    with pytest.raises(TokenUnreachable, match="check the network and auth_url"):
        await tokens.token()


def other_key() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def locked_key(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    ).decode()


def public_key(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


@pytest.mark.parametrize("kind", ["empty", "word", "escaped", "cut off", "elliptic", "locked", "public"])
async def test_a_key_that_is_none_is_told_at_once(
    kind: str, key: rsa.RSAPrivateKey, pem: Secret, platform: Platform, clock: Clock
) -> None:
    text = {
        "empty": "",
        "word": "hunter2",
        "escaped": pem.reveal().replace("\n", "\\n"),
        "cut off": pem.reveal()[:400],
        "elliptic": other_key(),
        "locked": locked_key(key),
        "public": public_key(key),
    }[kind]
    with pytest.raises(KeyUnreadable, match="private key") as refusal:
        TokenSource(
            platform.session,
            platform.auth_url,
            client_id="client-1",
            client_secret=Secret(CLIENT_SECRET),
            service_account="bot.serviceaccount@sample",
            private_key=Secret(text),
            clock=clock,
        )
    assert refusal.value.__cause__ is None
    assert not text or text not in str(refusal.value)


async def test_a_clock_moved_on_during_the_request_does_not_lengthen_the_life(
    tokens: TokenSource, platform: Platform, clock: Clock
) -> None:
    platform.fake.expires_in = "3600"
    platform.fake.token_free.clear()
    asking = asyncio.create_task(tokens.token())
    await platform.fake.token_wanted.wait()
    clock.advance(30)
    platform.fake.token_free.set()
    await asking
    clock.advance(3539 - 30)
    assert (await tokens.token()).reveal() == "token-1"
    clock.advance(1)
    assert (await tokens.token()).reveal() == "token-2"
