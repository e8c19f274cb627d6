"""Every mood of the stand-in, end to end: two articles bought in the talk, and what becomes of them.

A row says in which state order and lines end, what buyer and administrator are told (names of the catalogue's sections
`notice` and `admin`, so often), and what Amazon's documents come to. For every row: each document that Amazon posted and
we acknowledged is kept as it came, and is counted once; nothing else is told; the order was taken once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import col, select

from bot.talk.wording import wording
from purchasing import evidence
from purchasing.lifecycle import LineState as L
from purchasing.lifecycle import OrderState as O
from sandbox.amazon import dtd
from sandbox.amazon.journal import Entry, redact
from sandbox.amazon.moods import MOODS
from storage import tables
from storage.database import Tx
from tests.trouble.house import ADMIN, COMPANY, TARO
from tests.trouble.scene import Scene, scene
from tests.trouble.town import text

GOODS = (("パソコンデスク", 2), ("緑茶", 2))
NEWS = (
    "confirmed", "mixed", "refused_lines", "shipped", "shipped_partly",
    "unanswered", "stuck", "doubtful", "refused", "late",
)  # fmt: skip

Line = tuple[L, int, int, int]
"""State, pieces accepted, refused, shipped."""
ALL: Line = (L.SHIPPED, 2, 0, 2)
REFUSED: Line = (L.REJECTED, 0, 2, 0)
OPEN: Line = (L.ORDERED, 0, 0, 0)


@dataclass(frozen=True)
class Fate:
    """`told` and `documents` (confirmations and ship notices acknowledged) are words, each as often as it happens;
    `then` is what the test does once the order is on its way. Both must read the `reason`, the
    administrator also `warned`."""

    state: O
    lines: tuple[Line, Line]
    told: str
    documents: str
    then: str = ""
    attempts: int = 1
    reason: str = ""
    warned: str = ""


GOOD = Fate(O.SHIPPED, (ALL, ALL), "confirmed shipped", "confirmation shipment")
LESS = Fate(
    O.SHIPPED,
    (REFUSED, ALL),
    "confirmed refused_lines shipped",
    "confirmation confirmation shipment",
)
SILENT = Fate(O.RECEIVED, (OPEN, OPEN), "late", "", "day")


def but(fate: Fate, **parts: object) -> Fate:
    return Fate(**{name: getattr(fate, name) for name in fate.__dataclass_fields__} | parts)


FATES: dict[str, Fate] = {
    "ok": GOOD,
    "price_change": but(GOOD, reason="16,182円 → 17,800円"),
    "price_leap": but(LESS, reason="単価が、注文セーフガードの上限を超えました"),
    "out_of_stock": but(LESS, reason="在庫"),
    "partial": but(
        GOOD, lines=((L.SHIPPED, 1, 1, 1), ALL), told="mixed shipped", reason="在庫"
    ),
    "split": but(
        GOOD,
        told="confirmed confirmed shipped_partly shipped",
        documents="confirmation confirmation shipment shipment",
    ),
    "other_seller": but(
        GOOD,
        told="confirmed confirmed shipped_partly shipped",
        documents="confirmation confirmation shipment shipment",
    ),
    "dear_shipping": but(LESS, reason="配送料が、注文セーフガードの上限を超えました"),
    "slow_delivery": but(LESS, reason="お届けまでの日数が、注文セーフガードの上限を超えました"),
    "late": but(GOOD, told="late confirmed shipped", then="day release"),
    "never": SILENT,
    "twice": GOOD,
    "ship_before_confirm": GOOD,
    "taken_back": Fate(
        O.RECEIVED,
        (OPEN, OPEN),
        "confirmed",
        "confirmation confirmation",
        "confirmed release",
        warned="【知らせの取り消し】",
    ),
    "shared_secret": GOOD,
    "wrong_password": SILENT,
    "unknown_order": but(SILENT, warned="【心当たりのない注文】"),
    "dates_of_2014": GOOD,
    "refuse_400": Fate(O.REFUSED, (OPEN, OPEN), "refused", "", attempts=0, reason="The order cannot be accepted."),
    "server_error_500": Fate(
        O.STUCK, (OPEN, OPEN), "unanswered stuck", "", "failed minute failed day", attempts=0
    ),
    "html_500_then_ok": but(GOOD, then="failed minute"),
    "refuse_repeat": but(
        GOOD,
        told="doubtful confirmed shipped",
        then="failed minute speak",
        attempts=2,
        reason="This order was received before.",
    ),
    "close_after_taking": but(GOOD, then="failed minute speak", attempts=2),
    "confirm_before_answer": GOOD,
    "slow": but(GOOD, then="confirmed release"),
}  # fmt: skip


async def test_every_mood_ends_well_and_is_told_rightly(tmp_path: Path, database_url: str) -> None:
    assert set(FATES) == set(MOODS), "every mood has its row"
    faults: list[str] = []
    async with scene(tmp_path, database_url) as here:
        await here.place.register(TARO)
        for mood, fate in FATES.items():
            faults += [f"{mood}: {fault}" for fault in await _live(here, mood, fate)]
            here.amazon.release.clear()
    assert not faults, "\n".join(faults)


async def _live(here: Scene, mood: str, fate: Fate) -> Sequence[str]:
    """One purchase in this mood; what differs from its row."""
    place = here.place
    before = {user: len(await place.talk.messages(user)) for user in (TARO, ADMIN)}
    posted, received = len(place.sent), len(place.received)
    await place.fill_a_cart(TARO, *GOODS)
    await place.talk.tap(TARO, "決済する")
    await place.sees(TARO, "はい、決済します。")
    place.amazon_will(mood)
    if "speak" in fate.then:
        here.amazon.speaks.clear()
    number = await place.buy(TARO)
    attempt = 0
    for step in fate.then.split():
        if step == "failed":
            attempt += 1
            await here.retried("submit", attempt)
        elif step == "minute":
            await here.later(seconds=61)
            await here.quiet()
        elif step == "day":
            await here.quiet()
            await here.later(hours=25)
            await here.quiet()
        elif step == "speak":
            here.amazon.speaks.set()
        elif step == "release":
            here.amazon.release.set()
        else:
            await place.hears(TARO, wording("ja")("notice", step, mark="【テスト】", number=number))
    await here.quiet()
    await place.amazon_is_done(number)
    await here.quiet()
    heard = {
        user: [text(m) for m in (await place.talk.messages(user))[before[user] :] if m["from"] == "bot"]
        for user in (TARO, ADMIN)
    }
    sent = place.sent[posted:]
    return [
        *_differs("state", (await here.order(number)).state, fate.state),
        *_differs("lines", await _lines(here, number), fate.lines),
        *_differs("buyer", _told(heard[TARO], "notice", number), Counter(fate.told.split())),
        *_differs("admin", _told(heard[ADMIN], "admin", number), Counter(fate.told.split())),
        *([] if any(fate.reason in words for words in heard[TARO]) else ["the buyer is not told why"]),
        *([] if any(fate.reason in words for words in heard[ADMIN]) else ["the admin is not told why"]),
        *([] if any(fate.warned in words for words in heard[ADMIN]) else ["the admin is not warned"]),
        *_differs("documents", await _applied(here, number), Counter(fate.documents.split())),
        *await _lost(here, sent),
        *_invalid(place.received[received:]),
        *_differs("attempts", place.orders[number].attempts if number in place.orders else 0, fate.attempts),
    ]


def _invalid(received: Sequence[Entry]) -> list[str]:
    """What the DTD, where it is at hand, says against a document of the bot's; and kinds that were never sent."""
    verdicts = {
        entry.kind: entry.dtd for entry in received if entry.dtd not in (dtd.VALID, dtd.NOT_AVAILABLE)
    }
    unsent = {"PunchOutSetupRequest", "OrderRequest"} - {entry.kind for entry in received}
    return [f"{kind}: {verdict}" for kind, verdict in verdicts.items()] + [f"no {kind}" for kind in unsent]


