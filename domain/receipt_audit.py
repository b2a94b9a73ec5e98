"""Whether a receipt is true to itself: hashes of plan and legs, who allowed it, fills against intents, costs by law.

Contract: needs nothing but the receipt, so it works on an exported file anywhere; says in words, step by step, what
differs, and nothing when all is well. Costs are computed anew from the dated tables of fees and taxes on each number's
cumulative amount. Pure. Whether the receipt is true to the tables is another question (`graph.receipts.compare`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from domain import ids
from domain.costs import FeeSchedule, fee, sell_tax
from domain.instruments import Kind, Market
from domain.receipt import Step, StepKind, bodies, breaks, newest

Body = Mapping[str, Any]
_SUMMED = ("quantity", "amount", "fee", "tax")


def audit(chain: Sequence[Step]) -> list[str]:
    """What does not hold; empty when all does."""
    found = breaks(chain)
    if found:
        return found
    try:
        plans = _plans(chain, found)
        _approvals(chain, plans, found)
        _intents(chain, plans, found)
        _fills(chain, found)
        _costs(chain, found)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        found.append(
            f"expected bodies of the layout that this code writes, was another: {type(error).__name__} {error}"
        )
    return found


def _plans(chain: Sequence[Step], found: list[str]) -> dict[int, Body]:
    """Versions by number; their hashes computed anew."""
    plans: dict[int, Body] = {}
    for body in bodies(chain, StepKind.PLAN):
        plan = body["plan"]
        again = ids.payload_hash(plan)
        if again != body["hash"]:
            found.append(f"plan: expected hash {again} of version {plan['version']}, was {body['hash']}")
        if plan["plan_id"] != str(chain[0].receipt_id):
            found.append(f"plan: expected plan {chain[0].receipt_id}, was {plan['plan_id']}")
        plans[plan["version"]] = body
    if not plans:
        found.append("plan: expected at least one version, was none")
    return plans


def _approvals(chain: Sequence[Step], plans: Mapping[int, Body], found: list[str]) -> None:
    """Cards and answers name the very text of their version."""
    for body in bodies(chain, StepKind.APPROVAL):
        if body["state"] == "mandate":
            continue
        version = body["version"]
        plan = plans.get(version)
        if plan is None or plan["hash"] != body["plan_hash"]:
            found.append(f"approval: expected the hash of version {version}, was {body['plan_hash']}")
        named = str(ids.approval_id(chain[0].receipt_id, version))
        if body["approval_id"] != named:
            found.append(f"approval: expected {named} for version {version}, was {body['approval_id']}")


def _intents(chain: Sequence[Step], plans: Mapping[int, Body], found: list[str]) -> None:
    """Every intent is a leg of the version that was allowed, with no more shares than it, on that very word."""
    told = newest(chain, StepKind.INTENTS)
    if told is None:
        return
    allowed = _allowed(chain)
    known = {intent["intent_id"] for intent in told["intents"]}
    for intent in told["intents"]:
        name = f"intent {intent['intent_id']}"
        if intent["replaces"] is not None:
            if intent["replaces"] not in known:
                found.append(f"{name}: expected to replace an intent of this plan, was {intent['replaces']}")
            continue
        version = plans.get(intent["version"])
        legs = {} if version is None else {leg["leg"]: leg for leg in version["plan"]["legs"]}
        leg = legs.get(intent["leg"])
        if leg is None:
            found.append(f"{name}: expected leg {intent['leg']} in version {intent['version']}, was none")
            continue
        if intent["intent_id"] != str(ids.intent_id(chain[0].receipt_id, intent["leg"])):
            found.append(f"{name}: expected the id of leg {intent['leg']}, was another")
        if (intent["ticker"], intent["side"]) != (leg["ticker"], leg["side"]) or intent["quantity"] > leg["quantity"]:
            was = f"{intent['side']} {intent['ticker']} {intent['quantity']}"
            found.append(f"{name}: expected at most {leg['side']} {leg['ticker']} {leg['quantity']}, was {was}")
        if intent["payload_hash"] not in (_payload(leg, leg["quantity"]), _payload(leg, intent["quantity"])):
            found.append(f"{name}: expected the hash of leg {intent['leg']}, was {intent['payload_hash']}")
        word = allowed.get(intent["authority_id"])
        if word is None or (word["state"] == "approve" and word["version"] != intent["version"]):
            found.append(f"{name}: expected a recorded word for {intent['authority_id']}, was none")
        elif word["state"] == "approve":
            most = word["quantities"].get(str(intent["leg"]), leg["quantity"])
            if intent["quantity"] > most:
                found.append(f"{name}: expected at most {most} approved shares, was {intent['quantity']}")


def _allowed(chain: Sequence[Step]) -> dict[str, Body]:
    words = bodies(chain, StepKind.APPROVAL)
    return {str(word.get("approval_id") or word.get("mandate_id")): word for word in words if word["state"] in _YES}


_YES = ("approve", "mandate")


def _payload(leg: Body, quantity: int) -> str:
    """As `domain.gate.order.payload_of` says what must be equal for two orders of one id to be the same."""
    names = ("ticker", "side", "order_type", "limit_price", "after_leg")
    return ids.payload_hash({**{name: leg[name] for name in names}, "quantity": quantity})


def _fills(chain: Sequence[Step], found: list[str]) -> None:
    """Fills sum to their intents, and numbers at the broker to the same."""
    told, orders = newest(chain, StepKind.FILLS), newest(chain, StepKind.ORDERS)
    if told is None or orders is None:
        return
    by_intent = _summed(told["fills"])
    by_number = _summed({**row, "quantity": row["filled"], "fee": 0, "tax": 0} for row in orders["orders"])
    for sums in told["sums"]:
        name = sums["intent_id"]
        for what in _SUMMED:
            was = by_intent[name][what]
            if was != sums[what]:
                found.append(f"fills: expected {what} {sums[what]} for intent {name}, was {was}")
        for what in ("quantity", "amount"):
            if by_number[name][what] != sums[what]:
                found.append(f"orders: expected {what} {sums[what]} for intent {name}, was {by_number[name][what]}")
    strange = {row["intent_id"] for row in told["fills"]} - {sums["intent_id"] for sums in told["sums"]}
    found += [f"fills: expected fills of this plan's intents, was one of {name}" for name in sorted(strange)]


def _summed(rows: Iterable[Body]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_SUMMED, 0))
    for row in rows:
        for what in _SUMMED:
            found[row["intent_id"]][what] += row[what]
    return found


def _costs(chain: Sequence[Step], found: list[str]) -> None:
    """Fee and tax of every number, on what it traded for altogether, by the tables of its trade date."""
    costs, told, intents = (newest(chain, kind) for kind in (StepKind.COSTS, StepKind.FILLS, StepKind.INTENTS))
    if costs is None or told is None or intents is None:
        return
    rate = costs["fees"]["rate"]
    schedule = FeeSchedule(costs["fees"]["name"], Fraction(*rate), costs["fees"]["unit"], "receipt")
    sides = {intent["intent_id"]: intent for intent in intents["intents"]}
    numbers: dict[tuple[str, str, int], list[Body]] = defaultdict(list)
    for fill in told["fills"]:
        numbers[fill["intent_id"], fill["date"], fill["number"]].append(fill)
    for (intent_id, day, number), fills in numbers.items():
        intent, amount = sides[intent_id], sum(fill["amount"] for fill in fills)
        listed = costs["names"].get(intent["ticker"])
        market = Market.KOSPI if listed is None else Market(listed["market"])
        kind = Kind.STOCK if listed is None else Kind(listed["kind"])
        tax = sell_tax(amount, market, kind, date.fromisoformat(day)) if intent["side"] == "sell" else 0
        for what, due in (("fee", fee(amount, schedule)), ("tax", tax)):
            was = sum(fill[what] for fill in fills)
            if was != due:
                found.append(f"costs: expected {what} {due} won for order {number} of {day}, was {was}")
    for what in ("fee", "tax"):
        total = sum(fill[what] for fill in told["fills"])
        if costs[what] != total:
            found.append(f"costs: expected {what} {total} won altogether, was {costs[what]}")
