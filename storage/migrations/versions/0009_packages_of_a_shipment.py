"""Every package of a shipment with its own carrier, number and page.

Until now one carrier and one page were kept for all, and the numbers in one text, parted by 「、」.
"""

import json

import sqlalchemy as sa
from alembic import op

from storage import types

revision = "0009"
down_revision = "0008"

FORMER = ("carrier", "tracking", "tracking_url")


def upgrade() -> None:
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("packages", types.Packages(), nullable=False, server_default="[]"))
    shipment = sa.table("shipment", *(sa.column(name) for name in ("id", "packages", *FORMER)))
    conn = op.get_bind()
    for row in conn.execute(sa.select(shipment)).all():
        if row.carrier or row.tracking or row.tracking_url:
            first, *others = row.tracking.split("、")
            packages = [(row.carrier, first, row.tracking_url), *((row.carrier, each, "") for each in others)]
            written = json.dumps(packages, ensure_ascii=False)
            conn.execute(shipment.update().where(shipment.c.id == row.id).values(packages=written))
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.alter_column(
            "packages", server_default=None, existing_type=types.Packages(), existing_nullable=False
        )
        for name in FORMER:
            batch_op.drop_column(name)
