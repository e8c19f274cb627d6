"""What follows an order: the decision, then confirmations and ship notices posted to the buyer's address."""

import asyncio
import secrets
from dataclasses import replace
from datetime import datetime

from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth, web

from punchout.status import read_response
from punchout.xml import DocumentRefused, XmlRefused
from sandbox.amazon import documents
from sandbox.amazon.account import Account, Order, Shipment
from sandbox.amazon.decision import Decision, Purchase, corrected, decide
from sandbox.amazon.moods import LATE_SECONDS, SLOW_SECONDS, Mood

ATTEMPTS = 6
PARCEL_SECONDS = 1.5
"""From one parcel of an order to the next."""
ANSWER_WITHIN = ClientTimeout(total=30)


class Fulfilment:
    """The work that goes on after an order was answered; owned by the application, cancelled with it."""

    def __init__(self, account: Account, session: ClientSession) -> None:
        self._account = account
        self._session = session
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, order: Order) -> None:
        now = order.mood.answer == "after_confirming"
        self._start(order, 0 if now else self._account.settings.confirm_after)

    def push(self, order: Order, mood: Mood) -> None:
        """Send an order's notices now, in another mood; whatever still waited to be sent is dropped.

        An order that was confirmed before is decided anew, and its confirmations and ship notices are sent as updates.
        """
        order.mood = mood
        self._start(order, 0)

    def working_on(self, number: str) -> asyncio.Task[None] | None:
        """The work on this order, done or not."""
        return self._tasks.get(number)

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _start(self, order: Order, wait: float) -> None:
        number = order.facts.order_id
        if former := self._tasks.get(number):
            former.cancel()
        self._tasks[number] = asyncio.create_task(self._fulfil(order, wait), name=f"order {number}")

    async def _fulfil(self, order: Order, wait: float) -> None:
        account = self._account
        if order.mood.delivery == "never":
            return
        if order.mood.delivery == "late":
            wait = LATE_SECONDS
        if wait:
            await account.pause(wait)
        decision = self._decide(order)
        times = 2 if order.mood.delivery == "twice" else 1
        if order.mood.delivery == "ship_first":
            await self._ship(order, decision, times)
            await account.pause(account.settings.ship_after)
            await self._confirm(order, decision, times)
        elif order.mood.delivery == "take_back":
            await self._take_back(order, decision)
        else:
            await self._confirm(order, decision, times)
            await account.pause(account.settings.ship_after)
            await self._ship(order, decision, times)

    def _decide(self, order: Order) -> Decision:
        account, before = self._account, order.decision
        guards = account.guards_of(order)
        now = decide(order.facts, order.cart, order.mood.outcome, account.shelf, guards, held=order.held)
        order.decision = corrected(before, now) if before is not None and order.confirmed else now
        return order.decision

    async def _confirm(self, order: Order, decision: Decision, times: int) -> None:
        account = self._account
        operation = "update" if order.confirmed else "new"
        order.confirmed = now = account.clock()
        notices = [
            documents.confirmation(account, order, purchase, now, operation)
            for purchase in decision.purchases
        ]
        if decision.refused:
            notices.append(documents.refusal(account, order, decision, now))
        for notice in notices:
            for _ in range(times):
                await self._post(order, notice)
        order.confirmation_sent.set()

    async def _take_back(self, order: Order, decision: Decision) -> None:
        """Delete every confirmation, which is sent before where that has not happened."""
        account = self._account
        if order.confirmed is None:
            await self._confirm(order, decision, 1)
            await account.pause(SLOW_SECONDS)
        order.confirmed = None
        for purchase in decision.purchases:
            await self._post(
                order, documents.confirmation(account, order, purchase, account.clock(), "delete")
            )

    async def _ship(self, order: Order, decision: Decision, times: int) -> None:
        account = self._account
        for place, purchase in enumerate(decision.purchases):
            if place:
                await account.pause(PARCEL_SECONDS)
            now = account.clock()
            sent = next((s for s in order.shipments if s.confirm_id == purchase.confirm_id), None)
            shipment = _shipment(purchase, account, now)
            if sent is None and not shipment.lines:
                continue
            if sent is not None:
                order.shipments.remove(sent)
                shipment = replace(
                    sent,
                    at=now,
                    lines=shipment.lines or sent.lines,
                    operation="update" if shipment.lines else "delete",
                )
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
        entry = self._account.journal.note(
            self._account.clock(), "out", notice, http=http, status=status, verdict=verdict, answer=body
        )
        order.posted.append(entry)
        return status is not None and status < 500


FULFILMENT: web.AppKey[Fulfilment] = web.AppKey("fulfilment", Fulfilment)


def _shipment(purchase: Purchase, account: Account, now: datetime) -> Shipment:
    """A parcel with every line of a purchase, last line first: their order means nothing (reference 10).

    In test mode nothing travels: Test Mode Carrier, tracking number 000000000, an id that begins with test.
    """
    lines = tuple(
        (line.ordered.number, line.priced.quantity)
        for line in reversed(purchase.lines)
        if line.priced.quantity
    )
    if account.mode == "test":
        shipment_id, carrier, tracking = f"test{_digits(17)}", "Test Mode Carrier", "000000000"
    else:
        shipment_id, carrier, tracking = _digits(14), account.carrier_of(purchase.seller), _digits(12)
    return Shipment(shipment_id, purchase.confirm_id, carrier, tracking, now, lines)


def _digits(count: int) -> str:
    """A number of exactly `count` digits, the first not 0."""
    return str(10 ** (count - 1) + secrets.randbelow(9 * 10 ** (count - 1)))
