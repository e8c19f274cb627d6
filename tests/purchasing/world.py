"""What happens to a visit, a cart and an order from outside, one happening after the other, through the use cases.

A story is a list of happenings parted by commas:

tap, start page, cart, sign out      the member's visit; pay, drop: the member's cart
send, taken, refused, silence        an attempt begins, and what comes of the oldest one that is still on the line
confirms 3 2, confirms 2-1, confirms 3@1200   Amazon's word on line 1, line 2 ...: accepted, refused, at another price;
                                              nothing: it is taken back
ships 3, ships nothing               Amazon's word on a parcel: pieces of line 1, line 2 ...; nothing: it is taken back
day, slow clock                      a day passes; another machine's clock is behind
"""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, cast

from sqlmodel import select

from punchout import inbound
from punchout.confirmation import Confirmation
from punchout.outcome import Refused, StartPage, Taken, Unknown, Unreachable
from punchout.shipment import ShipNotice
from punchout.status import Status
from punchout.supplier import Supplier
from purchasing import carts, evidence, fulfilment, intake, ordering, shopping, submission
from purchasing.carts import ReadCart
from purchasing.lifecycle import CartState, OrderState, SessionState
from purchasing.values import Company
from storage import tables
from storage.database import Database, Tx
from storage.tables import Order, OrderLine, ShoppingSession, StoredDocument
from tests.trouble.documents import Goods, Said, cart, confirmation, ship_notice
from tests.trouble.house import Clock, companies, known, link_for, offered, ordered, vault, way_back


class Waiting:
    """Amazon as the use cases call it: whoever calls waits until the story says how the call ends."""

    def __init__(self) -> None:
        self.calls: list[asyncio.Future[Any]] = []
        self.called = asyncio.Event()

    async def order(self, *_: object) -> Any:
        return await self._wait()

    async def setup(self, *_: object) -> Any:
        return await self._wait()

    async def _wait(self) -> Any:
        self.calls.append(asyncio.get_running_loop().create_future())
        self.called.set()
        return await self.calls[-1]


ENDS: Mapping[str, Any] = {
    "taken": Taken(Status(200, "OK")),
    "refused": Refused(400, "no"),
    "silence": Unknown("No answer came in time."),
    "out of reach": Unreachable("The host did not accept a connection."),
    "start page": StartPage("https://www.amazon.co.jp/start"),
}


