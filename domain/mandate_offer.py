"""The mandate that a person is asked to sign: bounded by names, one order's limit, the capital a day, and 30 days.

Contract: pure. It never allows more than the grade does: a grade that must confirm every purchase is offered sales
only.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from uuid import UUID

from domain.instruments import Instruments
from domain.limits import Approval, Limits
from domain.mandate import Mandate, MandateKind
from domain.orders.types import Side

MANDATE_DAYS = 30
SESSION = (time(9, 0), time(15, 20))  # the continuous session; a venue that never closes has no hours
ALL_DAY = (time(0, 0), time(23, 59))


def offered(
    mandate_id: UUID,
    account_ref: str,
    kind: MandateKind,
    names: Collection[str],
    limits: Limits,
    base: int,
    table: Instruments,
    calendar: str,
    now: datetime,
    strategy_hash: str | None = None,
) -> Mandate:
    """`names` are tickers, at least one; `base`: won that the limits are shares of; `now`: wall time."""
    first, last = ALL_DAY if calendar == "always" else SESSION
    return Mandate(
        mandate_id=mandate_id,
        account_ref=account_ref,
        kind=kind,
        tickers=frozenset(names),
        sectors=frozenset(),
        max_per_order=min(max(limits.order_krw(table.get(ticker)) for ticker in names), base),
        max_per_day=base,
        from_time=first,
        until_time=last,
        expires_at=now + timedelta(days=MANDATE_DAYS),
        strategy_hash=strategy_hash,
        sides=frozenset({Side.SELL}) if limits.approval is Approval.ALWAYS else frozenset(Side),
    )
