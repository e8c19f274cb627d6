"""A row found by a prepared statement is the row that the session would have loaded."""

from datetime import UTC, datetime

from sqlmodel import select

from storage import talks
from storage.database import Database, Tx
from storage.finder import Finder
from storage.tables import Company, Member, Talk

NOW = datetime(2026, 11, 24, 1, 0, 0, 123456, tzinfo=UTC)
BY_USER = Finder(Member, "company_id", "user_id")


def meet(tx: Tx) -> None:
    tx.orm.add(Company(id="sample", name="株式会社サンプル商事", provisioned_at=NOW))
    tx.orm.flush()
    tx.orm.add(Member(company_id="sample", user_id="taro", last_name="山田", met_at=NOW))


async def test_it_is_as_the_session_loads_it(database: Database) -> None:
    await database.write(meet)
    found = await database.read(lambda tx: BY_USER.find(tx, company_id="sample", user_id="taro"))
    loaded = await database.read(lambda tx: tx.orm.exec(select(Member)).one())
    assert found is not None
    assert found.model_dump() == loaded.model_dump()
    assert found.met_at == NOW


async def test_nobody_is_none(database: Database) -> None:
    assert await database.read(lambda tx: BY_USER.find(tx, company_id="sample", user_id="jiro")) is None


async def test_what_is_changed_is_stored(database: Database) -> None:
    await database.write(meet)

    def change(tx: Tx) -> None:
        member = BY_USER.find(tx, company_id="sample", user_id="taro")
        assert member is not None
        member.email = "taro.yamada@example.co.jp"

    await database.write(change)
    stored = await database.read(lambda tx: tx.orm.exec(select(Member)).one())
    assert (stored.email, stored.last_name) == ("taro.yamada@example.co.jp", "山田")


async def test_a_row_that_the_session_has_already_is_that_object(database: Database) -> None:
    await database.write(meet)

    def look(tx: Tx) -> bool:
        loaded = tx.orm.exec(select(Member)).one()
        return BY_USER.find(tx, company_id="sample", user_id="taro") is loaded

    assert await database.read(look)


async def test_a_talk_is_kept_by_its_own_statement_and_by_no_other(database: Database) -> None:
    talk = Talk(company_id="sample", user_id="taro", state="new", changed_at=NOW)
    await database.write(lambda tx: talks.keep(tx, talk))

    def look_and_forget(tx: Tx) -> None:
        copy = talks.look(tx, "sample", "taro")
        assert copy is not None
        copy.state = "asked_member"

    await database.write(look_and_forget)
    kept = await database.read(lambda tx: talks.look(tx, "sample", "taro"))
    assert kept is not None
    assert (kept.state, kept.about, kept.changed_at) == ("new", "", NOW)
    talk.state, talk.about = "asked_pay", "7"
    await database.write(lambda tx: talks.keep(tx, talk))
    kept = await database.read(lambda tx: talks.look(tx, "sample", "taro"))
    assert kept is not None
    assert (kept.state, kept.about) == ("asked_pay", "7")
