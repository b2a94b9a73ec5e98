"""Receipts: a hash-chained line for every step of a decision, and the ledger's outcome of a plan for whoever writes it.

A line is text, because its hash is taken over exactly these bytes; the database itself recomputes it, and holds every
line to the one before it, so a chain can neither fork nor skip. `quartz_graph` adds lines, nobody changes or removes
one. What became of a plan's orders is read through views of the ledger that leave out whatever names the account at the
broker; the ledger itself stays the OMS's.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

SCHEMA = """
CREATE TABLE desk.receipts (
    receipt_id uuid NOT NULL,
    seq        int NOT NULL CHECK (seq > 0),
    kind       text NOT NULL CHECK (kind IN ('words', 'profile', 'strategy', 'data', 'report', 'verdict', 'plan',
        'approval', 'intents', 'orders', 'fills', 'costs', 'end')),
    at         timestamptz NOT NULL,
    line       text NOT NULL,
    prev       text NOT NULL,
    hash       text NOT NULL CHECK (hash = encode(sha256(convert_to(line, 'UTF8')), 'hex')),
    before     int GENERATED ALWAYS AS (nullif(seq - 1, 0)) STORED,
    version    int GENERATED ALWAYS AS (1) STORED,
    PRIMARY KEY (receipt_id, seq),
    UNIQUE (receipt_id, seq, hash),
    CHECK (seq > 1 OR prev = repeat('0', 64)),
    CHECK (line::jsonb @> jsonb_build_object('receipt', receipt_id, 'seq', seq, 'kind', kind, 'prev', prev)),
    FOREIGN KEY (receipt_id, before, prev) REFERENCES desk.receipts (receipt_id, seq, hash),
    FOREIGN KEY (receipt_id, version) REFERENCES desk.plans (plan_id, version)
);
CREATE INDEX receipts_ended ON desk.receipts (receipt_id, seq DESC) WHERE kind = 'end';
CREATE INDEX journal_of_a_plan ON desk.journal ((detail ->> 'plan_id')) WHERE detail ? 'plan_id';

CREATE VIEW desk.receipt_intents AS
    SELECT intent_id, plan_id, version, leg, account_ref, ticker, side, order_type, limit_price, quantity,
        payload_hash, authority, authority_id, trade_date, state, filled, filled_amount, fee, tax, amount_estimated,
        replaces, created_at, updated_at
    FROM ledger.intents WHERE authority <> 'exit';
CREATE VIEW desk.receipt_orders AS
    SELECT o.intent_id, o.trade_date, o.odno AS number, o.kind, o.price, o.quantity, o.filled, o.amount, o.state,
        o.acked_at
    FROM ledger.broker_orders o WHERE o.intent_id IS NOT NULL;
CREATE VIEW desk.receipt_fills AS
    SELECT f.id, f.intent_id, f.trade_date, f.odno AS number, f.quantity, f.amount, f.fee, f.tax, f.estimated, f.at
    FROM ledger.fills f WHERE f.intent_id IS NOT NULL;
"""

GRANTS = """
GRANT SELECT ON desk.receipts TO quartz_ui, quartz_graph;
GRANT INSERT (receipt_id, seq, kind, at, line, prev, hash) ON desk.receipts TO quartz_graph;
GRANT SELECT ON desk.receipt_intents, desk.receipt_orders, desk.receipt_fills TO quartz_graph;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    op.execute(GRANTS)
