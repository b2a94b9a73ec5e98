"""Rows of a ledger for tests: an ordinary one of each kind, with whatever a test wants otherwise."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from domain.clock import KST
from domain.orders.types import Initiative, IntentState, OrderType, Side
from domain.orders.words import OrderState
from execution.oms.ledger.rows import BrokerOrder, Fill, Intent, Request, Reservation

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=KST)
TODAY = NOW.date()
_SPACE = UUID("5d0f2c52-6a6e-4c1b-9d63-0d8a7c2f3b11")


def named(*words: object) -> UUID:
    """The same id for the same words."""
    return uuid5(_SPACE, "/".join(map(str, words)))


def intent(account_ref: str, *name: object, **values: Any) -> Intent:
    """A limit buy that was admitted; `name` tells it from others."""
    plain: dict[str, Any] = {
        "intent_id": named(account_ref, "intent", *name),
        "plan_id": named(account_ref, "plan", *name),
        "version": 1,
        "leg": 1,
        "account_ref": account_ref,
        "user_id": named(account_ref, "user"),
        "ticker": "005930",
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "limit_price": 70_000,
        "quantity": 10,
        "not_after": NOW + timedelta(hours=1),
        "initiative": Initiative.USER,
        "after_leg": None,
        "sleeve": "manual",
        "reason": "까닭",
        "payload_hash": "hash",
        "authority": "approval",
        "authority_id": named(account_ref, "authority", *name),
        "profile_version": 1,
        "strategy_id": None,
        "plan_expires_at": NOW + timedelta(hours=2),
        "trade_date": TODAY,
        "state": IntentState.NEW,
        "state_note": "",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Intent(**{**plain, **values})


def reservation(of: Intent, cash: int = 700_000, shares: int = 0) -> Reservation:
    return Reservation(of.intent_id, of.account_ref, of.ticker, cash, shares, None, None)


def broker_order(of: Intent | None, account_ref: str, odno: int, **values: Any) -> BrokerOrder:
    plain: dict[str, Any] = {
        "account_ref": account_ref,
        "trade_date": TODAY,
        "branch": "00950",
        "odno": odno,
        "intent_id": of.intent_id if of is not None else None,
        "kind": "order" if of is not None else "foreign",
        "replaces": None,
        "ticker": "005930",
        "side": Side.BUY,
        "order_type": "00",
        "price": 70_000,
        "quantity": 10,
        "filled": 0,
        "amount": 0,
        "estimated": False,
        "noticed": 0,
        "noticed_amount": 0,
        "cancelled": 0,
        "rejected": 0,
        "state": OrderState.LIVE if of is not None else OrderState.FOREIGN,
        "how": "reply",
        "acked_at": NOW,
        "updated_at": NOW,
    }
    return BrokerOrder(**{**plain, **values})


def request(of: Intent, request_id: str, **values: Any) -> Request:
    plain: dict[str, Any] = {
        "account_ref": of.account_ref,
        "request_id": request_id,
        "intent_id": of.intent_id,
        "kind": "cancel",
        "new_price": None,
        "state": "ASKED",
        "odno": None,
        "code": "",
        "message": "",
        "asked_by": "web",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Request(**{**plain, **values})


def fill(account_ref: str, odno: int, quantity: int, cumulative: int, **values: Any) -> Fill:
    plain: dict[str, Any] = {
        "account_ref": account_ref,
        "trade_date": TODAY,
        "branch": "00950",
        "odno": odno,
        "intent_id": None,
        "ticker": "005930",
        "side": Side.BUY,
        "sleeve": "manual",
        "quantity": quantity,
        "amount": quantity * 70_000,
        "cumulative": cumulative,
        "fee": 100,
        "tax": 0,
        "realised": 0,
        "estimated": False,
        "at": NOW,
    }
    return Fill(**{**plain, **values})


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)
