"""Schemas, roles, users, accounts and the desk: who may write what is decided here, not in Python.

Roles (contract of the order path, "who owns what"): `quartz_ui` alone inserts decisions of a person (approvals,
mandates, revocations) and users; `quartz_graph` inserts plans, questions, profiles, strategies, reports; `quartz_oms`
alone will own `ledger`; `quartz_worker` and `quartz_guard` read only. Rows are immutable: nobody but the owner may
UPDATE or DELETE.
Passwords are set by the runner, not here.
"""

from alembic import op

revision = "0001"
down_revision = None

ROLES = ("quartz_ui", "quartz_graph", "quartz_oms", "quartz_worker", "quartz_guard")

SCHEMA = """
CREATE SCHEMA chat;
CREATE SCHEMA desk;
CREATE SCHEMA ledger;
CREATE SCHEMA market;

CREATE TABLE chat.users (
    user_id     uuid PRIMARY KEY,
    name        text NOT NULL UNIQUE CHECK (name <> ''),
    is_owner    boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX one_owner ON chat.users (is_owner) WHERE is_owner;

-- account_ref is an opaque handle; the broker's account number lives encrypted in ledger, readable by the OMS alone.
CREATE TABLE desk.accounts (
    account_ref text PRIMARY KEY CHECK (account_ref <> ''),
    owner       uuid NOT NULL REFERENCES chat.users,
    venue       text NOT NULL CHECK (venue IN ('sim', 'paper', 'live')),
    label       text NOT NULL,
    created_at  timestamptz NOT NULL,
    UNIQUE (owner, venue)
);

-- Every assessment counts towards the daily limit, confirmed or not.
CREATE TABLE desk.assessments (
    user_id     uuid NOT NULL REFERENCES chat.users,
    at          timestamptz NOT NULL,
    answers     jsonb NOT NULL,
    score       int NOT NULL,
    grade       text NOT NULL,
    PRIMARY KEY (user_id, at)
);

-- A profile exists once the user confirmed it.
CREATE TABLE desk.profiles (
    user_id      uuid NOT NULL REFERENCES chat.users,
    version      int NOT NULL CHECK (version > 0),
    grade        text NOT NULL,
    score        int NOT NULL,
    content      jsonb NOT NULL,
    confirmed_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > confirmed_at),
    PRIMARY KEY (user_id, version)
);

CREATE TABLE desk.strategies (
    strategy_id uuid NOT NULL,
    version     int NOT NULL CHECK (version > 0),
    user_id     uuid NOT NULL REFERENCES chat.users,
    hash        text NOT NULL,
    spec        jsonb NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (strategy_id, version)
);

CREATE TABLE desk.reports (
    report_id  uuid PRIMARY KEY,
    user_id    uuid REFERENCES chat.users,
    analyst    text NOT NULL,
    ticker     text,
    body       jsonb NOT NULL,
    as_of      timestamptz NOT NULL
);
CREATE INDEX reports_latest ON desk.reports (analyst, as_of DESC);

CREATE TABLE desk.plans (
    plan_id         uuid NOT NULL,
    version         int NOT NULL CHECK (version > 0),
    account_ref     text NOT NULL REFERENCES desk.accounts,
    user_id         uuid NOT NULL REFERENCES chat.users,
    sleeve          text NOT NULL,
    origin          jsonb NOT NULL,
    profile_version int,
    strategy_id     uuid,
    plan_hash       text NOT NULL,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    PRIMARY KEY (plan_id, version)
);

CREATE TABLE desk.plan_legs (
    plan_id     uuid NOT NULL,
    version     int NOT NULL,
    leg         int NOT NULL CHECK (leg > 0),
    ticker      text NOT NULL,
    side        text NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity    bigint NOT NULL CHECK (quantity > 0),
    order_type  text NOT NULL CHECK (order_type IN ('limit', 'market')),
    limit_price bigint CHECK (limit_price > 0),
    not_after   timestamptz NOT NULL,
    initiative  text NOT NULL CHECK (initiative IN ('agent', 'user')),
    after_leg   int CHECK (after_leg < leg),
    reason      text NOT NULL,
    PRIMARY KEY (plan_id, version, leg),
    FOREIGN KEY (plan_id, version) REFERENCES desk.plans,
    CHECK ((order_type = 'limit') = (limit_price IS NOT NULL))
);

-- The question put to the user: "may this version be sent?", with what the card showed.
CREATE TABLE desk.approval_requests (
    approval_id uuid PRIMARY KEY,
    plan_id     uuid NOT NULL,
    version     int NOT NULL,
    plan_hash   text NOT NULL,
    account_ref text NOT NULL REFERENCES desk.accounts,
    user_id     uuid NOT NULL REFERENCES chat.users,
    thread_id   text NOT NULL,
    card        jsonb NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    UNIQUE (plan_id, version),
    UNIQUE (approval_id, user_id, plan_hash),
    FOREIGN KEY (plan_id, version) REFERENCES desk.plans
);

-- The answer of that same user to exactly that text; the primary key makes it once.
CREATE TABLE desk.approvals (
    approval_id    uuid PRIMARY KEY,
    user_id        uuid NOT NULL,
    plan_hash      text NOT NULL,
    decision       text NOT NULL CHECK (decision IN ('approve', 'reject')),
    quantities     jsonb NOT NULL DEFAULT '{}',
    unsuitable_ack boolean NOT NULL DEFAULT false,
    channel        text NOT NULL,
    decided_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (approval_id, user_id, plan_hash)
        REFERENCES desk.approval_requests (approval_id, user_id, plan_hash)
);

-- What a standing approval would allow; the graph drafts, the person signs.
CREATE TABLE desk.mandate_offers (
    mandate_id    uuid PRIMARY KEY,
    account_ref   text NOT NULL REFERENCES desk.accounts,
    user_id       uuid NOT NULL REFERENCES chat.users,
    kind          text NOT NULL CHECK (kind IN ('cycle', 'strategy', 'savings')),
    strategy_hash text,
    bounds        jsonb NOT NULL,
    bounds_hash   text NOT NULL,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    UNIQUE (mandate_id, user_id, bounds_hash)
);

CREATE TABLE desk.mandates (
    mandate_id  uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    bounds_hash text NOT NULL,
    channel     text NOT NULL,
    signed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (mandate_id, user_id, bounds_hash)
        REFERENCES desk.mandate_offers (mandate_id, user_id, bounds_hash)
);

CREATE TABLE desk.mandate_revocations (
    mandate_id uuid PRIMARY KEY REFERENCES desk.mandates,
    user_id    uuid NOT NULL,
    channel    text NOT NULL,
    revoked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Every proposal, refusal and decision with its reason: the answer to "왜?".
CREATE TABLE desk.journal (
    entry_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES chat.users,
    at         timestamptz NOT NULL,
    kind       text NOT NULL,
    subject    text NOT NULL DEFAULT '',
    summary    text NOT NULL,
    detail     jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX journal_latest ON desk.journal (user_id, entry_id DESC);
"""

GRANTS = """
GRANT USAGE ON SCHEMA chat, desk TO quartz_ui, quartz_graph, quartz_oms, quartz_worker, quartz_guard;
GRANT USAGE ON SCHEMA ledger TO quartz_oms;
GRANT USAGE ON SCHEMA market TO quartz_graph, quartz_oms, quartz_worker, quartz_guard, quartz_ui;
GRANT SELECT ON ALL TABLES IN SCHEMA chat, desk TO quartz_ui, quartz_graph, quartz_oms, quartz_worker, quartz_guard;
GRANT INSERT ON chat.users, desk.accounts, desk.approvals, desk.mandates, desk.mandate_revocations TO quartz_ui;
GRANT INSERT ON desk.assessments, desk.profiles, desk.strategies, desk.reports, desk.plans, desk.plan_legs,
    desk.approval_requests, desk.mandate_offers, desk.journal TO quartz_graph;
"""


def upgrade() -> None:
    for role in ROLES:
        # Roles belong to the cluster, so another database of it may have made them already.
        create = f"CREATE ROLE {role} LOGIN"
        op.execute(f"DO $$ BEGIN {create}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$")
    op.execute(SCHEMA)
    op.execute(GRANTS)
