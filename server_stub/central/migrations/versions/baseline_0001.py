"""The first revision: every table of the first release."""

from __future__ import annotations

from alembic import op

from server_stub.central.migrations.baseline import statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    for statement in statements(op.get_context().dialect.name):
        op.execute(statement)
