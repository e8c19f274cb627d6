"""A member's browser: from a link in the talk into Amazon's shop, and back with a cart.

Pages that are not on this machine are not fetched: such a window shows nothing but its address.
"""

from html import escape
from urllib.parse import urlencode, urljoin, urlsplit

import aiohttp
from lxml import html


class Astray(AssertionError):
    """The browser does not show what a step needs; the text says what it shows."""


class Shopper:
    """One browser with two windows. `text` is what its page says, `labels` are what can be pressed there."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.url = ""
        self._page: html.HtmlElement = html.document_fromstring("<p>about:blank</p>")
        self._other = self.url, self._page

    @property
    def text(self) -> str:
        main = self._page.find(".//main")
        return " ".join(str((self._page if main is None else main).text_content()).split())

    @property
    def labels(self) -> tuple[str, ...]:
        found = self._page.xpath("//main//a[@class] | //main//form//button")
        return tuple(_said(element) + (" ↗" if element.tag == "a" else "") for element in found)

    async def preview(self, url: str) -> None:
        """What a chat program sees that looks at a link before anybody taps it."""
        async with self._session.get(
            url, headers={"User-Agent": "Mozilla/5.0 (compatible; LinkPreview/1.0)"}
        ) as answer:
            await self._show(answer)

    def turn(self) -> None:
        """Look at the other window, which stays as it was left."""
        self._other, (self.url, self._page) = (self.url, self._page), self._other

    async def open(self, url: str) -> None:
        if urlsplit(url).hostname != "127.0.0.1":
            self.url, self._page = url, html.document_fromstring(f"<p>{escape(url)}</p>")
            return
        async with self._session.get(url) as answer:
            await self._show(answer)

    async def put(self, article: str, pieces: int) -> None:
        """Search for the article, and put it into the cart."""
        shop = "/".join(self.url.partition("?")[0].split("/")[:6])
        if "/amazon/shop/" not in shop:
            raise Astray(f"not in the shop; the page says: {self.text[:300]}")
        await self.open(f"{shop}?{urlencode({'q': article})}")
        goods = [str(a.get("href")) for a in self._page.iter("a") if "/dp/" in str(a.get("href"))]
        if not goods:
            raise Astray(f"the shop has no {article}")
        await self._post(urljoin(self.url, goods[0]), {"quantity": str(pieces)})

    async def ask_approval(self) -> None:
        """「承認を依頼する」: the page that follows is the bot's."""
        await self.check_out()
        await self.press("購買システムに戻る")

    async def check_out(self) -> None:
        """The same, up to the page that leads back."""
        shop = "/".join(self.url.partition("?")[0].split("/")[:6])
        await self.open(f"{shop}/checkout")
        await self.press("承認を依頼する")

    async def sign_out(self) -> None:
        """「カタログ連携を終了してサインアウト」: an empty cart goes to the bot."""
        await self.press("カタログ連携を終了してサインアウト")
        await self.press("購買システムに戻る")

    async def press(self, label: str) -> None:
        """Press the button, or follow the link, with this label."""
        for form in self._page.forms:
            if any(_said(button) == label for button in form.iter("button")):
                await self._post(urljoin(self.url, str(form.action)), dict(form.form_values()))
                return
        for link in self._page.iter("a"):
            if _said(link) == label:
                await self.open(urljoin(self.url, str(link.get("href"))))
                return
        raise Astray(f"the page has no 「{label}」; it says: {self.text[:300]}")

    async def _post(self, url: str, fields: dict[str, str]) -> None:
        async with self._session.post(url, data=fields) as answer:
            await self._show(answer)

    async def _show(self, answer: aiohttp.ClientResponse) -> None:
        self.url, self._page = str(answer.url), html.document_fromstring(await answer.text())


def _said(element: html.HtmlElement) -> str:
    return " ".join(str(element.text_content()).split())
