"""The token server: service account assertions in, access tokens out (LINE WORKS reference 1 and 13.1)."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote

import jwt
import jwt.types

from sandbox.lineworks.refusal import expired_token, malformed_token
from sandbox.settings import LineWorksSettings

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
REFRESH_LIFETIME = timedelta(days=90)
LONGEST_ASSERTION = 3600
CLOCK_SKEW = 60


class TokenRefused(Exception):
    """A token request that is refused. Status 400 and this shape are all that was seen of the real server's
    refusals (reference 1.7); `reason` says more than the real one would, for the developer's log.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(reason)
        self.message = message
        self.reason = reason

    def body(self) -> dict[str, str]:
        return {"returnCode": "99", "returnMessage": self.message}


@dataclass
class _Grant:
    scopes: frozenset[str]
    expires_at: datetime


class Tokens:
    """Every token handed out. Several may live side by side (reference, gaps 17)."""

    def __init__(self, settings: LineWorksSettings, public_pem: str, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._public_pem = public_pem
        self._clock = clock
        self._access: dict[str, _Grant] = {}
        self._refresh: dict[str, _Grant] = {}
        self.requests = 0

    def issue(self, form: Mapping[str, str]) -> dict[str, str]:
        """The answer to a token request; raises TokenRefused. Every request counts, refused or not."""
        self.requests += 1
        # The vendor's Python sample encodes grant_type twice, so the real server takes both (reference 1.3).
        grant_type = unquote(form.get("grant_type", ""))
        self._check_client(form)
        if grant_type == JWT_BEARER:
            self._check_assertion(form.get("assertion", ""))
            return self._hand_out(self._scopes(form.get("scope", "")))
        if grant_type == "refresh_token":
            return self._renew(form.get("refresh_token", ""))
        raise TokenRefused("UnsupportedGrantType", "grant_type is neither jwt-bearer nor refresh_token")

    def revoke(self, form: Mapping[str, str]) -> None:
        """Kills an access or refresh token at once; an unknown one is no fault (RFC 7009)."""
        self._check_client(form)
        token = form.get("token", "")
        self._access.pop(token, None)
        self._refresh.pop(token, None)

    def scopes_of(self, authorization: str | None) -> frozenset[str]:
        """What the bearer of this Authorization header may do; raises Refusal (401)."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not _looks_like_ours(token):
            raise malformed_token()
        grant = self._access.get(token)
        if grant is None or grant.expires_at <= self._clock():
            raise expired_token()
        return grant.scopes

    def expire_all(self) -> None:
        """Every access token dies, as when its hour is over."""
        self._access.clear()

    def _check_client(self, form: Mapping[str, str]) -> None:
        if form.get("client_id") != self._settings.client_id:
            raise TokenRefused("InvalidClient", "client_id is not the app's")
        secret = self._settings.client_secret.get_secret_value()
        if not secrets.compare_digest(form.get("client_secret", "").encode(), secret.encode()):
            raise TokenRefused("InvalidClient", "client_secret is wrong")

    def _check_assertion(self, assertion: str) -> None:
        claims = _verified_claims(assertion, self._public_pem)
        for claim, expected in (("iss", self._settings.client_id), ("sub", self._settings.service_account)):
            if claims.get(claim) != expected:
                raise TokenRefused("InvalidAssertion", f"{claim} is wrong")
        issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
        now = self._clock().timestamp()
        if issued > now + CLOCK_SKEW:
            raise TokenRefused("InvalidAssertion", "iat is in the future (is it in milliseconds?)")
        if expires <= now:
            raise TokenRefused("InvalidAssertion", "exp is over")
        if expires - issued > LONGEST_ASSERTION:
            raise TokenRefused("InvalidAssertion", "exp is more than 60 minutes after iat")

    def _scopes(self, asked: str) -> frozenset[str]:
        scopes = frozenset(asked.replace(",", " ").split())
        missing = scopes - set(self._settings.scopes)
        if not scopes or missing:
            raise TokenRefused("InvalidScope", f"scope not granted to the app: {' '.join(sorted(missing))}")
        return scopes

    def _renew(self, refresh_token: str) -> dict[str, str]:
        grant = self._refresh.get(refresh_token)
        if grant is None or grant.expires_at <= self._clock():
            raise TokenRefused("UnexpectedError", "refresh_token is unknown, dead or was not percent-encoded")
        if self._settings.refresh_rotation:
            del self._refresh[refresh_token]
            return self._hand_out(grant.scopes)
        return self._hand_out(grant.scopes, refresh_token)

    def _hand_out(self, scopes: frozenset[str], refresh_token: str | None = None) -> dict[str, str]:
        now = self._clock()
        access_token = _ACCESS_PREFIX + secrets.token_urlsafe(32)
        self._access[access_token] = _Grant(scopes, now + timedelta(seconds=self._settings.token_seconds))
        if refresh_token is None:
            # Holds + and /, so a client that forgets to percent-encode it is found out (reference 1.5).
            refresh_token = "+/" + base64.b64encode(secrets.token_bytes(30)).decode()
            self._refresh[refresh_token] = _Grant(scopes, now + REFRESH_LIFETIME)
        return {
            "access_token": access_token,
            "refresh_token": refresh_token,
            "token_type": "Bearer",
            "expires_in": str(self._settings.token_seconds),
            "scope": " ".join(sorted(scopes)),
        }


_ACCESS_PREFIX = "jp1"


def _looks_like_ours(token: str) -> bool:
    return token.startswith(_ACCESS_PREFIX) and len(token) == len(_ACCESS_PREFIX) + 43


_SIGNATURE_ONLY: jwt.types.Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


def _verified_claims(assertion: str, public_pem: str) -> dict[str, object]:
    """The claims under a good RS256 signature, judged with the stand-in's own clock later on."""
    try:
        if jwt.get_unverified_header(assertion).get("alg") != "RS256":
            raise TokenRefused("InvalidAssertion", "the assertion's alg is not RS256")
        claims: dict[str, object] = jwt.decode(
            assertion, public_pem, algorithms=["RS256"], options=_SIGNATURE_ONLY
        )
    except (jwt.PyJWTError, json.JSONDecodeError, RecursionError) as error:
        raise TokenRefused("InvalidAssertion", f"the assertion is no signed JWT: {error}") from error
    return claims


def _seconds(claims: Mapping[str, object], claim: str) -> float:
    """A time claim. The vendor's samples send floats, so numbers of either kind are taken (reference 1.2)."""
    value = claims.get(claim)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused("InvalidAssertion", f"{claim} is missing or not a number")
    return float(value)
