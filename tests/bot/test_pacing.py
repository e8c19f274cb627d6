"""One bucket for all processes: together they never send more than a minute allows, and what one learns all know."""

import asyncio
from datetime import timedelta

import pytest

from bot.app import provision
from bot.lineworks.pace import Rate
from bot.pacing import SharedPace
from storage.database import Database, Tx, open_database
from tests.trouble.house import COMPANY, NOW, config


@pytest.fixture(autouse=True)
async def _furnished(database: Database) -> None:
    await database.write(lambda tx: provision(tx, config(), NOW))


def pace(per_minute: float = 240) -> SharedPace:
    return SharedPace(COMPANY, per_minute)


async def sent(database: Database, seconds: float, wanted: int = 1000, per_minute: float = 240) -> int:
    """How many sends begin at this time, of so many that wait."""
    begun: list[int] = []

    def take(room: int) -> int:
        begun.append(min(room, wanted))
        return begun[-1]

    def work(tx: Tx) -> timedelta:
        begun.clear()
        return pace(per_minute).let(tx, take, NOW + timedelta(seconds=seconds))

    await database.write(work)
    return sum(begun)


async def test_it_is_full_at_first_and_flows_in_afterwards(database: Database) -> None:
    assert [await sent(database, at) for at in (0, 0.4, 0.5, 10.5)] == [120, 0, 1, 20]


async def test_it_tells_when_to_come_again(database: Database) -> None:
    def all_there_is(tx: Tx) -> timedelta:
        return pace(60).let(tx, lambda room: room, NOW)

    assert (await database.write(all_there_is)).total_seconds() == pytest.approx(2, abs=1e-4)
    later = NOW + timedelta(minutes=1)
    assert await database.write(lambda tx: pace(60).let(tx, lambda _: 0, later)) == timedelta(0)


async def test_what_is_not_taken_stays(database: Database) -> None:
    assert [await sent(database, 0, wanted=5), await sent(database, 0, wanted=0)] == [5, 0]
    assert await sent(database, 0) == 115


async def test_a_unit_that_fails_has_sent_nothing(database: Database) -> None:
    def work(tx: Tx) -> None:
        pace().let(tx, lambda room: room, NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(work)
    assert await sent(database, 0) == 120


async def test_a_429_of_one_holds_all(database: Database) -> None:
    await database.write(lambda tx: pace().hold(tx, timedelta(seconds=30), NOW))
    assert [await sent(database, at) for at in (29.9, 30)] == [0, 1]


async def test_what_the_platform_says_is_heeded_by_all(database: Database) -> None:
    assert [pace().minds(Rate(left)) for left in (None, 239, 120, 119, 0)] == [False] * 3 + [True] * 2
    await database.write(lambda tx: pace().heed(tx, Rate(7, 40.0), NOW))
    assert await sent(database, 0) == 7
    await database.write(lambda tx: pace().heed(tx, Rate(0, 40.0), NOW + timedelta(seconds=1)))
    assert [await sent(database, at) for at in (40.9, 41)] == [0, 1]


async def test_processes_that_ask_at_the_same_moment_share_what_there_is(postgres_url: str) -> None:
    """Eight at a time, on two pools of connections, from the first send on, which makes the bucket."""
    here, there = open_database(postgres_url), open_database(postgres_url)
    try:
        await here.write(lambda tx: provision(tx, config(), NOW))
        for second in range(3):
            counts = await asyncio.gather(*(sent(db, second, wanted=40) for db in (here, there) * 4))
            assert sum(counts) == (120 if second == 0 else 2)
    finally:
        await here.close()
        await there.close()
