"""The audit: one chain per company, stored with the fact, changed by nobody, and whole however many write at once."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from storage import audit
from storage.audit import Verdict
from storage.database import Database, Tx, open_database, trace
from storage.tables import Company, Order
from tests.storage import filled
from tests.storage.jobs import NOW, after

WHAT = ("member_registered", "cart_offered", "order_placed")


@pytest.fixture
async def ledger(database: Database) -> Database:
    """A database with two companies."""

    def furnish(tx: Tx) -> None:
        for name in ("sample", "another"):
            tx.orm.add(Company(id=name, name=name, provisioned_at=NOW))

    await database.write(furnish)
    return database


def noting(*whats: str, company: str = "sample", order: str = "", member: int | None = None):  # type: ignore[no-untyped-def]
    def work(tx: Tx) -> None:
        for what in whats:
            audit.note(
                tx,
                company,
                "member:1",
                what,
                after(0.000123),
                order_number=order,
                member_id=member,
                why="なぜ",
            )

    return work


async def verdict(database: Database, company: str = "sample") -> Verdict:
    return await database.read(lambda tx: audit.verify(tx, company))


async def force(database: Database, sql: str) -> None:
    """What somebody with the database's own tools can do: take the guard away and change a row."""

    def work(tx: Tx) -> None:
        if tx.conn.dialect.name == "sqlite":
            for guard in ("entry_no_update", "entry_no_delete", "head_only_grows", "head_stays"):
                tx.conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS audit_{guard}")
        else:
            tx.conn.exec_driver_sql("DROP TRIGGER IF EXISTS audit_entry_no_change ON audit_entry")
            for guard in ("only_grows", "stays"):
                tx.conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS audit_head_{guard} ON audit_head")
        for statement in sql.split(";"):
            tx.conn.execute(text(statement))

    await database.write(work)


async def test_a_chain_grows_and_is_whole(ledger: Database) -> None:
    assert await verdict(ledger) == Verdict(0)
    await ledger.write(noting(*WHAT))
    await ledger.write(noting("order_received"))
    await ledger.write(noting("configured", company="another"))
    assert await verdict(ledger) == Verdict(4)
    assert await verdict(ledger, "another") == Verdict(1)


async def test_what_fails_leaves_no_entry_and_no_gap(ledger: Database) -> None:
    def fails(tx: Tx) -> None:
        noting("order_placed")(tx)
        raise KeyError("the fact itself failed")

    with pytest.raises(KeyError):
        await ledger.write(fails)
    await ledger.write(noting("member_registered"))
    assert await verdict(ledger) == Verdict(1)


async def test_many_at_once_make_one_chain(ledger: Database) -> None:
    """Also where two companies are written in one unit: nobody waits for ever."""

    def both(tx: Tx) -> None:
        noting("a", company="sample")(tx)
        noting("b", company="another")(tx)

    def the_other_way_round(tx: Tx) -> None:
        noting("c", company="another")(tx)
        noting("d", company="sample")(tx)

    await asyncio.gather(*(ledger.write(work) for _ in range(40) for work in (both, the_other_way_round)))
    assert await verdict(ledger) == Verdict(80)
    assert await verdict(ledger, "another") == Verdict(80)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'x'",
        "DELETE FROM audit_entry",
        "UPDATE audit_head SET place = 2",
        "UPDATE audit_head SET hash = 'x'",
        "DELETE FROM audit_head",
    ],
)
async def test_the_database_itself_refuses_changes_and_moving_back(ledger: Database, statement: str) -> None:
    await ledger.write(noting(*WHAT))
    with pytest.raises(DBAPIError, match="append-only"):
        await ledger.write(lambda tx: tx.conn.execute(text(statement)))
    assert await verdict(ledger) == Verdict(3)


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE audit_entry SET facts = '{}' WHERE place = 2", Verdict(1, 2, "changed")),
        (
            "UPDATE audit_entry SET at = '2026-11-02 03:00:00.000124' WHERE place = 3",
            Verdict(2, 3, "changed"),
        ),
        ("UPDATE audit_entry SET member_id = 9 WHERE place = 1", Verdict(0, 1, "changed")),
        ("DELETE FROM audit_entry WHERE place = 2", Verdict(1, 2, "missing")),
        ("DELETE FROM audit_entry WHERE place = 3", Verdict(2, 3, "cut")),
        ("DELETE FROM audit_entry", Verdict(0, 1, "cut")),
        ("UPDATE audit_entry SET place = 0 WHERE place = 1", Verdict(0, 0, "changed")),
        (
            "INSERT INTO audit_entry (company_id, place, at, actor, what, order_number, facts, trace, hash) "
            "SELECT company_id, -7, at, actor, what, order_number, facts, trace, hash FROM audit_entry WHERE place = 2",
            Verdict(0, -7, "changed"),
        ),
    ],
)
async def test_tampering_is_found_where_it_was_done(ledger: Database, tampering: str, found: Verdict) -> None:
    await ledger.write(noting(*WHAT))
    await force(ledger, tampering)
    assert await verdict(ledger) == found


