"""The accounts of a load test: what was acknowledged, bought and said, here and outside, and what must agree."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from sqlmodel import and_, col, not_, select

from bench.town import COMPANY, Town
from bot.handlers import CALLBACK
from bot.talk import outbox
from bot.talk.outbox import Send
from storage.database import Database, Tx
from storage.tables import Cart, JobRow, Order

DRAINED_WITHIN = 90.0
IN_HAND = 5
"""Sends that a worker has in hand at most, for each company: what a kill can cause to be said again."""
SLOP = timedelta(seconds=1)
"""A message that was on its way when its sender died may be taken a little later."""


async def drained(db: Database) -> None:
    """Returns once nothing is left to be done but what waits for its time (reminders, the nightly sweep), and every
    order was shipped.
    """

    def busy(tx: Tx) -> bool:
        for_later = and_(JobRow.state == "ready", JobRow.attempts == 0, col(JobRow.due) > datetime.now(UTC))
        open_jobs = select(JobRow.id).where(
            col(JobRow.state).in_(["waiting", "ready", "leased"]), not_(for_later)
        )
        on_its_way = select(Order.id).where(Order.state != "shipped")
        return tx.orm.exec(open_jobs).first() is not None or tx.orm.exec(on_its_way).first() is not None

    async with asyncio.timeout(DRAINED_WITHIN):
        while await db.read(busy):
            await asyncio.sleep(0.5)


async def counted(town: Town, db: Database) -> dict[str, Any]:
    callbacks, sends, buried = await db.read(_jobs)
    carts, orders = await db.read(_orders)
    documents = [entry for entry in await town.amazon("documents") if entry["kind"] == "OrderRequest"]
    at_amazon = await town.amazon("orders")
    kills = sorted(at for bot in town.bots if bot.name.startswith("worker") for at in bot.kills)
    said = await _said(town, {recipient for recipient, _ in sends})
    handled = {key.rpartition(":")[2] for key in callbacks}
    missing, again, unexplained = _compared(sends, times_of(said), kills)
    return {
        "kills": sum(len(bot.kills) for bot in town.bots),
        "kills_of_each": {bot.name: len(bot.kills) for bot in town.bots},
        "killed_before_at_work": sum(bot.early for bot in town.bots),
        "kills_of_workers": len(kills),
        "requests_sent_again": town.balancer.again,
        "exit_codes": sorted({code for bot in town.bots for code, _ in bot.stops}),
        "longest_stop_seconds": round(max(took for bot in town.bots for _, took in bot.stops), 1),
        "callbacks_acknowledged": len(town.balancer.acknowledged),
        "of_these_handled": len(town.balancer.acknowledged & handled),
        "buried": buried,
        "confirmed_by_buyers": sum(buyer.yes for buyer in town.buyers),
        "carts_ordered": carts,
        "order_numbers": len({number for number, _ in orders}),
        "payload_ids": len({payload for _, payload in orders}),
        "order_requests_at_amazon": len(documents),
        "orders_at_amazon": len(at_amazon),
        "agree_with_amazon": orders
        == {(order["order_id"], order["payload_id"]) for order in at_amazon}
        == {(entry["order_id"], entry["payload_id"]) for entry in documents},
        "messages_to_be_sent": len(sends),
        "messages_missing": missing,
        "messages_repeated": again,
        "repeated_without_a_kill": unexplained,
        "talks_out_of_order": sum(
            _once([content for to, content in sends if to == person])
            != _once([content for content, _ in came])
            for person, came in said.items()
        ),
    }


def _jobs(tx: Tx) -> tuple[list[str], list[tuple[str, str]], int]:
    """Keys of the callbacks that are done, recipient and content of every message, and how many jobs are buried."""
    rows = tx.orm.exec(select(JobRow).order_by(col(JobRow.id))).all()
    sends = [Send.unpack(row.payload) for row in rows if row.kind == outbox.kind(COMPANY)]
    return (
        [row.key for row in rows if row.kind == CALLBACK and row.state == "done"],
        [(send.recipient, canonical(send.content)) for send in sends],
        sum(row.state == "buried" for row in rows),
    )


def _orders(tx: Tx) -> tuple[int, set[tuple[str, str]]]:
    carts = tx.orm.exec(select(Cart.id).where(Cart.state == "ordered")).all()
    return len(carts), set(tx.orm.exec(select(Order.number, Order.payload_id)).all())


async def _said(town: Town, recipients: set[str]) -> dict[str, list[tuple[str, datetime]]]:
    """What came to each person and when, in order."""
    return {
        person: [
            (canonical(message["content"]), datetime.fromisoformat(message["at"]))
            for message in await town.talk.messages(person)
            if message["from"] == "bot"
        ]
        for person in recipients
    }


def times_of(said: dict[str, list[tuple[str, datetime]]]) -> dict[tuple[str, str], list[datetime]]:
    """When each message came to each person."""
    times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for person, came in said.items():
        for content, at in came:
            times[person, content].append(at)
    return times


def _once(contents: list[str]) -> list[str]:
    """Without what is the same as the one before: a repetition comes in the place of what it repeats."""
    return [content for content, _ in groupby(contents)]


def _compared(
    sends: Sequence[tuple[str, str]], said: dict[tuple[str, str], list[datetime]], kills: Sequence[datetime]
) -> tuple[int, int, int]:
    """Messages that did not come, that came more often than they should, and those of which no kill can be the cause."""
    missing = again = unexplained = 0
    for message, wanted in Counter(sends).items():
        times = sorted(said.get(message, []))
        missing += max(0, wanted - len(times))
        again += (more := max(0, len(times) - wanted))
        pairs = pairwise(times)
        explained = sum(any(first - SLOP <= kill <= then for kill in kills) for first, then in pairs)
        unexplained += max(0, more - explained)
    return missing, again, unexplained


def canonical(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def limits(figures: dict[str, Any]) -> dict[str, bool]:
    """What must hold, by name."""
    confirmed = figures["confirmed_by_buyers"]
    return {
        "acknowledged_is_handled": figures["callbacks_acknowledged"] == figures["of_these_handled"]
        and not figures["not_acknowledged"],
        "a_confirmed_cart_is_one_order": confirmed > 0
        and all(
            figures[name] == confirmed
            for name in ("carts_ordered", "order_numbers", "payload_ids", "orders_at_amazon")
        )
        and figures["agree_with_amazon"],
        "everything_was_said": figures["messages_missing"] == figures["buried"] == 0,
        "each_person_in_order": figures["talks_out_of_order"] == 0,
        "said_again_only_after_a_kill": figures["repeated_without_a_kill"] == 0
        and figures["messages_repeated"] <= IN_HAND * figures["kills_of_workers"],
        "a_stop_takes_less_than_10_seconds": figures["longest_stop_seconds"] < 10
        and figures["exit_codes"] == [0],
    }
