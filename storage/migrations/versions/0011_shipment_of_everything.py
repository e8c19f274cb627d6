"""Whether a shipment carries all that was not refused, whatever that comes to be."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("everything", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.alter_column(
            "everything", server_default=None, existing_type=sa.Boolean(), existing_nullable=False
        )
