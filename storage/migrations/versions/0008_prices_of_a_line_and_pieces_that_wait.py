"""prices of a line and pieces that wait

A confirmation may have several rows for a line, one for every price. In those that are there already nothing waits.
"""

import sqlalchemy as sa
from alembic import op

from storage import types

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("order_confirmation_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deferred", types.Quantity(), nullable=False, server_default="0"))
        batch_op.drop_constraint(
            batch_op.f("uq_order_confirmation_line_confirmation_id_line_number"), type_="unique"
        )
        batch_op.create_index(
            batch_op.f("ix_order_confirmation_line_confirmation_id"), ["confirmation_id"], unique=False
        )
    with op.batch_alter_table("order_confirmation_line", schema=None) as batch_op:
        batch_op.alter_column(
            "deferred", server_default=None, existing_type=types.Quantity(), existing_nullable=False
        )
