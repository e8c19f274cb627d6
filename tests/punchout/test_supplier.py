"""The client against a real server on loopback: what each answer and each silence means."""

import asyncio
import base64
import gzip
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from punchout.outcome import is_start_page
from punchout.setup import build_setup_response
from punchout.status import Status, build_response
from punchout.supplier import (
    MAX_ANSWER,
    Refused,
    StartPage,
    Supplier,
    Taken,
    Unknown,
    Unreachable,
    Unreadable,
)
from tests.punchout.given import ACCOUNT, NOW, sample

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
BODY = "<cXML>注文</cXML>".encode()


class Amazon:
    """A server that remembers what it was sent and answers as told."""

    def __init__(self) -> None:
        self.answer: Answer = self.ok
        self.requests: list[tuple[web.Request, bytes]] = []
        self.url = ""
        self.base = ""

    async def ok(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=build_response(Status(200, "OK"), "r@amazon", NOW), content_type="text/xml")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request, await request.read()))
        return await self.answer(request)

    def says(self, body: bytes, http: int = 200, headers: dict[str, str] | None = None) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            return web.Response(body=body, status=http, headers=headers)

        self.answer = answer


@pytest.fixture
async def amazon() -> AsyncIterator[Amazon]:
    amazon = Amazon()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", amazon.handle)
    async with TestServer(app) as server:
        amazon.base = f"http://127.0.0.1:{server.port}"
        amazon.url = f"{amazon.base}/t0ken-of-the-order-url"
        yield amazon


@pytest.fixture
async def supplier() -> AsyncIterator[Supplier]:
    async with aiohttp.ClientSession() as session:
        yield Supplier(session)


async def test_an_order_goes_out_with_login_and_type(amazon: Amazon, supplier: Supplier) -> None:
    outcome = await supplier.order(amazon.url, ACCOUNT, BODY)
    assert outcome == Taken(Status(200, "OK"), build_response(Status(200, "OK"), "r@amazon", NOW))
    ((request, body),) = amazon.requests
    assert body == BODY
    assert (request.method, request.path) == ("POST", "/t0ken-of-the-order-url")
    assert request.headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert (
        base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"sample-buyer:pass1234"
    )


def status(code: int, message: str = "") -> bytes:
    return build_response(Status(code, "x", message), "r@amazon", NOW)


@pytest.mark.parametrize(
    ("http", "body", "outcome"),
    [
        (200, status(200), Taken),
        (200, status(201), Taken),
        (200, b"<cXML><Response><Status code='200'/></Response></cXML>", Taken),
        (500, status(200), Taken),
        (200, status(400), Refused),
        (200, status(401), Refused),
        (500, status(406), Refused),
        (401, status(401), Refused),
        (401, b"", Refused),
        (403, b"<html>no</html>", Refused),
        (200, status(500), Unknown),
        (200, status(550), Unknown),
        (401, status(500), Unknown),
        (200, b"<cXML><Response><Status code='?'/></Response></cXML>", Unknown),
        (200, b"", Unknown),
        (200, b"OK", Unknown),
        (200, b"<html/>", Unknown),
        (204, b"", Unknown),
        (404, b"<html>not found", Refused),
        (429, b"<html>slow down", Unknown),
        (500, b"<html>error", Unknown),
        (503, b"", Unknown),
        (200, sample("cart_empty_after_sign_out"), Unknown),
    ],
)
async def test_what_each_answer_to_an_order_means(
    amazon: Amazon, supplier: Supplier, http: int, body: bytes, outcome: type
) -> None:
    amazon.says(body, http)
    result = await supplier.order(amazon.url, ACCOUNT, BODY)
    assert type(result) is outcome
    assert "pass1234" not in repr(result)
    assert "t0ken" not in repr(result)


async def test_a_refusal_says_why(amazon: Amazon, supplier: Supplier) -> None:
    amazon.says(status(400, "ShipTo is missing."))
    assert await supplier.order(amazon.url, ACCOUNT, BODY) == Refused(
        400, "ShipTo is missing.", status(400, "ShipTo is missing.")
    )
    amazon.says(b"", 401)
    assert await supplier.order(amazon.url, ACCOUNT, BODY) == Refused(
        401, "The login was refused at the door (HTTP 401)."
    )
    amazon.says(status(400, "x" * 5000))
    result = await supplier.order(amazon.url, ACCOUNT, BODY)
    assert isinstance(result, Refused)
    assert len(result.reason) == 1000


