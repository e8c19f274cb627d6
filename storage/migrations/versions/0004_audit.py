"""The audit; an id that follows a purchase; indexes for sweeping out what is old."""

import sqlalchemy as sa
from alembic import op

from storage import types

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", types.BigId(), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("place", types.BigId(), nullable=False),
        sa.Column("at", types.Utc(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("member_id", types.BigId(), nullable=True),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("trace", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_audit_entry_company_id_company")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("company_id", "place", name=op.f("uq_audit_entry_company_id_place")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_entry_member",
            ["member_id"],
            unique=False,
            sqlite_where=sa.text("member_id IS NOT NULL"),
            postgresql_where=sa.text("member_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_audit_entry_order",
            ["order_number"],
            unique=False,
            sqlite_where=sa.text("order_number <> ''"),
            postgresql_where=sa.text("order_number <> ''"),
        )

    op.create_table(
        "audit_head",
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("place", types.BigId(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_audit_head_company_id_company")
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_audit_head")),
    )
    with op.batch_alter_table("cart", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cart_document_id"), ["document_id"], unique=False)
        batch_op.create_index(
            "ix_cart_unbought",
            ["received_at"],
            unique=False,
            sqlite_where=sa.text("state <> 'ordered'"),
            postgresql_where=sa.text("state <> 'ordered'"),
        )

    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(
            "ix_document_loose",
            ["at"],
            unique=False,
            sqlite_where=sa.text("order_number = ''"),
            postgresql_where=sa.text("order_number = ''"),
        )

    with op.batch_alter_table("purchase_order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trace", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("purchase_order", schema=None) as batch_op:
        batch_op.alter_column("trace", server_default=None)
        batch_op.create_index(batch_op.f("ix_purchase_order_document_id"), ["document_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_purchase_order_state"), ["state"], unique=False)

    with op.batch_alter_table("shop_link", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trace", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("shop_link", schema=None) as batch_op:
        batch_op.alter_column("trace", server_default=None)

    with op.batch_alter_table("shopping_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trace", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("shopping_session", schema=None) as batch_op:
        batch_op.alter_column("trace", server_default=None)
        batch_op.create_index(
            "ix_shopping_session_cartless",
            ["opened_at"],
            unique=False,
            sqlite_where=sa.text("state <> 'returned'"),
            postgresql_where=sa.text("state <> 'returned'"),
        )

    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    # The document of a cart that was bought belongs to its order from now on.
    op.execute(
        "UPDATE document SET order_number = (SELECT o.number FROM purchase_order o JOIN cart c ON c.id = o.cart_id "
        "WHERE c.document_id = document.id) "
        "WHERE order_number = '' AND id IN (SELECT c.document_id FROM cart c JOIN purchase_order o ON o.cart_id = c.id)"
    )


APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry "
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry "
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$",
        "CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
    ),
}
