"""The API server's way to say no: HTTP status, code and description (LINE WORKS reference 5)."""

from collections.abc import Mapping

from aiohttp import web


class Refusal(Exception):
    """An API call that is not served; `answer()` is what the caller sees. A redirect has no code."""

    def __init__(
        self, status: int, code: str, description: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code} {description}".strip())
        self.status = status
        self.code = code
        self.description = description
        self.headers = dict(headers or {})

    def answer(self) -> web.Response:
        if not self.code:
            return web.Response(status=self.status, headers=self.headers)
        body = {"code": self.code, "description": self.description}
        return web.json_response(body, status=self.status, headers=self.headers)


def malformed_token() -> Refusal:
    return Refusal(401, "UNAUTHORIZED", "Malformed authentication token")


def expired_token() -> Refusal:
    return Refusal(401, "UNAUTHORIZED", "Authentication token is expired or revoked")


def invalid(description: str) -> Refusal:
    return Refusal(400, "INVALID_PARAMETER", description)


def unparsable() -> Refusal:
    return invalid("Request body cannot be parsed.")


def access_denied() -> Refusal:
    return Refusal(403, "ACCESS_DENIED", "Access is denied.")


def not_found(what: str) -> Refusal:
    return Refusal(404, "NOT_FOUND", f"{what} not exists")


def too_many() -> Refusal:
    return Refusal(429, "TOO_MANY_REQUESTS", "API rate limit exceeded")


def redirect(status: int, location: str) -> Refusal:
    """The resource lives elsewhere: ask there again, with the bearer (seen as 307, reference 5)."""
    return Refusal(status, "", "", {"Location": location})
