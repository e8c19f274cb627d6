"""One purchase without a person: acts for a buyer, reads what buyer and admin are shown, and judges every step.

It knows nothing of the bot but what people see: labels of buttons, words in the talk, pages in a browser. The documents
are judged by the stand-in's rules, and by cXML's DTD where that was found.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import aiohttp
from lxml import html

from sandbox.lineworks.client import Message, TalkClient, TalkFailed, labels

EMAIL = "taro.yamada@example.co.jp"
GOODS = 2
PATIENCE = 30.0
Say = Callable[[str], object]
_HELLO = {"はい、会員です。", "買い物をする"}


class Astray(Exception):
    """A step did not lead where it must; the walk ends here."""


class Walk:
    """From the first greeting to the shipment notice. `run` returns what was wrong, empty when all was right."""

    def __init__(self, base: str, buyer: str, admin: str, say: Say) -> None:
        self._base, self._buyer, self._admin, self._say = base, buyer, admin, say
        self._faults: list[str] = []
        self._seen = 0

    async def run(self, *, dtd_expected: bool) -> list[str]:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:
            self._session, self._talk = session, TalkClient(self._base, session)
            try:
                await self._buy()
            except (Astray, TalkFailed) as fault:
                self._faults.append(str(fault))
            await self._print_talk("購入者のトーク", self._buyer)
            await self._print_talk("管理者のトーク", self._admin)
            await self._judge_documents(dtd_expected)
            await self._judge_callbacks()
        return self._faults

    async def _buy(self) -> None:
        await self._talk.start(self._buyer)
        greeting = await self._next(lambda message: bool(_HELLO & set(labels(message["content"]))))
        if "はい、会員です。" in labels(greeting["content"]):
            await self._register(greeting)
        await self._tap("買い物をする")
        link = _link_beside("大阪支店", (await self._shown("選択する"))["content"])
        await self._shop(link)
        cart = await self._shown("決済する", "キャンセル")
        self._must("【テスト】" in _text(cart), "the cart does not say 【テスト】")
        await self._tap("決済する")
        await self._shown("はい、決済します。", "いいえ")
        question = self._seen
        await self._tap("はい、決済します。")
        placed = await self._told("注文番号")
        await self._talk.tap(self._buyer, "はい、決済します。", question)
        await self._told("二重には注文されません")
        number = _after(_text(placed), "注文番号: ")
        await self._told("受注確定", number)
        await self._told("発送完了", number)
        await self._admin_notices(number)
        orders = await self._json("/amazon/api/orders")
        self._must(
            [order["order_id"] for order in orders] == [number], f"Amazon holds {len(orders)} orders, not one"
        )

    async def _register(self, greeting: Message) -> None:
        """A kept house knows the buyer from the last walk; a fresh one asks."""
        both = {"はい、会員です。", "いいえ、初めて利用します"} <= set(labels(greeting["content"]))
        self._must(both, "the greeting does not ask whether one is a member")
        await self._tap("はい、会員です。")
        await self._told("メールアドレス")
        await self._talk.say(self._buyer, EMAIL)
        menu = await self._shown("買い物をする", "注文履歴", "ヘルプ")
        self._must(EMAIL in _text(menu), "the registered address is not shown back")

    async def _shop(self, link: str) -> None:
        """A browser's way: in, two articles, checkout, 承認を依頼する, and the cart back to the bot."""
        async with self._session.head(link, allow_redirects=False) as preview:
            self._must(preview.status == 200, f"HEAD on the shop link answers {preview.status}")
        url, page = await self._get(link)
        for product in _hrefs(page, "/dp/")[:GOODS]:
            url, page = await self._get(urljoin(url, product))
            url, page = await self._submit(url, page, "/dp/")
        url, page = await self._get(urljoin(url, _hrefs(page, "/checkout", "/cart")[0]))
        if not _forms(page, "/submit"):
            url, page = await self._get(urljoin(url, _hrefs(page, "/checkout")[0]))
        url, page = await self._submit(url, page, "/submit")
        _, page = await self._submit(url, page, "/punchout/cart/")
        self._must("LINE WORKSに戻" in page.text_content(), "the cart's page does not lead back to the talk")

    async def _admin_notices(self, number: str) -> None:
        for words in ("【購入】", "【受注確定】", "【発送完了】"):

            def told(message: Message, words: str = words) -> bool:
                return words in _text(message) and number in _text(message)

            notice = await self._talk.wait_for(self._admin, told, PATIENCE)
            shown = "購入者にトークを送る" in labels(notice["content"])
            self._must(shown, f"the admin's notice {words} has no 購入者にトークを送る")

    async def _shown(self, *wanted: str) -> Message:
        """Wait for a message with all these buttons."""
        return await self._next(lambda message: set(wanted) <= set(labels(message["content"])))

    async def _told(self, *words: str) -> Message:
        """Wait for a message that says all of this."""
        return await self._next(lambda message: all(word in _text(message) for word in words))

    async def _next(self, predicate: Callable[[Message], bool]) -> Message:
        def from_bot(message: Message) -> bool:
            return message["from"] == "bot" and predicate(message)

        message = await self._talk.wait_for(self._buyer, from_bot, PATIENCE, self._seen)
        self._seen = message["id"]
        return message

    async def _tap(self, label: str) -> None:
        await self._talk.tap(self._buyer, label, self._seen)

    async def _get(self, url: str) -> tuple[str, html.HtmlElement]:
        async with self._session.get(url) as answer:
            return await _page(answer)

    async def _submit(self, url: str, page: html.HtmlElement, action: str) -> tuple[str, html.HtmlElement]:
        """Send the page's form whose action holds this text, as its button would."""
        form = _forms(page, action)
        if not form:
            raise Astray(f"{url} has no form for {action}")
        async with self._session.post(
            urljoin(url, form[0].action), data=dict(form[0].form_values())
        ) as answer:
            return await _page(answer)

    async def _json(self, path: str) -> Any:
        async with self._session.get(self._base + path) as answer:
            return await answer.json()

    def _must(self, right: bool, fault: str) -> None:
        if not right:
            self._faults.append(fault)

    async def _print_talk(self, title: str, user: str) -> None:
        self._say(f"\n── {title} " + "─" * 40)
        for message in await self._talk.messages(user):
            who = "bot   " if message["from"] == "bot" else "本人  "
            first, *rest = _text(message).splitlines() or [""]
            self._say(f"{who}{first}")
            for line in rest:
                self._say(f"      {line}")
            if message["from"] == "bot" and (buttons := labels(message["content"])):
                self._say("      " + " ".join(f"[{label}]" for label in dict.fromkeys(buttons)))

    async def _judge_documents(self, dtd_expected: bool) -> None:
        self._say("\n── 文書 " + "─" * 48)
        kinds = []
        for document in await self._json("/amazon/api/documents"):
            kinds.append(document["kind"])
            at = datetime.fromisoformat(document["at"]).astimezone(ZoneInfo("Asia/Tokyo"))
            # The cart goes through a browser: the stand-in sees no answer to it, and says so as its verdict.
            by_browser = document["kind"] == "PunchOutOrderMessage"
            good = by_browser or (document["status"] == 200 and not document["verdict"])
            valid = document["dtd"] == "valid" or (document["dtd"] == "not available" and not dtd_expected)
            arrow = "bot → Amazon" if document["direction"] == "in" else "Amazon → bot"
            self._say(
                f"{'OK' if good and valid else 'NG'}  {at:%H:%M:%S}  {arrow}  {document['kind']:<24}"
                f"Status {document['status'] or '-'}  DTD: {document['dtd']}  {document['verdict'] or '規則: 正しい'}"
            )
            self._must(good and valid, f"{document['kind']}: {document['verdict']}; DTD: {document['dtd']}")
        for kind in ("PunchOutSetupRequest", "PunchOutOrderMessage", "OrderRequest"):
            self._must(kinds.count(kind) == 1, f"{kinds.count(kind)} documents {kind}, not one")
        for kind in ("ConfirmationRequest", "ShipNoticeRequest"):
            self._must(kind in kinds, f"no {kind}")

    async def _judge_callbacks(self) -> None:
        for entry in (await self._talk.log())["log"]:
            self._must(not entry.get("failure"), f"LINE WORKS: {entry.get('failure')}")


