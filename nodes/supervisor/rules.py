"""Which goal a reading means: a table of acts, looked at in order, with the open question first.

Contract: pure; `decide` always decides. The path behind a goal is graph/paths.py's. An order in words is never more
than a wish for the order desk, where a person approves it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.korean.acts import Act
from domain.korean.reading import Reading
from nodes.asking import ORDER_PROPOSALS
from nodes.state import AssistantState, Goal

# Answers to "what next?": the label on the button, then what it means.
NEXT_STEPS: Mapping[str, tuple[Goal, str]] = {
    "성향 알아보기": ("profile", "profile_start"),
    "전략 만들기": ("strategy", "strategy_make"),
    "종목 추천": ("propose", "propose"),
    "추천 보기": ("propose", "propose"),
    "다시 추천": ("propose", "propose"),
    "이대로 주문": ("trade", "send_proposals"),
    "잔고 보기": ("account", "balance"),
    "전략 보기": ("account", "strategy_show"),
    "성향 보기": ("account", "profile_show"),
    "미체결 보기": ("account", "open_orders"),
    "이유 보기": ("account", "why"),
    "시장 보기": ("inform", "macro"),
    "도움말": ("account", "help"),
    "둘러보기": ("account", "help"),
    "나중에": ("account", "no"),
}

# First row whose act is in the reading wins.
_GOALS: tuple[tuple[Act, Goal], ...] = (
    (Act.INJECTION, "account"),
    (Act.MANDATE_REVOKE, "account"),
    (Act.HALT, "account"),
    (Act.RESUME, "account"),
    (Act.CANCEL_LAST, "account"),
    (Act.CANCEL_ORDER, "account"),
    (Act.STRATEGY_EDIT, "strategy"),
    (Act.REVISE_ORDER, "account"),
    (Act.WHY, "account"),
    (Act.GRADE_UP, "profile"),
    (Act.GRADE_DOWN, "profile"),
    (Act.PROFILE_START, "profile"),
    (Act.PROFILE_REDO, "profile"),
    (Act.PROFILE_SHOW, "account"),
    (Act.STRATEGY_REVERT, "account"),
    (Act.STRATEGY_MAKE, "strategy"),
    (Act.STRATEGY_SHOW, "account"),
    (Act.MANDATE_SHOW, "account"),
    (Act.OPEN_ORDERS, "account"),
    (Act.HISTORY, "account"),
    (Act.BUY, "account"),
    (Act.SELL, "account"),
    (Act.SEND_PROPOSALS, "trade"),
    (Act.ORDER_SIDELESS, "account"),
    (Act.CHART, "account"),
    (Act.PNL, "account"),
    (Act.BALANCE, "account"),
)
_AFTER_FACTS: tuple[tuple[Act, Goal], ...] = (
    (Act.GUARANTEE, "account"),
    (Act.PRICE, "account"),
    (Act.PROPOSE, "propose"),
    (Act.MACRO, "inform"),
    (Act.NEWS, "inform"),
    (Act.ANALYSE, "inform"),
    (Act.EXPLAIN, "account"),
    (Act.HELP, "account"),
)
_OWNERS: Mapping[str, Goal] = {"user_profile": "profile", "strategy_architect": "strategy", "account": "account"}
# Only these acts take a message away from the profile while its questions are open.
_PROFILE_TALK = frozenset(
    {Act.START_OVER, Act.BACK, Act.CORRECTION, Act.NOT_THAT, Act.NO_ANSWER, Act.LOOK_AROUND, Act.UNSURE}
)


_EXCEPT = re.compile(r"빼고|빼구|말고|제외")


@dataclass(frozen=True, slots=True)
class Decision:
    """A goal, what it is about, and which specialists it needs. `act` is what the rooms go by."""

    goal: Goal
    act: str
    focus: tuple[str, ...] = ()
    analysts: tuple[str, ...] = ()
    order_request: tuple[dict[str, Any], ...] | None = None
    needs: tuple[str, ...] = field(default=())


def decide(reading: Reading, state: AssistantState) -> Decision:
    """The keyword router."""
    if reading.does(Act.INJECTION):
        return Decision("account", Act.INJECTION)
    if reading.answer is not None and reading.answer.owner != "supervisor":
        return _answered(reading, state)
    chosen = _proposals_meant(reading, state)
    if chosen is not None:
        return Decision("trade", Act.SEND_PROPOSALS, order_request=chosen)
    if reading.answer is not None:
        return _answered(reading, state)
    pending = state.get("pending_question")
    profiling = pending is not None and pending["owner"] == "user_profile"
    if reading.does(Act.PROFILE_START) and state.get("profile_version") and not state.get("profile_draft"):
        return Decision("account", Act.PROFILE_SHOW)
    for act, goal in _GOALS:
        if reading.does(act):
            return _decision(goal, act, reading, state)
    if (
        profiling
        and (reading.does(*_PROFILE_TALK) or reading.facts.any())
        and not reading.does(Act.EXPLAIN, Act.PRICE, Act.MACRO, Act.NEWS)
    ):
        return Decision("profile", Act.PROFILE_FACTS)
    if reading.does(Act.HELP) and not _substantial(reading):
        return Decision("account", Act.HELP)
    if reading.does(Act.PROFILE_FACTS) and not (reading.does(Act.PROPOSE) or _about_market(reading)):
        return Decision("profile", Act.PROFILE_FACTS)
    if reading.does(Act.PROFILE_FACTS) and state.get("profile_version") is None and not _about_market(reading):
        return Decision("propose", Act.PROPOSE, focus=reading.tickers, needs=reading.sectors)
    for act, goal in _AFTER_FACTS:
        if reading.does(act):
            return _decision(goal, act, reading, state)
    if reading.does(Act.START_OVER, Act.BACK, Act.CORRECTION):
        return Decision("profile", reading.acts[0])
    if reading.quoted and reading.does(Act.NONSENSE):
        return Decision("account", Act.NONSENSE)
    if (
        pending is not None
        and not pending.get("about", {}).get("optional")
        and reading.does(Act.NONSENSE, Act.NOT_THAT)
    ):
        return Decision(_OWNERS.get(pending["owner"], "account"), Act.NONSENSE)
    if reading.does(Act.NO_ORDER):
        return Decision("account", Act.NO_ORDER)
    if reading.tickers:
        return Decision("account", Act.PRICE, focus=reading.tickers)
    if reading.sectors:
        return Decision("inform", Act.ANALYSE, analysts=("selector",), needs=reading.sectors)
    return Decision("account", reading.acts[0] if reading.acts else Act.NONSENSE)


def _answered(reading: Reading, state: AssistantState) -> Decision:
    answer = reading.answer
    assert answer is not None
    if answer.owner == "supervisor":
        goal, act = NEXT_STEPS.get(answer.value, ("account", "help"))
        if answer.field == ORDER_PROPOSALS and answer.value == "yes":
            return Decision("trade" if state.get("proposals") else "propose", Act.SEND_PROPOSALS)
        if answer.value in ("yes", "no", "later", "unsure", "no_answer"):
            first = answer.options[0] if answer.options else "도움말"
            goal, act = NEXT_STEPS.get(first, ("account", "help")) if answer.value == "yes" else ("account", "no")
        if goal == "trade" and not state.get("proposals"):
            goal, act = "propose", "propose"
        return Decision(goal, act, analysts=("macro",) if act == "macro" else ())
    goal = _OWNERS.get(answer.owner, "account")
    # the last word on the profile leads straight to a first strategy
    if answer.owner == "user_profile" and answer.field == "confirm" and state.get("profile_version") is None:
        goal = "strategy"
    return Decision(goal, "answer")


def _decision(goal: Goal, act: Act, reading: Reading, state: AssistantState) -> Decision:
    if goal == "trade" and not state.get("proposals"):
        return Decision("account", Act.SEND_PROPOSALS)
    if act is Act.PROPOSE:
        return Decision("propose", act, focus=reading.tickers, needs=reading.sectors)
    if goal == "inform":
        analysts = _specialists(act, reading)
        if not analysts:
            return Decision("account", act)
        return Decision("inform", act, focus=reading.tickers, analysts=analysts, needs=reading.sectors)
    return Decision(goal, act, focus=reading.tickers)


def _specialists(act: Act, reading: Reading) -> tuple[str, ...]:
    """Who is asked: a name needs its chart and its news, a sector the selector, the market the macro view."""
    if act is Act.MACRO and not reading.tickers:
        return ("macro",)
    if act is Act.NEWS:
        return ("selector",)
    if reading.tickers:
        return ("selector", "technical")
    if reading.sectors:
        return ("macro", "selector")
    return ()


def _substantial(reading: Reading) -> bool:
    """Whether the facts are more than a beginner's 'it is my first time'."""
    facts = reading.facts
    return bool(facts.capital_krw or facts.monthly_krw or facts.horizon_months or facts.preferred or facts.max_loss_bps)