@pytest.mark.parametrize("value", ["'yesterday'", "1", "x'ff'"])
async def test_a_time_that_cannot_be_read_is_a_changed_entry(sqlite_url: str, value: str) -> None:
    """SQLite puts anything into any column; PostgreSQL refuses it."""
    ledger = open_database(sqlite_url)
    await ledger.write(lambda tx: tx.orm.add(Company(id="sample", name="sample", provisioned_at=NOW)))
    await ledger.write(noting(*WHAT))
    await force(ledger, f"UPDATE audit_entry SET at = {value} WHERE place = 2")
    assert await verdict(ledger) == Verdict(1, 2, "changed")
    await ledger.close()


async def test_a_chain_cut_together_with_its_head_lacks_the_head_that_was_kept(ledger: Database) -> None:
    await ledger.write(noting(*WHAT))
    whole = await verdict(ledger)

    async def still_there() -> bool:
        return await ledger.read(lambda tx: audit.holds(tx, "sample", whole.count, whole.hash))

    await ledger.write(noting("order_received"))
    assert await still_there()
    assert [head.place for head in await ledger.read(audit.heads)] == [4]
    await force(
        ledger,
        "DELETE FROM audit_entry WHERE place > 2;"
        "UPDATE audit_head SET place = 2, hash = (SELECT hash FROM audit_entry WHERE place = 2)",
    )
    assert await verdict(ledger) == Verdict(2), "by itself it looks whole"
    assert not await still_there()


async def test_orders_without_any_entry_are_missing_them(database_url: str) -> None:
    filled.fill(database_url)
    ledger = open_database(database_url)
    company = await ledger.read(lambda tx: tx.orm.exec(select(Order)).first().company_id)  # type: ignore[union-attr]
    await force(ledger, "DELETE FROM audit_entry; DELETE FROM audit_head")
    assert await verdict(ledger, company) == Verdict(0, 1, "none")
    assert await verdict(ledger, "another") == Verdict(0)
    await ledger.close()


async def test_a_long_chain_is_walked_page_by_page(ledger: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAGE", 2)
    await ledger.write(noting(*WHAT))
    await ledger.write(noting("order_received"))
    assert await verdict(ledger) == Verdict(4)


async def test_entries_of_an_order_and_of_a_member(ledger: Database) -> None:
    await ledger.write(noting("member_registered", member=7))
    await ledger.write(noting("order_placed", order="KM-1", member=7))
    await ledger.write(noting("order_shipped", order="KM-1"))

    async def found(**which: object) -> list[str]:
        rows = await ledger.read(lambda tx: audit.entries(tx, "sample", **which))  # type: ignore[arg-type]
        return [row.what for row in rows]

    assert await found() == ["member_registered", "order_placed", "order_shipped"]
    assert await found(order_number="KM-1") == ["order_placed", "order_shipped"]
    assert await found(member_id=7) == ["member_registered", "order_placed"]
    assert await found(limit=1) == ["order_shipped"]
    assert await found(order_number="KM-2") == []


async def test_an_entry_bears_the_trace_of_what_the_program_is_at(ledger: Database) -> None:
    token = trace.set("a purchase")
    await ledger.write(noting("order_placed"))
    trace.reset(token)
    (entry,) = await ledger.read(lambda tx: audit.entries(tx, "sample"))
    assert (entry.trace, entry.at, entry.facts) == ("a purchase", after(0.000123), '{"why":"なぜ"}')
