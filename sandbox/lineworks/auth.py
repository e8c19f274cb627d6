"""The token server's two doors (LINE WORKS reference 1.3, 1.5)."""

import asyncio
import time

from aiohttp import web

from sandbox.lineworks.tenant import Tenant
from sandbox.lineworks.token import TokenRefused


class Auth:
    """`POST /oauth2/v2.0/token` and `/revoke`."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/oauth2/v2.0/token", self.token),
            web.post("/oauth2/v2.0/revoke", self.revoke),
        ]

    async def token(self, request: web.Request) -> web.Response:
        began = time.perf_counter()
        fault = self.tenant.faults.take("token")
        if fault is not None and fault.answer == "slow":
            await asyncio.sleep(fault.seconds)
        failure = ""
        if fault is not None and fault.answer.isdecimal():
            failure = f"fault {fault.answer}"
            response = _refused(TokenRefused("UnexpectedError", failure), int(fault.answer))
        else:
            try:
                response = web.json_response(self.tenant.tokens.issue(await _form(request)))
            except TokenRefused as refused:
                failure, response = refused.reason, _refused(refused)
        ms = (time.perf_counter() - began) * 1000
        self.tenant.log.add("token", "token", status=response.status, ms=ms, failure=failure)
        if fault is not None and fault.answer == "cut" and request.transport is not None:
            request.transport.close()
        return response

    async def revoke(self, request: web.Request) -> web.Response:
        try:
            self.tenant.tokens.revoke(await _form(request))
        except TokenRefused as refused:
            self.tenant.log.add("token", "revoke", status=400, failure=refused.reason)
            return _refused(refused)
        self.tenant.log.add("token", "revoke", status=200)
        return web.Response(status=200)


def _refused(refused: TokenRefused, status: int = 400) -> web.Response:
    return web.json_response(refused.body(), status=status)


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise TokenRefused("UnexpectedError", "the body is not form-encoded")
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