async def test_an_order_is_never_redirected(amazon: Amazon, supplier: Supplier) -> None:
    for http in (301, 302, 307, 308):
        amazon.says(b"", http, {"Location": f"{amazon.base}/elsewhere"})
        result = await supplier.order(amazon.url, ACCOUNT, BODY)
        assert result == Unknown(f"The answer is a redirect (HTTP {http}), which is not followed.")
    assert {request.path for request, _ in amazon.requests} == {"/t0ken-of-the-order-url"}


async def test_where_nobody_listens_nothing_was_sent(supplier: Supplier) -> None:
    url = f"http://127.0.0.1:{unused_port()}/t0ken"
    assert await supplier.order(url, ACCOUNT, BODY) == Unreachable("The host did not accept a connection.")
    assert await supplier.setup(url, BODY) == Unreachable("The host did not accept a connection.")


@pytest.mark.parametrize(
    "url", ["", "t0ken", "ftp://127.0.0.1/t0ken", "http://", "http://127.0.0.1:99999/t0ken"]
)
async def test_an_address_that_is_none_is_unreachable(supplier: Supplier, url: str) -> None:
    result = await supplier.order(url, ACCOUNT, BODY)
    assert isinstance(result, Unreachable)
    assert "t0ken" not in result.why


async def test_a_server_without_a_good_certificate_gets_nothing(amazon: Amazon, supplier: Supplier) -> None:
    result = await supplier.order(amazon.url.replace("http:", "https:"), ACCOUNT, BODY)
    assert result == Unreachable("The other side's certificate was not accepted.")
    assert amazon.requests == []


async def test_silence_after_an_order_is_unknown(amazon: Amazon) -> None:
    arrived = asyncio.Event()

    async def never(request: web.Request) -> web.StreamResponse:
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError

    amazon.answer = never
    async with aiohttp.ClientSession() as session:
        result = await Supplier(session, total=0.3).order(amazon.url, ACCOUNT, BODY)
    assert arrived.is_set()
    assert result == Unknown("No answer came in time.")


async def test_a_connection_that_breaks_after_the_order_is_unknown(
    amazon: Amazon, supplier: Supplier
) -> None:
    async def breaks(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    amazon.answer = breaks
    result = await supplier.order(amazon.url, ACCOUNT, BODY)
    assert result == Unknown("The connection broke before the answer was complete.")
    assert len(amazon.requests) == 1, "the client must not repeat an order by itself"


async def test_an_answer_cut_short_is_unknown(amazon: Amazon, supplier: Supplier) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(status(200)[:100])
        assert request.transport is not None
        request.transport.close()
        return response

    amazon.answer = half
    assert isinstance(await supplier.order(amazon.url, ACCOUNT, BODY), Unknown)


async def test_an_endless_answer_is_cut_off(amazon: Amazon, supplier: Supplier) -> None:
    written = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"<a>" * 20000)
                written += 60000
        except ConnectionError:
            return response

    amazon.answer = endless
    result = await supplier.order(amazon.url, ACCOUNT, BODY)
    assert isinstance(result, Unknown)
    assert len(result.raw) < MAX_ANSWER + 100_000


async def test_a_packed_bomb_is_cut_off(amazon: Amazon, supplier: Supplier) -> None:
    amazon.says(gzip.compress(b"<a>" * 30_000_000), 200, {"Content-Encoding": "gzip"})
    result = await supplier.order(amazon.url, ACCOUNT, BODY)
    assert isinstance(result, Unknown)
    assert len(result.raw) < 4 * MAX_ANSWER


