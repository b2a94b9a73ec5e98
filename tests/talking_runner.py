"""The real runner and the real rooms over fakes of every port, in memory, with models on loopback behind them.

`open_conversation(servers…)` configures the chain and gives a conversation: `say` and `approve` are a person's, and
whatever the writer streamed and the calls that were recorded are kept beside.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from asked_models import PATIENT, asking_models
from conversing import ANSWERS, Talk
from fakes import USER, make_ports
from langgraph.checkpoint.memory import InMemorySaver
from model_servers import Provider

from graph.events import Words
from graph.identity import runner_identity
from graph.runner import Runner
from graph.turn import TurnResult
from tools.llm.accounting import ModelCall
from tools.llm.mind import Limits


class _OneProcess:
    """Locks of a conversation that nobody else holds."""

    @asynccontextmanager
    async def hold(self, thread: str) -> AsyncIterator[None]:
        yield


@dataclass
class Conversation:
    """One person at one runner."""

    ports: Any
    calls: list[ModelCall] = field(default_factory=list)
    results: list[TurnResult] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)  # of the last turn
    thread: str = field(default_factory=lambda: str(uuid4()))

    def __post_init__(self) -> None:
        ports = replace(self.ports, identity=runner_identity)
        self.runner = Runner(ports, InMemorySaver(), _OneProcess(), ports.desk)  # type: ignore[arg-type]

    async def say(self, *texts: str) -> TurnResult:
        for text in texts:
            self.words = []
            self.results.append(await self.runner.say(USER, self.thread, text, str(uuid4()), self._hear))
        return self.results[-1]

    async def approve(self) -> TurnResult:
        request = self.results[-1].approval
        assert request is not None, self.results[-1].reply
        self.ports.desk.decide(str(request.approval_id), "approve")
        self.words = []
        self.results.append(await self.runner.resume(USER, request.approval_id, self._hear))
        return self.results[-1]

    def _hear(self, event: Any) -> None:
        if isinstance(event, Words):
            self.words.append(event)

    @property
    def streamed(self) -> str:
        """What stood on the screen at the end of the last turn's stream."""
        shown = ""
        for words in self.words:
            shown = words.text if words.restart else shown + words.text
        return shown

    def told_in(self, result: TurnResult) -> dict[str, str]:
        """Who answered in that turn, by what they did."""
        rows = [row for row in result.notices if row["code"] == "answered_by"]
        return {row["text"].partition(":")[0]: row["by"] for row in rows}


async def profiled_ports(grade: str = "적극투자형") -> Any:
    """Fakes that hold a confirmed profile and a first strategy of USER."""
    ports = make_ports()
    talk = Talk(replace(ports, identity=lambda runtime: USER))
    await talk.say("성향 알아보기", *ANSWERS[grade], "맞아요")
    return ports


@asynccontextmanager
async def open_conversation(
    *servers: tuple[str, Provider], ports: Any = None, limits: Limits = PATIENT
) -> AsyncIterator[Conversation]:
    """`servers` are (label, server) in the chain's order."""
    async with asking_models(*servers, limits=limits) as asked:
        yield Conversation(ports or make_ports(), asked.calls)
