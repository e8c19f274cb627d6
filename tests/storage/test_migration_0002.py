"""Migration 0002 keeps what was there: two pieces stay two pieces, and half a piece half a piece."""

from decimal import Decimal
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from storage.database import open_database
from storage.migrate import migrate
from storage.tables import Order, OrderLine
from tests.storage.schema import engine_of

AT = "2026-11-24 01:00:00.000000"
ROWS = {
    "company": {"id": "c", "name": "株式会社サンプル商事", "provisioned_at": AT},
    "member": {
        "id": 1,
        "company_id": "c",
        "user_id": "u",
        "login_id": "",
        "last_name": "",
        "first_name": "",
        "language": "",
        "organizations": "",
        "met_at": AT,
    },
    "document": {
        "id": 1,
        "company_id": "c",
        "direction": "out",
        "identity": "p",
        "kind": "OrderRequest",
        "order_number": "KM-1",
        "at": AT,
        "sealed": b"",
        "outcome": "",
        "note": "",
    },
    "shopping_session": {
        "id": 1,
        "company_id": "c",
        "member_id": 1,
        "address_key": "honsha",
        "cart_token_hash": "t",
        "cookie_hash": "k",
        "state": "returned",
        "test": True,
        "opened_at": AT,
        "trouble": "",
    },
    "cart": {
        "id": 1,
        "company_id": "c",
        "member_id": 1,
        "session_id": 1,
        "address_key": "honsha",
        "state": "ordered",
        "test": True,
        "nonce": "n",
        "purpose": "",
        "currency": "JPY",
        "subtotal": 100,
        "total": 100,
        "received_at": AT,
        "held_until": AT,
        "document_id": 1,
    },
    "purchase_order": {
        "id": 1,
        "company_id": "c",
        "number": "KM-1",
        "member_id": 1,
        "cart_id": 1,
        "address_key": "honsha",
        "state": "received",
        "test": True,
        "currency": "JPY",
        "subtotal": 100,
        "total": 100,
        "payload_id": "p",
        "document_id": 1,
        "placed_at": AT,
        "refusal": "old words",
        "purpose": "",
        "receipt": "",
    },
    "order_line": {
        "id": 1,
        "order_id": 1,
        "line_number": 1,
        "asin": "B0",
        "description": "机",
        "unit_price": 100,
        "state": "ordered",
        "amazon_order": "",
        "reason_code": "",
        "reason": "",
    },
}


async def test_quantities_are_worth_what_they_were(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as before:
        before.setattr(command, "upgrade", lambda config, _target: upgrade(config, "0001"))
        migrate(empty_url)
    hundredths = 100 if empty_url.startswith("sqlite") else 1
    pieces: dict[str, Any] = {"quantity": 2, "accepted": Decimal("0.5"), "rejected": 0, "shipped": 0}
    quantities = {
        name: int(value * hundredths) if hundredths > 1 else value for name, value in pieces.items()
    }
    engine = engine_of(empty_url)
    with engine.begin() as conn:
        for table, row in ROWS.items():
            values = row | quantities if table == "order_line" else row
            names = ", ".join(values)
            conn.execute(
                text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)})"),
                values,
            )
    engine.dispose()
    assert "0002" in migrate(empty_url)
    database = open_database(empty_url)
    line, order = await database.read(lambda tx: (tx.orm.get_one(OrderLine, 1), tx.orm.get_one(Order, 1)))
    assert (line.quantity, line.accepted, line.confirmed_tax) == (2, Decimal("0.5"), None)
    assert (order.refusal, order.refusal_status) == ("old words", None)
    await database.close()
