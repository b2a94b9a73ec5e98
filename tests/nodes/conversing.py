"""Drives the conversation's rooms as the graph does, with fakes of every port: one message in, one turn out."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.types import Command

from graph.paths import path_for
from graph.standing import standing
from nodes.account.node import account
from nodes.intake.node import intake
from nodes.respond.node import respond
from nodes.state import append_route, collect
from nodes.strategy_architect.node import strategy_architect
from nodes.supervisor.node import supervisor
from nodes.user_profile.node import user_profile
from tools.ports import Ports

REDUCED = {"route": append_route, "reports": collect, "say": collect, "notices": collect}
ROOMS = {
    "intake": intake,
    "supervisor": supervisor,
    "user_profile": user_profile,
    "strategy_architect": strategy_architect,
    "account": account,
    "respond": respond,
}


@dataclass
class Talk:
    """A conversation over fakes. `order_desk` and the specialists are only noted in the route."""

    ports: Ports
    state: dict[str, Any] = field(default_factory=dict)
    stubs: dict[str, dict[str, Any]] = field(default_factory=dict)  # room -> update

    async def say(self, text: str) -> dict[str, Any]:
        """One turn; returns the state after it."""
        self.state["turn"] = {"message_id": str(uuid4()), "text": text, "at": self.ports.clock.now().isoformat()}
        self.state.setdefault("messages", []).append(HumanMessage(text))
        await self._room("intake")
        self._merge(await standing(self.ports, self.ports.identity(None)))
        await self._room("supervisor")
        stages = path_for(self.state["goal"], self.state)  # type: ignore[arg-type]
        for stage in stages[:-1]:
            for name in stage:
                stop = name == "strategy_architect" and "user_profile" in self.state["route"]
                if stop and (self.state.get("pending_question") or self.state.get("profile_version") is None):
                    continue
                await self._room(name)
        if "account" in self.state["route"] and self.state.get("own_order"):
            await self._room("order_desk")
        await self._room("respond")
        return self.state

    @property
    def reply(self) -> str:
        return str(self.state["reply"])

    async def _room(self, name: str) -> None:
        if name not in ROOMS:
            self._merge({"route": [name], **self.stubs.get(name, {})})
            return
        result = await ROOMS[name](self.ports)(self.state, SimpleNamespace())  # type: ignore[operator]
        for update in result if isinstance(result, list) else [result]:
            self._merge(dict(update.update) if isinstance(update, Command) else update)

    def _merge(self, update: dict[str, Any]) -> None:
        for key, value in update.items():
            if key in REDUCED:
                self.state[key] = REDUCED[key](self.state.get(key), value)
            elif key == "messages":
                self.state.setdefault("messages", []).extend(value)
            else:
                self.state[key] = value


def replies(talk: Talk) -> list[str]:
    return [str(m.content) for m in talk.state.get("messages", []) if isinstance(m, AIMessage)]
