"""POST /lineworks/callback: verify the raw bytes, store them, answer 200. The work is done later by the worker.

LINE WORKS never sends a callback again, so 200 is said only for what is on disk (LINE WORKS reference 2.3), and a
signed one is never refused for coming too fast: only when more wait than the database should hold.
"""

import logging
from hashlib import sha256
from time import perf_counter

from aiohttp import web

from bot.handlers import CALLBACK
from bot.lineworks.events import NotJson, read_envelope
from bot.lineworks.signature import verify
from bot.web.bodies import MIB
from bot.web.services import AGAIN, SERVICES, Services, loop_time
from storage.database import DatabaseFault
from storage.queue import NewJob

_log = logging.getLogger(__name__)
_COMMANDS = 0


async def callback(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    started = perf_counter()
    try:
        response = await _take(request, services)
    except web.HTTPException as refused:
        response = web.Response(status=refused.status, headers={"Connection": "close"})
    # The last net: what went wrong is in the log.
    except Exception:  # noqa: BLE001
        _log.exception("a callback failed")
        response = web.Response(status=500)
    finally:
        services.bodies.release(request)
    if 400 <= response.status < 500 and (seconds := services.limits.too_many(request, loop_time())):
        response = web.Response(status=429, headers={"Retry-After": str(seconds)})
    services.metrics.acknowledgements.note(response.status, perf_counter() - started)
    return response


async def _take(request: web.Request, services: Services) -> web.Response:
    bot = services.bots.get(request.headers.get("X-WORKS-BotId", ""))
    signature = request.headers.get("X-WORKS-Signature")
    if bot is None or not signature:
        return web.Response(status=401)
    body = await services.bodies.read(request, MIB)
    if not verify(bot.secret, body, signature):
        return web.Response(status=401)
    try:
        envelope = read_envelope(body)
    except NotJson:
        return web.Response(status=400)
    if await services.waiting.too_many():
        return web.Response(status=503, headers={"Retry-After": AGAIN})
    # What makes a callback the same callback: its bytes. The time in front lets keys grow, which an index likes.
    key = f"callback:{bot.company_id}:{envelope.issued_time[:30]}:{sha256(body).hexdigest()[:32]}"
    # Names of any length: whoever shares the beginning of one shares a lane, which harms nobody.
    lane = f"talk:{bot.company_id}:{(envelope.user_id or envelope.channel_id or '')[:200]}"

    now = services.clock()
    job = NewJob(bot.company_id, lane, CALLBACK, key, body, now, now, _COMMANDS, key[-16:])
    try:
        await services.inbox.store(job)
    except DatabaseFault as fault:
        _log.error("a callback could not be stored: %s", fault)
        return web.Response(status=503, headers={"Retry-After": AGAIN})
    if services.recorder is not None:
        await services.recorder.keep(bot.company_id, body)
    return web.Response(status=200)
