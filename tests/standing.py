"""Mandates of a test's people: drafted with the graph's role, signed and revoked with the person's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

from oms_path import SAMSUNG, Person, rows_of
from psycopg.types.json import Jsonb

from domain.clock import KST
from domain.mandate import Mandate, MandateKind, bounds_hash, bounds_of


def offer(who: Person, most: int, *, bounds: dict[str, Any] | None = None, **changes: Any) -> Mandate:
    """A mandate for Samsung up to `most` won an order and a day. `bounds` are written instead of those that the hash
    is of; `changes` are the mandate's own fields."""
    mandate = Mandate(
        mandate_id=uuid4(),
        account_ref=who.account,
        kind=MandateKind.CYCLE,
        tickers=frozenset({SAMSUNG}),
        sectors=frozenset(),
        max_per_order=most,
        max_per_day=most,
        from_time=time(0, 0),
        until_time=time(23, 59, 59),
        expires_at=datetime.now(KST) + timedelta(days=1),
    )
    mandate = replace(mandate, **changes)
    with rows_of(who.graph_url) as db:
        db.execute(
            "INSERT INTO desk.mandate_offers VALUES (%s, %s, %s, %s, %s, %s, %s, now(), %s)",
            (
                mandate.mandate_id,
                mandate.account_ref,
                who.identity.user_id,
                mandate.kind.value,
                mandate.strategy_hash,
                Jsonb(bounds_of(mandate) | (bounds or {})),
                bounds_hash(mandate),
                mandate.expires_at,
            ),
        )
    return mandate


def signed(who: Person, most: int, **options: Any) -> Mandate:
    """The same with the person's signature."""
    mandate = offer(who, most, **options)
    with rows_of(who.ui_url) as db:
        db.execute(
            "INSERT INTO desk.mandates (mandate_id, user_id, bounds_hash, channel) VALUES (%s, %s, %s, 'test')",
            (mandate.mandate_id, who.identity.user_id, bounds_hash(mandate)),
        )
    return mandate


def revoke(who: Person, mandate: Mandate) -> None:
    with rows_of(who.ui_url) as db:
        db.execute(
            "INSERT INTO desk.mandate_revocations (mandate_id, user_id, channel) VALUES (%s, %s, 'test')",
            (mandate.mandate_id, who.identity.user_id),
        )
