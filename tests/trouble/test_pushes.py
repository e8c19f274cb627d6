"""Every mood that the stand-in's page can push at an order that is confirmed or shipped already: through to the
sentences that buyer and administrator read of it.

A row says in which state order and lines end, and what both are told, by name in the catalogue's sections `notice` and
`admin`; `+` is a correction of something told before. Orders that are confirmed live on SQLite and shipped ones on
PostgreSQL: so each engine meets every mood and every pair is walked once, for half the time.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.talk.wording import wording
from purchasing.lifecycle import LineState as L
from purchasing.lifecycle import OrderState as O
from sandbox.amazon.moods import MOODS
from tests.trouble.house import ADMIN, TARO
from tests.trouble.scene import Scene, scene
from tests.trouble.test_moods import ALL, GOODS, REFUSED, Line, _differs, _lines
from tests.trouble.town import text

TEST = "【テスト】"
WORDS = wording("ja")
AFTERWARDS = [mood.key for mood in MOODS.values() if mood.answer == "ok"]
ACCEPTED: Line = (L.ACCEPTED, 2, 0, 0)
SENT_ONLY: Line = (L.SHIPPED, 0, 0, 2)
HALF: Line = (L.SHIPPED, 1, 1, 1)


@dataclass(frozen=True)
class End:
    """`told` names the sentences; `buyer` and `admin` are words that stand in one of them, `nobody` in none."""

    told: str
    lines: tuple[Line, Line] = (ALL, ALL)
    state: O = O.SHIPPED
    buyer: str = ""
    admin: str = ""
    nobody: str = "\0"


def gone(told: str, reason: str) -> End:
    return End(told, (REFUSED, ALL), buyer=reason, admin=reason)


STOCK, PRICE = "在庫が足りませんでした", "単価が、注文セーフガードの上限を超えました"
SHIPPING, DAYS = "配送料が、注文セーフガード", "お届けまでの日数が、注文セーフガード"
UNTOUCHED = End("", (ACCEPTED, ACCEPTED), O.CONFIRMED)
CONFIRMED = {
    **dict.fromkeys(
        (
            "ok",
            "split",
            "other_seller",
            "late",
            "twice",
            "ship_before_confirm",
            "shared_secret",
            "dates_of_2014",
        ),
        End("shipped", nobody="訂正"),
    ),
    "price_change": End("+confirmed shipped", buyer="「注文を取り消したい」を押すか", admin="単価変更: 1件"),
    "price_leap": gone("+mixed shipped", PRICE),
    "out_of_stock": gone("+mixed shipped", STOCK),
    "dear_shipping": gone("+mixed shipped", SHIPPING),
    "slow_delivery": gone("+mixed shipped", DAYS),
    "partial": End("+mixed shipped", (HALF, ALL), buyer=STOCK, admin=STOCK),
    "never": UNTOUCHED,
    "wrong_password": End("", (ACCEPTED, ACCEPTED), O.CONFIRMED, admin="【通知を受け取れません】"),
    "unknown_order": End("", (ACCEPTED, ACCEPTED), O.CONFIRMED, admin="【心当たりのない注文】"),
    "taken_back": End(
        "",
        ((L.ORDERED, 0, 0, 0),) * 2,
        O.RECEIVED,
        buyer="受注確定の知らせを、Amazonが取り消しました。",
        admin="【知らせの取り消し】",
    ),
}
SHIPPED = {
    **dict.fromkeys(
        (
            "ok",
            "split",
            "other_seller",
            "never",
            "twice",
            "ship_before_confirm",
            "shared_secret",
        ),
        End(""),
    ),
    "late": End("+shipped"),
    "price_change": End(
        "+confirmed", buyer="すでに発送されているため", nobody="「注文を取り消したい」を押すか"
    ),
    "price_leap": gone("+mixed +shipped", PRICE),
    "out_of_stock": gone("+mixed +shipped", STOCK),
    "dear_shipping": gone("+mixed +shipped", SHIPPING),
    "slow_delivery": gone("+mixed +shipped", DAYS),
    "partial": End(
        "+mixed +shipped",
        (HALF, ALL),
        buyer="発送と不成立の両方の知らせ",
        admin="発送と不成立の知らせが食い違っています",
    ),
    "dates_of_2014": End("", admin="【一部読み取れず】"),  # dated before what came first: they change nothing
    "wrong_password": End("", admin="【通知を受け取れません】"),
    "unknown_order": End("", admin="【心当たりのない注文】"),
    "taken_back": End(
        "",
        (SENT_ONLY, SENT_ONLY),
        buyer="いまの状況: 発送完了",
        admin="【知らせの取り消し】",
        nobody="「注文を取り消したい」を押して",
    ),
}


@pytest.mark.parametrize(
    ("start", "ends", "engine"), [("confirmed", CONFIRMED, "sqlite"), ("shipped", SHIPPED, "postgres")]
)
async def test_every_push_at_such_an_order_is_told_rightly(
    tmp_path: Path, request: pytest.FixtureRequest, start: str, ends: dict[str, End], engine: str
) -> None:
    assert set(ends) == set(AFTERWARDS), "every mood that can be pushed has its row"
    faults: list[str] = []
    async with scene(tmp_path, request.getfixturevalue(f"{engine}_url")) as here:
        await here.place.register(TARO)
        for mood, end in ends.items():
            faults += [f"{mood}: {fault}" for fault in await _pushed(here, start, mood, end)]
    assert not faults, "\n".join(faults)


async def _pushed(here: Scene, start: str, mood: str, end: End) -> Sequence[str]:
    """One order, this mood pushed at it; what differs from its row."""
    place = here.place
    await place.fill_a_cart(TARO, *GOODS)
    await place.talk.tap(TARO, "決済する")
    await place.sees(TARO, "はい、決済します。")
    place.amazon_will("ok" if start == "shipped" else "taken_back")  # which waits long before it goes on
    number = await place.buy(TARO)
    for user, section in ((TARO, "notice"), (ADMIN, "admin")):
        await place.hears(user, _head(section, start, number))
    before = {user: len(await place.talk.messages(user)) for user in (TARO, ADMIN)}
    await place.push(number, mood)
    if mood == "late":
        await here.later(hours=25)
        here.amazon.release.set()
    await place.amazon_is_done(number)
    await here.quiet()
    here.amazon.release.clear()
    heard = {
        user: [text(m) for m in (await place.talk.messages(user))[before[user] :] if m["from"] == "bot"]
        for user in (TARO, ADMIN)
    }
    told = Counter(end.told.split())
    return [
        *_differs("state", (await here.order(number)).state, end.state),
        *_differs("lines", await _lines(here, number), end.lines),
        *_differs("buyer", _told(heard[TARO], "notice", number), told),
        *_differs("admin", _told(heard[ADMIN], "admin", number), told),
        *(
            []
            if not end.buyer or any(end.buyer in each for each in heard[TARO])
            else ["the buyer is not told"]
        ),
        *(
            []
            if not end.admin or any(end.admin in each for each in heard[ADMIN])
            else ["the admin is not told"]
        ),
        *(f"told all the same: {each}" for each in (*heard[TARO], *heard[ADMIN]) if end.nobody in each),
        *([] if end.told or end.buyer or not heard[TARO] else [f"told for nothing: {heard[TARO]}"]),
        *([] if end.told or end.admin or not heard[ADMIN] else [f"told for nothing: {heard[ADMIN]}"]),
    ]


def _head(section: str, name: str, number: str, mark: str = TEST) -> str:
    blank = dict.fromkeys(("total", "name"), "\0")
    return WORDS(section, name, mark=mark, number=number, buyer="山田 太郎さん", **blank).partition("\0")[0]


def _told(heard: Sequence[str], section: str, number: str) -> Counter[str]:
    """How often each sentence about this order was said."""
    names = ("confirmed", "mixed", "refused_lines", "waiting", "shipped", "shipped_partly", "late")
    heads = {
        sign + name: _head(section, name, number, mark)
        for sign, mark in (("", TEST), ("+", TEST + WORDS("common", "correction")))
        for name in names
    }
    return +Counter({name: sum(each.startswith(head) for each in heard) for name, head in heads.items()})
