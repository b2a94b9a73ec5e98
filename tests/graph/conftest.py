"""A runner on a real PostgreSQL with fake ports and scripted rooms for the conversation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.types import Command

from execution.desk.options import DeskOptions
from graph.assistant import build_assistant
from graph.identity import runner_identity
from graph.locks import ThreadLocks
from graph.runner import Runner
from nodes.respond.rules import compose
from tests.fakes import FakeDesk, FakeMarket, FakeOms, make_ports
from tools.ports import Ports
from tools.store.pool import make_dict_pool

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
        return [Command(update=dict(RESET)), {"route": ["intake"], "reading": {"text": state["turn"]["text"]}}]

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


@dataclass
class RunnerBench:
    """Fakes that outlive a runner, and runners that can die."""

    url: str
    saver: Any
    ports: Ports = field(default_factory=lambda: make_ports())

    def __post_init__(self) -> None:
        from dataclasses import replace

        self.ports = replace(self.ports, identity=runner_identity)
        self.desk: FakeDesk = self.ports.desk  # type: ignore[assignment]
        self.oms: FakeOms = self.ports.oms  # type: ignore[assignment]
        self.market: FakeMarket = self.ports.market  # type: ignore[assignment]
        self.clock: Any = self.ports.clock
        self.locks: list[ThreadLocks] = []

    def runner(self, **options: Any) -> Runner:
        """A new process, as far as the tables can tell."""
        self.locks.append(ThreadLocks(self.url, wait_seconds=20))
        ask = DeskOptions(**options)
        return Runner(
            self.ports,
            self.saver,
            self.locks[-1],
            self.desk,
            options=ask,
            assistant=build_assistant(self.ports, nodes=scripted(), options=ask),
            aside=build_assistant(self.ports, nodes=scripted(), with_orders=False),
        )


@pytest.fixture
async def bench(database: Any) -> AsyncIterator[RunnerBench]:
    """Checkpoints and locks on PostgreSQL as quartz_graph."""
    url = database.url("graph")
    async with make_dict_pool(url, "quartz-graph-test", search_path="desk", max_size=6) as pool:
        made = RunnerBench(url, AsyncPostgresSaver(pool))  # type: ignore[arg-type]
        yield made
        await asyncio.gather(*(locks.close() for locks in made.locks))


@pytest.fixture
def memory() -> InMemorySaver:
    return InMemorySaver()
