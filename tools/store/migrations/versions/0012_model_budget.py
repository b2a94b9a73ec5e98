"""What models cost a person in a day, and answers kept for the same question.

A call is held at its estimate before it is made and has one row of what it came to after; without that row (a process
that died, a provider that told nothing) the estimate stands. Neither is ever changed, so a day is a sum. `payer` is a
user's id, or empty for jobs of the machine. Answers are of questions that hold nothing personal, or are keyed by their
person; they hold no question, and go after hours.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

SCHEMA = """
CREATE TABLE desk.model_holds (
    call_id   uuid PRIMARY KEY,
    payer     text NOT NULL,
    day       date NOT NULL,
    at        timestamptz NOT NULL,
    tokens    bigint NOT NULL CHECK (tokens >= 0),
    won_milli bigint NOT NULL CHECK (won_milli >= 0)
);
CREATE INDEX model_holds_of ON desk.model_holds (payer, day);

CREATE TABLE desk.model_spent (
    call_id   uuid PRIMARY KEY REFERENCES desk.model_holds,
    tokens    bigint NOT NULL CHECK (tokens >= 0),
    won_milli bigint NOT NULL CHECK (won_milli >= 0)
);

-- Who was warned on which day; the primary key lets one teller through.
CREATE TABLE desk.model_warnings (
    payer text NOT NULL,
    day   date NOT NULL,
    at    timestamptz NOT NULL,
    PRIMARY KEY (payer, day)
);

CREATE TABLE desk.model_answers (
    key    bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    at     timestamptz NOT NULL,
    answer text NOT NULL
);
CREATE INDEX model_answers_by_age ON desk.model_answers (at);
"""

GRANTS = """
GRANT SELECT ON desk.model_holds, desk.model_spent TO quartz_ui, quartz_graph;
GRANT SELECT ON desk.model_warnings, desk.model_answers TO quartz_graph;
GRANT INSERT ON desk.model_holds, desk.model_spent, desk.model_warnings, desk.model_answers TO quartz_graph;
GRANT DELETE ON desk.model_answers TO quartz_graph;
"""


def upgrade() -> None:
    for part in (SCHEMA, GRANTS):
        if part:
            op.execute(part)
