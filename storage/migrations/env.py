"""Alembic's entry. `storage.migrate` hands it a connection; by itself it opens none."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import storage.tables  # noqa: F401 - registers every table


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Types as a migration writes them: ours by name, SQLModel's text as plain text."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.{item.impl!r}"
    if kind == "type" and type(item).__module__ == "storage.types":
        return f"types.{type(item).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
