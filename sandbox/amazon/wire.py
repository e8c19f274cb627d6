"""Taking cXML in over HTTP and answering it with a Status."""

import secrets
from datetime import datetime

from aiohttp import web

from punchout.status import Status, build_response

MAX_BODY = 4 * 1024 * 1024


async def read_body(request: web.Request) -> bytes:
    """The whole body; raises 413 above 4 MiB, whatever the application's own limit is."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(max_size=MAX_BODY, actual_size=len(body))
    return bytes(body)


def payload_id(now: datetime) -> str:
    """As Amazon writes them: epoch milliseconds and two numbers (reference 3)."""
    return f"{int(now.timestamp() * 1000)}.{secrets.randbelow(1000)}.{secrets.randbelow(10**8)}@amazon.com"


def status_bytes(now: datetime, code: int, sentence: str = "") -> bytes:
    """A Response with a Status; `text` is "OK" or "failure" (reference 6)."""
    text = "OK" if code < 300 else "failure"
    return build_response(Status(code, text, sentence, "en-US"), payload_id(now), now)


def answer(document: bytes, http: int = 200) -> web.Response:
    """A cXML document as an HTTP answer; the two status codes are different layers (reference 12)."""
    return web.Response(body=document, status=http, content_type="text/xml", charset="UTF-8")


def html_error() -> web.Response:
    """A server's error page: a transport error to whoever expects cXML."""
    html = "<html><body><h1>Service Unavailable</h1></body></html>"
    return web.Response(status=500, text=html, content_type="text/html")
