"""What the database itself says of a word: when it was given and under which number. Nobody may write that.

A decision's time is the server's, so that an answer cannot be dated back into its hour, nor a revocation into a year
that never comes; a log's number is the sequence's, so that no row can be slipped in before or after all others. And the
quantities of an approval are shares of numbered legs, or the row is none.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

SCHEMA = """
ALTER TABLE desk.approvals ADD CONSTRAINT quantities_are_shares_of_legs CHECK (
    jsonb_typeof(quantities) = 'object'
    AND NOT jsonb_path_exists(quantities, '$.* ? (@.type() != "number" || @ < 0 || @ != @.floor())')
    AND NOT jsonb_path_exists(quantities, '$.keyvalue() ? (!(@.key like_regex "^[1-9][0-9]{0,3}$"))')
);
"""

# (table, role, the columns that the role writes itself)
COLUMNS = (
    (
        "desk.approvals",
        "quartz_ui",
        "approval_id, user_id, plan_hash, decision, quantities, unsuitable_ack, channel",
    ),
    ("desk.mandates", "quartz_ui", "mandate_id, user_id, bounds_hash, channel"),
    ("desk.mandate_revocations", "quartz_ui", "mandate_id, user_id, channel"),
    ("desk.journal", "quartz_graph", "user_id, at, kind, subject, summary, detail"),
    (
        "desk.guard_triggers",
        "quartz_guard",
        "exit_mandate_id, account_ref, generation, kind, price, level, tick_at, rule_id, at",
    ),
    (
        "ledger.transitions",
        "quartz_oms",
        "at, account_ref, entity, entity_id, was, event, becomes, evidence, epoch",
    ),
    ("ledger.trading_states", "quartz_oms", "environment, scope, account_ref, state, reason, set_by, at"),
    ("ledger.broker_event", "quartz_oms", "environment, account_ref, received_at, trade_date, digest, body"),
    (
        "ledger.fills",
        "quartz_oms",
        "account_ref, trade_date, branch, odno, intent_id, ticker, side, sleeve, quantity, amount, cumulative, fee,"
        " tax, realised, estimated, at",
    ),
    ("ledger.cash_flows", "quartz_oms", "account_ref, trade_date, kind, amount, note, at"),
    ("ledger.resolutions", "quartz_oms", "intent_id, verdict, odno, reason, decided_by, evidence, at"),
)


def upgrade() -> None:
    op.execute(SCHEMA)
    for table, role, columns in COLUMNS:
        op.execute(f"REVOKE INSERT ON {table} FROM {role}")
        op.execute(f"GRANT INSERT ({columns}) ON {table} TO {role}")
