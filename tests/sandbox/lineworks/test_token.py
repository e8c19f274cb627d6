"""The token server hands a token to a right assertion, and to nothing else (reference 13.1)."""

from typing import Any

import jwt
import pytest

from sandbox.keys import make_keys
from tests.sandbox.lineworks.conftest import StandIn


async def test_right_assertion_gets_a_token(stand_in: StandIn) -> None:
    status, values = await stand_in.token_answer(stand_in.token_form())
    assert status == 200
    assert values["token_type"] == "Bearer"
    assert values["expires_in"] == "86400"  # a string, as seen on the real server
    assert values["scope"] == "bot.message user.profile.read"
    assert values["access_token"] != values["refresh_token"]
    assert stand_in.tenant.tokens.requests == 1


async def test_twice_encoded_grant_type_is_taken(stand_in: StandIn) -> None:
    form = stand_in.token_form(grant_type="urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer")
    assert (await stand_in.token_answer(form))[0] == 200


async def test_float_times_are_taken(stand_in: StandIn) -> None:
    claims = {
        name: float(value) if name in ("iat", "exp") else value for name, value in stand_in.claims().items()
    }
    form = stand_in.token_form(assertion=jwt.encode(claims, stand_in.private_pem, algorithm="RS256"))
    assert (await stand_in.token_answer(form))[0] == 200


@pytest.mark.parametrize(
    ("claim", "shift"),
    [("iat", 120), ("exp", -3600), ("exp", 1), ("exp", 86400)],
    ids=["issued in the future", "expired", "61 minutes long", "a day long"],
)
async def test_wrong_times_are_refused(stand_in: StandIn, claim: str, shift: int) -> None:
    claims = stand_in.claims()
    claims[claim] += shift
    await _refused(stand_in, claims)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "another-client"},
        {"iss": None},
        {"sub": "another.serviceaccount@sample"},
        {"sub": "taro.yamada@sample"},
        {"iat": None},
        {"exp": None},
        {"iat": True},
        {"iat": "1795140930"},
    ],
    ids=str,
)
async def test_wrong_claims_are_refused(stand_in: StandIn, wrong: dict[str, Any]) -> None:
    claims = {name: value for name, value in (stand_in.claims() | wrong).items() if value is not None}
    await _refused(stand_in, claims)


async def test_milliseconds_are_refused(stand_in: StandIn) -> None:
    claims = stand_in.claims()
    await _refused(stand_in, claims | {"iat": claims["iat"] * 1000, "exp": claims["exp"] * 1000})


async def test_key_of_someone_else_is_refused(stand_in: StandIn) -> None:
    stranger, _ = make_keys()
    assertion = jwt.encode(stand_in.claims(), stranger, algorithm="RS256")
    assert (await stand_in.token_answer(stand_in.token_form(assertion=assertion)))[0] == 400


@pytest.mark.parametrize("algorithm", ["RS512", "HS256", "none"])
async def test_only_rs256_is_taken(stand_in: StandIn, algorithm: str) -> None:
    key = {"RS512": stand_in.private_pem, "HS256": "s" * 64, "none": ""}[algorithm]
    assertion = jwt.encode(stand_in.claims(), key, algorithm=algorithm)
    assert (await stand_in.token_answer(stand_in.token_form(assertion=assertion)))[0] == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "another"},
        {"client_secret": "guessed"},
        {"client_secret": ""},
        {"scope": ""},
        {"scope": "bot.message calendar"},
        {"grant_type": "password"},
        {"assertion": ""},
        {"assertion": "a.b.c"},
    ],
    ids=str,
)
async def test_wrong_form_is_refused(stand_in: StandIn, wrong: dict[str, str]) -> None:
    status, values = await stand_in.token_answer(stand_in.token_form(**wrong))
    assert status == 400
    assert values["returnCode"] == "99"
    assert values["returnMessage"]