class World:
    """One member's visit, cart and order, and what happens to them, one happening after the other."""

    def __init__(self, db: Database, company: Company) -> None:
        self.db, self.company, self.clock, self.amazon = db, company, Clock(), Waiting()
        self.running: list[asyncio.Task[Any]] = []
        self.cart: tables.Cart | None = None
        self.order: Order | None = None
        self.way, self.cookie = "", ""

    async def offer(self) -> None:
        """A cart that waits to be paid."""
        self.cart = await self.db.write(lambda tx: offered(tx, self.company, now=self.clock()))

    async def place(self, *pieces: int) -> None:
        """An order that was placed a moment ago, so many pieces of each of its lines, 1,000 yen each."""
        goods = [Goods(1000, each) for each in pieces]
        self.order = await self.db.write(lambda tx: ordered(tx, self.company, *goods, now=self.clock()))

    async def state(self, kind: type[StrEnum]) -> StrEnum:
        """Where it has come to: the order, its first line, the cart, or the newest visit."""
        return kind(await self.db.read(lambda tx: self._state(tx, kind)))

    def _state(self, tx: Tx, kind: type[StrEnum]) -> str:
        if kind is SessionState:
            visits = tx.orm.exec(select(ShoppingSession)).all()
            return max(visits, key=lambda visit: visit.id or 0).state
        if kind is CartState:
            assert self.cart is not None
            return tx.orm.get_one(tables.Cart, self.cart.id).state
        assert self.order is not None
        if kind is OrderState:
            return tx.orm.get_one(Order, self.order.id).state
        first = select(OrderLine).where(OrderLine.order_id == self.order.id, OrderLine.line_number == 1)
        return tx.orm.exec(first).one().state

    async def live(self, story: str) -> None:
        """The happenings of a story, parted by commas."""
        for what in filter(None, (part.strip() for part in story.split(","))):
            self.clock.advance(minutes=1)
            await self._happen(what)

    async def _happen(self, what: str) -> None:
        match what.split():
            case ["send"]:
                assert self.order is not None
                await self._begin(
                    submission.submit(*self._doors(), self.company, self.order.id or 0, 1, self.clock)
                )
            case ["tap"]:
                link = await self.db.write(lambda tx: link_for(tx, self.company, now=self.clock()))
                await self._begin(shopping.enter(*self._doors(), lambda _: self.company, link, self.clock))
                self.way, self.cookie = way_back(await self.db.read(_newest_setup))
            case ["pay" | "drop" as wish]:
                await self.db.write(self._pay if wish == "pay" else self._drop)
            case ["fails", *_]:
                order = self.order
                assert order is not None
                await self.db.write(
                    lambda tx: submission.give_up(tx, self.company, order.id or 0, self.clock())
                )
            case ["day"]:
                self.clock.advance(hours=25)
            case ["slow", "clock"]:  # another machine's
                self.clock.advance(hours=-25)
            case ["cart" | "sign" as kind, *_]:
                goods = (Goods(),) if kind == "cart" else ()
                read = ReadCart.of(cart(self.cookie, *goods))
                outcome = await self.db.write(
                    lambda tx: carts.accept_cart(
                        tx, vault(), companies, self.company.id, self.way, read, self.clock()
                    )
                )
                assert isinstance(outcome, carts.Accepted)
            case ["confirms", *parts]:
                await self._hear(self._confirmation(parts))
            case ["ships", *parts]:
                await self._hear(self._ship_notice(parts))
            case _:
                self.amazon.calls.pop(0).set_result(ENDS[what])
                await self.running.pop(0)

    def _pay(self, tx: Tx) -> None:
        assert self.cart is not None
        member = known(tx)
        ordering.place(tx, vault(), self.company, member, self.cart.id or 0, self.cart.nonce, self.clock())

    def _drop(self, tx: Tx) -> None:
        assert self.cart is not None
        ordering.cancel(tx, tx.orm.get_one(tables.Cart, self.cart.id), self.clock())

    def _doors(self) -> tuple[Database, Supplier, Any]:
        return self.db, cast(Supplier, self.amazon), vault()

    async def _begin(self, call: Any) -> None:
        """Start a call to Amazon; returns once it is on the line, or at once when there is nothing to call for."""
        self.amazon.called.clear()
        call, called = asyncio.create_task(call), asyncio.create_task(self.amazon.called.wait())
        await asyncio.wait({call, called}, return_when=asyncio.FIRST_COMPLETED)
        called.cancel()
        if not call.done():
            self.running.append(call)

    def _confirmation(self, parts: list[str]) -> bytes:
        """`3`: so many of line 1 accepted; `2-1`: and one refused; `3@1200`: dearer. Always the same Amazon order."""
        assert self.order is not None
        if parts == ["nothing"]:
            return confirmation(self.order, operation="delete", now=self.clock())
        said = []
        for number, part in enumerate(parts, start=1):
            pieces, _, price = part.partition("@")
            accepted, _, refused = pieces.partition("-")
            said.append(Said(number, int(accepted), int(refused or 0), int(price) if price else None))
        return confirmation(self.order, *said, operation="update", now=self.clock())

    def _ship_notice(self, parts: list[str]) -> bytes:
        """`3 2`: so many of line 1 and line 2, always the same shipment; `nothing`: it is taken back."""
        assert self.order is not None
        if parts == ["nothing"]:
            return ship_notice(self.order, (1, 1), operation="delete", now=self.clock())
        lines = [(number, int(pieces)) for number, pieces in enumerate(parts, start=1)]
        return ship_notice(self.order, *lines, operation="update", now=self.clock())

    async def _hear(self, raw: bytes) -> None:
        """Through the door, then applied, as the worker does it."""
        document, now = inbound.read(raw), self.clock()
        value = document.value
        assert isinstance(value, Confirmation | ShipNotice)

        def take(tx: Tx) -> None:
            assert intake.take_in(tx, vault(), self.company, raw, document, now).code == 200
            identity = evidence.identity_of(document.envelope.payload_id, raw)
            stored = evidence.find(tx, self.company.id, "in", identity)
            assert stored is not None
            assert self.order is not None
            fulfilment.apply(tx, self.company, self.order.id or 0, stored, value, now)

        await self.db.write(take)

    async def end(self) -> None:
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


def _newest_setup(tx: Tx) -> bytes:
    rows = tx.orm.exec(select(StoredDocument).where(StoredDocument.kind == "PunchOutSetupRequest")).all()
    return evidence.raw_bytes(vault(), max(rows, key=lambda row: row.id or 0))
