"""A buyer written by hand for the stand-in's tests: its documents, its browser, and the address it is told at.

It shares no code with `punchout`: documents are the files in `samples`, changed with lxml.
"""

import asyncio
import copy
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, encode_basic_auth, web
from lxml import etree, html

from sandbox.amazon.app import make_amazon
from sandbox.settings import AmazonSettings

SAMPLES = Path(__file__).parent / "samples"
REPOSITORY = Path(__file__).parents[3]
LOGIN = encode_basic_auth("kaimono-sandbox", "sandbox-shared-secret")
DESK, TEA, LAMP, HUB = "B0MOGI1001", "B0MOGI7001", "B0MOGI1003", "B0MOGI2005"

Edit = Callable[[etree._Element], object]


class Clock:
    """Time stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 1, 0, 0, 123000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


class Pause:
    """Waits no time: notes how long it should have waited. Waits of `held` seconds last until `release`."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.held: float | None = None
        self.release = asyncio.Event()
        self.reached = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        if seconds == self.held:
            self.reached.set()
            await self.release.wait()


@dataclass
class Notice:
    """What arrived at the buyer's address."""

    root: etree._Element
    body: bytes
    auth: str

    @property
    def kind(self) -> str:
        return str(self.root[1][0].tag)


@dataclass
class Receiver:
    """The buyer's /cxml: keeps what arrives and answers with the next of `answers`, else Status 200."""

    notices: list[Notice] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        auth = request.headers.get("Authorization", "")
        async with self.arrived:
            self.notices.append(Notice(etree.fromstring(body), body, auth))
            self.arrived.notify_all()
        http, answer = self.answers.pop(0) if self.answers else (200, response(200))
        return web.Response(status=http, body=answer, content_type="text/xml")

    async def wait_for(self, count: int) -> list[Notice]:
        async with self.arrived, asyncio.timeout(30):
            await self.arrived.wait_for(lambda: len(self.notices) >= count)
        return self.notices

    def of_kind(self, kind: str) -> list[etree._Element]:
        return [notice.root for notice in self.notices if notice.kind == kind]


def response(code: int) -> bytes:
    return (
        f'<cXML payloadID="r@buyer" timestamp="2026-11-22T10:00:00+09:00">'
        f'<Response><Status code="{code}" text="x"/></Response></cXML>'
    ).encode()


@dataclass
class Buyer:
    """One company's system together with a member's browser."""

    session: ClientSession
    base: str
    clock: Clock
    pause: Pause
    receiver: Receiver
    settings: AmazonSettings

    async def setup(self, *edits: Edit) -> etree._Element:
        """Post the sample setup, changed; returns the answer's root."""
        return await self.post_setup(document("setup_of_taro.xml", *edits))

    async def post_setup(self, body: bytes) -> etree._Element:
        async with self.session.post(f"{self.base}/eprocurement/punchout", data=body) as answer:
            assert answer.status == 200
            assert answer.content_type == "text/xml"
            return etree.fromstring(await answer.read())

    async def start(self, *edits: Edit) -> "Shopper":
        """Punch out and follow the start page into the shop."""
        answer = await self.setup(*edits)
        page = answer.findtext("Response/PunchOutSetupResponse/StartPage/URL")
        assert page is not None
        return await self.open(page)

    async def open(self, start_page: str) -> "Shopper":
        async with self.session.get(start_page) as answer:
            return Shopper(self, str(answer.url), await _page(answer))

    async def cart(self, *goods: tuple[str, int]) -> bytes:
        """Shop for `goods` (ASIN, pieces) and ask for approval; returns the cart document."""
        shopper = await self.start()
        for asin, quantity in goods:
            await shopper.add(asin, quantity)
        return await shopper.submit()

    async def order(self, body: bytes, *, auth: str = LOGIN) -> tuple[int, etree._Element]:
        """Post an order; returns the HTTP code and the answer's root."""
        url = f"{self.base}/orders/{self.settings.order_token}"
        async with self.session.post(url, data=body, headers={"Authorization": auth}) as answer:
            return answer.status, etree.fromstring(await answer.read())

    async def ordered(self, body: bytes) -> tuple[int, str]:
        """Post an order; returns the Status code and its sentence."""
        _, root = await self.order(body)
        return status(root)

    async def mood(self, mood: str, what: str = "next") -> None:
        async with self.session.post(f"{self.base}/api/mood", json={what: mood}) as answer:
            assert answer.status == 200

    async def api(self, name: str) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.base}/api/{name}") as answer:
            found = await answer.json()
            assert isinstance(found, list)
            return found

    async def text(self, path: str) -> str:
        async with self.session.get(self.base + path) as answer:
            assert answer.status == 200, path
            return await answer.text()


