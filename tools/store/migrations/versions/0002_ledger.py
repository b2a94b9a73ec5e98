"""The ledger of the order path: what the OMS knows, and the constraints that decide when two of its writers disagree.

`quartz_oms` alone reads and writes here. Nothing is ever deleted; logs (transitions, broker_event, fills, events,
approvals consumed, resolutions) are append-only by grant. No column holds a key, a token or an account number in clear:
`sealed` columns are encrypted by the process.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

SCHEMA = """
SET LOCAL search_path = ledger;

-- Which OMS may write: every ledger write holds FOR KEY SHARE on its row at its own epoch. A renewal does not touch the
-- unique key and so never waits for a writer; a takeover does, and so waits for the writers of the old epoch.
CREATE TABLE lease (
    environment text NOT NULL,
    key_hash    text NOT NULL,
    epoch       bigint NOT NULL CHECK (epoch > 0),
    holder      uuid NOT NULL,
    taken_at    timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (environment, key_hash),
    UNIQUE (environment, key_hash, epoch)
);

CREATE TABLE instance (
    singleton   boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    instance_id uuid NOT NULL,
    created_at  timestamptz NOT NULL
);

-- One row an account: the single-writer lock (SELECT ... FOR UPDATE) and the gapless event counter.
CREATE TABLE accounts (
    account_ref  text PRIMARY KEY REFERENCES desk.accounts,
    environment  text NOT NULL,
    event_seq    bigint NOT NULL DEFAULT 0,
    base_capital bigint,
    opened_at    timestamptz NOT NULL
);

-- "house" is the key that asks for prices on the paper exchange; every other row is an account's.
CREATE TABLE credentials (
    account_ref text PRIMARY KEY,
    environment text NOT NULL,
    key_hash    text NOT NULL,
    number_hash text NOT NULL,
    sealed      bytea NOT NULL,
    created_at  timestamptz NOT NULL,
    UNIQUE (environment, key_hash),
    UNIQUE (environment, number_hash)
);

-- Tokens and approval keys.
CREATE TABLE secrets (
    name        text PRIMARY KEY,
    sealed      bytea NOT NULL,
    updated_at  timestamptz NOT NULL
);

-- The history is the table; the newest row of a scope is the state.
CREATE TABLE trading_states (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment text NOT NULL,
    scope       text NOT NULL CHECK (scope IN ('global', 'account')),
    account_ref text REFERENCES accounts,
    state       text NOT NULL CHECK (state IN ('ACTIVE', 'REDUCING', 'HALTED')),
    reason      text NOT NULL,
    set_by      text NOT NULL,
    at          timestamptz NOT NULL,
    CHECK ((scope = 'account') = (account_ref IS NOT NULL))
);
CREATE INDEX trading_states_latest ON trading_states (environment, scope, account_ref, id DESC);

CREATE TABLE consumed_approvals (
    approval_id uuid PRIMARY KEY,
    account_ref text NOT NULL REFERENCES accounts,
    plan_id     uuid NOT NULL,
    version     int NOT NULL,
    at          timestamptz NOT NULL
);

CREATE TABLE intents (
    intent_id      uuid PRIMARY KEY,
    plan_id        uuid NOT NULL,
    version        int NOT NULL,
    leg            int NOT NULL,
    account_ref    text NOT NULL REFERENCES accounts,
    user_id        uuid NOT NULL,
    ticker         text NOT NULL,
    side           text NOT NULL CHECK (side IN ('buy', 'sell')),
    order_type     text NOT NULL CHECK (order_type IN ('limit', 'market')),
    limit_price    bigint CHECK (limit_price > 0),
    quantity       bigint NOT NULL CHECK (quantity > 0),
    not_after      timestamptz NOT NULL,
    initiative     text NOT NULL CHECK (initiative IN ('agent', 'user')),
    after_leg      int,
    sleeve         text NOT NULL,
    reason         text NOT NULL,
    payload_hash   text NOT NULL,
    authority      text NOT NULL CHECK (authority IN ('approval', 'mandate', 'exit')),
    authority_id   uuid NOT NULL,
    profile_version int,
    strategy_id    uuid,
    plan_expires_at timestamptz NOT NULL,
    trade_date     date NOT NULL,
    state          text NOT NULL,
    state_note     text NOT NULL DEFAULT '',
    filled         bigint NOT NULL DEFAULT 0 CHECK (filled >= 0),
    provisional    bigint NOT NULL DEFAULT 0 CHECK (provisional >= 0),
    filled_amount  bigint NOT NULL DEFAULT 0 CHECK (filled_amount >= 0),
    fee            bigint NOT NULL DEFAULT 0,
    tax            bigint NOT NULL DEFAULT 0,
    amount_estimated boolean NOT NULL DEFAULT false,
    epoch          bigint,
    sent_at        timestamptz,
    send_deadline  timestamptz,
    baseline       jsonb,
    uncertain_since timestamptz,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    UNIQUE (plan_id, leg),
    CHECK ((order_type = 'limit') = (limit_price IS NOT NULL)),
    CHECK (filled <= quantity),
    CHECK (filled + provisional <= quantity)
);
CREATE INDEX intents_of_account ON intents (account_ref, created_at DESC);
CREATE INDEX intents_open ON intents (account_ref) WHERE state NOT IN
    ('FILLED', 'CANCELLED', 'REJECTED', 'REFUSED', 'ABSENT', 'WITHDRAWN', 'EXPIRED');
