"""An order that takes over the remainder of another, and cancels of orders placed by hand.

The one that `replaces` another leaves only after that one has ended; `whole` is what both together may fill, so its own
quantity is `whole` less what the other has filled. At most one of the replacements of an order ever leaves. A request
names an intent or, where nobody's intent owns the number, the number itself.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

SCHEMA = """
ALTER TABLE ledger.intents
    ADD COLUMN replaces uuid CONSTRAINT intents_replaces_fkey REFERENCES ledger.intents,
    ADD COLUMN whole bigint CONSTRAINT intents_whole_check CHECK (whole >= quantity),
    ADD CONSTRAINT intents_replacing_check CHECK ((replaces IS NULL) = (whole IS NULL) AND replaces <> intent_id);
CREATE UNIQUE INDEX one_replacement ON ledger.intents (replaces)
    WHERE replaces IS NOT NULL AND state NOT IN ('WITHDRAWN', 'REFUSED');

ALTER TABLE ledger.requests
    ALTER COLUMN intent_id DROP NOT NULL,
    ADD COLUMN trade_date date,
    ADD COLUMN branch text,
    ADD COLUMN number bigint,
    ADD CONSTRAINT requests_target_check CHECK (num_nonnulls(trade_date, branch, number)
        = CASE WHEN intent_id IS NULL THEN 3 ELSE 0 END AND (intent_id IS NOT NULL OR kind = 'cancel')),
    ADD CONSTRAINT requests_number_fkey FOREIGN KEY (account_ref, trade_date, branch, number)
        REFERENCES ledger.broker_orders (account_ref, trade_date, branch, odno);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
