"""POST /punchout/cart/{token}: Amazon's cart in a member's browser; the answer is a page that leads back to the talk."""

import asyncio
import base64
import time
from urllib.parse import quote, urlencode

import pytest
from lxml import html
from sqlmodel import select
from yarl import URL

from bot.talk.wording import wording
from purchasing.shopping import Denied, enter
from storage import tables
from storage.database import Tx
from tests.bot.web.conftest import Answer, Site
from tests.trouble.documents import Goods, cart
from tests.trouble.house import HANAKO, TARO, email_of, known, link_for, vault, visit_of, way_back

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MIB = 1024 * 1024


async def visit(site: Site, user_id: str = TARO) -> tuple[str, str]:
    return await site.db.write(lambda tx: visit_of(tx, site.company, user_id, site.clock()))


async def carts(site: Site) -> list[tables.Cart]:
    return await site.db.read(lambda tx: list(tx.orm.exec(select(tables.Cart)).all()))


async def post(site: Site, token: str, raw: bytes, field: str = "cxml-urlencoded") -> Answer:
    body = urlencode({field: raw}).encode()
    return await site.call("POST", f"/punchout/cart/{token}", data=body, headers=FORM)


def heading(answer: Answer) -> str:
    return str(html.document_fromstring(answer.body).findtext(".//h1"))


def refused(answer: Answer, trouble: str) -> None:
    assert answer.status == 409
    assert heading(answer) == wording("ja")("trouble_title", trouble)


def accepted(answer: Answer) -> None:
    assert (answer.status, heading(answer)) == (200, "カートを受け取りました")
    (main,) = html.document_fromstring(answer.body).iter("main")
    assert "LINE WORKSに戻" in str(main.text_content())
    assert main.xpath(".//a[contains(@class, 'button')]/@href")


async def test_the_whole_way_from_the_link_to_the_notice(site: Site) -> None:
    token = await site.db.write(lambda tx: link_for(tx, site.company))
    url = await enter(site.db, site.services.supplier, vault(), lambda _: site.company, token, site.clock)
    assert not isinstance(url, Denied)
    way, cookie = way_back(site.amazon.setups[0])
    accepted(await post(site, way, cart(cookie, Goods(9691, 2))))
    (row,) = await carts(site)
    assert row.total == 9691 * 2 + 1938
    (notice,) = await site.stored("notice")
    assert notice.lane == f"notice:sample:{TARO}"


async def test_the_page_speaks_the_members_language_whatever_the_browsers_is(site: Site) -> None:
    """Taken, the same again, and refused; a stranger's post is answered in the browser's language."""
    token, cookie = await visit(site)

    def learn(tx: Tx) -> None:
        known(tx).language = "ko_KR"

    await site.db.write(learn)
    words, asks = wording("ko"), FORM | {"Accept-Language": "en-GB"}
    raws = [cart(cookie, Goods(), payload_id="1@example.co.jp")] * 2 + [
        cart(cookie, Goods(), payload_id="2@example.co.jp")
    ]
    answers = [
        await site.call(
            "POST", f"/punchout/cart/{way}", data=urlencode({"cxml-urlencoded": raw}).encode(), headers=asks
        )
        for way, raw in [*((token, raw) for raw in raws), ("stranger", raws[0])]
    ]
    taken, used = words("page", "accepted_title"), words("trouble_title", "cart_used")
    unknown = wording("en")("trouble_title", "cart_unknown")
    assert [heading(answer) for answer in answers] == [taken, taken, used, unknown]


@pytest.mark.parametrize("field", ["cxml-urlencoded", "cXML-urlencoded", "CXML-URLENCODED"])
async def test_as_a_field_of_a_form(site: Site, field: str) -> None:
    token, cookie = await visit(site)
    accepted(await post(site, token, cart(cookie, Goods()), field))


@pytest.mark.parametrize("field", ["cxml-base64", "cXML-base64"])
async def test_as_base64(site: Site, field: str) -> None:
    token, cookie = await visit(site)
    raw = cart(cookie, Goods(name="＋と+と/を 含む"))
    accepted(await post(site, token, base64.b64encode(raw), field))


async def test_as_base64_whose_plus_signs_nobody_encoded(site: Site) -> None:
    token, cookie = await visit(site)
    raw = cart(cookie, Goods(name="ｿｿｿ???>>>~~~"))
    packed = base64.b64encode(raw)
    assert b"+" in packed
    body = b"cxml-base64=" + packed
    accepted(await site.call("POST", f"/punchout/cart/{token}", data=body, headers=FORM))


@pytest.mark.parametrize("content_type", ["text/xml; charset=UTF-8", "application/xml", "text/plain", ""])
async def test_as_plain_xml(site: Site, content_type: str) -> None:
    token, cookie = await visit(site)
    answer = await site.call(
        "POST",
        f"/punchout/cart/{token}",
        data=cart(cookie, Goods()),
        headers={"Content-Type": content_type},
    )
    accepted(answer)