def _about_market(reading: Reading) -> bool:
    return (
        reading.does(Act.ANALYSE, Act.NEWS, Act.MACRO, Act.PRICE)
        and bool(reading.tickers or reading.sectors)
        and not reading.facts.answers
    )


def _proposals_meant(reading: Reading, state: AssistantState) -> tuple[dict[str, Any], ...] | None:
    """Kept proposals that the words pick: by number, by name without other numbers, or all of them."""
    kept: Sequence[Mapping[str, Any]] = state.get("proposals") or []
    pending = state.get("pending_question")
    if (
        kept
        and pending is not None
        and pending["field"] == ORDER_PROPOSALS
        and reading.ordinal
        and len(reading.text) <= 8
    ):
        return _numbered(kept, reading.ordinal)
    if (
        not kept
        or not reading.does(Act.SEND_PROPOSALS, Act.BUY, Act.SELL, Act.ORDER_SIDELESS)
        or reading.does(Act.CANCEL_ORDER, Act.CANCEL_LAST, Act.HALT)
    ):
        return None
    order = reading.order
    if (
        order.shares
        or order.amount
        or order.price
        or order.market
        or order.conditional
        or order.deferred
        or reading.foreign
        or reading.near
    ):
        return None
    if reading.avoided_tickers and not reading.tickers:
        rest = [leg for leg in kept if leg["ticker"] not in reading.avoided_tickers]
        return tuple(map(leg_of, rest)) if 0 < len(rest) < len(kept) else None
    if reading.ordinal is not None and _EXCEPT.search(reading.text):
        rest = [leg for at, leg in enumerate(kept, start=1) if at != reading.ordinal]
        return tuple(map(leg_of, rest)) if 0 < len(rest) < len(kept) else None
    if reading.tickers:
        named = [leg for leg in kept if leg["ticker"] in reading.tickers and order.side in (None, leg["side"])]
        return tuple(map(leg_of, named)) if len(named) == len(reading.tickers) else None
    if order.portion_bps not in (None, 10_000) or not reading.does(Act.SEND_PROPOSALS):
        return None
    if reading.ordinal is not None:
        return _numbered(kept, reading.ordinal)
    return tuple(map(leg_of, kept))


def _numbered(kept: Sequence[Mapping[str, Any]], ordinal: int) -> tuple[dict[str, Any], ...] | None:
    at = len(kept) if ordinal == -1 else ordinal
    return (leg_of(kept[at - 1]),) if 1 <= at <= len(kept) else None


def leg_of(proposal: Mapping[str, Any]) -> dict[str, Any]:
    """A kept proposal as a leg for the order desk; it stays our idea, not the user's."""
    return {
        "ticker": proposal["ticker"],
        "side": proposal["side"],
        "qty": proposal["qty"],
        "order_type": "limit",
        "price": proposal["price"],
        "reason": proposal.get("reason", ""),
        "initiative": proposal.get("initiative", "agent"),
        "after_leg": None,
    }
