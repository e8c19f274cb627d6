"""A database as it is after years: members, orders, waiting notices. Written by SQL from one example of each row."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import SQLModel

from bench.house import COMPANY
from bot.lineworks.message import Text
from bot.talk import outbox
from bot.talk.outbox import NOTICE
from purchasing.lifecycle import CartState, LineState, OrderState, SessionState
from storage.database import Tx
from storage.tables import Cart, JobRow, Member, Order, OrderLine, ShoppingSession, StoredDocument

MEMBERS = 10_000
NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)


def purchase(tx: Tx, number: int, member: int) -> None:
    """One order of two lines, with all that belongs to it. `number` has to be new."""
    document = StoredDocument(
        company_id=COMPANY,
        direction="out",
        identity=f"payload-{number}",
        kind="OrderRequest",
        order_number=f"KM-{number:08}",
        at=NOW,
        sealed=b"x" * 800,
        outcome="taken",
    )
    session = ShoppingSession(
        company_id=COMPANY,
        member_id=member,
        address_key="honsha",
        cart_token_hash=f"token-{number}",
        cookie_hash=f"cookie-{number}",
        state=SessionState.RETURNED,
        test=True,
        opened_at=NOW,
    )
    tx.orm.add_all((document, session))
    tx.orm.flush()
    assert document.id is not None
    assert session.id is not None
    amounts: dict[str, Any] = {
        "currency": "JPY",
        "subtotal": Decimal(1500),
        "tax": Decimal(150),
        "total": Decimal(1650),
    }
    cart = Cart(
        company_id=COMPANY,
        member_id=member,
        session_id=session.id,
        address_key="honsha",
        state=CartState.ORDERED,
        test=True,
        nonce="nonce",
        received_at=NOW,
        held_until=NOW,
        document_id=document.id,
        **amounts,
    )
    tx.orm.add(cart)
    tx.orm.flush()
    assert cart.id is not None
    order = Order(
        company_id=COMPANY,
        number=f"KM-{number:08}",
        member_id=member,
        cart_id=cart.id,
        address_key="honsha",
        state=OrderState.CONFIRMED,
        test=True,
        payload_id=f"payload-{number}",
        document_id=document.id,
        placed_at=NOW,
        **amounts,
    )
    tx.orm.add(order)
    tx.orm.flush()
    assert order.id is not None
    for line in (1, 2):
        tx.orm.add(
            OrderLine(
                order_id=order.id,
                line_number=line,
                asin=f"B0{line:08}",
                description="事務用品",
                quantity=Decimal(1),
                unit_price=Decimal(750),
                state=LineState.ACCEPTED,
            )
        )


def fill(tx: Tx, orders: int, notices: int) -> None:
    """Members, orders and waiting notices, the first of each made as ever and the others like it."""
    member = Member(company_id=COMPANY, user_id="reader-0", email="reader@example.co.jp", met_at=NOW)
    tx.orm.add(member)
    tx.orm.flush()
    _repeat(tx, Member, MEMBERS, {"user_id": "'reader-' || n"})
    purchase(tx, 1, member.id or 0)
    tx.orm.flush()
    whose = f"t.member_id + n % {MEMBERS}"
    _repeat(
        tx,
        StoredDocument,
        orders,
        {"identity": "'payload-' || (n + 1)", "order_number": "printf('KM-%08d', n + 1)"},
    )
    _repeat(
        tx,
        ShoppingSession,
        orders,
        {"member_id": whose, "cart_token_hash": "'token-' || (n + 1)", "cookie_hash": "'cookie-' || (n + 1)"},
    )
    _repeat(
        tx,
        Cart,
        orders,
        {"member_id": whose, "session_id": "t.session_id + n", "document_id": "t.document_id + n"},
    )
    _repeat(
        tx,
        Order,
        orders,
        {
            "member_id": whose,
            "number": "printf('KM-%08d', n + 1)",
            "payload_id": "'payload-' || (n + 1)",
            "cart_id": "t.cart_id + n",
            "document_id": "t.document_id + n",
        },
    )
    _repeat(tx, OrderLine, 2 * orders, {"order_id": "t.order_id + n / 2", "line_number": "1 + n % 2"}, made=2)
    if notices:
        outbox.post(tx, COMPANY, "reader-0", [Text("お知らせ")], key="notice-0", now=NOW, priority=NOTICE)
        lane = f"'send:{COMPANY}:reader-' || (n % {MEMBERS})"
        state = f"CASE WHEN n < {MEMBERS} THEN 'ready' ELSE 'waiting' END"
        _repeat(tx, JobRow, notices, {"lane": lane, "key": "'notice-' || n", "state": state})
    tx.conn.execute(text("ANALYZE"))


def _repeat(tx: Tx, row: type[SQLModel], count: int, changes: Mapping[str, str], made: int = 1) -> None:
    """`count` rows like the first, which stands for n = 0; `changes` are SQL over n and that row t."""
    table = row.metadata.tables[str(row.__tablename__)]
    expressions: dict[str, Any] = {"id": "t.id + n", **changes}
    names = [column.name for column in table.columns]
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(expressions.get(name, f't."{name}"') for name in names)
    tx.conn.execute(
        text(
            f"INSERT INTO {table.name} ({columns}) "
            f"WITH RECURSIVE c(n) AS (SELECT {made} UNION ALL SELECT n + 1 FROM c WHERE n + 1 < :count) "
            f"SELECT {values} FROM c, (SELECT * FROM {table.name} ORDER BY id LIMIT 1) AS t WHERE n < :count"
        ),
        {"count": count},
    )