async def test_percent_and_plus_survive(site: Site) -> None:
    """The form is decoded once: a second time would damage every % and +."""
    token, cookie = await visit(site)
    name = "100%OFF C++ %41 &amp; ペン"
    accepted(await post(site, token, cart(cookie, Goods(name=name))))
    (line,) = await site.db.read(lambda tx: list(tx.orm.exec(select(tables.CartLine)).all()))
    assert line.description == name


async def test_cp932_with_and_without_its_name(site: Site) -> None:
    for declaration in ('<?xml version="1.0" encoding="Shift_JIS"?>', ""):
        token, cookie = await visit(site)
        text = cart(cookie, Goods(name="髙橋の机 ①")).decode()
        raw = (declaration + text.partition("?>")[2]).encode("cp932")
        body = b"cxml-urlencoded=" + quote(raw).encode()
        accepted(await site.call("POST", f"/punchout/cart/{token}", data=body, headers=FORM))
    lines = await site.db.read(lambda tx: list(tx.orm.exec(select(tables.CartLine)).all()))
    assert {line.description for line in lines} == {"髙橋の机 ①"}


async def test_the_same_cart_twice_is_one_cart_and_the_same_page(site: Site) -> None:
    token, cookie = await visit(site)
    raw = cart(cookie, Goods())
    first = await post(site, token, raw)
    again = await asyncio.gather(*(post(site, token, raw) for _ in range(9)))
    for answer in (first, *again):
        accepted(answer)
    assert len(await carts(site)) == 1
    assert len(await site.stored("notice")) == 1


async def test_the_same_cart_in_another_dress_is_the_same_cart(site: Site) -> None:
    token, cookie = await visit(site)
    raw = cart(cookie, Goods())
    accepted(await post(site, token, raw))
    accepted(await post(site, token, base64.b64encode(raw), "cxml-base64"))
    assert len(await carts(site)) == 1


async def test_another_cart_under_the_payload_id_of_the_first_is_not_the_same(site: Site) -> None:
    """Somebody who changed the price is not told that this cart was received."""
    token, cookie = await visit(site)
    raw = cart(cookie, Goods(1000))
    accepted(await post(site, token, raw))
    refused(await post(site, token, raw.replace(b">1000.00<", b">1.00<")), "cart_used")
    assert [row.subtotal for row in await carts(site)] == [1000]
    assert len(await site.documents()) == 2


async def test_a_changed_cart_under_the_same_payload_id_is_refused_and_kept(site: Site) -> None:
    token, cookie = await visit(site)
    raw = cart(cookie, Goods())
    accepted(await post(site, token, raw))
    forged = raw.replace(b"</Description>", b" forged</Description>", 1)
    assert forged != raw
    answer = await post(site, token, forged)
    assert answer.status == 409
    assert len(await carts(site)) == 1


async def test_an_unknown_visit(site: Site) -> None:
    refused(await post(site, "nobody-knows-this", cart("cookie", Goods())), "cart_unknown")
    assert [(d.company_id, d.outcome) for d in await site.documents()] == [("sample", "refused")]


async def test_a_used_visit(site: Site) -> None:
    token, cookie = await visit(site)
    accepted(await post(site, token, cart(cookie, Goods(100))))
    refused(await post(site, token, cart(cookie, Goods(1))), "cart_used")
    assert [row.subtotal for row in await carts(site)] == [100]
    assert len(await site.documents()) == 2


async def test_a_foreign_cookie(site: Site) -> None:
    token, _ = await visit(site)
    _, foreign = await visit(site, HANAKO)
    for cookie in (foreign, "", "made up", "クッキー"):
        answer = await post(site, token, cart(cookie, Goods()))
        refused(answer, "cart_foreign")
        assert email_of(TARO) in answer.text, "the account that this visit is for"
        assert email_of(HANAKO) not in answer.text
    assert await carts(site) == []
    assert {d.outcome for d in await site.documents()} == {"refused"}


async def test_the_empty_cart_is_a_cancellation_and_no_error(site: Site) -> None:
    token, cookie = await visit(site)
    raw = cart(cookie)
    for _ in range(2):
        answer = await post(site, token, raw)
        assert (answer.status, heading(answer)) == (200, "買い物を終了しました")
    assert await carts(site) == []
    (notice,) = await site.stored("notice")
    assert b'"cart_empty"' in notice.payload