async def test_neither_secret_nor_address_is_logged(
    amazon: Amazon, supplier: Supplier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "punchout")
    caplog.set_level(logging.DEBUG, "aiohttp.client")
    await supplier.order(amazon.url, ACCOUNT, BODY)
    await supplier.order(f"http://127.0.0.1:{unused_port()}/t0ken", ACCOUNT, BODY)
    assert [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"] == []


def page(url: str | None, code: int = 200) -> bytes:
    return build_setup_response(Status(code, "x"), "r@amazon", NOW, url)


async def test_a_setup_leads_to_the_start_page(amazon: Amazon, supplier: Supplier) -> None:
    amazon.says(page(f"{amazon.base}/start?a=1&b=2"))
    assert await supplier.setup(amazon.url, BODY) == StartPage(
        f"{amazon.base}/start?a=1&b=2", page(f"{amazon.base}/start?a=1&b=2")
    )
    assert "Authorization" not in amazon.requests[0][0].headers
    amazon.says(sample("response_bare_form_of_2015"))
    result = await supplier.setup(amazon.url, BODY)
    assert isinstance(result, StartPage)
    assert result.url == "https://www.amazon.co.jp/eprocurement/start?id=456-0&x=1"


@pytest.mark.parametrize(
    ("http", "body", "outcome"),
    [
        (200, page(None), Unreadable),
        (200, page("https://amazon.example.com/"), Unreadable),
        (200, b"", Unreadable),
        (404, b"<html>", Unreadable),
        (302, b"", Unreadable),
        (200, b"<cXML><Response><Status code='700'/></Response></cXML>", Unreadable),
        (200, page("https://www.amazon.co.jp/", 0), Unreadable),
        (200, status(401), Refused),
        (401, b"", Refused),
        (200, status(500), Refused),
        (200, sample("response_setup_refused_403"), Refused),
    ],
)
async def test_what_each_answer_to_a_setup_means(
    amazon: Amazon, supplier: Supplier, http: int, body: bytes, outcome: type
) -> None:
    amazon.says(body, http)
    assert type(await supplier.setup(amazon.url, BODY)) is outcome


async def test_silence_after_a_setup_loses_nothing(amazon: Amazon) -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    amazon.answer = never
    async with aiohttp.ClientSession() as session:
        assert await Supplier(session, total=0.2).setup(amazon.url, BODY) == Unreachable(
            "No answer came in time."
        )


AMAZON = "https://www.amazon.co.jp/eprocurement/punchout"
STAND_IN = "http://127.0.0.1:8090/punchout"
INSIDE = "https://stand-in.example.jp/punchout"


@pytest.mark.parametrize(
    ("url", "punchout_url", "allowed"),
    [
        ("https://www.amazon.co.jp/x", AMAZON, True),
        ("https://amazon.com/", AMAZON, True),
        ("https://prod.amazon.com:443/x?y#z", AMAZON, True),
        ("https://WWW.AMAZON.CO.JP/", AMAZON, True),
        ("https://www.amazon.co.jp/", STAND_IN, True),
        ("http://127.0.0.1:9999/start", STAND_IN, True),
        ("http://localhost/start", "http://localhost:8090/p", True),
        ("http://[::1]:1/start", "http://[::1]:8090/p", True),
        ("https://stand-in.example.jp:8443/start", INSIDE, True),
        ("http://www.amazon.co.jp/", AMAZON, False),
        ("https://amazon.co.jp.example.com/", AMAZON, False),
        ("https://notamazon.co.jp/", AMAZON, False),
        ("https://amazon.co.jp@example.com/", AMAZON, False),
        ("https://example.com\\@amazon.co.jp/", AMAZON, False),
        ("https://example.com/ https://amazon.co.jp", AMAZON, False),
        ("https://amazon.co.jp\n.example.com/", AMAZON, False),
        ("https://аmazon.co.jp/", AMAZON, False),
        ("//www.amazon.co.jp/", AMAZON, False),
        ("javascript:alert(1)", AMAZON, False),
        ("http://127.0.0.1/", AMAZON, False),
        ("http://localhost:9999/", STAND_IN, True),
        ("http://stand-in.example.jp/start", INSIDE, False),
        ("https://other.example.jp/start", INSIDE, False),
        ("ftp://127.0.0.1/", STAND_IN, False),
        ("https://[::1/", AMAZON, False),
        ("https://www.amazon.co.jp:99999/", AMAZON, False),
        ("", AMAZON, False),
        ("https://www.amazon.co.jp/", "", False),
    ],
)
def test_where_a_member_may_be_sent(url: str, punchout_url: str, allowed: bool) -> None:
    assert is_start_page(url, punchout_url) is allowed
