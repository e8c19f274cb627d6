"""What every API call passes before it is served: token, scope, rate, and the troubles asked for (13.2)."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.lineworks.faults import At, Fault
from sandbox.lineworks.rates import Rate
from sandbox.lineworks.refusal import Refusal, access_denied, not_found, redirect, too_many, unparsable
from sandbox.lineworks.tenant import Tenant

SEND = frozenset({"bot", "bot.message"})
BOT_READ = frozenset({"bot", "bot.read"})


@dataclass
class Call:
    """What became known about a call while it was judged; the log tells it afterwards."""

    what: str
    scopes: frozenset[str] = frozenset()
    user_id: str | None = None
    body: str = ""
    notes: list[str] = field(default_factory=list)


Handler = Callable[[web.Request, Call], Awaitable[web.Response]]


class Gate:
    """Wraps the handler of each operation in the checks all operations share."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def guard(
        self,
        operation: str,
        scopes: frozenset[str],
        handler: Handler,
        at: At | None = None,
        *,
        per_minute: int | None = None,
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """The rate is counted for `operation`; a token with any of `scopes` may call; faults come `at`.

        An operation takes as many calls `per_minute` as the plan gives to each one, unless it has a limit of its own.
        """

        async def answered(request: web.Request) -> web.Response:
            began = time.perf_counter()
            call = Call(f"{request.method} {request.path}")
            fault = self._tenant.faults.take(at) if at is not None else None
            rate: Rate | None = None
            failure = ""
            try:
                self._judge_token(request, call, scopes, fault)
                limit = per_minute or self._tenant.settings.sends_per_minute
                rate = self._tenant.rates.count(operation, limit)
                if fault is not None and fault.answer == "429":
                    rate = Rate(rate.limit + 1, rate.limit, round(fault.seconds))
                if rate.exceeded:
                    raise too_many()
                if fault is not None:
                    await _suffer(request, fault)
                response = await handler(request, call)
            except Refusal as refusal:
                failure, response = str(refusal), refusal.answer()
            if rate is not None and response.status != 302:
                response.headers.update(rate.headers())
            self._tenant.log.add(
                "send" if at == "send" else "call",
                call.what,
                status=response.status,
                ms=(time.perf_counter() - began) * 1000,
                user_id=call.user_id,
                failure=failure,
                note="; ".join(call.notes),
                body=call.body,
            )
            if fault is not None and fault.answer == "cut" and request.transport is not None:
                request.transport.close()
            return response

        return answered

    def _judge_token(
        self, request: web.Request, call: Call, scopes: frozenset[str], fault: Fault | None
    ) -> None:
        if fault is not None and fault.answer == "401":
            self._tenant.tokens.expire_all()
        call.scopes = self._tenant.tokens.scopes_of(request.headers.get("Authorization"))
        if not call.scopes & scopes:
            status, code = (
                (401, "UNAUTHORIZED") if self._tenant.faults.on("scope_401") else (403, "FORBIDDEN")
            )
            raise Refusal(status, code, f"Scope is required: {' or '.join(sorted(scopes))}")


async def _suffer(request: web.Request, fault: Fault) -> None:
    """Raises what the fault answers in place of the right answer, or waits."""
    if fault.answer == "403":
        raise access_denied()
    if fault.answer == "500":
        raise Refusal(500, "INTERNAL_SERVER_ERROR", "Internal server error")
    if fault.answer == "503":
        raise Refusal(503, "SERVICE_UNAVAILABLE", "Service unavailable")
    if fault.answer in ("302", "307"):
        raise redirect(int(fault.answer), str(request.url))
    if fault.answer == "slow":
        await asyncio.sleep(fault.seconds)


def own_bot(request: web.Request, tenant: Tenant) -> None:
    """Refuses what is asked of another bot than the tenant's."""
    if request.match_info["bot"] != str(tenant.bot.bot_id):
        raise unknown("Bot", tenant)


def unknown(what: str, tenant: Tenant) -> Refusal:
    """Documented as 404; measured elsewhere as 403 (reference 5), so a switch makes it that."""
    return access_denied() if tenant.faults.on("unknown_403") else not_found(what)


async def json_body(request: web.Request, call: Call) -> Any:
    """The body as JSON; anything else is refused as the platform does (reference 5)."""
    if request.content_type != "application/json":
        raise unparsable()
    try:
        call.body = (await request.read()).decode("utf-8")
        return json.loads(call.body, parse_constant=_no_constant)
    except (ValueError, RecursionError, web.HTTPRequestEntityTooLarge) as error:
        raise unparsable() from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
