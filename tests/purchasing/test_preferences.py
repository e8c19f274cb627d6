"""What an administrator wants to be told at once, once a day or not at all, and the digest at nine in the morning."""

from datetime import datetime, timedelta

import pytest

from purchasing import members, preferences
from purchasing.members import Person
from purchasing.notices import What
from purchasing.preferences import DIGEST, KINDS, Pace
from purchasing.values import TOKYO
from storage.database import Database, Tx
from storage.tables import Member
from tests.purchasing.jobs import jobs_of
from tests.trouble.house import ADMIN, COMPANY, NOW, TARO, known

LOGIN = "buyer-admin@sample"


def met(tx: Tx) -> Member:
    return members.meet(tx, COMPANY, Person(ADMIN, LOGIN, "購買管理者"), NOW, looked_up=True)


async def test_who_chose_nothing_is_told_everything_at_once(shop: Database) -> None:
    paces = await shop.read(lambda tx: preferences.paces(tx, COMPANY, (ADMIN, LOGIN)))
    assert paces == dict.fromkeys(KINDS, Pace.NOW)


async def test_a_choice_holds_for_its_kind_and_its_person_until_the_next(shop: Database) -> None:
    def choose(tx: Tx) -> None:
        preferences.choose(tx, met(tx), What.SHIPPED, Pace.OFF, NOW)
        preferences.choose(tx, met(tx), What.SHIPPED, Pace.DAILY, NOW)

    def look(tx: Tx) -> list[Pace]:
        asked = [
            (COMPANY, (ADMIN, LOGIN), What.SHIPPED),
            (COMPANY, (ADMIN,), What.SHIPPED),
            (COMPANY, (ADMIN, LOGIN), What.CONFIRMED),
            (COMPANY, (TARO,), What.SHIPPED),
            (COMPANY, ("",), What.SHIPPED),
            ("another", (ADMIN, LOGIN), What.SHIPPED),
        ]
        return [preferences.pace_of(tx, *who) for who in asked]

    await shop.write(choose)
    assert await shop.read(look) == [Pace.DAILY, Pace.DAILY, *[Pace.NOW] * 4]


@pytest.mark.parametrize(
    ("chosen", "goes_along"),
    [
        (
            What.ORDER_LATE,
            {
                What.ORDER_LATE,
                What.ORDER_UNANSWERED,
                What.ORDER_STUCK,
                What.ORDER_DOUBTFUL,
                What.CONFIRMATION_WITHDRAWN,
                What.SHIPMENT_WITHDRAWN,
                What.ORDER_FAILED,
            },
        ),
        (What.GOODS_MISSING, {What.GOODS_MISSING, What.GOODS_DAMAGED}),
        (What.ORDER_PLACED, {What.ORDER_PLACED}),
    ],
)
async def test_kinds_that_belong_together_are_chosen_as_one(
    shop: Database, chosen: What, goes_along: set[What]
) -> None:
    await shop.write(lambda tx: preferences.choose(tx, met(tx), chosen, Pace.OFF, NOW))
    off = await shop.read(
        lambda tx: {what for what in What if preferences.pace_of(tx, COMPANY, (ADMIN,), what) is Pace.OFF}
    )
    assert off == goes_along


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-24T08:59:59", "2026-11-24T09:00:00"),
        ("2026-11-24T09:00:00", "2026-11-25T09:00:00"),
        ("2026-11-24T23:59:00", "2026-11-25T09:00:00"),
        ("2026-11-25T00:01:00", "2026-11-25T09:00:00"),
        ("2026-12-31T10:00:00", "2027-01-01T09:00:00"),
    ],
)
async def test_a_digest_is_due_at_the_next_nine_oclock_in_japan(shop: Database, now: str, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=TOKYO)
    await shop.write(lambda tx: preferences.put_off(tx, COMPANY, ADMIN, "一つ目", moment))
    jobs = await shop.read(lambda tx: jobs_of(tx, DIGEST))
    assert [job.due for job in jobs] == [datetime.fromisoformat(due).replace(tzinfo=TOKYO)]


async def test_a_day_has_one_digest_with_all_its_lines_in_order_and_the_next_day_its_own(
    shop: Database,
) -> None:
    def put(tx: Tx, recipient: str, text: str, moment: datetime) -> None:
        preferences.put_off(tx, COMPANY, recipient, text, moment)

    await shop.write(lambda tx: put(tx, ADMIN, "一つ目", NOW))
    await shop.write(lambda tx: put(tx, LOGIN, "ほかの人", NOW))
    await shop.write(lambda tx: put(tx, ADMIN, "二つ目", NOW + timedelta(hours=3)))
    assert len(await shop.read(lambda tx: jobs_of(tx, DIGEST))) == 2
    assert await shop.write(lambda tx: preferences.take_digest(tx, COMPANY, ADMIN)) == ["一つ目", "二つ目"]
    assert await shop.write(lambda tx: preferences.take_digest(tx, COMPANY, ADMIN)) == []
    assert await shop.write(lambda tx: preferences.take_digest(tx, "another", LOGIN)) == []
    await shop.write(lambda tx: put(tx, ADMIN, "三つ目", NOW + timedelta(days=1)))
    assert len(await shop.read(lambda tx: jobs_of(tx, DIGEST))) == 3
    assert await shop.write(lambda tx: preferences.take_digest(tx, COMPANY, LOGIN)) == ["ほかの人"]


async def test_a_digest_goes_the_way_of_the_unit_that_puts_it(shop: Database) -> None:
    def fail(tx: Tx) -> None:
        preferences.put_off(tx, COMPANY, ADMIN, "一つ目", NOW)
        preferences.choose(tx, known(tx), What.SHIPPED, Pace.OFF, NOW)
        raise LookupError("later in the same unit")

    with pytest.raises(LookupError):
        await shop.write(fail)
    assert await shop.read(lambda tx: jobs_of(tx, DIGEST)) == []
    assert await shop.write(lambda tx: preferences.take_digest(tx, COMPANY, ADMIN)) == []
    assert await shop.read(lambda tx: preferences.pace_of(tx, COMPANY, (TARO,), What.SHIPPED)) is Pace.NOW
