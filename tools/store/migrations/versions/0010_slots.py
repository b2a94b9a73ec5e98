"""Who ran which slot of which loop: one row a slot, and what came of it."""

from alembic import op

revision = "0010"
down_revision = "0009"

SCHEMA = ""
GRANTS = ""


def upgrade() -> None:
    for part in (SCHEMA, GRANTS):
        if part:
            op.execute(part)
