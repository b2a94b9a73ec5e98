"""Which goal a reading means: a table of acts, looked at in order, with the open question first.

Contract: pure; `decide` always decides. The path behind a goal is graph/paths.py's. An order in words is never more
than a wish for the order desk, where a person approves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.korean.acts import WATCHING, Act
from domain.korean.reading import Reading
from nodes.asking import FEWER, ORDER_PROPOSALS
from nodes.state import AssistantState, Goal
from nodes.supervisor.picks import fewer, picked

# Answers to "what next?": the label on the button, then what it means.
NEXT_STEPS: Mapping[str, tuple[Goal, str]] = {
    "성향 알아보기": ("profile", "profile_start"),
    "전략 만들기": ("strategy", "strategy_make"),
    "종목 추천": ("propose", "propose"),
    "추천 보기": ("propose", "propose"),
    "다시 추천": ("propose", "propose"),
    "이대로 주문": ("trade", "send_proposals"),
    "잔고 보기": ("account", "balance"),
    "전략 켜기": ("account", "strategy_start"),
    "전략 보기": ("account", "strategy_show"),
    "백테스트": ("strategy", "backtest"),
    "성향 보기": ("account", "profile_show"),
    "점검 켜기": ("account", "checks_start"),
    "점검 끄기": ("account", "checks_stop"),
    "오늘 일지": ("account", "diary"),
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
    (Act.DISTRESS, "account"),
    (Act.CHECKS_STOP, "account"),
    (Act.CHECKS_START, "account"),
    (Act.CHECKS_SHOW, "account"),
    (Act.DIARY, "account"),
    (Act.MANDATE_REVOKE, "account"),
    (Act.STRATEGY_PAUSE, "account"),
    (Act.STRATEGY_STOP, "account"),
    (Act.HALT, "account"),
    (Act.RESUME, "account"),
    (Act.CANCEL_LAST, "account"),
    (Act.CANCEL_ORDER, "account"),
    (Act.WHY_HALTED, "account"),
    (Act.STRATEGY_EDIT, "strategy"),
    (Act.REVISE_ORDER, "account"),
    (Act.RECEIPT, "account"),
    (Act.WHY, "account"),
    (Act.GRADE_UP, "profile"),
    (Act.GRADE_DOWN, "profile"),
    (Act.PROFILE_START, "profile"),
    (Act.PROFILE_REDO, "profile"),
    (Act.PROFILE_SHOW, "account"),
    (Act.STRATEGY_REVERT, "account"),
    (Act.BACKTEST, "strategy"),
    (Act.STRATEGY_START, "account"),
    (Act.STRATEGY_STATUS, "account"),
    (Act.STRATEGY_MAKE, "strategy"),
    (Act.STOPS, "account"),
    (Act.STRATEGY_SHOW, "account"),
    (Act.MANDATE_OFFER, "account"),
    (Act.MANDATE_SHOW, "account"),
    (Act.OPEN_ORDERS, "account"),
    (Act.HISTORY, "account"),
    (Act.BUY, "account"),
    (Act.SELL, "account"),
    (Act.SEND_PROPOSALS, "trade"),
    (Act.ORDER_SIDELESS, "account"),
    (Act.EQUITY, "account"),
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
    (Act.ABUSE, "account"),
    (Act.EXPLAIN, "account"),
    (Act.HELP, "account"),
    (Act.BEGIN, "account"),
)
_VIEWS = (Act.PRICE, Act.MACRO, Act.NEWS, Act.ANALYSE, Act.RECEIPT, Act.WHY, Act.PROPOSE)
_OWNERS: Mapping[str, Goal] = {"user_profile": "profile", "strategy_architect": "strategy", "account": "account"}
# Only these acts take a message away from the profile while its questions are open.
_PROFILE_TALK = frozenset(
    {
        *(Act.START_OVER, Act.BACK, Act.CORRECTION, Act.NOT_THAT),
        *(Act.NO_ANSWER, Act.LOOK_AROUND, Act.UNSURE, Act.IMPATIENT, Act.BEGIN),
    }
)
_ORDERS = (Act.BUY, Act.SELL, Act.ORDER_SIDELESS, Act.SEND_PROPOSALS)


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
    watching = _watching(reading)
    if watching is not None:
        return Decision("account", watching, focus=reading.tickers)
    if reading.answer is not None and (reading.answer.owner != "supervisor" or reading.answer.field == FEWER):
        return _answered(reading, state)
    chosen = picked(reading, state)
    if chosen is not None:
        return Decision("trade", Act.SEND_PROPOSALS, order_request=chosen)
    if reading.answer is not None:
        return _answered(reading, state)
    if reading.text.strip() in NEXT_STEPS:
        return _next_step(reading.text.strip(), state)
    if reading.does(Act.FEWER) and state.get("proposals") and not reading.tickers and not reading.does(*_VIEWS):
        return Decision("account", Act.FEWER)
    pending = state.get("pending_question")
    profiling = pending is not None and pending["owner"] == "user_profile"
    if reading.does(Act.PROFILE_START) and state.get("profile_version") and not state.get("profile_draft"):
        return Decision("account", Act.PROFILE_SHOW)
    if reading.does(Act.BUY) and reading.sectors and not (reading.tickers or reading.near or reading.order.shares):
        return Decision("propose", Act.PROPOSE, needs=reading.sectors)  # '금 사고 싶어'
    for act, goal in _GOALS:
        if reading.does(act) and not (profiling and act in _ORDERS and not _names_an_order(reading)):
            if act is Act.EQUITY and (reading.tickers or reading.near or reading.foreign):
                continue  # '삼성전자 수익률 그래프' is about the name
            if act is Act.WHY_HALTED and reading.tickers:
                continue  # '삼성전자 거래정지됐어?' is about the name
            return _decision(goal, act, reading, state)
    if (
        profiling
        and (reading.does(*_PROFILE_TALK) or reading.facts.any())
        and not reading.does(Act.EXPLAIN, Act.PRICE, Act.MACRO, Act.NEWS)
    ):
        return Decision("profile", Act.PROFILE_FACTS)
    if profiling and reading.does(*_ORDERS) and not _names_an_order(reading):
        return Decision("profile", Act.PROPOSE)
    if reading.does(Act.ASIDE) and len(reading.facts.answers) < 2 and not _about_something(reading):
        return Decision("account", Act.ASIDE)
    if reading.does(Act.HELP) and not _substantial(reading):
        return Decision("account", Act.HELP)
    if reading.does(Act.PROFILE_FACTS) and not (reading.does(Act.PROPOSE) or _about_market(reading)):
        return Decision("profile", Act.PROFILE_FACTS)
    if reading.does(Act.PROFILE_FACTS) and state.get("profile_version") is None and not _about_market(reading):
        return Decision("propose", Act.PROPOSE, focus=reading.tickers, needs=reading.sectors)
    for act, goal in _AFTER_FACTS:
        if act is Act.PRICE and reading.does(Act.MACRO) and not (reading.tickers or reading.foreign):
            continue  # '환율 얼마야' is about the market
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


def _watching(reading: Reading) -> Act | None:
    """What is said about watching, alerts or savings: before kept proposals and orders, because '담아줘' and '매달 …
    사줘' sound like those. A sum for every month without a name is about the person's money."""
    if reading.does(Act.DISTRESS) or (reading.answer is not None and reading.answer.index is not None):
        return None
    found = next((act for act in WATCHING if reading.does(act)), None)
    if found is Act.SAVINGS_MAKE and not (reading.tickers or reading.near or reading.foreign):
        return None
    return found


def _answered(reading: Reading, state: AssistantState) -> Decision:
    answer = reading.answer
    assert answer is not None
    if answer.owner == "supervisor" and answer.field == FEWER:
        legs = fewer(answer, state)
        return Decision("trade", Act.SEND_PROPOSALS, order_request=legs) if legs else Decision("account", Act.NO)
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
    # the last word on the profile leads straight to a first strategy, and on to proposals when those were wanted
    if answer.owner == "user_profile" and answer.field == "confirm" and state.get("profile_version") is None:
        goal = "propose" if _wants_proposals(state) else "strategy"
    return Decision(goal, "answer")


def _next_step(label: str, state: AssistantState) -> Decision:
    """A button of an earlier message: it means the same as long as it can be seen."""
    goal, act = NEXT_STEPS[label]
    if goal == "trade" and not state.get("proposals"):
        goal, act = "propose", "propose"
    return Decision(goal, act, analysts=("macro",) if act == "macro" else ())


def _wants_proposals(state: AssistantState) -> bool:
    """Whether the questions began with what to invest in, or with a wish for a recommendation."""
    draft = state.get("profile_draft") or {}
    wish = (draft.get("wish") or {}).get("kind")
    return wish == "propose" or (wish is None and bool((draft.get("profile") or {}).get("preferred_sectors")))


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


def _about_something(reading: Reading) -> bool:
    """Whether a view of a stock, a sector, the market or a proposal is wanted as well."""
    named = bool(reading.tickers or reading.sectors or reading.foreign)
    return reading.does(Act.MACRO, Act.PROPOSE) or (named and reading.does(*_VIEWS))


def _names_an_order(reading: Reading) -> bool:
    """Whether an order sentence says what or how much; '사줘' alone among our questions is impatience."""
    order = reading.order
    return bool(reading.tickers or reading.foreign or reading.near or order.shares or order.amount or order.portion_bps)


def _substantial(reading: Reading) -> bool:
    """Whether the facts are more than a beginner's 'it is my first time'."""
    facts = reading.facts
    said = (facts.capital_krw, facts.monthly_krw, facts.horizon_months, facts.max_loss_bps)
    return any(said) or bool(facts.preferred) or len(facts.answers) > 1 or "age" in facts.answers


def _about_market(reading: Reading) -> bool:
    return (
        reading.does(Act.ANALYSE, Act.NEWS, Act.MACRO, Act.PRICE)
        and bool(reading.tickers or reading.sectors)
        and not reading.facts.answers
    )