def _differs(what: str, found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{what}: {found}, not {wanted}"]


def _told(heard: Sequence[str], section: str, number: str) -> Counter[str]:
    """How often each sentence about this order was said, up to what is filled into it after the number."""
    words = wording("ja")
    blank = dict.fromkeys(("reason", "total", "name"), "\0")
    buyer = {"buyer": "山田 太郎さん"} if section == "admin" else {}
    found: Counter[str] = Counter()
    for name in NEWS:
        said, goes_on, _ = words(section, name, mark="【テスト】", number=number, **blank, **buyer).partition(
            "\0"
        )
        found[name] = sum(
            each.startswith(said) and bool(goes_on or each[len(said) :][:1] in ("", "\n")) for each in heard
        )
    return +found


async def _lines(here: Scene, number: str) -> tuple[Line, ...]:
    order = await here.order(number)

    def load(tx: Tx) -> tuple[Line, ...]:
        query = select(tables.OrderLine).where(tables.OrderLine.order_id == order.id)
        return tuple(
            (L(row.state), int(row.accepted), int(row.rejected), int(row.shipped))
            for row in tx.orm.exec(query.order_by(col(tables.OrderLine.line_number))).all()
        )

    return await here.bot.services.db.read(load)


async def _applied(here: Scene, number: str) -> Counter[str]:
    """What stands of Amazon's documents: Amazon orders and refusals, and parcels."""
    order = await here.order(number)

    def load(tx: Tx) -> Counter[str]:
        heads = select(tables.OrderConfirmation).where(tables.OrderConfirmation.order_id == order.id)
        parcels = select(tables.Shipment).where(tables.Shipment.order_id == order.id)
        return +Counter(confirmation=len(tx.orm.exec(heads).all()), shipment=len(tx.orm.exec(parcels).all()))

    return await here.bot.services.db.read(load)


async def _lost(here: Scene, sent: Sequence[Entry]) -> list[str]:
    """Documents that Amazon posted under our name and password and that are not kept as they came."""
    services = here.bot.services

    def kept(tx: Tx, entry: Entry) -> bool:
        found = evidence.find(tx, COMPANY, "in", entry.payload_id)
        return found is not None and redact(evidence.raw_bytes(services.vault, found)) == entry.raw

    accepted = [entry for entry in sent if entry.http == 200]
    return [
        f"document {entry.kind} {entry.payload_id} is lost"
        for entry in accepted
        if not await services.db.read(lambda tx, entry=entry: kept(tx, entry))  # type: ignore[misc]
    ]
