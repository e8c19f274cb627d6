"""The head of an audit moves on and never back."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for statement in ONLY_GROWS[op.get_bind().dialect.name]:
        op.execute(statement)


ONLY_GROWS = {
    "sqlite": (
        "CREATE TRIGGER audit_head_only_grows BEFORE UPDATE ON audit_head "
        "WHEN NEW.place <= OLD.place OR NEW.company_id <> OLD.company_id "
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        "CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head "
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    ),
    "postgresql": (
        "CREATE TRIGGER audit_head_only_grows BEFORE UPDATE ON audit_head FOR EACH ROW "
        "WHEN (NEW.place <= OLD.place OR NEW.company_id <> OLD.company_id) EXECUTE FUNCTION audit_append_only()",
        "CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
    ),
}
