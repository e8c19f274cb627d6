"""The customer's account at the stand-in: all that it remembers, and the clock by which it lives."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from aiohttp import web

from sandbox.amazon.decision import Decision
from sandbox.amazon.goods import Shelf, shelf
from sandbox.amazon.journal import Entry, Journal
from sandbox.amazon.moods import MOODS, OK, SETUP_MOODS, Mood, SetupMood
from sandbox.amazon.order_rules import OrderFacts
from sandbox.amazon.safeguards import DEFAULT, Safeguard
from sandbox.amazon.sessions import GROUPS, ROOT_GROUP, HandedCart, SetupRecord, ShopSession
from sandbox.settings import AmazonSettings

Mark = Literal["", "成功", "失敗"]
CartField = Literal["cxml-urlencoded", "cxml-base64"]
SCENARIOS = {
    "basic": "基本的な注文",
    "checkout": "チェックアウトテスト",
    "safeguard": "注文セーフガードテスト",
    "advanced": "高度なテスト",
}
"""The test scenarios (japan.md 4): the others are locked until the basic one is marked as passed."""

CARRIERS = {"Amazon": "ヤマト運輸", "オフィス便 模擬店": "佐川急便", "デジタル問屋 模擬店": "日本郵便"}
"""Who carries a seller's parcels in active mode; names as Amazon Japan writes them (japan.md 5)."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Shipment:
    """A parcel on its way; `lines` are (line number, pieces) in the order of the notice."""

    shipment_id: str
    confirm_id: str
    carrier: str
    tracking: str
    at: datetime
    lines: tuple[tuple[int, int], ...]
    operation: Literal["new", "update", "delete"] = "new"


@dataclass(slots=True)
class Order:
    """An order that was taken. `received` is when it came in, `processed` when it had been judged;
    `attempts` counts how often its bytes arrived, `confirmed` is when the first confirmation left."""

    facts: OrderFacts
    document: bytes
    cart: HandedCart
    mood: Mood
    received: datetime
    processed: datetime
    attempts: int = 1
    decision: Decision | None = None
    confirmed: datetime | None = None
    confirmation_sent: asyncio.Event = field(default_factory=asyncio.Event)
    shipments: list[Shipment] = field(default_factory=list)
    posted: list[Entry] = field(default_factory=list)
    """Every notice that was posted about it, and how that was answered; oldest first."""
    scenario: str = "basic"
    mark: Mark = ""

    @property
    def held(self) -> bool:
        """Price and stock are those of the cart: in time, and shipped to the prefecture of the checkout."""
        elsewhere = self.cart.prefecture and self.facts.prefectures != {self.cart.prefecture}
        return self.received <= self.cart.hold_until and not elsewhere


class Account:
    """Everything in memory: users, sessions, carts handed out, orders, documents.

    `pause` waits a number of seconds; tests hand in their own, and no time passes.
    """

    def __init__(
        self,
        settings: AmazonSettings,
        clock: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.pause = pause
        self.mode: Literal["test", "active"] = settings.mode
        self.shelf: Shelf = shelf()
        self.journal = Journal()
        self.emails = {email.casefold() for email in settings.registered_emails}
        self.setups: list[SetupRecord] = []
        self.sessions: dict[str, ShopSession] = {}
        self.carts: dict[str, HandedCart] = {}
        self.orders: dict[str, Order] = {}
        self.taken_payloads: set[str] = set()
        self.failed_once: set[str] = set()
        self.carriers = dict(CARRIERS)
        self.next_mood: Mood = OK
        self.next_setup: SetupMood = "ok"
        self.order_moods: dict[str, Mood] = {}
        self.cart_field: CartField = "cxml-urlencoded"
        self.scenario = "basic"
        self.safeguards: dict[str, Mapping[str, Safeguard]] = dict.fromkeys((ROOT_GROUP, *GROUPS), DEFAULT)

    @property
    def password(self) -> str:
        return self.settings.password.get_secret_value()

    def carrier_of(self, seller: str) -> str:
        return self.carriers.get(seller, CARRIERS["Amazon"])

    def knows(self, email: str) -> bool:
        """The address belongs to a business user; others are led to create an account first."""
        return email.casefold() in self.emails

    def register(self, email: str) -> None:
        self.emails.add(email.casefold())

    def mood_for(self, order_id: str) -> Mood:
        """The mood of an order number: what was set for it, else the next one, which is used up by that."""
        if order_id not in self.order_moods:
            self.order_moods[order_id], self.next_mood = self.next_mood, OK
        return self.order_moods[order_id]

    def setup_mood(self) -> SetupMood:
        """How the next setup is answered, used up by asking."""
        mood, self.next_setup = self.next_setup, "ok"
        return mood

    def set_setup_mood(self, key: str) -> bool:
        """Choose how the next setup is answered; False if there is no such way."""
        found = [mood for mood in SETUP_MOODS if mood == key]
        self.next_setup = found[0] if found else self.next_setup
        return bool(found)

    def set_mood(self, key: str, order_id: str = "") -> bool:
        """Choose a mood for the next order, or for one order number; False if there is no such mood."""
        mood = MOODS.get(key)
        if mood is None:
            return False
        if order_id:
            self.order_moods[order_id] = mood
        else:
            self.next_mood = mood
        return True

    def passed(self, scenario: str = "basic") -> bool:
        """An order of this scenario has been marked as passed by somebody."""
        return any(order.mark == "成功" and order.scenario == scenario for order in self.orders.values())

    def guards_of(self, order: Order) -> Mapping[str, Safeguard]:
        """The safeguards of the group that the setup named; an unknown one is the root group."""
        return self.safeguards.get(order.cart.setup.facts.business_unit, self.safeguards[ROOT_GROUP])

    @property
    def knocking(self) -> list[str]:
        """Order numbers that came and were not taken: whoever sends them may try again."""
        return [number for number in self.order_moods if number not in self.orders]


ACCOUNT: web.AppKey[Account] = web.AppKey("account", Account)
