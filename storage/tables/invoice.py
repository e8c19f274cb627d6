"""Invoices that Amazon sent by cXML, each as far as it speaks of one order: no qualified invoices (適格請求書)."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import Amount, BigId, Quantity, Utc


class Invoice(SQLModel, table=True):
    """One InvoiceDetailRequest, the part of one order. Amounts are None where the document does not tell them.

    `number` is cXML's invoiceID; `withdrawn` says that a later document took the invoice back or replaced it.
    """

    __tablename__ = "invoice"
    __table_args__ = (UniqueConstraint("document_id", "order_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    order_id: int = Field(foreign_key="purchase_order.id", sa_type=BigId, index=True)
    document_id: int = Field(foreign_key="document.id", sa_type=BigId)
    number: str
    purpose: str
    operation: str
    withdrawn: bool = False
    subtotal: Decimal | None = Field(default=None, sa_type=Amount)
    shipping: Decimal | None = Field(default=None, sa_type=Amount)
    tax: Decimal | None = Field(default=None, sa_type=Amount)
    total: Decimal | None = Field(default=None, sa_type=Amount)
    invoiced_at: datetime | None = Field(default=None, sa_type=Utc)
    noticed_at: datetime = Field(sa_type=Utc)


class InvoiceLine(SQLModel, table=True):
    """One line of an invoice; `line_number` is the order's, None where it names none of ours."""

    __tablename__ = "invoice_line"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    invoice_id: int = Field(foreign_key="invoice.id", sa_type=BigId, index=True)
    line_number: int | None = None
    quantity: Decimal | None = Field(default=None, sa_type=Quantity)
    unit_price: Decimal | None = Field(default=None, sa_type=Amount)
    subtotal: Decimal | None = Field(default=None, sa_type=Amount)
    tax: Decimal | None = Field(default=None, sa_type=Amount)
