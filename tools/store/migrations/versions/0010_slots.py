"""Who ran which slot of which loop: one row a slot, and what came of it; and whose owner wants the loops.

The primary key of a slot decides which of several schedulers runs it, and that of its end which word about it stands.
Research belongs to no account. A person's word about checks is history, the newest counts; it allows no order: that
takes a mandate the person signed, or an approval.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

SCHEMA = """
CREATE TABLE desk.slots (
    account_ref text NOT NULL,
    kind        text NOT NULL
        CHECK (kind IN ('cycle', 'rebalance', 'report', 'savings', 'macro', 'news', 'technical')),
    slot        text NOT NULL CHECK (slot <> ''),
    claimed_at  timestamptz NOT NULL,
    claimed_by  text NOT NULL CHECK (claimed_by <> ''),
    PRIMARY KEY (account_ref, kind, slot),
    CHECK ((account_ref = '') = (kind IN ('macro', 'news', 'technical')))
);
CREATE INDEX slots_by_time ON desk.slots (claimed_at);

CREATE TABLE desk.slot_ends (
    account_ref text NOT NULL,
    kind        text NOT NULL,
    slot        text NOT NULL,
    ended_at    timestamptz NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('done', 'failed', 'skipped', 'interrupted')),
    text        text NOT NULL DEFAULT '',
    PRIMARY KEY (account_ref, kind, slot),
    FOREIGN KEY (account_ref, kind, slot) REFERENCES desk.slots
);

CREATE TABLE desk.check_choices (
    choice_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_ref text NOT NULL REFERENCES desk.accounts,
    user_id     uuid NOT NULL REFERENCES chat.users,
    is_on       boolean NOT NULL,
    channel     text NOT NULL,
    set_by      name NOT NULL DEFAULT current_user,
    set_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX check_choices_of ON desk.check_choices (account_ref, choice_id DESC);
"""

GRANTS = """
GRANT SELECT ON desk.slots, desk.slot_ends, desk.check_choices TO quartz_ui, quartz_graph;
GRANT INSERT ON desk.slots, desk.slot_ends TO quartz_graph;
GRANT INSERT (account_ref, user_id, is_on, channel) ON desk.check_choices TO quartz_ui, quartz_graph;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    op.execute(GRANTS)
