"""Receipts: a hash-chained line for every step of a decision."""

from alembic import op

revision = "0011"
down_revision = "0010"

SCHEMA = ""
GRANTS = ""


def upgrade() -> None:
    for part in (SCHEMA, GRANTS):
        if part:
            op.execute(part)
