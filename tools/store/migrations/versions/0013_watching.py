"""What a person watches, what was announced to them, and monthly savings."""

from alembic import op

revision = "0013"
down_revision = "0012"

SCHEMA = ""
GRANTS = ""


def upgrade() -> None:
    for part in (SCHEMA, GRANTS):
        if part:
            op.execute(part)
