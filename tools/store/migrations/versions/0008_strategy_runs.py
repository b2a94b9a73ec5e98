"""Which strategies trade, and what the worker that trades them remembers.

Runs are history: the newest row of an account and strategy counts. A row alone moves no money, because the OMS asks for
a mandate that the person signed for exactly that strategy's hash. The worker's role, which read only, now writes what
it decides: plans whose sleeve is a strategy's (row security), its questions to the OMS with their answers, a strategy's
exit rules of its own sleeve, journal lines, and its own memory. It still signs, offers and starts nothing.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

SCHEMA = """
CREATE TABLE desk.strategy_runs (
    run_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_ref text NOT NULL REFERENCES desk.accounts,
    user_id     uuid NOT NULL REFERENCES chat.users,
    strategy_id uuid NOT NULL,
    version     int NOT NULL,
    hash        text NOT NULL,
    state       text NOT NULL CHECK (state IN ('active', 'paused', 'stopped')),
    channel     text NOT NULL,
    set_by      name NOT NULL DEFAULT current_user,
    set_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (strategy_id, version) REFERENCES desk.strategies
);
CREATE INDEX strategy_runs_of ON desk.strategy_runs (account_ref, strategy_id, run_id DESC);

-- Written before the OMS is asked; `answer` is empty until it has said something definite.
CREATE TABLE desk.strategy_asks (
    plan_id     uuid PRIMARY KEY,
    version     int NOT NULL,
    mandate_id  uuid NOT NULL,
    account_ref text NOT NULL REFERENCES desk.accounts,
    user_id     uuid NOT NULL REFERENCES chat.users,
    strategy_id uuid NOT NULL,
    hash        text NOT NULL,
    ticker      text NOT NULL,
    side        text NOT NULL CHECK (side IN ('buy', 'sell')),
    value       bigint NOT NULL CHECK (value > 0),
    why         text NOT NULL,
    bar_end     bigint NOT NULL,
    answer      text NOT NULL DEFAULT '' CHECK (answer IN ('', 'admitted', 'refused')),
    asked_at    timestamptz NOT NULL,
    answered_at timestamptz,
    FOREIGN KEY (plan_id, version) REFERENCES desk.plans
);
CREATE INDEX strategy_asks_open ON desk.strategy_asks (asked_at) WHERE answer = '';
CREATE INDEX strategy_asks_of ON desk.strategy_asks (account_ref, strategy_id, asked_at DESC);

-- Where a strategy stands on one name: what it decided up to which bar, and its evaluator's own bytes.
CREATE TABLE desk.strategy_places (
    account_ref text NOT NULL REFERENCES desk.accounts,
    strategy_id uuid NOT NULL,
    hash        text NOT NULL,
    ticker      text NOT NULL,
    place       jsonb NOT NULL,
    live        bytea NOT NULL,
    saved_at    timestamptz NOT NULL,
    PRIMARY KEY (account_ref, strategy_id, hash, ticker)
);

ALTER TABLE desk.plans ENABLE ROW LEVEL SECURITY;
CREATE POLICY plans_are_read ON desk.plans FOR SELECT USING (true);
CREATE POLICY plans_of_conversations ON desk.plans FOR INSERT TO quartz_graph WITH CHECK (true);
CREATE POLICY plans_of_strategies ON desk.plans FOR INSERT TO quartz_worker
    WITH CHECK (strategy_id IS NOT NULL AND sleeve = 'strategy:' || strategy_id);
ALTER TABLE desk.plan_legs ENABLE ROW LEVEL SECURITY;
CREATE POLICY legs_are_read ON desk.plan_legs FOR SELECT USING (true);
CREATE POLICY legs_of_conversations ON desk.plan_legs FOR INSERT TO quartz_graph WITH CHECK (true);
CREATE POLICY legs_of_strategies ON desk.plan_legs FOR INSERT TO quartz_worker
    WITH CHECK (EXISTS (SELECT FROM desk.plans p WHERE p.plan_id = plan_legs.plan_id AND p.strategy_id IS NOT NULL
        AND p.sleeve = 'strategy:' || p.strategy_id));
CREATE POLICY a_running_strategys_rules ON desk.guard_rules FOR INSERT TO quartz_worker
    WITH CHECK (source = 'strategy' AND strategy_id IS NOT NULL AND sleeve = 'strategy:' || strategy_id);
"""

GRANTS = """
GRANT SELECT ON desk.strategy_runs, desk.strategy_asks TO
    quartz_ui, quartz_graph, quartz_oms, quartz_worker, quartz_guard;
GRANT SELECT ON desk.strategy_places TO quartz_ui, quartz_graph, quartz_worker;
GRANT INSERT (account_ref, user_id, strategy_id, version, hash, state, channel) ON desk.strategy_runs
    TO quartz_ui, quartz_graph;
GRANT INSERT ON desk.plans, desk.plan_legs, desk.strategy_asks, desk.strategy_places TO quartz_worker;
GRANT INSERT (user_id, at, kind, subject, summary, detail) ON desk.journal TO quartz_worker;
GRANT INSERT (account_ref, user_id, source, ticker, sleeve, withdrawn, stop_bps, take_bps, trailing_bps, sell_at,
    sessions, resting, strategy_id, channel) ON desk.guard_rules TO quartz_worker;
GRANT UPDATE (answer, answered_at) ON desk.strategy_asks TO quartz_worker;
GRANT UPDATE (place, live, saved_at) ON desk.strategy_places TO quartz_worker;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    op.execute(GRANTS)
