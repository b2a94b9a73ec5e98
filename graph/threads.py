"""The stored conversations and cycles: read where one stands, run it to its next rest, say what it came to.

Contract: a thread belongs to the graph that its name begins with; a run ends at its end or at a card. Knows nothing of
owners and locks: `graph.runner` has asked before it comes here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command, Interrupt, StateSnapshot

from graph.events import OnEvent, RoomClosed, RoomOpened, RoomProgress, TurnEvent, Words
from graph.turn import TurnResult, paused_reply, route_of, since, unique, waiting_approval
from tools.ports import ApprovalRequest, Identity, Ports, PortUnavailable

RECURSION_LIMIT = 40
ASIDE = ":aside"
_HISTORY = 400  # states looked back for a turn that nobody has written a receipt of


class Threads:
    """`assistant` holds conversations, `aside` what is said beside a waiting card, `cycles` the rest by name prefix."""

    def __init__(
        self,
        ports: Ports,
        saver: BaseCheckpointSaver[Any],
        *,
        assistant: Any,
        aside: Any,
        cycles: Mapping[str, Any],
    ) -> None:
        self.ports = ports
        self.assistant = assistant.compile(checkpointer=saver)
        self._aside = aside.compile(checkpointer=saver)
        self._cycles = {prefix: graph.compile(checkpointer=saver) for prefix, graph in cycles.items()}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Prefixes of the cycles."""
        return tuple(self._cycles)

    async def run(self, thread: str, given: Any, before: tuple[str, ...], on_event: OnEvent | None) -> TurnResult:
        stream = self._graph(thread).astream(
            given,
            _config(thread),
            context={"locale": "ko"},
            stream_mode=["tasks", "custom"],
            durability="sync",
            version="v2",
        )
        async for part in stream:
            event = event_of(part)
            if on_event is not None and event is not None:
                on_event(event)
        return await self.stopped(thread, before)

    async def stopped(self, thread: str, before: tuple[str, ...]) -> TurnResult:
        """Where a run came to rest: at its end, or at a card. `before` are the rooms of earlier calls of this turn."""
        snapshot = await self.state(thread)
        waiting, request = await self.waiting(snapshot)
        reply = str(snapshot.values.get("reply") or "")
        if waiting is not None and request is not None:
            said = {} if before else snapshot.values  # a card that is asked again repeats no analysis
            reply = paused_reply(said, request, waiting.value.get("note"))
        values = {**snapshot.values, "notices": unique(snapshot.values.get("notices") or [])}
        return TurnResult(reply, since(before, route_of(snapshot)), values, request)

    async def told(self, thread: str, reply: str, *, fresh: bool = True) -> TurnResult:
        """A word from the door itself: nothing ran."""
        snapshot = await self.state(thread)
        _, request = await self.waiting(snapshot)
        return TurnResult(reply, (), snapshot.values, request, fresh=fresh)

    async def again(self, thread: str) -> TurnResult:
        """What was answered, or asked, last."""
        stopped = await self.stopped(thread, ())
        return replace(stopped, fresh=False)

    async def waiting(self, snapshot: StateSnapshot) -> tuple[Interrupt[Any] | None, ApprovalRequest | None]:
        waiting = waiting_approval(snapshot)
        return waiting, await self.request(waiting.value["approval_id"]) if waiting is not None else None

    async def request(self, approval_id: str) -> ApprovalRequest:
        request = await self.ports.desk.approval_request(UUID(approval_id))
        if request is None:
            raise PortUnavailable("승인 요청을 다시 읽지 못했어요.", where="desk")
        return request

    async def state(self, thread: str) -> StateSnapshot:
        snapshot: StateSnapshot = await self._graph(thread).aget_state(_config(thread))
        return snapshot

    async def remembered(self, origin: Sequence[str | int]) -> Mapping[str, Any]:
        """The values of the turn or slot that a plan's origin names, as they were last; empty when they are gone."""
        kind, named, what = (str(part) for part in origin) if len(origin) == 3 else ("", "", "")
        if kind in self._cycles:
            return dict((await self.state(f"{kind}:{named}:{what}")).values)
        if kind != "chat":
            return {}
        async for snapshot in self._graph(named).aget_state_history(_config(named), limit=_HISTORY):
            if (snapshot.values.get("turn") or {}).get("message_id") == what:
                return dict(snapshot.values)
        return {}

    def _graph(self, thread: str) -> Any:
        if thread.endswith(ASIDE):
            return self._aside
        return self._cycles.get(thread.split(":", 1)[0], self.assistant)

    async def go_on(
        self,
        thread: str,
        snapshot: StateSnapshot,
        request: ApprovalRequest,
        *,
        renew: bool,
        on_event: OnEvent | None,
    ) -> TurnResult:
        waiting = waiting_approval(snapshot)
        assert waiting is not None
        answer = {"approval_id": str(request.approval_id), "renew": renew}
        return await self.run(thread, Command(resume={waiting.id: answer}), route_of(snapshot), on_event)


def event_of(part: Mapping[str, Any]) -> TurnEvent | None:
    """A part of LangGraph's stream (v2) as a face may see it; parts of inner graphs and unknown ones are None."""
    if part["ns"]:
        return None
    data = part["data"]
    if part["type"] == "custom":
        return _written(data)
    if part["type"] != "tasks":
        return None
    if "input" in data:
        return RoomOpened(data["name"])
    result = data.get("result")
    reports = result.get("reports") if isinstance(result, Mapping) else None
    return RoomClosed(data["name"], tuple(reports or ()))


def _written(data: Any) -> TurnEvent | None:
    """What a room itself put into the stream."""
    match data:
        case {"words": words}:
            return Words(str(words), restart=bool(data.get("restart")))
        case {"progress": {"room": str(room), "done": int(done), "of": int(of)}}:
            return RoomProgress(room, done, of)
        case _:
            return None


def thread_of(who: Identity, thread_id: str) -> str:
    """The stored name of a conversation: nobody can name another person's."""
    return f"chat:{who.user_id}:{thread_id}"


def _config(thread: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": thread}, "recursion_limit": RECURSION_LIMIT}
