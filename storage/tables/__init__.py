"""Every table of kaimono, one module per aggregate. Importing this package registers them all."""

from storage.tables.audit import AuditEntry, AuditHead
from storage.tables.company import Company, DeliveryAddress
from storage.tables.document import StoredDocument
from storage.tables.invoice import Invoice, InvoiceLine
from storage.tables.job import JobRow
from storage.tables.line import AccessToken, SendPace
from storage.tables.member import DigestEntry, Member, NoticeChoice, Talk
from storage.tables.order import (
    NumberSeries,
    Order,
    OrderConfirmation,
    OrderConfirmationLine,
    OrderLine,
    Shipment,
    ShipmentLine,
)
from storage.tables.shopping import Cart, CartLine, ShopLink, ShoppingSession

__all__ = [
    "AccessToken",
    "AuditEntry",
    "AuditHead",
    "Cart",
    "CartLine",
    "Company",
    "DeliveryAddress",
    "DigestEntry",
    "Invoice",
    "InvoiceLine",
    "JobRow",
    "Member",
    "NoticeChoice",
    "NumberSeries",
    "Order",
    "OrderConfirmation",
    "OrderConfirmationLine",
    "OrderLine",
    "SendPace",
    "Shipment",
    "ShipmentLine",
    "ShopLink",
    "ShoppingSession",
    "StoredDocument",
    "Talk",
]
