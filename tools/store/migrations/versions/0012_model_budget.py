"""What a person allows models to cost in a day, and answers kept for the same question."""

from alembic import op

revision = "0012"
down_revision = "0011"

SCHEMA = ""
GRANTS = ""


def upgrade() -> None:
    for part in (SCHEMA, GRANTS):
        if part:
            op.execute(part)
