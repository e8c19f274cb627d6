"""Orders, their lines, and what Amazon told about them."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import Amount, BigId, Package, Packages, Quantity, Utc


class NumberSeries(SQLModel, table=True):
    """The last number given in a company's series (one series per month with the default pattern)."""

    __tablename__ = "number_series"

    company_id: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    last: int


class Order(SQLModel, table=True):
    """A purchase order. `number` (cXML orderID) and `payload_id` are made with it and never change."""

    __tablename__ = "purchase_order"
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "payload_id"),
        Index("ix_purchase_order_placed_at", "company_id", "placed_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    company_id: str = Field(foreign_key="company.id")
    number: str
    member_id: int = Field(foreign_key="member.id", sa_type=BigId, index=True)
    cart_id: int = Field(foreign_key="cart.id", sa_type=BigId, unique=True)
    address_key: str
    state: str = Field(index=True)
    test: bool
    currency: str
    subtotal: Decimal = Field(sa_type=Amount)
    shipping: Decimal | None = Field(default=None, sa_type=Amount)
    tax: Decimal | None = Field(default=None, sa_type=Amount)
    total: Decimal = Field(sa_type=Amount)
    payload_id: str
    document_id: int = Field(foreign_key="document.id", sa_type=BigId, index=True)
    placed_at: datetime = Field(sa_type=Utc)
    answered_at: datetime | None = Field(default=None, sa_type=Utc)
    confirmed_at: datetime | None = Field(default=None, sa_type=Utc)
    shipped_at: datetime | None = Field(default=None, sa_type=Utc)
    refusal: str = ""
    """Amazon's own words on why it did not take the order; empty where it gave none."""
    refusal_status: int | None = None
    """The Status, or the HTTP code of an answer without one, that refused the order."""
    purpose: str = ""
    cost_center: str = ""
    gl_account: str = ""
    project: str = ""
    receipt: str = ""
    """What the buyer said of the goods: arrived, missing or damaged."""
    receipt_at: datetime | None = Field(default=None, sa_type=Utc)
    cancel_wished_at: datetime | None = Field(default=None, sa_type=Utc)
    trace: str = ""
    """The id that follows the purchase through log, audit and queue."""


class OrderLine(SQLModel, table=True):
    """One line of an order: what was ordered, and how much of it was accepted, refused and shipped so far."""

    __tablename__ = "order_line"
    __table_args__ = (UniqueConstraint("order_id", "line_number"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    order_id: int = Field(foreign_key="purchase_order.id", sa_type=BigId)
    line_number: int
    asin: str
    description: str
    quantity: Decimal = Field(sa_type=Quantity)
    unit_price: Decimal = Field(sa_type=Amount)
    tax: Decimal | None = Field(default=None, sa_type=Amount)
    state: str
    accepted: Decimal = Field(default=Decimal(0), sa_type=Quantity)
    rejected: Decimal = Field(default=Decimal(0), sa_type=Quantity)
    shipped: Decimal = Field(default=Decimal(0), sa_type=Quantity)
    confirmed_price: Decimal | None = Field(default=None, sa_type=Amount)
    confirmed_tax: Decimal | None = Field(default=None, sa_type=Amount)
    amazon_order: str = ""
    reason_code: str = ""
    reason: str = ""


class OrderConfirmation(SQLModel, table=True):
    """One ConfirmationRequest: one Amazon order, or the refused lines (then without `confirm_id`)."""

    __tablename__ = "order_confirmation"
    __table_args__ = (UniqueConstraint("document_id", "order_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    order_id: int = Field(foreign_key="purchase_order.id", sa_type=BigId, index=True)
    document_id: int = Field(foreign_key="document.id", sa_type=BigId)
    confirm_id: str = Field(index=True)
    operation: str
    total: Decimal | None = Field(default=None, sa_type=Amount)
    shipping: Decimal | None = Field(default=None, sa_type=Amount)
    tax: Decimal | None = Field(default=None, sa_type=Amount)
    noticed_at: datetime = Field(sa_type=Utc)


class OrderConfirmationLine(SQLModel, table=True):
    """What one confirmation said of one line: a row for every price of its accepted pieces."""

    __tablename__ = "order_confirmation_line"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    confirmation_id: int = Field(foreign_key="order_confirmation.id", sa_type=BigId, index=True)
    line_number: int
    accepted: Decimal = Field(sa_type=Quantity)
    rejected: Decimal = Field(sa_type=Quantity)
    deferred: Decimal = Field(default=Decimal(0), sa_type=Quantity)
    """Pieces that wait: neither accepted nor refused, on back order or not known yet."""
    unit_price: Decimal | None = Field(default=None, sa_type=Amount)
    tax: Decimal | None = Field(default=None, sa_type=Amount)
    shipping: Decimal | None = Field(default=None, sa_type=Amount)
    reason_code: str = ""
    reason: str = ""


class Shipment(SQLModel, table=True):
    """One ShipNoticeRequest: a parcel or several on their way. Times are None where Amazon's could not be read."""

    __tablename__ = "shipment"
    __table_args__ = (UniqueConstraint("document_id", "order_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    order_id: int = Field(foreign_key="purchase_order.id", sa_type=BigId, index=True)
    document_id: int = Field(foreign_key="document.id", sa_type=BigId)
    shipment_id: str
    operation: str
    packages: tuple[Package, ...] = Field(default=(), sa_type=Packages)
    shipped_at: datetime | None = Field(default=None, sa_type=Utc)
    delivery_at: datetime | None = Field(default=None, sa_type=Utc)
    noticed_at: datetime = Field(sa_type=Utc)
    everything: bool = False
    """It names no lines: its own say what that means, and change with what is refused."""


class ShipmentLine(SQLModel, table=True):
    """How many of an order line a shipment carries."""

    __tablename__ = "shipment_line"
    __table_args__ = (UniqueConstraint("shipment_id", "line_number"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    shipment_id: int = Field(foreign_key="shipment.id", sa_type=BigId)
    line_number: int
    quantity: Decimal = Field(sa_type=Quantity)
