"""What may change in a row of the ledger, and which states its constraints speak of: one word for all adapters.

Contract: `LIVE_ENDS` and `PENDING` are those of the migration's partial indexes and checks.
"""

from __future__ import annotations

from collections.abc import Iterable

INTENT = frozenset(
    {
        *("state", "state_note", "limit_price", "quantity", "filled", "provisional", "filled_amount", "fee", "tax"),
        *("amount_estimated", "epoch", "sent_at", "send_deadline", "baseline", "uncertain_since", "trade_date"),
        *("version", "authority_id", "payload_hash"),
    }
)
BROKER_ORDER = frozenset(
    {
        *("filled", "amount", "estimated", "noticed", "noticed_amount", "cancelled", "rejected", "state", "intent_id"),
        *("kind", "quantity", "price"),
    }
)
REQUEST = frozenset({"state", "odno", "code", "message"})
PENDING = ("ASKED", "SENDING", "ACKED", "UNKNOWN")  # of a request
LIVE_ENDS = ("REPLACED", "FILLED", "CANCELLED", "REJECTED", "EXPIRED", "FOREIGN_ENDED")  # of a broker order


def require(names: Iterable[str], allowed: frozenset[str], what: str) -> None:
    """Raises ValueError for a column that never changes."""
    unknown = set(names) - allowed
    if unknown:
        raise ValueError(f"expected changeable columns of {what}, was {sorted(unknown)}")
