"""the orders of a month"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_index("ix_purchase_order_placed_at", "purchase_order", ["company_id", "placed_at"])
