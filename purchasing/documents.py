"""Amazon's documents in their orders' lanes: each read again from what was kept, and handed to who knows its kind."""

from datetime import datetime

from punchout import inbound
from punchout.confirmation import Confirmation
from punchout.invoice import Invoice
from punchout.shipment import ShipNotice
from punchout.status_update import StatusUpdate
from purchasing import evidence, fulfilment, invoicing, notices, submission
from purchasing.intake import Task
from purchasing.values import Company
from storage.database import Tx
from storage.tables import Order, StoredDocument
from storage.vault import Keyring

FAILED = "failed"
"""What became of a document that could not be applied at all."""


def apply(tx: Tx, vault: Keyring, company: Company, task: Task, now: datetime) -> None:
    """Let a document change its order. Applied once: a second call finds it done."""
    stored = tx.orm.get_one(StoredDocument, task.document_id)
    value = inbound.read(evidence.raw_bytes(vault, stored)).value
    match value:
        case Confirmation() | ShipNotice():
            fulfilment.apply(tx, company, task.order_id, stored, value, now)
        case Invoice():
            invoicing.apply(tx, company, task.order_id, stored, value, now)
        case StatusUpdate():
            _heed(tx, company, task.order_id, stored, value, now)


def _heed(
    tx: Tx, company: Company, order_id: int, stored: StoredDocument, value: StatusUpdate, now: datetime
) -> None:
    """A later word on the order that we sent. One that is bad and changes nothing of the order is for the admins."""
    stored.outcome = "applied"
    tx.orm.add(stored)
    changed = submission.hear(tx, company, order_id, value.status, now)
    if not value.status.taken and not changed:
        stored.note = f"Status {value.status.code}: {value.status.reason}"[:1000]
        notices.tell_of_document(tx, company, tx.orm.get_one(Order, order_id), stored, now)


def give_up(tx: Tx, company: Company, task: Task, now: datetime) -> None:
    """A document that could not be applied, however often it was tried: it is kept, and the admins are told."""
    stored = tx.orm.get_one(StoredDocument, task.document_id)
    stored.outcome = FAILED
    tx.orm.add(stored)
    notices.tell_of_document(tx, company, tx.orm.get_one(Order, task.order_id), stored, now)