async def test_json_instead_of_a_form_is_refused(stand_in: StandIn) -> None:
    url = f"{stand_in.url}/oauth2/v2.0/token"
    async with stand_in.session.post(url, json=stand_in.token_form()) as answer:
        assert answer.status == 400


async def test_refresh_token_gives_a_new_access_token(stand_in: StandIn) -> None:
    _, first = await stand_in.token_answer(stand_in.token_form())
    renewal = stand_in.token_form(grant_type="refresh_token", refresh_token=first["refresh_token"])
    _, second = await stand_in.token_answer(renewal)
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] == first["refresh_token"]


async def test_rotation_kills_the_used_refresh_token(stand_in: StandIn) -> None:
    stand_in.tenant.settings.refresh_rotation = True
    _, first = await stand_in.token_answer(stand_in.token_form())
    renewal = stand_in.token_form(grant_type="refresh_token", refresh_token=first["refresh_token"])
    status, second = await stand_in.token_answer(renewal)
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert (await stand_in.token_answer(renewal))[0] == 400


async def test_raw_refresh_token_is_refused_as_measured(stand_in: StandIn) -> None:
    """A refresh token that is not percent-encoded loses its plus signs on the way (reference 1.5)."""
    _, first = await stand_in.token_answer(stand_in.token_form())
    raw = (
        "grant_type=refresh_token&client_id=client&client_secret=client-secret-for-tests"
        f"&refresh_token={first['refresh_token']}"
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{stand_in.url}/oauth2/v2.0/token"
    async with stand_in.session.post(url, data=raw, headers=headers) as answer:
        assert answer.status == 400
        assert await answer.json() == {"returnCode": "99", "returnMessage": "UnexpectedError"}


async def test_revoked_token_is_dead_at_once(stand_in: StandIn) -> None:
    token = await stand_in.token()
    assert (await stand_in.send(token, {"type": "text", "text": "はい"}))[0] == 201
    form = {"token": token, "client_id": "client", "client_secret": "client-secret-for-tests"}
    async with stand_in.session.post(f"{stand_in.url}/oauth2/v2.0/revoke", data=form) as answer:
        assert answer.status == 200
    status, _, body = await stand_in.send(token, {"type": "text", "text": "はい"})
    assert (status, body["code"]) == (401, "UNAUTHORIZED")


async def test_token_lives_as_long_as_the_app_is_set_to(stand_in: StandIn) -> None:
    stand_in.tenant.settings.token_seconds = 5
    status, values = await stand_in.token_answer(stand_in.token_form())
    assert values["expires_in"] == "5"
    stand_in.clock.advance(4.9)
    assert (await stand_in.send(values["access_token"], {"type": "text", "text": "はい"}))[0] == 201
    stand_in.clock.advance(0.1)
    status, _, body = await stand_in.send(values["access_token"], {"type": "text", "text": "はい"})
    assert (status, body["code"]) == (401, "UNAUTHORIZED")


async def test_several_tokens_live_side_by_side(stand_in: StandIn) -> None:
    one, other = await stand_in.token(), await stand_in.token()
    assert one != other
    for token in (one, other):
        assert (await stand_in.send(token, {"type": "text", "text": "はい"}))[0] == 201


async def test_refusals_and_secrets_stay_apart_in_the_log(stand_in: StandIn) -> None:
    await stand_in.token_answer(stand_in.token_form(client_secret="guessed-secret"))
    (entry,) = await stand_in.logged("token")
    assert entry["failure"] == "client_secret is wrong"
    assert "guessed-secret" not in str(entry)


async def _refused(stand_in: StandIn, claims: dict[str, Any]) -> None:
    assertion = jwt.encode(claims, stand_in.private_pem, algorithm="RS256")
    status, values = await stand_in.token_answer(stand_in.token_form(assertion=assertion))
    assert status == 400
    assert values == {"returnCode": "99", "returnMessage": "InvalidAssertion"}
