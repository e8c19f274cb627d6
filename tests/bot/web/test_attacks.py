"""What an attacker posts at our two doors for documents: refused, nothing fetched, nothing shown, nothing in the log.

The cart's door is open to everybody who has a visit, `/cxml` to Amazon. The fixture looks for our own secrets in every
page and in the log; here the log is also read for what the visit and the attack hold.
"""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlmodel import select

from bot.talk import telling
from bot.talk.wording import wording
from purchasing import evidence, intake
from purchasing.notices import Notice
from storage import tables
from storage.database import Tx
from tests.bot.web.conftest import Answer, Site
from tests.bot.web.test_cart import accepted, carts, heading, post, refused, visit
from tests.bot.web.test_cxml import heard, order, status
from tests.trouble.documents import Goods, Said, cart, confirmation, ship_notice
from tests.trouble.house import HANAKO, TARO, vault

BAIT = "the-bait-7c1f"
MIB = 1024 * 1024
Attack = Callable[[bytes, str, str], bytes]
"""From a good document, the file and the address that it should make us read."""


class Trap:
    """A file and an address that nobody may look at."""

    def __init__(self, file: Path, url: str) -> None:
        self.file, self.url, self.visits = file.as_uri(), url, 0


@pytest.fixture
async def trap(tmp_path: Path) -> AsyncIterator[Trap]:
    file = tmp_path / "bait.txt"
    file.write_text(BAIT)
    found = Trap(file, "")

    async def visited(_request: web.Request) -> web.Response:
        found.visits += 1
        return web.Response(text=BAIT)

    app = web.Application()
    app.router.add_get("/bait", visited)
    async with TestServer(app) as server:
        found.url = str(server.make_url("/bait"))
        yield found


def declaring(doctype: str, used: str = "") -> Attack:
    """Another DOCTYPE; what it declares stands where the first text of the document stood."""

    def attack(raw: bytes, file: str, url: str) -> bytes:
        head, _, rest = raw.partition(b"<!DOCTYPE")
        body = rest[rest.index(b">") + 1 :]
        made = doctype.replace("FILE", file).replace("URL", url)
        at = body.index(b"</Identity>")
        return head + made.encode() + body[:at] + used.encode() + body[at:]

    return attack


LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(12)
)  # 10^11 times "lol"
ATTACKS: dict[str, Attack] = {
    "a file as an entity": declaring('<!DOCTYPE cXML [<!ENTITY x SYSTEM "FILE">]>', "&x;"),
    "an address as an entity": declaring('<!DOCTYPE cXML [<!ENTITY x SYSTEM "URL">]>', "&x;"),
    "a DTD of the attacker": declaring('<!DOCTYPE cXML SYSTEM "URL">', "&undeclared;"),
    "a parameter entity": declaring('<!DOCTYPE cXML [<!ENTITY % p SYSTEM "URL"> %p;]>'),
    "a billion laughs": declaring(f"<!DOCTYPE cXML [{LAUGHS}]>", "&l11;"),
    "an entity of itself": declaring('<!DOCTYPE cXML [<!ENTITY a "&b;"><!ENTITY b "&a;">]>', "&a;"),
    "a long entity often": declaring(f'<!DOCTYPE cXML [<!ENTITY a "{"x" * 50_000}">]>', "&a;" * 1000),
    "a default attribute from an entity": declaring(
        '<!DOCTYPE cXML [<!ENTITY x "y"><!ATTLIST cXML lang CDATA "&x;">]>'
    ),
    "deep nesting": lambda raw, *_: raw.replace(
        b"</Identity>", b"<a>" * 10_000 + b"</a>" * 10_000 + b"</Identity>", 1
    ),
    "nesting without an end": lambda *_: b"<a>" * 1_000_000,
    "a million attributes": lambda *_: b"<cXML " + b" ".join(b'a%d=""' % n for n in range(100_000)) + b"/>",
    "XInclude": lambda raw, file, _: raw.replace(
        b"</Identity>",
        f'</Identity><x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{file}" parse="text"/>'.encode(),
        1,
    ),
}
LET_PASS = ("XInclude",)
"""Elements that nobody knows are kept and never acted on: the document is taken, and nothing is fetched for it."""


def silent(site: Site, *secrets: str) -> None:
    log = site.written.getvalue()
    for secret in (BAIT, *secrets):
        assert secret not in log


@pytest.mark.parametrize("name", ATTACKS)
async def test_at_the_carts_door(site: Site, trap: Trap, name: str) -> None:
    token, cookie = await visit(site)
    answer = await post(site, token, ATTACKS[name](cart(cookie, Goods()), trap.file, trap.url))
    if name not in LET_PASS:
        refused(answer, "cart_unreadable")
        assert await carts(site) == []
    assert BAIT not in answer.text
    assert trap.visits == 0
    silent(site, token, cookie)


