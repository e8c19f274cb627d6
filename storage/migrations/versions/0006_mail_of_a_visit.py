"""mail of a visit

The address that Amazon knows the visit by. Visits that are there already have none: theirs is the member's of today.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("shopping_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(), nullable=True))
