"""A way into the shop, the visit that follows, and the cart that comes back."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import Amount, BigId, Quantity, Utc, partial_index


class ShopLink(SQLModel, table=True):
    """A link of ours on an address card: bound to a member and an address, good several times until it expires."""

    __tablename__ = "shop_link"

    token_hash: str = Field(primary_key=True)
    company_id: str = Field(foreign_key="company.id")
    member_id: int = Field(foreign_key="member.id", sa_type=BigId)
    address_key: str
    asin: str = ""
    """The article that a reorder looks for first."""
    expires_at: datetime = Field(sa_type=Utc, index=True)
    trace: str = ""
    """The id of what the link was made for: it follows the purchase through log, audit and queue."""


class ShoppingSession(SQLModel, table=True):
    """One visit to Amazon's shop: from the PunchOutSetupRequest to the cart. Tokens are kept as hashes only."""

    __tablename__ = "shopping_session"
    __table_args__ = (
        partial_index("ix_shopping_session_cartless", "opened_at", where="state <> 'returned'"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    company_id: str = Field(foreign_key="company.id")
    member_id: int = Field(foreign_key="member.id", sa_type=BigId, index=True)
    address_key: str
    cart_token_hash: str = Field(unique=True)
    cookie_hash: str
    email: str | None = None
    """Whose visit it is for Amazon, which takes the order from no other address; None for visits from before it was
    kept."""
    state: str
    test: bool
    opened_at: datetime = Field(sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)
    trouble: str = ""
    trace: str = ""


class Cart(SQLModel, table=True):
    """A cart that Amazon's shop handed back. Amounts are Amazon's own, never recomputed."""

    __tablename__ = "cart"
    __table_args__ = (partial_index("ix_cart_unbought", "received_at", where="state <> 'ordered'"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    company_id: str = Field(foreign_key="company.id")
    member_id: int = Field(foreign_key="member.id", sa_type=BigId, index=True)
    session_id: int = Field(foreign_key="shopping_session.id", sa_type=BigId, unique=True)
    address_key: str
    state: str
    test: bool
    """The mode in which it was put together: a cart of the test mode must never be bought for real."""
    prefecture: str | None = None
    """Where the prices were made for; None for carts from before this was kept."""
    nonce: str
    purpose: str = ""
    currency: str
    subtotal: Decimal = Field(sa_type=Amount)
    shipping: Decimal | None = Field(default=None, sa_type=Amount)
    tax: Decimal | None = Field(default=None, sa_type=Amount)
    total: Decimal = Field(sa_type=Amount)
    received_at: datetime = Field(sa_type=Utc)
    held_until: datetime = Field(sa_type=Utc)
    document_id: int = Field(foreign_key="document.id", sa_type=BigId, index=True)


class CartLine(SQLModel, table=True):
    """One article of a cart. `item_xml` is the ItemIn as it came: the order copies it."""

    __tablename__ = "cart_line"
    __table_args__ = (UniqueConstraint("cart_id", "line_number"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    cart_id: int = Field(foreign_key="cart.id", sa_type=BigId)
    line_number: int
    asin: str
    description: str
    quantity: Decimal = Field(sa_type=Quantity)
    unit_price: Decimal = Field(sa_type=Amount)
    shipping: Decimal | None = Field(default=None, sa_type=Amount)
    tax: Decimal | None = Field(default=None, sa_type=Amount)
    tax_rate: Decimal | None = Field(default=None, sa_type=Amount)
    sold_by: str = ""
    detail_url: str = ""
    item_xml: bytes = Field(sa_type=LargeBinary)