@dataclass
class Shopper:
    """The browser in the shop: the address it is at, and the page it sees."""

    buyer: Buyer
    url: str
    page: html.HtmlElement

    @property
    def heading(self) -> str:
        (heading,) = self.page.xpath("//h1")
        return " ".join(str(heading.text_content()).split())

    async def see(self, path: str = "") -> html.HtmlElement:
        async with self.buyer.session.get(self.url + path) as answer:
            self.page = await _page(answer)
        return self.page

    async def post(self, path: str, **fields: str) -> int:
        async with self.buyer.session.post(self.url + path, data=fields) as answer:
            self.page = await _page(answer)
            return answer.status

    async def add(self, asin: str, quantity: int | str = 1) -> int:
        return await self.post(f"/dp/{asin}", quantity=str(quantity))

    async def submit(self) -> bytes:
        """「承認を依頼する」; returns the document in the form's field."""
        assert await self.post("/submit") == 200
        return self.carried()

    def carried(self) -> bytes:
        (form,) = self.page.xpath("//form[@id='handover']")
        assert form.method.upper() == "POST"
        return str(dict(form.form_values())["cxml-urlencoded"]).encode()


def document(name: str, *edits: Edit) -> bytes:
    """A sample, changed by `edits`, which get its root."""
    root = etree.parse(SAMPLES / name, etree.XMLParser(load_dtd=False, no_network=True)).getroot()
    for edit in edits:
        edit(root)
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)


def order_of(cart: bytes, *edits: Edit) -> bytes:
    """The order of a whole cart: its items copied, its sums added up; then changed by `edits`."""
    source = etree.fromstring(cart)

    def fill(root: etree._Element) -> None:
        order = root.find("Request/OrderRequest")
        assert order is not None
        for number, item in enumerate(source.iter("ItemIn"), 1):
            copied = copy.deepcopy(item)
            copied.tag = "ItemOut"
            copied.set("lineNumber", str(number))
            order.append(copied)
        sums = {part: money(source, f".//PunchOutOrderMessageHeader/{part}") for part in ("Shipping", "Tax")}
        sums["Total"] = money(source, ".//PunchOutOrderMessageHeader/Total") + sum(sums.values())
        for part, amount in sums.items():
            element = root.find(f".//OrderRequestHeader/{part}/Money")
            assert element is not None
            element.text = f"{amount:.2f}"

    return document("order_before_its_lines.xml", fill, *edits)


def set_text(path: str, text: str) -> Edit:
    def edit(root: etree._Element) -> None:
        element = root.find(path)
        assert element is not None, path
        element.text = text

    return edit


def set_attribute(path: str, name: str, value: str) -> Edit:
    def edit(root: etree._Element) -> None:
        element = root.find(path)
        assert element is not None, path
        element.set(name, value)

    return edit


def drop(path: str) -> Edit:
    def edit(root: etree._Element) -> None:
        element = root.find(path)
        assert element is not None, path
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return edit


def money(root: etree._Element, path: str) -> Decimal:
    text = root.findtext(f"{path}/Money")
    assert text is not None, path
    return Decimal(text)


def status(root: etree._Element) -> tuple[int, str]:
    found = root.find("Response/Status")
    assert found is not None
    return int(found.get("code", "0")), found.text or ""


@cache
def dtd(name: str) -> etree.DTD:
    """cXML.dtd or Fulfill.dtd; skips the test where the files are not."""
    folder = Path(os.environ.get("KAIMONO_CXML_DTD") or REPOSITORY.parent / "shared/reference/amazon/dtd")
    if not (folder / name).is_file():
        pytest.skip(f"cXML's DTD is not here: set KAIMONO_CXML_DTD to the folder that holds {name}")
    return etree.DTD(file=str(folder / name))


def assert_valid(body: bytes, name: str = "cXML.dtd") -> None:
    judge = dtd(name)
    assert judge.validate(etree.fromstring(body)), judge.error_log.filter_from_errors()


async def _page(answer: ClientResponse) -> html.HtmlElement:
    return html.document_fromstring(await answer.text())


def mounted(settings: AmazonSettings, clock: Clock, pause: Pause) -> web.Application:
    """The stand-in below /amazon, as the sandbox mounts it."""
    parent = web.Application()
    parent.add_subapp("/amazon", make_amazon(settings, clock=clock, pause=pause))
    return parent
