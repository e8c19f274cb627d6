"""The way out of trouble: what it probably is, what to do, and a button that opens the right company's LINE WORKS."""

from dataclasses import replace

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from lxml import html

from bot.talk.wording import LANGUAGES, wording
from bot.web.guide import CASES
from bot.web.routes import application
from tests.bot.web.conftest import Answer, Site
from tests.trouble.amazon import says
from tests.trouble.documents import Goods, cart
from tests.trouble.house import TARO, link_for, visit_of

OURS, THEIRS = "https://line.sample.example.co.jp", "https://line.other.example.co.jp"


def links(answer: Answer) -> list[str]:
    return [str(href) for href in html.document_fromstring(answer.body).xpath("//main//a/@href")]


def back(answer: Answer) -> list[str]:
    return [href for href in links(answer) if "/default?" in href]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_case_says_why_and_what_to_do(site: Site, language: str) -> None:
    answer = await site.call("GET", "/guide", headers={"Accept-Language": language})
    words, tree = wording(language), html.document_fromstring(answer.body)
    assert [str(heading.text_content()) for heading in tree.iter("h2")] == [
        words("guide", case) for case in CASES
    ]
    for case, section in zip(CASES, tree.iter("section"), strict=True):
        assert words("guide", f"{case}_why") in str(section.text_content())
        assert len(list(section.iter("li"))) == words("guide", f"{case}_do").count("\n") + 1
    assert len(back(answer)) == 1


async def test_trouble_about_the_account_or_the_browser_leads_there(site: Site) -> None:
    site.amazon.answers.append(says(400, "The user cannot be found."))
    token = await site.db.write(lambda tx: link_for(tx, site.company))
    refused = await site.call("GET", f"/shop/{token}")
    way, cookie = await site.db.write(lambda tx: visit_of(tx, site.company, TARO, site.clock()))
    await site.call("POST", f"/punchout/cart/{way}", data=cart(cookie, Goods()))
    used = await site.call("POST", f"/punchout/cart/{way}", data=cart(cookie, Goods(2)))
    foreign = await site.call("POST", f"/punchout/cart/{way}", data=cart("another cookie", Goods()))
    unknown = await site.call("POST", "/punchout/cart/nobody", data=cart(cookie, Goods()))
    for answer in (refused, used, foreign, unknown):
        assert "/guide" in links(answer)
        assert len(back(answer)) == 1
    site.amazon.answers.append(says(401))
    assert "/guide" not in links(await site.call("GET", f"/shop/{token}")), "the administrator's affair"


async def test_with_several_companies_every_page_leads_back_to_the_right_one(site: Site) -> None:
    """Where no company can be told there is no button, rather than one into a stranger's LINE WORKS."""
    two = replace(
        site.services,
        companies={"other": replace(site.company, id="other"), site.company.id: site.company},
        app_urls={"other": THEIRS, site.company.id: OURS},
    )
    async with TestServer(application(two)) as server, aiohttp.ClientSession() as session:
        there = replace(site, base=str(server.make_url("")).rstrip("/"), services=two, session=session)
        token = await site.db.write(lambda tx: link_for(tx, site.company))
        way, cookie = await site.db.write(lambda tx: visit_of(tx, site.company, TARO, site.clock()))
        site.amazon.answers.append(says(403, "no"))
        known = [
            await there.call("GET", f"/shop/{token}"),
            await there.call("POST", f"/punchout/cart/{way}", data=b"<no cart"),
            await there.call("POST", f"/punchout/cart/{way}", data=cart(cookie, Goods())),
            await there.call("POST", f"/punchout/cart/{way}", data=cart(cookie, Goods(7))),
        ]
        site.clock.advance(hours=2)
        known.append(await there.call("GET", f"/shop/{token}"))
        known.append(await there.call("POST", f"/shop/{token}/fresh"))
        for answer in known:
            assert [href.partition("/default")[0] for href in back(answer)] == [OURS]
        for path in ("/shop/nobody", "/shop/", "/guide"):
            answer = await there.call("GET", path)
            assert back(answer) == []
