"""The economy's figures with the moment each was learned, when publishers were asked, and where reports lie.

Figures never change: a revised value is another row of its period, numbered by revision, and the primary key lets only
one of two collectors add it. What was known at a time is what `as_of` says. A report is in the lake; its row, written
after the files, is what makes it one, with the digest by which a reader knows it is still the same.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

SCHEMA = """
CREATE TABLE market.macro_observations (
    source   text NOT NULL,
    series   text NOT NULL,
    period   date NOT NULL,
    revision int NOT NULL CHECK (revision > 0),
    value    numeric NOT NULL,
    as_of    timestamptz NOT NULL,
    PRIMARY KEY (source, series, period, revision)
);

CREATE TABLE market.macro_asks (
    ask_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source  text NOT NULL,
    series  text NOT NULL,
    at      timestamptz NOT NULL,
    why     text NOT NULL,
    failure text NOT NULL DEFAULT '',
    learned int NOT NULL CHECK (learned >= 0)
);
CREATE INDEX macro_asks_latest ON market.macro_asks (source, series, at DESC);

CREATE TABLE market.macro_reports (
    report_id  uuid PRIMARY KEY,
    made_at    timestamptz NOT NULL,
    sheet_hash text NOT NULL,
    hint       text NOT NULL CHECK (hint IN ('bullish', 'bearish', 'uncertain')),
    written_by text NOT NULL CHECK (written_by IN ('rules', 'model')),
    folder     text NOT NULL UNIQUE,
    digest     text NOT NULL
);
CREATE INDEX macro_reports_latest ON market.macro_reports (made_at DESC);
"""

GRANTS = """
GRANT SELECT ON market.macro_observations, market.macro_asks, market.macro_reports
    TO quartz_ui, quartz_graph, quartz_oms, quartz_worker, quartz_guard;
GRANT INSERT ON market.macro_observations, market.macro_reports TO quartz_graph;
GRANT INSERT (source, series, at, why, failure, learned) ON market.macro_asks TO quartz_graph;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    op.execute(GRANTS)
