"""The conversation's rooms by script, so that graph tests do not depend on how a sentence is read."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage
from langgraph.types import Command

from nodes.respond.rules import compose

RESET = dict.fromkeys(
    ("route", "reports", "say", "notices", "own_order", "order_request", "order_origin", "desk_outcome"), None
)
GOALS = {
    "삼성전자 사줘": "trade-own",
    "추천해줘": "propose",
    "추천대로 사줘": "trade",
    "이대로 주문": "trade",
    "전략": "strategy",
    "성향": "profile",
    "시장 어때": "inform-macro",
    "카카오 어때": "inform-name",
    "셋 다 물어봐": "inform-all",
    "잔고": "account",
    "카카오 추천": "propose-focus",
}


def scripted() -> dict[Any, Any]:
    """The conversation's rooms by script: a text is a goal."""

    async def intake(state: Any, runtime: Any) -> Any:
        return [
            Command(update=dict(RESET)),
            {"route": ["intake"], "reading": {"text": state["turn"]["text"], "acts": []}},
        ]

    async def supervisor(state: Any, runtime: Any) -> Any:
        wanted = GOALS.get(state["turn"]["text"], "account")
        goal, _, more = wanted.partition("-")
        analysts = {"macro": ["macro"], "name": ["selector", "technical"], "all": ["technical", "macro", "selector"]}
        update = {
            "route": ["supervisor"],
            "goal": goal,
            "focus": ["035720"] if more in ("name", "focus", "all") else [],
            "analysts": analysts.get(more, []),
        }
        if more == "own":
            update["goal"] = "account"
        return update

    async def user_profile(state: Any, runtime: Any) -> Any:
        return {"route": ["user_profile"], "say": [{"kind": "text", "text": "성향을 여쭤볼게요.", "data": {}}]}

    async def strategy_architect(state: Any, runtime: Any) -> Any:
        return {"route": ["strategy_architect"], "strategy_id": "s"}

    async def account(state: Any, runtime: Any) -> Any:
        if state["turn"]["text"] == "삼성전자 사줘":
            leg = {"ticker": "005930", "side": "buy", "qty": 10, "order_type": "limit", "price": 72_000}
            return {"route": ["account"], "own_order": {**leg, "initiative": "user", "reason": "직접 주문"}}
        if state["turn"]["text"] == "고장":
            raise ZeroDivisionError("a bug")
        return {"route": ["account"], "say": [{"kind": "text", "text": "잔고예요.", "data": {}}]}

    async def respond(state: Any, runtime: Any) -> Any:
        text = compose(state, None).text
        return {"route": ["respond"], "reply": text, "messages": [AIMessage(text)]}

    return {room.__name__: room for room in (intake, supervisor, user_profile, strategy_architect, account, respond)}
