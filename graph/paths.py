"""Which rooms a turn passes through: the goal is a decision, the path is code.

Contract: pure functions of the state; `NEXT` lists every way that exists, and a way not listed is an error, never
silence. A turn makes one routing decision, because no way leads back to the supervisor. Rooms of one stage run in
parallel; `portfolio` and `respond` wait for all that still runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, get_args

from nodes.state import AssistantState, Goal, NodeName

Stages = tuple[tuple[NodeName, ...], ...]

ROOMS: Final[tuple[NodeName, ...]] = get_args(NodeName)
ANALYSTS: Final[tuple[NodeName, ...]] = ("macro", "selector", "technical")
JOINS: Final[frozenset[NodeName]] = frozenset({"portfolio", "respond"})

NEXT: Final[dict[NodeName, tuple[NodeName, ...]]] = {
    "intake": ("supervisor",),
    "supervisor": (
        "user_profile",
        "strategy_architect",
        "macro",
        "selector",
        "technical",
        "order_desk",
        "account",
        "respond",
    ),
    "user_profile": ("strategy_architect", "respond"),
    "strategy_architect": ("macro", "selector", "technical", "respond"),
    "macro": ("portfolio", "respond"),
    "selector": ("technical", "portfolio", "respond"),
    "technical": ("portfolio", "respond"),
    "portfolio": ("risk",),
    "risk": ("order_desk", "respond"),
    "account": ("order_desk", "respond"),
    "order_desk": ("respond",),
    "respond": (),
}


def path_for(goal: Goal, state: AssistantState) -> Stages:
    """The stages a goal means from the supervisor on, as far as can be known there."""
    if goal == "profile":
        return (("user_profile",), ("respond",))
    if goal == "account":
        return (("account",), ("respond",))
    if goal == "strategy":
        return _strategy(state)
    if goal == "inform":
        chosen = tuple(name for name in ANALYSTS if name in state.get("analysts", []))
        return (chosen, ("respond",)) if chosen else (("respond",),)
    if goal == "trade" and (state.get("own_order") or state.get("order_request") or state.get("proposals")):
        return (("order_desk",), ("respond",))
    if state.get("profile_version") is None:
        return _strategy(state)
    first: Stages = () if state.get("strategy_id") else (("strategy_architect",),)
    return (*first, *_analysis(goal, state))


def _analysis(goal: Goal, state: AssistantState) -> Stages:
    last: Stages = (("risk",), ("order_desk",), ("respond",)) if goal == "trade" else (("risk",), ("respond",))
    if state.get("focus"):
        return (("macro", "selector", "technical"), ("portfolio",), *last)
    return (("macro", "selector"), ("technical",), ("portfolio",), *last)


def _strategy(state: AssistantState) -> Stages:
    if state.get("profile_version") is None:
        return (("user_profile",), ("strategy_architect",), ("respond",))
    return (("strategy_architect",), ("respond",))


def after(room: NodeName) -> Callable[[AssistantState], Awaitable[list[NodeName]]]:
    """Where the turn goes when `room` is done, as LangGraph asks for it: a plain function would be sent to a thread."""

    async def after_room(state: AssistantState) -> list[NodeName]:
        return list(way(room, state))

    return after_room


def way(room: NodeName, state: AssistantState) -> tuple[NodeName, ...]:
    """The rooms that follow; several run in parallel."""
    goal = state.get("goal", "inform")
    deciding = goal in ("propose", "trade")
    if room == "supervisor":
        return path_for(goal, state)[0]
    if room == "user_profile":
        asks = state.get("pending_question") is not None or state.get("profile_version") is None
        return ("respond",) if goal == "profile" or asks else ("strategy_architect",)
    if room == "strategy_architect":  # on to what was asked for, if the strategy that was missing is there now
        return _analysis(goal, state)[0] if deciding and state.get("strategy_id") else ("respond",)
    if room == "selector" and deciding and not state.get("focus"):
        return ("technical",)
    if room in ANALYSTS:
        return ("portfolio",) if deciding else ("respond",)
    if room == "risk":
        return ("order_desk",) if goal == "trade" and state.get("proposals") else ("respond",)
    if room == "account":
        return ("order_desk",) if state.get("own_order") else ("respond",)
    return NEXT[room]
