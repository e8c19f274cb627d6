"""A whole purchase, stage by stage, by people who do again what was not taken; each stage is judged by the books.

The books are the queue: what it holds has to have happened, and nothing else. Between two stages nothing is under way.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import aiohttp
from sqlmodel import col, select

from bot.talk import outbox
from bot.talk.outbox import Send
from punchout.envelope import read_envelope
from punchout.received import read_order
from punchout.xml import parse
from purchasing import notices
from purchasing.lifecycle import OrderState
from purchasing.notices import Notice, What
from storage import tables
from storage.database import Database, Tx
from storage.tables import JobRow
from tests.talks.shopper import Shopper
from tests.trouble.house import ADMIN, COMPANY, email_of
from tests.trouble.mortal import Lives
from tests.trouble.town import ARTICLE, PATIENCE, Town, number_in

TOLD_OF_A_PURCHASE = Counter(
    {
        (What.CART, False): 1,
        (What.ORDER_PLACED, True): 1,
        **{(what, to_admin): 1 for what in (What.CONFIRMED, What.SHIPPED) for to_admin in (False, True)},
    }
)
_TRIES = 5


class NotTaken(Exception):
    """The platform got no 200 for a callback; it will not send it again."""


class Amazon:
    """When Amazon goes on with an order: when the test says so; and what failed, once the bot is up again."""

    CONFIRM, SHIP = 1001.0, 1002.0

    def __init__(self, up: asyncio.Event) -> None:
        self._up = up
        self._gates = {self.CONFIRM: asyncio.Semaphore(0), self.SHIP: asyncio.Semaphore(0)}

    def go(self, gate: float) -> None:
        self._gates[gate].release()

    async def pause(self, seconds: float) -> None:
        if seconds in self._gates:
            await self._gates[seconds].acquire()
        else:
            await self._up.wait()


class Walk:
    """Purchases in one town, by one bot that may die at any time."""

    def __init__(self, place: Town, bot: Lives, db: Database, amazon: Amazon | None = None) -> None:
        self.place, self.bot, self.db, self.amazon = place, bot, db, amazon
        self._job = 0
        self._now = bot.clock()
        self._read_to: dict[str, int] = {}
        self.told: Counter[tuple[What, bool]] = Counter()
        self.taken: list[str] = []

    async def purchase(self, user: str) -> str:
        """From the first greeting to the ship notice; the order number."""
        place, talk = self.place, self.place.talk
        async with self._stage("first word", user):
            await self._say(user, lambda: talk.start(user))
            await place.sees(user, "はい、会員です。")
        async with self._stage("registration", user):
            await self._say(user, lambda: talk.tap(user, "はい、会員です。"))
            await place.hears(user, "メールアドレス")
        async with self._stage("mail address", user):
            await self._say(user, lambda: talk.say(user, email_of(user)))
            await place.hears(user, "登録しました")
        async with self._stage("address cards", user):
            await self._say(user, lambda: talk.say(user, "買い物をする"))
            await place.sees(user, "選択する")
        shopper = Shopper(place.session)
        async with self._stage("way into the shop", user):
            link = str((await talk.tap(user, "選択する"))["opens"])
            await self._again(lambda: shopper.open(link))
            await shopper.put(ARTICLE, 1)
        async with self._stage("cart", user):
            await shopper.check_out()
            await self._again(lambda: shopper.press("購買システムに戻る"))
            await place.sees(user, "決済する")
        async with self._stage("payment", user):
            await self._say(user, lambda: talk.tap(user, "決済する"))
            await place.sees(user, "はい、決済します。")
        async with self._stage("order", user):
            await self._say(user, lambda: talk.tap(user, "はい、決済します。"))
            number = number_in(await place.hears(user, "ご注文を受け付けました", "注文番号"))
            await place.hears(ADMIN, "【購入】", number)
        async with self._stage("confirmation", user):
            self._amazon_goes_on(Amazon.CONFIRM)
            await place.hears(user, "受注確定", number)
            await place.hears(ADMIN, "【受注確定】", number)
        async with self._stage("shipment", user):
            self._amazon_goes_on(Amazon.SHIP)
            await place.hears(user, "発送完了", number)
            await place.hears(ADMIN, "【発送完了】", number)
        return number

    def _amazon_goes_on(self, gate: float) -> None:
        if self.amazon is not None:
            self.amazon.go(gate)

    async def _say(self, user: str, act: Callable[[], Awaitable[object]]) -> None:
        """Say or tap it until it was taken."""
        log, pulse = self.place.tenant.log, self.place.tenant.pulse

        async def once() -> None:
            before = max((entry.id for entry in log.after(0)), default=0)
            await act()

            def words() -> list[Any]:
                mine = [e for e in log.after(before) if e.kind == "callback" and e.user_id == user]
                self_said = [entry for entry in mine if entry.what.startswith("message")]
                return mine if self_said else []

            await pulse.until(lambda: bool(words()), PATIENCE)
            self.taken += [entry.body for entry in words() if entry.status == 200]
            if words()[-1].status != 200:
                raise NotTaken

        await self._again(once)

    async def _again(self, act: Callable[[], Awaitable[object]]) -> None:
        """What fails because the bot has just died is done again as soon as the next one is there."""
        for _ in range(_TRIES):
            await self.bot.up.wait()
            try:
                await act()
            except (NotTaken, aiohttp.ClientError):
                continue
            return
        raise AssertionError("not taken, however often it was tried")

    @asynccontextmanager
    async def _stage(self, name: str, user: str) -> AsyncIterator[None]:
        self.bot.enter(name)
        try:
            yield
        except BaseException as error:
            error.add_note(f"in the stage {name}")
            raise
        await self.quiet()
        await self.judge(user)

    async def quiet(self) -> None:
        """Returns once nothing is under way."""

        def under_way(tx: Tx) -> bool:
            jobs = tx.orm.exec(select(JobRow).where(col(JobRow.state).not_in(("done", "buried")))).all()
            return not all(_planned(job, self._now) for job in jobs)

        async with asyncio.timeout(PATIENCE):
            while True:
                self.bot.reports.clear()
                self._now = self.bot.clock()
                called = (
                    self.place.tenant.callbacks.under_way
                )  # the admin's talk begins with our first notice
                if self.bot.idle and not called and not await self.db.read(under_way) and self.bot.idle:
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.bot.reports.wait(), 0.2)

    async def judge(self, *users: str) -> None:
        """What was acknowledged was done; what was to be said was said; nothing more, but once for each kill."""
        jobs = await self.db.read(
            lambda tx: tx.orm.exec(
                select(JobRow).where(col(JobRow.id) > self._job).order_by(col(JobRow.id))
            ).all()
        )
        self._job = max((job.id or 0 for job in jobs), default=self._job)
        open_ = [job for job in jobs if job.state != "done" and not _planned(job, self._now)]
        assert not open_, [(job.kind, job.state, job.last_error) for job in open_]
        handled = {job.payload.decode() for job in jobs if job.kind == "callback"}
        assert handled.issuperset(self.taken), "an acknowledged callback was not handled"
        self.taken.clear()
        told = [Notice.unpack(job.payload) for job in jobs if job.kind == notices.KIND]
        self.told.update((notice.what, notice.to_admin) for notice in told)
        sends = [Send.unpack(job.payload) for job in jobs if job.kind == outbox.kind(COMPANY)]
        meant = Counter((send.recipient, _same(send.content)) for send in sends)
        came = Counter([news for person in (*users, ADMIN) for news in await self._news(person)])
        assert not meant - came, "a message was lost"
        assert max((came - meant).values(), default=0) <= self.bot.killed, "more repeats than kills"

    async def _news(self, person: str) -> list[tuple[str, str]]:
        """What the bot has told a person since the last stage."""
        messages = await self.place.talk.messages(person, self._read_to.get(person, 0))
        if messages:
            self._read_to[person] = messages[-1]["id"]
            self.place.caught_up(person, messages[-1]["id"])
        return [(person, _same(message["content"])) for message in messages if message["from"] == "bot"]

    async def judge_purchase(self, user: str, number: str) -> None:
        """One cart, one order, one number, one payloadID, here and at Amazon."""

        def books(tx: Tx) -> tuple[tables.Order, tables.Cart]:
            member = tx.orm.exec(select(tables.Member).where(tables.Member.user_id == user)).one()
            order = tx.orm.exec(select(tables.Order).where(tables.Order.member_id == member.id)).one()
            return order, tx.orm.exec(select(tables.Cart).where(tables.Cart.member_id == member.id)).one()

        order, cart = await self.db.read(books)
        assert order.number == number
        assert order.cart_id == cart.id
        assert order.state == OrderState.SHIPPED
        sent = {raw for raw in self.place.door.orders if read_order(parse(raw)).number == order.number}
        assert len(sent) == 1, "not the same bytes each time"
        assert read_envelope(parse(sent.pop())).payload_id == order.payload_id
        assert number in self.place.orders


def _planned(job: JobRow, now: datetime) -> bool:
    """Waits for a time that has not come: a reminder, the nightly sweep. What is tried again is under way."""
    return job.state == "ready" and job.attempts == 0 and job.due > now


def _same(content: object) -> str:
    return json.dumps(content, sort_keys=True)
