"""Raw documents as evidence: kept once, sealed, never changed."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from storage.database import Tx
from storage.tables import Invoice, Order, OrderConfirmation, Shipment, StoredDocument
from storage.vault import Keyring


def identity_of(payload_id: str | None, raw: bytes) -> str:
    """What makes a document the same document: its payloadID, or its bytes where Amazon left that out."""
    return payload_id or f"sha256:{sha256(raw).hexdigest()}"


def _place(company_id: str, direction: str, identity: str) -> str:
    return f"document:{company_id}:{direction}:{identity}"


def find(tx: Tx, company_id: str, direction: str, identity: str) -> StoredDocument | None:
    return tx.orm.exec(
        select(StoredDocument).where(
            StoredDocument.company_id == company_id,
            StoredDocument.direction == direction,
            StoredDocument.identity == identity,
        )
    ).first()


def keep(
    tx: Tx,
    vault: Keyring,
    *,
    company_id: str,
    direction: str,
    identity: str,
    kind: str,
    raw: bytes,
    now: datetime,
    outcome: str,
    note: str = "",
    order_number: str = "",
) -> StoredDocument:
    """Keep a document. One that is already here is returned as it is: the first copy is the evidence."""
    row = {
        "company_id": company_id,
        "direction": direction,
        "identity": identity,
        "kind": kind,
        "order_number": order_number,
        "at": now,
        "sealed": vault.seal(raw, _place(company_id, direction, identity)),
        "outcome": outcome,
        "note": note,
    }
    # Two processes may be handed the same document at the same moment; neither must fail for it.
    dialect = postgresql if tx.conn.dialect.name == "postgresql" else sqlite
    tx.conn.execute(dialect.insert(StoredDocument).values(row).on_conflict_do_nothing())
    kept = find(tx, company_id, direction, identity)
    assert kept is not None
    return kept


def of_order(tx: Tx, company_id: str, number: str) -> list[StoredDocument]:
    """Every document that an order was made of or that spoke of it, oldest first."""
    named = tx.orm.exec(
        select(StoredDocument).where(
            StoredDocument.company_id == company_id, StoredDocument.order_number == number
        )
    ).all()
    found = {document.id: document for document in named}
    for table in (OrderConfirmation, Shipment, Invoice):
        told = select(StoredDocument).join(table, col(StoredDocument.id) == table.document_id)
        of_this = told.join(Order, col(Order.id) == table.order_id).where(
            Order.company_id == company_id, Order.number == number
        )
        found |= {document.id: document for document in tx.orm.exec(of_this).all()}
    return sorted(found.values(), key=lambda document: document.id or 0)


def raw_bytes(vault: Keyring, document: StoredDocument) -> bytes:
    """The document exactly as it came or went."""
    return vault.open(document.sealed, _place(document.company_id, document.direction, document.identity))


def lacking_key(tx: Tx, vault: Keyring) -> str:
    """The name of a key that the ring lacks and that the newest document was sealed with; "" if it can be read."""
    newest = select(StoredDocument.sealed).order_by(col(StoredDocument.id).desc()).limit(1)
    sealed = tx.orm.exec(newest).first()
    return vault.lacks(sealed) if sealed is not None else ""