-- While one order of an (account, ticker, side) is in flight or uncertain, no other may leave.
CREATE UNIQUE INDEX one_uncertain_intent ON intents (account_ref, ticker, side)
    WHERE state IN ('SENDING', 'UNKNOWN', 'MANUAL');
-- One live exit a position.
CREATE UNIQUE INDEX one_live_exit ON intents (account_ref, ticker, sleeve) WHERE authority = 'exit' AND state NOT IN
    ('FILLED', 'CANCELLED', 'REJECTED', 'REFUSED', 'ABSENT', 'WITHDRAWN', 'EXPIRED');

-- What an intent holds back until its order is known to the broker, and after.
CREATE TABLE reservations (
    intent_id   uuid PRIMARY KEY REFERENCES intents,
    account_ref text NOT NULL REFERENCES accounts,
    ticker      text NOT NULL,
    cash        bigint NOT NULL DEFAULT 0 CHECK (cash >= 0),
    shares      bigint NOT NULL DEFAULT 0 CHECK (shares >= 0),
    acked_at    timestamptz,
    released_at timestamptz
);
CREATE INDEX reservations_held ON reservations (account_ref) WHERE released_at IS NULL;

-- The chain of an intent, and orders placed by hand (intent_id NULL). odno is compared as a number.
CREATE TABLE broker_orders (
    account_ref text NOT NULL REFERENCES accounts,
    trade_date  date NOT NULL,
    branch      text NOT NULL,
    odno        bigint NOT NULL,
    intent_id   uuid REFERENCES intents,
    kind        text NOT NULL CHECK (kind IN ('order', 'revise', 'foreign')),
    replaces    bigint,
    ticker      text NOT NULL,
    side        text NOT NULL CHECK (side IN ('buy', 'sell')),
    order_type  text NOT NULL,
    price       bigint NOT NULL,
    quantity    bigint NOT NULL CHECK (quantity > 0),
    filled      bigint NOT NULL DEFAULT 0,
    amount      bigint NOT NULL DEFAULT 0,
    estimated   boolean NOT NULL DEFAULT false,
    noticed     bigint NOT NULL DEFAULT 0,
    noticed_amount bigint NOT NULL DEFAULT 0,
    cancelled   bigint NOT NULL DEFAULT 0,
    rejected    bigint NOT NULL DEFAULT 0,
    state       text NOT NULL,
    how         text NOT NULL,
    acked_at    timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (account_ref, trade_date, branch, odno),
    CHECK (filled <= quantity),
    CHECK (noticed <= quantity)
);
CREATE INDEX broker_orders_of_intent ON broker_orders (intent_id);
CREATE INDEX broker_orders_live ON broker_orders (account_ref) WHERE state NOT IN
    ('REPLACED', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'FOREIGN_ENDED');
CREATE UNIQUE INDEX one_live_order_of_an_intent ON broker_orders (intent_id)
    WHERE intent_id IS NOT NULL AND state NOT IN
    ('REPLACED', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'FOREIGN_ENDED');

-- Cancels and revisions asked for: the request id makes each once.
CREATE TABLE requests (
    account_ref text NOT NULL REFERENCES accounts,
    request_id  text NOT NULL CHECK (request_id <> ''),
    intent_id   uuid NOT NULL REFERENCES intents,
    kind        text NOT NULL CHECK (kind IN ('cancel', 'revise')),
    new_price   bigint,
    state       text NOT NULL CHECK (state IN ('ASKED', 'SENDING', 'ACKED', 'REFUSED', 'UNKNOWN', 'DONE')),
    odno        bigint,
    code        text NOT NULL DEFAULT '',
    message     text NOT NULL DEFAULT '',
    asked_by    text NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (account_ref, request_id)
);

CREATE TABLE transitions (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    account_ref text NOT NULL,
    entity      text NOT NULL,
    entity_id   text NOT NULL,
    was         text NOT NULL,
    event       text NOT NULL,
    becomes     text NOT NULL,
    evidence    jsonb NOT NULL DEFAULT '{}',
    epoch       bigint NOT NULL
);
CREATE INDEX transitions_of ON transitions (entity_id);