@pytest.mark.parametrize("name", ATTACKS)
async def test_at_amazons_door(site: Site, trap: Trap, name: str) -> None:
    good = confirmation(await order(site))
    attack = ATTACKS[name](good, trap.file, trap.url)
    assert (await site.notice(attack, headers={})).status == 401
    assert await heard(site) == [], "of a stranger nothing is kept"
    answer = await site.notice(attack)
    code, sentence = status(answer)
    if name not in LET_PASS:
        assert code in (400, 406)
        assert sentence
        assert await site.stored(intake.APPLY) == []
    assert BAIT not in answer.text
    assert trap.visits == 0
    assert [document.kind for document in await heard(site)], "evidence all the same"
    silent(site)


async def test_thirty_mebibytes(site: Site) -> None:
    token, cookie = await visit(site)
    good = confirmation(await order(site))
    before = len(await carts(site))
    long = Goods(name="長" * (10 * MIB))
    raw = cart(cookie, long)
    assert len(raw) > 30 * MIB
    refused(await post_xml(site, token, raw), "cart_unreadable")
    form = await post(site, token, raw)  # percent-encoded it is thrice as long
    assert form.status == 413
    assert heading(form) == wording("ja")("trouble_title", "cart_unreadable")
    padded = good.replace(b"</Identity>", b" " * (30 * MIB) + b"</Identity>", 1)
    assert (await site.notice(padded, headers={})).status == 401
    assert status(await site.notice(padded))[0] == 406
    assert len(await carts(site)) == before
    assert await site.stored(intake.APPLY) == []
    silent(site, token, cookie)


async def post_xml(site: Site, token: str, raw: bytes) -> Answer:
    return await site.call("POST", f"/punchout/cart/{token}", data=raw, headers={"Content-Type": "text/xml"})


async def test_a_forged_and_a_replayed_buyer_cookie(site: Site) -> None:
    """A cart counts for the one visit that its address and its cookie name together, once."""
    mine, my_cookie = await visit(site)
    hers, her_cookie = await visit(site, HANAKO)
    nearly = my_cookie[:-1] + ("1" if my_cookie.endswith("0") else "0")
    for cookie in ("", nearly, my_cookie.upper() + " ", her_cookie, "' OR 1=1 --", "\u202e"):
        refused(await post(site, mine, cart(cookie, Goods(1))), "cart_foreign")
    good = cart(my_cookie, Goods())
    accepted(await post(site, mine, good))
    refused(await post(site, mine, cart(my_cookie, Goods(1))), "cart_used")
    refused(await post(site, hers, good), "cart_foreign")
    (row,) = await carts(site)
    assert row.total == 1100
    silent(site, mine, hers, my_cookie, her_cookie)


async def test_a_document_replayed_with_another_body(site: Site) -> None:
    """What came first under a payloadID stands, as evidence and in what it did."""
    bought = await order(site)
    first = confirmation(bought, payload_id="1763604930000.1.2@amazon.com")
    assert status(await site.notice(first))[0] == 200
    for other in (
        confirmation(bought, Said(1, accepted=1, price=1), payload_id="1763604930000.1.2@amazon.com"),
        ship_notice(bought, payload_id="1763604930000.1.2@amazon.com"),
    ):
        await site.notice(other)
    jobs = await site.stored(intake.APPLY)
    assert len(jobs) == 1
    (kept, *_more) = [d for d in await heard(site) if d.identity == "1763604930000.1.2@amazon.com"]
    assert evidence.raw_bytes(vault(), kept) == first


async def test_a_script_in_a_description(site: Site) -> None:
    """A text in the talk and on a page: no markup, nothing that turns the writing around, no link of a stranger."""
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>\u202egnp.exe\u200b\x85[x](https://evil.example)'
    token, cookie = await visit(site)
    page = await post(site, token, cart(cookie, Goods(name=evil, seller=evil)))
    accepted(page)
    assert "alert(1)" not in page.text
    (job,) = await site.stored("notice")

    def write(tx: Tx) -> str:
        told = telling.write(
            tx, site.company, Notice.unpack(job.payload), "https://line.example", site.clock()
        )
        assert tx.orm.exec(select(tables.CartLine)).one().description.startswith("<script>"), (
            "kept as it came"
        )
        return json.dumps([message.content() for message in told], ensure_ascii=False)

    shown = await site.db.read(write)
    assert "<script>alert(1)</script>" in shown, "a name is a name, however it looks"
    for hidden in ("\u202e", "\u200b", "\x85", "\\u202e"):
        assert hidden not in shown
    assert '"uri": "https://evil' not in shown
    silent(site, "alert(1)", token, TARO)