def _text(message: Message) -> str:
    """What a person reads in a message."""
    content = message["content"]
    own = content.get("text") or content.get("contentText") or content.get("altText") or ""
    columns = [
        "\n".join(part for part in (column.get("title", ""), column.get("text", "")) if part)
        for column in content.get("columns", ())
    ]
    return "\n".join([part for part in (own, *columns) if part])


def _after(text: str, lead: str) -> str:
    return text.partition(lead)[2].split("\n")[0].strip()


def _link_beside(name: str, content: dict[str, Any]) -> str:
    for column in content.get("columns", ()):
        if name in column.get("title", "") + column["text"]:
            return str(column["actions"][0]["uri"])
    raise Astray(f"no address card for {name}")


def _hrefs(page: html.HtmlElement, *parts: str) -> list[str]:
    found = [str(a.get("href")) for a in page.iter("a") if any(part in str(a.get("href")) for part in parts)]
    if not found:
        raise Astray(f"the page has no link to {' or '.join(parts)}")
    return list(dict.fromkeys(found))


def _forms(page: html.HtmlElement, action: str) -> list[html.FormElement]:
    return [form for form in page.forms if action in str(form.action)]


async def _page(answer: aiohttp.ClientResponse) -> tuple[str, html.HtmlElement]:
    body = await answer.read()
    page = html.fromstring(body.decode())
    if answer.status != 200:
        raise Astray(
            f"{answer.url.path} answers {answer.status}: {' '.join(page.text_content().split())[:200]}"
        )
    return str(answer.url), page
