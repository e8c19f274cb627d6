"""An index for Amazon's order numbers: people type them."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table("order_confirmation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_confirmation_confirm_id"), ["confirm_id"], unique=False)
