"""A plan as the text that its hash, and so every approval of it, is taken over.

Contract: two plans with the same hash ask for the same orders; times count in UTC to the microsecond, as the
database keeps them. Does not judge a plan: the gate does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domain.ids import payload_hash
from domain.orders.types import Leg, Plan


def _moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError(f"expected an aware datetime, was {at!r}")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def leg_payload(leg: Leg) -> dict[str, Any]:
    return {
        "leg": leg.leg,
        "ticker": leg.ticker,
        "side": leg.side.value,
        "quantity": leg.quantity,
        "order_type": leg.order_type.value,
        "limit_price": leg.limit_price,
        "not_after": _moment(leg.not_after),
        "initiative": leg.initiative.value,
        "after_leg": leg.after_leg,
        "reason": leg.reason,
    }


def plan_payload(plan: Plan) -> dict[str, Any]:
    return {
        "plan_id": str(plan.plan_id),
        "version": plan.version,
        "account_ref": plan.account_ref,
        "user_id": str(plan.user_id),
        "sleeve": plan.sleeve,
        "origin": list(plan.origin),
        "legs": [leg_payload(leg) for leg in sorted(plan.legs, key=lambda leg: leg.leg)],
        "profile_version": plan.profile_version,
        "strategy_id": None if plan.strategy_id is None else str(plan.strategy_id),
        "created_at": _moment(plan.created_at),
        "expires_at": _moment(plan.expires_at),
    }


def plan_hash(plan: Plan) -> str:
    """Hex SHA-256 that an approval request, its answer and the OMS all compute for themselves."""
    return payload_hash(plan_payload(plan))
