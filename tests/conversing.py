"""Holds a conversation with the compiled assistant over fakes of every port: one message in, one turn out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from fakes import USER, make_ports
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from domain.korean.reading import read
from graph.assistant import build_assistant
from graph.turn import TurnResult, paused_reply, route_of, waiting_approval
from nodes.account.pending import reply_while_pending
from nodes.state import Piece
from tools.ports import ApprovalRequest, Identity, Ports


@dataclass
class Talk:
    """`say` returns the reply; `approve` and `reject` are the user's click on the waiting card."""

    ports: Any = field(default_factory=make_ports)
    replies: list[str] = field(default_factory=list)
    route: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    approval_id: str | None = None
    results: list[TurnResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._graph = build_assistant(self.ports).compile(checkpointer=InMemorySaver())
        self._config: Any = {"configurable": {"thread_id": str(uuid4())}, "recursion_limit": 40}

    async def say(self, *texts: str) -> str:
        """One turn a text; the last reply."""
        for text in texts:
            await self._turn(text)
        return self.replies[-1]

    async def _turn(self, text: str) -> None:
        now = self.ports.clock.now()
        if self.approval_id is not None:  # as the runner does
            request = self.ports.desk.requests[UUID(self.approval_id)]
            aside = reply_while_pending(read(text, pending=None, now=now), request)
            if aside is None:
                await self._beside(text, request)
            else:
                self._answered(TurnResult(aside, (), self.values, request))
            return
        turn = {"message_id": str(uuid4()), "text": text, "at": now.isoformat()}
        await self._run({"turn": turn, "messages": [HumanMessage(text)]})

    async def _beside(self, text: str, request: ApprovalRequest) -> None:
        """A message about something else while the card waits: its own thread, the order desk closed."""
        graph = build_assistant(self.ports, with_orders=False).compile()
        turn = {"message_id": str(uuid4()), "text": text, "at": self.ports.clock.now().isoformat()}
        values = await graph.ainvoke({"turn": turn, "messages": [HumanMessage(text)]})  # type: ignore[call-overload]
        self._answered(TurnResult(str(values["reply"]), tuple(values["route"]), values, request))

    def _answered(self, result: TurnResult) -> None:
        self.results.append(result)
        self.replies.append(result.reply)

    @property
    def pieces(self) -> list[Piece]:
        """The last reply as a face with cards gets it."""
        return self.results[-1].pieces

    async def approve(self, **decision: Any) -> str:
        return await self._decide("approve", decision)

    async def reject(self) -> str:
        return await self._decide("reject", {})

    async def _decide(self, verdict: str, decision: dict[str, Any]) -> str:
        assert self.approval_id is not None, "no card is waiting"
        self.ports.desk.decide(self.approval_id, verdict, **decision)
        answered, self.approval_id = self.approval_id, None
        await self._run(Command(resume={"approval_id": answered}))
        return self.replies[-1]

    async def _run(self, given: Any) -> None:
        await self._graph.ainvoke(given, self._config)
        snapshot = await self._graph.aget_state(self._config)
        self.values, self.route = dict(snapshot.values), route_of(snapshot)
        waiting = waiting_approval(snapshot)
        if waiting is None:
            self._answered(TurnResult(str(self.values["reply"]), self.route, self.values))
            return
        self.approval_id = str(waiting.value["approval_id"])
        request = self.ports.desk.requests[UUID(self.approval_id)]
        reply = paused_reply(self.values, request, waiting.value.get("note"))
        self._answered(TurnResult(reply, self.route, self.values, request))

    @property
    def asked(self) -> str | None:
        """Field of the question that stands open."""
        pending = self.values.get("pending_question")
        return pending["field"] if pending else None


# One answer to each item, by the label on its button; together they make the grade of the key.
ANSWERS: dict[str, tuple[str, ...]] = {
    "안정형": ("1천만원", "5", "1", "1", "1", "5", "3", "1"),
    "안정추구형": ("1천만원", "4", "3", "1", "2", "3", "1", "1"),
    "위험중립형": ("1천만원", "3", "3", "2", "2", "3", "1", "2"),
    "적극투자형": ("2천만원", "2", "4", "4", "2", "2", "1", "3"),
    "공격투자형": ("5천만원", "2", "5", "5", "4", "1", "1", "4"),
}


async def profiled(grade: str = "적극투자형", who: Identity = USER, ports: Ports | None = None) -> Talk:
    """A conversation whose profile (and first strategy) is confirmed."""
    talk = Talk(ports or make_ports(who=who))
    await talk.say("성향 알아보기", *ANSWERS[grade])
    await talk.say("맞아요")
    return talk
