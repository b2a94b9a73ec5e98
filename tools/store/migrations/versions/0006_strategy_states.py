"""A strategy can be stopped by itself: a third scope of trading states, named by the sleeve whose orders it holds."""

from alembic import op

revision = "0006"
down_revision = "0005"

SCHEMA = """
ALTER TABLE ledger.trading_states
    ADD COLUMN sleeve text NOT NULL DEFAULT '',
    DROP CONSTRAINT trading_states_scope_check,
    DROP CONSTRAINT trading_states_check,
    ADD CONSTRAINT trading_states_scope_check CHECK (scope IN ('global', 'account', 'strategy')),
    ADD CONSTRAINT trading_states_check CHECK ((scope = 'global') = (account_ref IS NULL)),
    ADD CONSTRAINT trading_states_sleeve_check CHECK ((scope = 'strategy') = (sleeve <> ''));
GRANT INSERT (sleeve) ON ledger.trading_states TO quartz_oms;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
