"""The part of a receipt that the tables know: versions, the gate's word, the answer, and what came of the orders.

Contract: the same trail gives the same steps, so whoever looks again adds only what is new. Steps of intents are
written once legs are taken, those of orders, fills and costs once nothing of the plan can trade any more; what a late
answer of the broker changes is said again, whole, and the newest counts. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.costs import DEFAULT_FEES
from domain.instruments import Instruments
from domain.mandate import bounds_hash
from domain.orders.plans import plan_payload
from domain.orders.types import TERMINAL
from domain.receipt import Draft, StepKind, moment
from tools.ports import StoredMandate
from tools.trail import Answer, IntentFact, Trail, plain

FILLED, PARTLY, UNFILLED = "filled", "partly", "unfilled"
REJECTED, REFUSED, EXPIRED, UNDELIVERED = "rejected", "refused", "expired", "undelivered"
_ENDED = frozenset(state.value for state in TERMINAL)


def followed(trail: Trail, table: Instruments, now: datetime) -> list[Draft]:
    """Every step that the tables tell by now, in order."""
    drafts = _versions(trail) + _verdicts(trail) + _words_given(trail)
    if trail.intents:
        drafts.append(_intents(trail))
    if trail.intents and all(intent.state in _ENDED for intent in trail.intents):
        drafts += [_orders(trail), _fills(trail), _costs(trail, table)]
    end = outcome(trail, now)
    if end is not None:
        drafts.append((StepKind.END, {"outcome": end, "moved": moment(_moved(trail))}, now))
    return drafts


def outcome(trail: Trail, now: datetime) -> str | None:
    """How the decision ended; None while it has not."""
    if trail.intents:
        if any(intent.state not in _ENDED for intent in trail.intents):
            return None
        filled = sum(intent.filled for intent in trail.intents)
        first = [intent for intent in trail.intents if intent.replaces is None]
        return UNFILLED if not filled else FILLED if filled == sum(each.quantity for each in first) else PARTLY
    plan = trail.plans[-1]
    answer = _answer_to(trail, plan.version)
    if answer is not None and answer.decision == "reject":
        return REJECTED
    if any(entry.kind == "refusal" and entry.detail.get("version") == plan.version for entry in trail.journal):
        return REFUSED
    if now < plan.expires_at:
        return None
    return EXPIRED if answer is None else UNDELIVERED


def _moved(trail: Trail) -> datetime:
    """The newest thing that the trail tells."""
    times = [plan.created_at for plan in trail.plans] + [intent.updated_at for intent in trail.intents]
    times += [answer.decided_at for answer in (trail.answers or {}).values()]
    return max(times)


def _versions(trail: Trail) -> list[Draft]:
    return [
        (StepKind.PLAN, {"plan": plan_payload(plan), "hash": trail.hashes.get(plan.version, "")}, plan.created_at)
        for plan in trail.plans
    ]


def _verdicts(trail: Trail) -> list[Draft]:
    """What limits changed on the way to a card, and why something was refused."""
    found: list[Draft] = []
    for question in trail.questions:
        limits = question.card.get("limits") or []
        if limits:
            body = {"by": "gate", "version": question.version, "effect": "changed", "findings": plain(limits)}
            found.append((StepKind.VERDICT, body, question.created_at))
    for entry in trail.journal:
        if entry.kind == "refusal":
            refused = {
                "by": "gate",
                "version": entry.detail.get("version"),
                "effect": "refused",
                "text": entry.summary,
                "findings": plain(entry.detail.get("findings") or []),
            }
            found.append((StepKind.VERDICT, refused, entry.at))
    return found


def _words_given(trail: Trail) -> list[Draft]:
    """Cards with their answers, and mandates."""
    found: list[Draft] = []
    for question in trail.questions:
        about = {
            "approval_id": str(question.approval_id),
            "version": question.version,
            "plan_hash": question.plan_hash,
        }
        asked = {
            "state": "asked",
            **about,
            "card": plain(question.card),
            "asked_at": moment(question.created_at),
            "expires_at": moment(question.expires_at),
        }
        found.append((StepKind.APPROVAL, asked, question.created_at))
        answer = (trail.answers or {}).get(question.approval_id)
        if answer is not None:
            body = {
                "state": answer.decision,
                **about,
                "quantities": plain(answer.quantities),
                "unsuitable_ack": answer.unsuitable_ack,
                "channel": answer.channel,
                "decided_at": moment(answer.decided_at),
            }
            found.append((StepKind.APPROVAL, body, answer.decided_at))
    for mandate in (trail.mandates or {}).values():
        body = {
            "state": "mandate",
            "mandate_id": str(mandate.mandate_id),
            "kind": mandate.kind,
            "strategy_hash": mandate.strategy_hash,
            "bounds": plain(mandate.bounds),
            "bounds_hash": _bounds_hash(mandate),
            "signed_at": plain(mandate.signed_at),
            "expires_at": plain(mandate.expires_at),
        }
        found.append((StepKind.APPROVAL, body, trail.plans[-1].created_at))
    return found


def _bounds_hash(mandate: StoredMandate) -> str:
    """Empty for bounds that nobody can read any more."""
    try:
        return bounds_hash(mandate.read())
    except (KeyError, ValueError, TypeError):
        return ""


def intent_facts(intents: Sequence[IntentFact]) -> list[dict[str, Any]]:
    """What of an intent never changes."""
    return [
        {
            "intent_id": str(intent.intent_id),
            "plan_id": str(intent.plan_id),
            "version": intent.version,
            "leg": intent.leg,
            "ticker": intent.ticker,
            "side": intent.side,
            "order_type": intent.order_type,
            "limit_price": intent.limit_price,
            "quantity": intent.quantity,
            "payload_hash": intent.payload_hash,
            "authority": intent.authority,
            "authority_id": plain(intent.authority_id),
            "replaces": plain(intent.replaces),
            "created_at": moment(intent.created_at),
        }
        for intent in intents
    ]


def _intents(trail: Trail) -> Draft:
    at = max(intent.created_at for intent in trail.intents)
    return StepKind.INTENTS, {"intents": intent_facts(trail.intents)}, at


def _orders(trail: Trail) -> Draft:
    rows = [
        {
            "intent_id": str(order.intent_id),
            "date": order.trade_date.isoformat(),
            "number": order.number,
            "kind": order.kind,
            "price": order.price,
            "quantity": order.quantity,
            "filled": order.filled,
            "amount": order.amount,
            "state": order.state,
        }
        for order in trail.orders
    ]
    ends = [{"intent_id": str(each.intent_id), "state": each.state} for each in trail.intents]
    return StepKind.ORDERS, {"orders": rows, "intents": ends}, _last(trail)


def _fills(trail: Trail) -> Draft:
    rows = [
        {
            "intent_id": str(fill.intent_id),
            "date": fill.trade_date.isoformat(),
            "number": fill.number,
            "quantity": fill.quantity,
            "amount": fill.amount,
            "fee": fill.fee,
            "tax": fill.tax,
            "estimated": fill.estimated,
        }
        for fill in trail.fills
    ]
    sums = [
        {
            "intent_id": str(intent.intent_id),
            "quantity": intent.filled,
            "amount": intent.filled_amount,
            "fee": intent.fee,
            "tax": intent.tax,
        }
        for intent in trail.intents
    ]
    return StepKind.FILLS, {"fills": rows, "sums": sums, "single": trail.counts_fills}, _last(trail)


def _costs(trail: Trail, table: Instruments) -> Draft:
    """Fee and tax with what they follow from: the schedule, market and kind of each name."""
    names = {}
    for ticker in sorted({intent.ticker for intent in trail.intents}):
        row = table.get(ticker)
        if row is not None:
            names[ticker] = {"market": row.market.value, "kind": row.kind.value}
    fees = {
        "name": DEFAULT_FEES.name,
        "rate": [DEFAULT_FEES.rate.numerator, DEFAULT_FEES.rate.denominator],
        "unit": DEFAULT_FEES.unit,
    }
    body = {
        "fees": fees,
        "names": names,
        "fee": sum(fill.fee for fill in trail.fills),
        "tax": sum(fill.tax for fill in trail.fills),
    }
    return StepKind.COSTS, body, _last(trail)


def _last(trail: Trail) -> datetime:
    return max(intent.updated_at for intent in trail.intents)


def _answer_to(trail: Trail, version: int) -> Answer | None:
    asked = [question for question in trail.questions if question.version == version]
    return (trail.answers or {}).get(asked[-1].approval_id) if asked else None
