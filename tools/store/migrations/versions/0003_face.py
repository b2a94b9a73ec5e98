"""The face: how people come in, what their browser showed, and what a model was asked.

Passwords, sessions and links are kept as hashes and never changed: a newer row, or the row that ends one, decides.
Conversations are a picture of what was said for the reader's convenience, so the web may correct and remove them;
decisions and orders live in `desk` and `ledger`, where it may not.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

SCHEMA = """
-- argon2 of a password; the newest counts.
CREATE TABLE chat.passwords (
    user_id  uuid NOT NULL REFERENCES chat.users,
    set_at   timestamptz NOT NULL,
    hash     text NOT NULL,
    PRIMARY KEY (user_id, set_at)
);

-- sha256 of the cookie's value; a session ends by its own row or by time.
CREATE TABLE chat.sessions (
    session_hash bytea PRIMARY KEY,
    user_id      uuid NOT NULL REFERENCES chat.users,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE TABLE chat.session_ends (
    session_hash bytea PRIMARY KEY REFERENCES chat.sessions,
    ended_at     timestamptz NOT NULL
);

-- One-time links printed where only the owner can read them; the primary key of the use makes it once.
CREATE TABLE chat.entry_links (
    link_hash  bytea PRIMARY KEY,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE TABLE chat.entry_link_uses (
    link_hash bytea PRIMARY KEY REFERENCES chat.entry_links,
    user_id   uuid NOT NULL REFERENCES chat.users,
    used_at   timestamptz NOT NULL
);

-- What a person prefers; the newest row counts, unknown keys are ignored.
CREATE TABLE chat.preferences (
    user_id  uuid NOT NULL REFERENCES chat.users,
    set_at   timestamptz NOT NULL,
    body     jsonb NOT NULL,
    PRIMARY KEY (user_id, set_at)
);

-- The browser's conversations, as it shows them.
CREATE TABLE chat.threads (
    thread_id  uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES chat.users,
    name       text,
    metadata   jsonb NOT NULL DEFAULT '{}',
    tags       text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX threads_of ON chat.threads (user_id, updated_at DESC, thread_id);
CREATE TABLE chat.steps (
    step_id    uuid PRIMARY KEY,
    thread_id  uuid NOT NULL REFERENCES chat.threads ON DELETE CASCADE,
    parent_id  uuid,
    seq        bigint GENERATED ALWAYS AS IDENTITY,
    body       jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX steps_of ON chat.steps (thread_id, seq);
CREATE TABLE chat.elements (
    element_id uuid PRIMARY KEY,
    thread_id  uuid NOT NULL REFERENCES chat.threads ON DELETE CASCADE,
    step_id    uuid,
    body       jsonb NOT NULL
);
CREATE INDEX elements_of ON chat.elements (thread_id);

-- What a card showed, word for word, for cards whose content is nowhere else (proposals).
CREATE TABLE chat.cards (
    card_id    uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES chat.users,
    kind       text NOT NULL,
    body       jsonb NOT NULL,
    created_at timestamptz NOT NULL
);

-- One row a call of a model: what it cost and how it ended. No prompt and no answer is kept.
CREATE TABLE desk.model_calls (
    call_id       uuid PRIMARY KEY,
    user_id       uuid REFERENCES chat.users,
    at            timestamptz NOT NULL,
    task          text NOT NULL,
    model         text NOT NULL,
    attempt       int NOT NULL CHECK (attempt > 0),
    outcome       text NOT NULL,
    input_tokens  int NOT NULL DEFAULT 0,
    cached_tokens int NOT NULL DEFAULT 0,
    output_tokens int NOT NULL DEFAULT 0,
    won_milli     bigint NOT NULL DEFAULT 0,
    priced        boolean NOT NULL,
    latency_ms    int NOT NULL
);
CREATE INDEX model_calls_of ON desk.model_calls (user_id, at DESC);
"""

GRANTS = """
GRANT SELECT ON ALL TABLES IN SCHEMA chat TO quartz_ui;
GRANT INSERT ON chat.passwords, chat.sessions, chat.session_ends, chat.entry_links, chat.entry_link_uses,
    chat.preferences, chat.cards TO quartz_ui;
GRANT INSERT, UPDATE, DELETE ON chat.threads, chat.steps, chat.elements TO quartz_ui;
GRANT SELECT ON desk.model_calls TO quartz_ui, quartz_graph;
GRANT SELECT ON chat.preferences TO quartz_graph;
GRANT INSERT ON desk.model_calls TO quartz_graph;
GRANT UPDATE (key_hash, number_hash, sealed, created_at) ON ledger.credentials TO quartz_oms;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    op.execute(GRANTS)
