"""Queries that the desk's tables share, and plans and legs as rows. Pure."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from domain.orders.plans import plan_hash
from domain.orders.types import Initiative, Leg, OrderType, Plan, Side

IDENTITY = (
    "SELECT u.user_id, u.name, a.account_ref, a.venue FROM desk.accounts a JOIN chat.users u ON u.user_id = a.owner"
)
REQUEST = (
    "SELECT r.approval_id, r.plan_id, r.version, r.plan_hash, r.account_ref, r.user_id, r.thread_id, r.card,"
    " r.created_at, r.expires_at FROM desk.approval_requests r"
)
UNANSWERED = " AND NOT EXISTS (SELECT 1 FROM desk.approvals d WHERE d.approval_id = r.approval_id)"
NEWEST = " AND NOT EXISTS (SELECT 1 FROM desk.plans p WHERE p.plan_id = r.plan_id AND p.version > r.version)"
INSERT_PLAN = (
    "INSERT INTO desk.plans (plan_id, version, account_ref, user_id, sleeve, origin, profile_version, strategy_id,"
    " plan_hash, created_at, expires_at) VALUES (%(plan_id)s, %(version)s, %(account_ref)s, %(user_id)s, %(sleeve)s,"
    " %(origin)s, %(profile_version)s, %(strategy_id)s, %(plan_hash)s, %(created_at)s, %(expires_at)s)"
    " ON CONFLICT (plan_id, version) DO NOTHING RETURNING plan_id"
)
INSERT_LEG = (
    "INSERT INTO desk.plan_legs (plan_id, version, leg, ticker, side, quantity, order_type, limit_price, not_after,"
    " initiative, after_leg, reason) VALUES (%(plan_id)s, %(version)s, %(leg)s, %(ticker)s, %(side)s, %(quantity)s,"
    " %(order_type)s, %(limit_price)s, %(not_after)s, %(initiative)s, %(after_leg)s, %(reason)s)"
)


def plan_row(plan: Plan) -> dict[str, Any]:
    return {
        "plan_id": plan.plan_id,
        "version": plan.version,
        "account_ref": plan.account_ref,
        "user_id": plan.user_id,
        "sleeve": plan.sleeve,
        "origin": Jsonb(list(plan.origin)),
        "profile_version": plan.profile_version,
        "strategy_id": plan.strategy_id,
        "plan_hash": plan_hash(plan),
        "created_at": plan.created_at,
        "expires_at": plan.expires_at,
    }


def leg_row(plan: Plan, leg: Leg) -> dict[str, Any]:
    return {
        "plan_id": plan.plan_id,
        "version": plan.version,
        "leg": leg.leg,
        "ticker": leg.ticker,
        "side": leg.side.value,
        "quantity": leg.quantity,
        "order_type": leg.order_type.value,
        "limit_price": leg.limit_price,
        "not_after": leg.not_after,
        "initiative": leg.initiative.value,
        "after_leg": leg.after_leg,
        "reason": leg.reason,
    }


def leg(row: DictRow) -> Leg:
    """A leg as stored."""
    return Leg(
        **{
            **row,
            "side": Side(row["side"]),
            "order_type": OrderType(row["order_type"]),
            "initiative": Initiative(row["initiative"]),
        }
    )