-- Execution notices, stored before anything else happens with them; fields that name the person are left out.
CREATE TABLE broker_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment text NOT NULL,
    account_ref text NOT NULL,
    received_at timestamptz NOT NULL,
    trade_date  date NOT NULL,
    digest      text NOT NULL,
    body        jsonb NOT NULL
);
CREATE INDEX broker_event_same ON broker_event (account_ref, trade_date, digest);
CREATE TABLE broker_event_done (
    id     bigint PRIMARY KEY REFERENCES broker_event,
    result text NOT NULL,
    at     timestamptz NOT NULL
);

-- Confirmed progress: each row is what an inquiry added to an order; an estimate that became exact adds won alone.
CREATE TABLE fills (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_ref text NOT NULL REFERENCES accounts,
    trade_date  date NOT NULL,
    branch      text NOT NULL,
    odno        bigint NOT NULL,
    intent_id   uuid REFERENCES intents,
    ticker      text NOT NULL,
    side        text NOT NULL,
    sleeve      text NOT NULL,
    quantity    bigint NOT NULL CHECK (quantity >= 0),
    amount      bigint NOT NULL,
    cumulative  bigint NOT NULL,
    fee         bigint NOT NULL,
    tax         bigint NOT NULL,
    realised    bigint NOT NULL,
    estimated   boolean NOT NULL,
    at          timestamptz NOT NULL,
    UNIQUE (account_ref, trade_date, branch, odno, cumulative, estimated)
);
CREATE INDEX fills_of_account ON fills (account_ref, trade_date);

-- The origin's share of a position; they sum to what the broker holds.
CREATE TABLE sleeves (
    account_ref text NOT NULL REFERENCES accounts,
    ticker      text NOT NULL,
    sleeve      text NOT NULL,
    basis_quantity bigint NOT NULL CHECK (basis_quantity >= 0),
    basis_cost  bigint NOT NULL CHECK (basis_cost >= 0),
    sold        bigint NOT NULL CHECK (sold >= 0),
    realised    bigint NOT NULL,
    fees        bigint NOT NULL,
    taxes       bigint NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (account_ref, ticker, sleeve),
    CHECK (sold <= basis_quantity)
);

CREATE TABLE cash_flows (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_ref text NOT NULL REFERENCES accounts,
    trade_date  date NOT NULL,
    kind        text NOT NULL,
    amount      bigint NOT NULL,
    note        text NOT NULL,
    at          timestamptz NOT NULL
);

CREATE TABLE day_marks (
    account_ref text NOT NULL REFERENCES accounts,
    trade_date  date NOT NULL,
    start_value bigint NOT NULL,
    high_water  bigint NOT NULL,
    PRIMARY KEY (account_ref, trade_date)
);

-- Reduce-only and as old as the position: what keeps stops working when everything else has expired.
CREATE TABLE exit_mandates (
    exit_mandate_id uuid PRIMARY KEY,
    account_ref text NOT NULL REFERENCES accounts,
    ticker      text NOT NULL,
    sleeve      text NOT NULL,
    generation  int NOT NULL,
    authority   text NOT NULL,
    authority_id uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    closed_at   timestamptz,
    UNIQUE (account_ref, ticker, sleeve, generation)
);
CREATE UNIQUE INDEX one_exit_mandate ON exit_mandates (account_ref, ticker, sleeve) WHERE closed_at IS NULL;

-- The outbox that Watch reads: numbered without gaps under the account's lock.
CREATE TABLE events (
    account_ref text NOT NULL REFERENCES accounts,
    seq         bigint NOT NULL CHECK (seq > 0),
    at          timestamptz NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('order', 'trading_state', 'book', 'notice')),
    intent_id   uuid,
    snapshot    bytea NOT NULL,
    message     text NOT NULL,
    PRIMARY KEY (account_ref, seq)
);

CREATE TABLE resolutions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    intent_id   uuid NOT NULL REFERENCES intents,
    verdict     text NOT NULL CHECK (verdict IN ('adopt', 'absent')),
    odno        bigint,
    reason      text NOT NULL,
    decided_by  text NOT NULL,
    evidence    jsonb NOT NULL,
    at          timestamptz NOT NULL
);
"""

GRANTS = """
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ledger TO quartz_oms;
GRANT UPDATE ON ledger.lease, ledger.accounts, ledger.secrets, ledger.intents, ledger.reservations,
    ledger.broker_orders,
    ledger.requests, ledger.sleeves, ledger.day_marks, ledger.exit_mandates TO quartz_oms;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    op.execute("RESET search_path")
    op.execute(GRANTS)
