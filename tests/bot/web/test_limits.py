"""The bounds of the public routes, on real sockets: who trickles is cut, who comes too often is told when to come again,
and a signed callback is taken all the same."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.lineworks.signature import sign
from bot.web import bodies, door, waiting
from bot.web.bodies import Bodies
from bot.web.door import open_door
from bot.web.limits import MOST_KEYS, Limits, Meter
from bot.web.routes import application
from bot.web.services import Services
from bot.web.waiting import Waiting
from punchout.secret import Secret
from purchasing.carts import OF_A_STRANGER
from tests.bot.web.conftest import Site
from tests.bot.web.test_callback import event
from tests.trouble.house import BOT_ID, BOT_SECRET, link_for, visit_of

FROM = {"X-Forwarded-For": "203.0.113.7"}


@asynccontextmanager
async def serving(site: Site, **changes: object) -> AsyncIterator[Site]:
    """The site once more, behind its own door, with other bounds."""
    changed: Services = replace(site.services, **changes)  # type: ignore[arg-type]
    opened = await open_door(application(changed), "127.0.0.1", 0)
    try:
        yield replace(site, base=f"http://127.0.0.1:{opened.port}", services=changed)
    finally:
        await opened.close()


async def raw(site: Site, *parts: bytes, pause: float = 0.0) -> bytes:
    """What a connection is answered that sends these parts and then waits; b"" when it is just closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(site.base.rpartition(":")[2]))
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        async with asyncio.timeout(20):
            return await reader.read(-1)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def test_a_meter_lets_a_burst_pass_and_then_a_trickle() -> None:
    meter = Meter(3, 60)
    assert [meter.take("a", 0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 20.0]
    assert meter.take("b", 0.0) == 0.0
    assert meter.take("a", 19.9) > 0
    assert meter.take("a", 20.0) == 0.0
    meter.give_back("a", 20.0)
    assert meter.take("a", 20.0) == 0.0
    assert meter.wait("a", 10_000.0) == 0.0


def test_a_meter_does_not_grow_without_bounds() -> None:
    meter = Meter(1, 60)
    for n in range(MOST_KEYS + 100):
        meter.take(str(n), float(n))
    assert len(meter._levels) == MOST_KEYS


@pytest.mark.parametrize(
    ("trusted", "named", "caller"),
    [
        ((), "198.51.100.9", "127.0.0.1"),
        (("127.0.0.1",), "", None),
        (("127.0.0.1",), "198.51.100.9", "198.51.100.9"),
        (("127.0.0.1",), "10.9.9.9, 198.51.100.9", "198.51.100.9"),
        (("127.0.0.1", "10.0.0.0/8"), "198.51.100.9, 10.1.2.3", "198.51.100.9"),
        (("127.0.0.1", "10.0.0.0/8"), "10.1.2.3", None),
        (("127.0.0.1",), "not an address", None),
        (("127.0.0.1",), "198.51.100.9:50123", "198.51.100.9"),
        (("127.0.0.1",), "[2001:db8:1:2::5]:50123", "2001:db8:1:2::/64"),
        (("127.0.0.1",), "[2001:db8:1:2::5]", "2001:db8:1:2::/64"),
        (("127.0.0.1", "10.0.0.0/8"), "198.51.100.9:1, 10.1.2.3:2", "198.51.100.9"),
        (("127.0.0.1",), "::ffff:198.51.100.9", "198.51.100.9"),
        (("127.0.0.1",), "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
async def test_the_caller_is_whom_a_trusted_proxy_names(
    site: Site, trusted: tuple[str, ...], named: str, caller: str | None
) -> None:
    """What is written further left anybody may have written."""
    limits = Limits(per_minute=10, trusted_proxies=trusted)
    async with serving(site, limits=limits) as bounded:
        await bounded.call("GET", "/shop/unknown", headers={"X-Forwarded-For": named} if named else {})
    assert list(limits.calls._levels) == ([caller] if caller else [])


async def test_who_opens_too_many_links_gets_a_kind_page_and_others_do_not(site: Site) -> None:
    async with serving(site, limits=Limits(per_minute=2)) as bounded:
        answers = [await bounded.call("GET", "/shop/unknown", headers=FROM) for _ in range(3)]
        assert [answer.status for answer in answers] == [404, 404, 429]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert "少し時間をおいてください" in answers[-1].text
        other = await bounded.call("GET", "/shop/unknown", headers={"X-Forwarded-For": "203.0.113.8"})
        assert other.status == 404


async def test_a_signed_callback_is_never_refused_for_coming_too_fast(site: Site) -> None:
    async with serving(site, limits=Limits(per_minute=2)) as bounded:
        unsigned = [await bounded.callback(event("x"), X_WORKS_Signature="x", **_from()) for _ in range(3)]
        assert unsigned == [401, 401, 429]
        assert [await bounded.callback(event(str(n)), **_from()) for n in range(9)] == [200] * 9
        assert await bounded.callback(event("x"), X_WORKS_Signature="x", **_from()) == 429


def _from() -> dict[str, str]:
    return {"X_Forwarded_For": "203.0.113.7"}


async def test_who_is_not_logged_in_is_counted_and_amazon_is_not(site: Site) -> None:
    async with serving(site, limits=Limits(per_minute=2)) as bounded:
        strangers = [await bounded.call("POST", "/cxml", data=b"<cXML/>", headers=FROM) for _ in range(3)]
        assert [answer.status for answer in strangers] == [401, 401, 429]
        assert strangers[-1].headers["Retry-After"]
        assert [(await bounded.notice(b"<cXML/>")).status for _ in range(5)] == [200] * 5


async def test_when_too_many_callbacks_wait_new_ones_are_refused_not_lost(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 is never said for something that is not stored; the look at the queue is at most LOOK seconds old."""
    monkeypatch.setattr(waiting, "LOOK", 0.0)
    async with serving(site, waiting=Waiting(site.db, 2)) as bounded:
        assert [await bounded.callback(event(str(n))) for n in range(2)] == [200, 200]
        async with asyncio.timeout(10):
            while await bounded.callback(event("more")) != 503:
                continue
        right = {"X-WORKS-BotId": str(BOT_ID), "X-WORKS-Signature": sign(Secret(BOT_SECRET), event("9"))}
        answer = await bounded.call("POST", "/lineworks/callback", data=event("9"), headers=right)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert all(b'"9"' not in job.payload for job in await site.stored("callback"))


async def test_a_member_goes_into_the_shop_only_so_often(site: Site) -> None:
    company = replace(site.company, visits_per_hour=2)
    async with serving(site, companies={company.id: company}) as bounded:
        link = await site.db.write(lambda tx: link_for(tx, company))
        answers = [await bounded.call("GET", f"/shop/{link}") for _ in range(3)]
        assert [answer.status for answer in answers] == [302, 302, 429]
        assert "10分ほど" in answers[-1].text
        site.clock.advance(minutes=61)
        other = await site.db.write(lambda tx: link_for(tx, company, now=site.clock()))
        assert (await bounded.call("GET", f"/shop/{other}")).status == 302


async def test_of_strangers_carts_only_so_many_are_kept_and_only_their_beginning(site: Site) -> None:
    async with serving(site, limits=Limits(strangers_per_day=2)) as bounded:
        for n in range(4):
            body = b"%d" % n + b"x" * 200_000
            answer = await bounded.call("POST", f"/punchout/cart/stranger{n}", data=body)
            assert answer.status == 409
    kept = await site.documents()
    assert len(kept) == 2
    assert all(len(document.sealed) < OF_A_STRANGER + 200 for document in kept)


async def test_one_visits_cart_address_takes_only_so_many_posts(site: Site) -> None:
    token, _ = await site.db.write(lambda tx: visit_of(tx, site.company))
    answers = [await site.call("POST", f"/punchout/cart/{token}", data=b"%d" % n) for n in range(22)]
    assert [answer.status for answer in answers] == [409] * 20 + [429] * 2


async def test_a_head_that_trickles_is_cut(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "HEAD", 0.4)
    async with serving(site) as bounded:
        assert await raw(bounded) == b""
        assert await raw(bounded, b"GET /healthz HT", b"TP/1.1\r\nHost", b": x\r\nX", pause=0.15) == b""
        whole = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        again = await raw(bounded, whole, whole[:10], pause=0.1)
        assert again.count(b"200 OK") == 1
        last = whole.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        rested = await raw(bounded, whole, last, pause=0.8)  # a connection that rests is left alone
        assert rested.count(b"200 OK") == 2


async def test_a_body_that_trickles_is_cut(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.3)
    monkeypatch.setattr(door, "LINGER", 0.1)
    async with serving(site) as bounded:
        head = (
            b"POST /lineworks/callback HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
            b"X-WORKS-BotId: %d\r\nX-WORKS-Signature: x\r\n\r\n" % BOT_ID
        )
        assert b" 408 " in (await raw(bounded, head, b"{", b'"', b"a", pause=0.15)).splitlines()[0]


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"X-%d: y\r\n" % n for n in range(door.MOST_HEADERS + 50)),
        b"X-Long: " + b"y" * 20_000 + b"\r\n",
    ],
    ids=["many", "long"],
)
async def test_a_head_that_is_too_large_is_refused(site: Site, head: bytes) -> None:
    async with serving(site) as bounded:
        answer = await raw(bounded, b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
    assert b" 400 " in answer.splitlines()[0]


async def test_large_bodies_have_a_bound_together_and_who_finds_no_room_may_come_again(site: Site) -> None:
    async with serving(site, bodies=Bodies(300 * 1024)) as bounded:
        token, _ = await site.db.write(lambda tx: visit_of(tx, site.company))
        large = b"x" * 400 * 1024
        for _ in range(2):
            refused = await bounded.call("POST", f"/punchout/cart/{token}", data=large)
            assert (refused.status, refused.headers["Retry-After"]) == (503, "30")
            assert "ただいま受け付けられません" in refused.text
        assert (await bounded.notice(large)).status == 503
        assert (await bounded.notice(large[: 200 * 1024])).status == 200, (
            "what was refused holds nothing any more"
        )
        assert (await bounded.notice(large[: 200 * 1024])).status == 200, "nor does what was answered"


async def test_large_bodies_are_parsed_one_after_the_other_and_small_ones_beside_them() -> None:
    held, large = Bodies(), b"x" * (bodies.SMALL + 1)
    alone, begun, free = threading.Lock(), threading.Event(), threading.Event()

    def make() -> bool:
        with_nobody = alone.acquire(blocking=False)
        begun.set()
        free.wait(10)
        alone.release()
        return with_nobody

    waiting = [asyncio.create_task(held.made_of(large, make)) for _ in range(4)]
    assert await asyncio.to_thread(begun.wait, 10)
    assert await held.made_of(b"small", lambda: "small") == "small"
    free.set()
    assert await asyncio.gather(*waiting) == [True] * 4
