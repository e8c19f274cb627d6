"""What follows an order: the decision, then confirmations and ship notices posted to the buyer's address."""

import asyncio
import secrets
from datetime import datetime

from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth, web

from punchout.status import read_response
from punchout.xml import DocumentRefused, XmlRefused
from sandbox.amazon import documents
from sandbox.amazon.account import Account, Order, Shipment
from sandbox.amazon.decision import Decision, Purchase, decide

ATTEMPTS = 6
ANSWER_WITHIN = ClientTimeout(total=30)

# Who carries a seller's parcels in active mode; names as Amazon Japan writes them (japan.md 5).
CARRIERS = {"Amazon": "ヤマト運輸", "オフィス便 模擬店": "佐川急便", "デジタル問屋 模擬店": "日本郵便"}


class Fulfilment:
    """The work that goes on after an order was answered; owned by the application, cancelled with it."""

    def __init__(self, account: Account, session: ClientSession) -> None:
        self._account = account
        self._session = session
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, order: Order) -> None:
        task = asyncio.create_task(self._fulfil(order), name=f"order {order.facts.order_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _fulfil(self, order: Order) -> None:
        account = self._account
        if order.mood.delivery == "never":
            return
        if order.mood.answer != "after_confirming":
            await account.pause(account.settings.confirm_after)
        order.decision = decision = decide(order.facts, order.cart, order.mood.outcome)
        times = 2 if order.mood.delivery == "twice" else 1
        if order.mood.delivery == "ship_first":
            await self._ship(order, decision, times)
            await account.pause(account.settings.ship_after)
            await self._confirm(order, decision, times)
        else:
            await self._confirm(order, decision, times)
            await account.pause(account.settings.ship_after)
            await self._ship(order, decision, times)

    async def _confirm(self, order: Order, decision: Decision, times: int) -> None:
        account = self._account
        order.confirmed = now = account.clock()
        notices = [documents.confirmation(account, order, purchase, now) for purchase in decision.purchases]
        if decision.refused:
            notices.append(documents.refusal(account, order, decision, now))
        for notice in notices:
            for _ in range(times):
                await self._post(order, notice)
        order.confirmation_sent.set()

    async def _ship(self, order: Order, decision: Decision, times: int) -> None:
        account = self._account
        for purchase in decision.purchases:
            now = account.clock()
            shipment = _shipment(purchase, account.mode, now)
            order.shipments.append(shipment)
            notice = documents.ship_notice(account, order, shipment, now)
            for _ in range(times):
                await self._post(order, notice)

    async def _post(self, order: Order, notice: bytes) -> None:
        """Post until it is answered with a Status below 500: at once, then after 1, 2, 4 ... seconds."""
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._account.pause(2.0 ** (attempt - 1))
            if await self._delivered(order, notice):
                return

    async def _delivered(self, order: Order, notice: bytes) -> bool:
        settings = self._account.settings
        headers = {"Content-Type": "text/xml; charset=UTF-8"}
        if order.mood.style != "shared_secret":
            wrong = "x" if order.mood.style == "wrong_password" else ""
            password = settings.notice_password.get_secret_value() + wrong
            headers["Authorization"] = encode_basic_auth(settings.notice_user, password)
        http, status, body = None, None, b""
        try:
            async with self._session.post(
                settings.notice_url,
                data=notice,
                headers=headers,
                timeout=ANSWER_WITHIN,
                allow_redirects=False,
            ) as response:
                http, body = response.status, await response.content.read(64 * 1024)
                status = read_response(body).status.code
                verdict = "" if status < 300 else read_response(body).status.reason
        except (ClientError, TimeoutError) as error:
            verdict = f"届きませんでした: {type(error).__name__}"
        except (XmlRefused, DocumentRefused):
            verdict = "応答がcXMLではありません。"
        self._account.journal.note(
            self._account.clock(), "out", notice, http=http, status=status, verdict=verdict, answer=body
        )
        return status is not None and status < 500


FULFILMENT: web.AppKey[Fulfilment] = web.AppKey("fulfilment", Fulfilment)


def _shipment(purchase: Purchase, mode: str, now: datetime) -> Shipment:
    """A parcel with every line of a purchase, last line first: their order means nothing (reference 10).

    In test mode nothing travels: Test Mode Carrier, tracking number 000000000, an id that begins with test.
    """
    lines = tuple((line.ordered.number, line.priced.quantity) for line in reversed(purchase.lines))
    if mode == "test":
        shipment_id, carrier, tracking = f"test{_digits(17)}", "Test Mode Carrier", "000000000"
    else:
        shipment_id, carrier, tracking = _digits(14), CARRIERS.get(purchase.seller, "ヤマト運輸"), _digits(12)
    return Shipment(shipment_id, purchase.confirm_id, carrier, tracking, now, lines)


def _digits(count: int) -> str:
    """A number of exactly `count` digits, the first not 0."""
    return str(10 ** (count - 1) + secrets.randbelow(9 * 10 ** (count - 1)))
