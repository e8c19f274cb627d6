"""accounting of orders

Orders that are there already were placed without one: an empty text, which the tables themselves have no default for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

CODES = ("cost_center", "gl_account", "project")


def upgrade() -> None:
    with op.batch_alter_table("purchase_order", schema=None) as batch_op:
        for code in CODES:
            batch_op.add_column(sa.Column(code, sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("purchase_order", schema=None) as batch_op:
        for code in CODES:
            batch_op.alter_column(
                code, server_default=None, existing_type=sa.String(), existing_nullable=False
            )
