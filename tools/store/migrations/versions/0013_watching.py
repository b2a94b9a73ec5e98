"""What a person watches, what was announced to them, where notices go, and monthly savings.

Rows never change: the newest word about a name, a switch or a plan counts, and an end is a row of its own. An alert's
primary key is the fact it tells to one person, so whoever follows the facts may look twice and tell once. How far a
follower has come is written with the alerts it made, in one transaction. Addresses for notices are sealed: only their
masked form can be read here.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

SCHEMA = """
CREATE TABLE desk.watch_words (
    word_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES chat.users,
    ticker  text NOT NULL CHECK (ticker <> ''),
    wanted  boolean NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX watch_words_of ON desk.watch_words (user_id, ticker, word_id DESC);

CREATE TABLE desk.alert_rules (
    rule_id     uuid PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES chat.users,
    account_ref text NOT NULL REFERENCES desk.accounts,
    kind        text NOT NULL CHECK (kind IN ('price', 'news')),
    ticker      text NOT NULL,
    direction   text NOT NULL CHECK (direction IN ('', 'above', 'below')),
    level       bigint CHECK (level > 0),
    change_bps  int CHECK (change_bps <> 0),
    mood        text NOT NULL DEFAULT '' CHECK (mood IN ('', 'any', 'good', 'bad')),
    made_at     timestamptz NOT NULL,
    CHECK (kind = 'news' OR (direction <> '' AND (level IS NULL) <> (change_bps IS NULL)))
);
CREATE INDEX alert_rules_of ON desk.alert_rules (user_id, made_at);

CREATE TABLE desk.alert_rule_ends (
    rule_id uuid PRIMARY KEY REFERENCES desk.alert_rules,
    at      timestamptz NOT NULL
);

CREATE TABLE desk.alert_sightings (
    rule_id  uuid NOT NULL REFERENCES desk.alert_rules,
    number   int NOT NULL CHECK (number > 0),
    armed    boolean NOT NULL,
    fired_on date,
    seen_on  date NOT NULL,
    price    bigint NOT NULL CHECK (price > 0),
    at       timestamptz NOT NULL,
    PRIMARY KEY (rule_id, number)
);

CREATE TABLE desk.alert_choices (
    choice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id   uuid NOT NULL REFERENCES chat.users,
    body      jsonb NOT NULL,
    at        timestamptz NOT NULL
);
CREATE INDEX alert_choices_of ON desk.alert_choices (user_id, choice_id DESC);

CREATE TABLE desk.alerts (
    user_id   uuid NOT NULL REFERENCES chat.users,
    alert_key text NOT NULL CHECK (alert_key <> ''),
    number    bigint GENERATED ALWAYS AS IDENTITY,
    kind      text NOT NULL,
    ticker    text NOT NULL DEFAULT '',
    text      text NOT NULL,
    urgent    boolean NOT NULL,
    at        timestamptz NOT NULL,
    made_at   timestamptz NOT NULL,
    PRIMARY KEY (user_id, alert_key)
);
CREATE INDEX alerts_newest ON desk.alerts (user_id, number DESC);
CREATE INDEX alerts_made ON desk.alerts (made_at);

CREATE TABLE desk.alert_reads (
    user_id   uuid NOT NULL,
    alert_key text NOT NULL,
    channel   text NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (user_id, alert_key),
    FOREIGN KEY (user_id, alert_key) REFERENCES desk.alerts
);

CREATE TABLE desk.follow_places (
    follower text NOT NULL,
    place    bigint NOT NULL CHECK (place >= 0),
    at       timestamptz NOT NULL,
    PRIMARY KEY (follower, place)
);

CREATE TABLE desk.notify_channels (
    channel_id uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES chat.users,
    masked     text NOT NULL,
    sealed     bytea NOT NULL,
    added_at   timestamptz NOT NULL
);
CREATE INDEX notify_channels_of ON desk.notify_channels (user_id, added_at);

CREATE TABLE desk.notify_channel_ends (
    channel_id uuid PRIMARY KEY REFERENCES desk.notify_channels,
    at         timestamptz NOT NULL
);

CREATE TABLE desk.alert_sends (
    user_id    uuid NOT NULL,
    alert_key  text NOT NULL,
    channel_id uuid NOT NULL REFERENCES desk.notify_channels,
    attempt    int NOT NULL CHECK (attempt > 0),
    at         timestamptz NOT NULL,
    PRIMARY KEY (user_id, alert_key, channel_id, attempt),
    FOREIGN KEY (user_id, alert_key) REFERENCES desk.alerts
);

CREATE TABLE desk.alert_send_ends (
    user_id    uuid NOT NULL,
    alert_key  text NOT NULL,
    channel_id uuid NOT NULL,
    attempt    int NOT NULL,
    outcome    text NOT NULL CHECK (outcome IN ('sent', 'failed', 'refused')),
    at         timestamptz NOT NULL,
    PRIMARY KEY (user_id, alert_key, channel_id, attempt),
    FOREIGN KEY (user_id, alert_key, channel_id, attempt) REFERENCES desk.alert_sends
);

CREATE TABLE desk.savings_plans (
    savings_id  uuid PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES chat.users,
    account_ref text NOT NULL REFERENCES desk.accounts,
    mandate_id  uuid NOT NULL REFERENCES desk.mandate_offers,
    amount      bigint NOT NULL CHECK (amount > 0),
    day         int NOT NULL CHECK (day BETWEEN 1 AND 31),
    tickers     text[] NOT NULL CHECK (cardinality(tickers) BETWEEN 1 AND 5),
    made_at     timestamptz NOT NULL
);
CREATE INDEX savings_plans_of ON desk.savings_plans (account_ref, made_at);

CREATE TABLE desk.savings_words (
    word_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    savings_id uuid NOT NULL REFERENCES desk.savings_plans,
    state      text NOT NULL CHECK (state IN ('active', 'paused', 'stopped')),
    at         timestamptz NOT NULL
);
CREATE INDEX savings_words_of ON desk.savings_words (savings_id, word_id DESC);

CREATE TABLE desk.savings_runs (
    savings_id uuid NOT NULL REFERENCES desk.savings_plans,
    month      text NOT NULL CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
    outcome    text NOT NULL CHECK (outcome IN ('ordered', 'kept', 'skipped')),
    budget     bigint NOT NULL CHECK (budget >= 0),
    ordered    bigint NOT NULL CHECK (ordered >= 0),
    plan_id    uuid,
    text       text NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (savings_id, month)
);
"""

GRANTS = """
GRANT SELECT ON desk.watch_words, desk.alert_rules, desk.alert_rule_ends, desk.alert_sightings, desk.alert_choices,
    desk.alerts, desk.alert_reads, desk.follow_places, desk.notify_channels, desk.notify_channel_ends,
    desk.alert_sends, desk.alert_send_ends, desk.savings_plans, desk.savings_words, desk.savings_runs
    TO quartz_ui, quartz_graph;
GRANT INSERT ON desk.alert_rules, desk.alert_rule_ends, desk.alert_sightings, desk.alert_reads, desk.follow_places,
    desk.alert_sends, desk.alert_send_ends, desk.savings_plans, desk.savings_runs TO quartz_graph;
GRANT INSERT (user_id, ticker, wanted, at) ON desk.watch_words TO quartz_graph;
GRANT INSERT (user_id, body, at) ON desk.alert_choices TO quartz_graph;
GRANT INSERT (user_id, alert_key, kind, ticker, text, urgent, at, made_at) ON desk.alerts TO quartz_graph;
GRANT INSERT (savings_id, state, at) ON desk.savings_words TO quartz_graph;
GRANT INSERT ON desk.notify_channels, desk.notify_channel_ends, desk.alert_reads TO quartz_ui;
"""


def upgrade() -> None:
    for part in (SCHEMA, GRANTS):
        if part:
            op.execute(part)
