"""One question to the ledger from outside the OMS's process, without its lease."""

from __future__ import annotations

import psycopg

from tools.store.pool import CONNECT_SECONDS


def account_of_intent(url: str, intent_id: str) -> str:
    """Whose order that is, "" for nobody's. `url` is the OMS role's."""
    with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
        row = connection.execute(
            "SELECT account_ref FROM ledger.intents WHERE intent_id::text = %s", (intent_id,)
        ).fetchone()
    return str(row[0]) if row else ""
