"""Exit rules, and the guard's own memory: who may say when a position is sold, and what the guard has seen.

Rules are history: the newest row of a scope counts, a taken-back rule is a row that says so. Row security decides who
may say what: the web's role writes a person's rules, the graph's role a strategy's, nobody another's; `set_by` is the
database's word for who wrote. The guard still has no right on plans, intents, orders or decisions: its two tables hold
only what it saw (highs that a trailing stop needs after a crash, and triggers, so that a stop that fired is not
forgotten between the tick and the order). A wrong row there can at most ask the OMS to reduce a position that its exit
mandate lets the guard reduce anyway.
A stop order that rests at the broker is an exit as well, so `one_live_exit` covers it.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

SCHEMA = """
CREATE TABLE desk.guard_rules (
    rule_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_ref  text NOT NULL REFERENCES desk.accounts,
    user_id      uuid NOT NULL REFERENCES chat.users,
    source       text NOT NULL CHECK (source IN ('strategy', 'user')),
    ticker       text NOT NULL DEFAULT '',   -- '': every holding
    sleeve       text NOT NULL DEFAULT '',   -- '': every origin
    withdrawn    boolean NOT NULL DEFAULT false,
    stop_bps     int CHECK (stop_bps BETWEEN 1 AND 9999),
    take_bps     int CHECK (take_bps BETWEEN 1 AND 100000),
    trailing_bps int CHECK (trailing_bps BETWEEN 1 AND 9999),
    sell_at      timestamptz,
    sessions     int CHECK (sessions BETWEEN 1 AND 1000),
    resting      boolean NOT NULL DEFAULT false,
    strategy_id  uuid,
    channel      text NOT NULL,
    set_by       name NOT NULL DEFAULT current_user,
    set_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (source = 'strategy' OR strategy_id IS NULL)
);
CREATE INDEX guard_rules_of ON desk.guard_rules (account_ref, source, ticker, sleeve, rule_id DESC);

-- The highest price since a position's entry, and the last tick taken. Only ever raised.
CREATE TABLE desk.guard_marks (
    exit_mandate_id uuid PRIMARY KEY,
    high            bigint NOT NULL CHECK (high > 0),
    tick_at         timestamptz NOT NULL,
    volume          bigint NOT NULL CHECK (volume >= 0),
    price           bigint NOT NULL CHECK (price > 0),
    updated_at      timestamptz NOT NULL
);

-- Written before the OMS is asked; a restarted guard carries the youngest out.
CREATE TABLE desk.guard_triggers (
    trigger_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exit_mandate_id uuid NOT NULL,
    account_ref     text NOT NULL,
    generation      int NOT NULL CHECK (generation > 0),
    kind            text NOT NULL CHECK (kind IN ('stop_loss', 'take_profit', 'trailing', 'time')),
    price           bigint NOT NULL CHECK (price > 0),
    level           bigint NOT NULL CHECK (level >= 0),
    tick_at         timestamptz NOT NULL,
    rule_id         bigint NOT NULL,
    at              timestamptz NOT NULL
);
CREATE INDEX guard_triggers_latest ON desk.guard_triggers (at DESC);

ALTER TABLE desk.guard_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY rules_are_read ON desk.guard_rules FOR SELECT USING (true);
CREATE POLICY a_persons_rules ON desk.guard_rules FOR INSERT TO quartz_ui WITH CHECK (source = 'user');
CREATE POLICY a_strategys_rules ON desk.guard_rules FOR INSERT TO quartz_graph WITH CHECK (source = 'strategy');

-- A stop that rests at the broker: a limit order with the price that wakes it.
ALTER TABLE ledger.intents ADD COLUMN stop_price bigint CHECK (stop_price > 0);
CREATE INDEX exits_of_a_mandate ON ledger.intents (authority_id) WHERE authority = 'exit';
ALTER TABLE ledger.intents ADD CHECK (stop_price IS NULL OR (authority = 'exit' AND limit_price IS NOT NULL));
"""

GRANTS = """
GRANT SELECT ON desk.guard_rules TO quartz_ui, quartz_graph, quartz_oms, quartz_worker, quartz_guard;
GRANT INSERT (account_ref, user_id, source, ticker, sleeve, withdrawn, stop_bps, take_bps, trailing_bps, sell_at,
    sessions, resting, strategy_id, channel) ON desk.guard_rules TO quartz_ui, quartz_graph;
GRANT SELECT ON desk.guard_marks, desk.guard_triggers TO quartz_ui, quartz_oms, quartz_guard;
GRANT INSERT ON desk.guard_marks, desk.guard_triggers TO quartz_guard;
GRANT UPDATE (high, tick_at, volume, price, updated_at) ON desk.guard_marks TO quartz_guard;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    op.execute(GRANTS)
