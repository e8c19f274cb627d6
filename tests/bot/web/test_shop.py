"""GET /shop/{token}: from an address card into Amazon's shop, or a page that says why not and what now."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import html
from sqlmodel import select

from bot.talk.wording import wording
from punchout.setup import read_setup
from punchout.xml import parse
from purchasing.shopping import Trouble
from storage.database import Tx
from storage.tables import ShoppingSession
from tests.bot.web.conftest import Answer, Site
from tests.trouble.amazon import hangs_up, leads_to, never_answers, page, says
from tests.trouble.house import EMAIL, TARO, email_of, furnished, known, link_for

PREVIEWS = (
    "facebookexternalhit/1.1;line-poker/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Twitterbot/1.0",
    "SkypeUriPreview Preview/0.5",
    "WorksMobile-LinkPreview/1.0",
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 WorksMobile/4.1"
)


async def link(site: Site) -> str:
    return await site.db.write(lambda tx: link_for(tx, site.company, now=site.clock()))


async def sessions(site: Site) -> list[ShoppingSession]:
    return await site.db.read(lambda tx: list(tx.orm.exec(select(ShoppingSession)).all()))


def said(answer: Answer) -> str:
    (main,) = html.document_fromstring(answer.body).iter("main")
    return " ".join(str(main.text_content()).split())


def has(answer: Answer, trouble: str) -> None:
    """The page says what happened and what to do, and what to do first is a button."""
    words = wording("ja")
    assert words("trouble_title", trouble) in said(answer)
    assert words("trouble", trouble)[:40] in said(answer)
    assert html.document_fromstring(answer.body).xpath("//*[contains(@class, 'button')]")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


async def test_the_way_in(site: Site, amazon_page: str) -> None:
    answer = await site.call("GET", f"/shop/{await link(site)}", headers={"User-Agent": PHONE})
    assert (answer.status, answer.headers["Location"]) == (302, amazon_page)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    (setup,) = site.amazon.setups
    assert read_setup(parse(setup)).return_url.startswith(f"{site.company.public_url}/punchout/cart/")


@pytest.fixture
def amazon_page(site: Site) -> str:
    return site.amazon.start_page


async def test_several_gets_within_its_life_are_a_visit_each(site: Site, amazon_page: str) -> None:
    token = await link(site)
    answers = await asyncio.gather(*(site.call("GET", f"/shop/{token}") for _ in range(5)))
    assert [answer.headers["Location"] for answer in answers] == [amazon_page] * 5
    assert len({read_setup(parse(setup)).buyer_cookie for setup in site.amazon.setups}) == 5
    assert len(await sessions(site)) == 5


async def test_head_and_previews_open_nothing_and_call_nobody(site: Site) -> None:
    token = await link(site)
    head = await site.call("HEAD", f"/shop/{token}")
    assert (head.status, head.body) == (200, b"")
    for agent in PREVIEWS:
        answer = await site.call("GET", f"/shop/{token}", headers={"User-Agent": agent})
        assert answer.status == 200, agent
        assert "Location" not in answer.headers
    for name, value in (("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch")):
        assert (await site.call("GET", f"/shop/{token}", headers={name: value})).status == 200
    assert await sessions(site) == []
    assert site.amazon.setups == []


async def test_a_person_whose_phone_is_taken_for_a_preview_gets_in_by_the_button(
    site: Site, amazon_page: str
) -> None:
    agent = {"User-Agent": "Mozilla/5.0 (Linux; Android 11; CUBOT X50) Chrome/120 Mobile Safari/537.36"}
    answer = await site.call("GET", f"/shop/{await link(site)}", headers=agent)
    if answer.status == 200:
        (button,) = html.document_fromstring(answer.body).xpath("//a[@class='button']/@href")
        answer = await site.call("GET", str(button), headers=agent)
    assert (answer.status, answer.headers["Location"]) == (302, amazon_page)


async def test_an_unknown_link(site: Site) -> None:
    for token in ("nobody-knows-this", "%E3%83%AA%E3%83%B3%E3%82%AF", "a" * 4000, "%2e%2e", "x%00y"):
        answer = await site.call("GET", f"/shop/{token}")
        assert answer.status == 404
    has(answer, "link_unknown")
    assert site.amazon.setups == []


async def test_an_address_that_is_none_of_ours(site: Site) -> None:
    for path in ("/shop/", "/shop/a/b", "/punchout/cart/"):
        answer = await site.call("GET", path)
        assert answer.status == 404
        assert "ページがありません" in said(answer)


async def test_an_old_link_offers_a_fresh_one_in_the_talk(site: Site) -> None:
    token = await link(site)
    site.clock.advance(hours=1)
    answer = await site.call("GET", f"/shop/{token}")
    assert answer.status == 410
    has(answer, "link_old")
    (form,) = html.document_fromstring(answer.body).forms
    assert (form.method, form.action) == ("POST", f"/shop/{token}/fresh")
    assert await site.stored("send:sample") == []
    sent = await site.call("POST", str(form.action))
    assert sent.status == 200
    assert "トークに送りました" in said(sent)
    jobs = await site.stored("send:sample")
    assert {job.lane for job in jobs} == {f"send:sample:{TARO}"}
    cards = b"".join(job.payload for job in jobs)
    assert cards.count(b"/shop/") == 2
    assert token.encode() not in cards


async def test_fresh_cards_come_at_most_once_a_minute(site: Site) -> None:
    """However the minutes fall: the first press at 59 s, the second a second later."""
    token = await link(site)
    site.clock.advance(hours=1, seconds=59)
    for _ in range(3):
        assert (await site.call("POST", f"/shop/{token}/fresh")).status == 200
    once = len(await site.stored("send:sample"))
    assert once
    site.clock.advance(seconds=2)
    assert (await site.call("POST", f"/shop/{token}/fresh")).status == 200
    assert len(await site.stored("send:sample")) == once
    site.clock.advance(seconds=60)
    assert (await site.call("POST", f"/shop/{token}/fresh")).status == 200
    assert len(await site.stored("send:sample")) == 2 * once


async def test_pressing_for_ever_fills_nothing(site: Site) -> None:
    token = await link(site)

    def count(tx: Tx) -> int:
        return int(tx.conn.exec_driver_sql("SELECT count(*) FROM shop_link").scalar_one())

    site.clock.advance(hours=1)
    before = await site.db.read(count)
    for _ in range(10):
        await site.call("POST", f"/shop/{token}/fresh")
    assert await site.db.read(count) == before + 2


async def test_a_fresh_link_for_an_unknown_one(site: Site) -> None:
    answer = await site.call("POST", "/shop/nobody-knows-this/fresh")
    assert answer.status == 404
    assert await site.stored("send:sample") == []


async def test_amazon_does_not_know_our_login(site: Site) -> None:
    site.amazon.answers.append(says(401, "The login kaimono-sandbox is unknown."))
    answer = await site.call("GET", f"/shop/{await link(site)}")
    assert answer.status == 502
    has(answer, "setup_credentials")
    assert "kaimono-sandbox" not in answer.text, "that is for the administrator, not for a member"


async def test_amazon_says_why_it_refuses(site: Site) -> None:
    site.amazon.answers.append(says(403, "UserEmail is missing <b>&amp;</b> so is the hook URL."))
    answer = await site.call("GET", f"/shop/{await link(site)}")
    assert answer.status == 502
    has(answer, "setup_refused")
    assert "UserEmail is missing <b>&amp;</b> so is the hook URL." in said(answer)
    assert "<b>" not in answer.text


async def test_a_wrong_account_is_told_by_its_address_with_what_to_do(site: Site) -> None:
    site.amazon.answers.append(says(403, "The user is not known."))
    answer = await site.call("GET", f"/shop/{await link(site)}")
    (main,) = html.document_fromstring(answer.body).iter("main")
    told = dict(zip(texts(main, "dt"), texts(main, "dd"), strict=True))
    assert told["この買い物のアカウント（トークに登録したアドレス）"] == email_of(TARO)
    assert "Amazonの画面の右上の名前" in told["いまAmazonにサインインしているアカウント"]
    steps = texts(main, "li")
    assert len(steps) == 4
    assert "「メールアドレスを変更」" in steps[0]
    assert "購買の管理者に知らせてください" in steps[-1]
    assert main.xpath(".//a[contains(., 'LINE WORKSに戻る')]/@href"), "and the way back into the talk"
    assert email_of(TARO) not in site.written.getvalue()


def texts(main: html.HtmlElement, tag: str) -> list[str]:
    return [" ".join(str(element.text_content()).split()) for element in main.iter(tag)]


async def test_amazon_is_out_of_order(site: Site) -> None:
    cases = (
        (says(500, "Internal error"), 504, "setup_unreachable"),
        (page(503), 504, "setup_unreachable"),
        (page(200), 502, "setup_unreadable"),
        (leads_to("https://www.amazon.co.jp.example.com/"), 502, "setup_unreadable"),
        (leads_to("javascript:alert(1)"), 502, "setup_unreadable"),
        (hangs_up, 504, "setup_unreachable"),
        (never_answers, 504, "setup_unreachable"),
    )
    for reply, status, trouble in cases:
        site.amazon.answers.append(reply)
        token = await link(site)
        answer = await site.call("GET", f"/shop/{token}")
        assert answer.status == status, trouble
        has(answer, trouble)
        (again,) = html.document_fromstring(answer.body).xpath("//a[@class='button']/@href")
        assert again == f"/shop/{token}"


async def test_nobody_listens_at_amazons_address(site: Site) -> None:
    gone = replace(site.company, punchout_url="http://127.0.0.1:1/punchout")
    site.services.companies[site.company.id] = gone  # type: ignore[index]
    answer = await site.call("GET", f"/shop/{await link(site)}")
    assert answer.status == 504
    has(answer, "setup_unreachable")


async def test_a_page_shows_no_secret_and_loads_nothing_from_elsewhere(site: Site) -> None:
    """The fixture searches every page and log for secrets; here the page itself is looked at."""
    site.amazon.answers.append(page(500))
    answer = await site.call("GET", f"/shop/{await link(site)}")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    tree = html.document_fromstring(answer.body)
    assert tree.xpath("//script") == []
    assert tree.xpath("//link/@href") == ["/static/page.css"]
    assert (await site.call("GET", "/static/page.css")).status == 200


async def test_the_page_speaks_the_browsers_language_and_no_other(site: Site) -> None:
    english = await site.call("GET", "/shop/x", headers={"Accept-Language": "en-GB,en;q=0.9,ja;q=0.8"})
    assert wording("en")("trouble_title", "link_unknown") in said(english)
    for accept in ("fr-FR", "*", "", "日本語".encode().decode("latin-1")):
        other = await site.call("GET", "/shop/x", headers={"Accept-Language": accept})
        has(other, "link_unknown")


@pytest.mark.parametrize(
    ("members", "browsers", "spoken"),
    [
        ("ko_KR", "en-GB", "ko"),
        ("ja_JP", "en-GB", "ja"),
        ("", "en-GB", "en"),
        ("zh_CN", "en-GB", "en"),
        ("", "fr", "ja"),
    ],
)
async def test_the_page_of_a_members_link_speaks_the_members_language_where_it_is_known(
    site: Site, members: str, browsers: str, spoken: str
) -> None:
    token, asks = await link(site), {"Accept-Language": browsers}
    await site.db.write(lambda tx: speaks(tx, members))
    words = wording(spoken)
    site.amazon.answers.append(page(500))
    unreadable = await site.call("GET", f"/shop/{token}", headers=asks)
    assert any(
        words("trouble_title", trouble) in said(unreadable) for trouble in Trouble if "setup" in trouble
    )
    site.clock.now += timedelta(days=1)
    old = await site.call("GET", f"/shop/{token}", headers=asks)
    assert words("trouble_title", "link_old") in said(old)
    fresh = await site.call("POST", f"/shop/{token}/fresh", headers=asks)
    assert words("page", "fresh_sent_title") in said(fresh)


def speaks(tx: Tx, language: str) -> None:
    member = known(tx)
    member.language = language
    tx.orm.add(member)


async def test_languages_that_nobody_speaks_use_up_no_memory(site: Site) -> None:
    await site.call("GET", "/shop/x")
    before = wording.cache_info().currsize
    for number in range(30):
        await site.call("GET", "/shop/x", headers={"Accept-Language": f"x{number}-YY"})
    assert wording.cache_info().currsize <= before + 1


async def test_the_database_is_gone(site: Site) -> None:
    token = await link(site)
    await site.db.close()
    answer = await site.call("GET", f"/shop/{token}")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert "注文は行われていません" in said(answer)
    assert "Traceback" not in answer.text
    assert token not in site.written.getvalue()


async def test_two_links_of_two_people(site: Site) -> None:
    """A link says nothing of its member until it is opened, and then only to Amazon."""
    await site.db.write(furnished)
    token = await link(site)
    answer = await site.call("GET", f"/shop/{token}")
    assert EMAIL[TARO] not in answer.text
    assert EMAIL[TARO].encode() in site.amazon.setups[0]