async def test_posts_that_hold_no_cart(site: Site) -> None:
    token, cookie = await visit(site)
    bodies = (
        b"",
        b"cxml-urlencoded=",
        b"cxml-base64=%%%",
        b"other=field",
        b"&&&===",
        b"\x00\x01\x02",
        urlencode({"cxml-urlencoded": b"<html><body>Sign in</body></html>"}).encode(),
        urlencode({"cxml-urlencoded": b"<cXML><Message/></cXML>"}).encode(),
        urlencode({"cxml-urlencoded": cart(cookie, Goods())[:-20]}).encode(),
    )
    for body in bodies:
        answer = await site.call("POST", f"/punchout/cart/{token}", data=body, headers=FORM)
        refused(answer, "cart_unreadable")
    multipart = await site.call(
        "POST",
        f"/punchout/cart/{token}",
        data=b"--x\r\n\r\n--x--",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    refused(multipart, "cart_unreadable")
    assert {d.outcome for d in await site.documents()} == {"refused"}
    accepted(await post(site, token, cart(cookie, Goods())))


def with_doctype(raw: bytes, doctype: bytes, text: bytes = b"") -> bytes:
    """The cart with a DOCTYPE of an attacker, and something in place of the article's name."""
    start = raw.index(b"<!DOCTYPE")
    raw = raw[:start] + doctype + raw[raw.index(b">", start) + 1 :]
    return raw.replace("木かげ工房 パソコンデスク".encode(), text or b"name")


async def test_entities_are_never_opened(site: Site) -> None:
    token, cookie = await visit(site)
    raw = cart(cookie, Goods())
    laughs = b"".join(
        b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"lol") for n in range(12)
    )
    attacks = (
        with_doctype(raw, b'<!DOCTYPE cXML [<!ENTITY x SYSTEM "file:///etc/passwd">]>', b"&x;"),
        with_doctype(
            raw, b'<!DOCTYPE cXML [<!ENTITY x SYSTEM "%s/start/x">]>' % site.amazon.base.encode(), b"&x;"
        ),
        with_doctype(raw, b"<!DOCTYPE cXML [" + laughs + b"]>", b"&l11;"),
        with_doctype(raw, b'<!DOCTYPE cXML [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'),
        with_doctype(raw, b'<!DOCTYPE cXML SYSTEM "file:///etc/passwd" [ ]>', b"&nbsp;"),
        with_doctype(raw, b"", b"&undeclared;"),
        b"<a>" * 100_000,
        b"<!--" * 100_000,
        b"<?xml " + b" " * 1_000_000,
    )
    for attack in attacks:
        began = time.perf_counter()
        answer = await post(site, token, attack)
        assert time.perf_counter() - began < 2, "an attack kept us busy"
        refused(answer, "cart_unreadable")
        assert "root:" not in answer.text
    assert site.amazon.setups == []
    accepted(await post(site, token, raw))


async def test_seventeen_mebibytes_are_refused_quickly(site: Site) -> None:
    token, cookie = await visit(site)
    raw = cart(cookie, Goods(name="x" * 17 * MIB))
    began = time.perf_counter()
    answer = await site.call(
        "POST", f"/punchout/cart/{token}", data=raw, headers={"Content-Type": "text/xml"}
    )
    assert time.perf_counter() - began < 3
    refused(answer, "cart_unreadable")
    assert await carts(site) == []


async def test_what_no_cart_can_be_is_not_even_read(site: Site) -> None:
    """Refused by its length alone: not a byte of it was sent."""
    where = URL(site.base)
    reader, writer = await asyncio.open_connection(where.host, where.port)
    head = f"POST /punchout/cart/x HTTP/1.1\r\nHost: x\r\nContent-Length: {49 * MIB}\r\n\r\n"
    writer.write(head.encode())
    answer = await asyncio.wait_for(reader.readuntil(b"</html>"), 5)
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert "大きすぎる" in answer.decode()


async def test_a_script_in_a_name_is_only_a_name(site: Site) -> None:
    token, cookie = await visit(site)
    evil = "<script>alert(1)</script>\u202e%0d%0aSet-Cookie: x=1"
    accepted(await post(site, token, cart(cookie, Goods(name=evil, seller="<img src=x onerror=alert(1)>"))))
    again = await post(site, f"{token}%3Cscript%3E", cart(cookie, Goods(name=evil)))
    assert "<script>" not in again.text


async def test_the_members_browser_carries_no_cookie_and_gets_none(site: Site) -> None:
    """The post is cross-site and may come from another browser than the one that left."""
    token, cookie = await visit(site)
    answer = await site.call(
        "POST",
        f"/punchout/cart/{token}",
        data=urlencode({"cxml-urlencoded": cart(cookie, Goods())}).encode(),
        headers=FORM | {"Origin": "https://www.amazon.co.jp", "Referer": "https://www.amazon.co.jp/"},
    )
    accepted(answer)
    assert "Set-Cookie" not in answer.headers


async def test_a_database_that_is_gone(site: Site) -> None:
    """The page says that nothing was ordered; the browser's reload brings the same cart again."""
    token, cookie = await visit(site)
    await site.db.close()
    answer = await post(site, token, cart(cookie, Goods()))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert "注文は行われていません" in answer.text
    assert cookie not in site.written.getvalue()
    assert token not in site.written.getvalue()


async def test_a_get_is_a_page_too(site: Site) -> None:
    token, _ = await visit(site)
    answer = await site.call("GET", f"/punchout/cart/{token}")
    assert answer.status == 405
    assert "<h1>" in answer.text
