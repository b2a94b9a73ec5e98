"""How a card is answered on the development server: the person's resume becomes a row, and only the row counts.

Contract: the token stands for the person as a browser's session does, so `resume={"approval_id": …, "decision":
"approve"}` is recorded for the authenticated user, by the role of a person's hand and with all its checks, and the room
then reads the table as everywhere else. The id must be the waiting card's: a stale or guessed answer approves nothing.
`{"approval_id": …}` alone goes on after a decision in the browser or the terminal. Anything else is asked again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol
from uuid import UUID

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graph.turn import waiting_approval
from tools.ports import PortUnavailable
from tools.store.decisions import Recorded

log = structlog.get_logger(__name__)

CHANNEL = "studio"


class Answer(BaseModel):
    """What a client resumes a waiting card with."""

    model_config = ConfigDict(extra="forbid", strict=True)

    approval_id: str = Field(max_length=64)
    decision: Literal["approve", "reject"] | None = None
    quantities: dict[str, int] = Field(default_factory=dict, max_length=10)
    unsuitable_ack: bool = False


class Decider(Protocol):
    """`tools.store.decisions.Decisions`."""

    async def decide(
        self,
        user_id: UUID,
        approval_id: UUID,
        decision: str,
        *,
        channel: str,
        quantities: Mapping[int, int] | None = None,
        unsuitable_ack: bool = False,
    ) -> Recorded: ...


async def recorded(said: Any, waiting_id: str, user_id: UUID, decisions: Decider) -> bool:
    """Records what was said about the waiting card. False: it stands as it was and is asked again."""
    try:
        answer = Answer.model_validate(said)
        quantities = {int(leg): quantity for leg, quantity in answer.quantities.items()}
    except (ValidationError, ValueError):
        log.warning("answer.not_understood")
        return False
    if answer.approval_id != waiting_id:
        log.warning("answer.of_another_card")
        return False
    if answer.decision is None:
        return True
    try:
        what = await decisions.decide(
            user_id,
            UUID(waiting_id),
            answer.decision,
            channel=CHANNEL,
            quantities=quantities,
            unsuitable_ack=answer.unsuitable_ack,
        )
    except PortUnavailable as gone:
        log.warning("answer.unavailable", where=gone.where)
        return False
    log.info("answer", recorded=what.value)
    return True  # the room reads the table: what was not recorded is asked again, what expired is asked anew


def unwrapped(resume: Any, interrupt_id: str) -> Any:
    """The answer itself, also when it came as {interrupt id: answer}."""
    if isinstance(resume, Mapping) and set(resume) == {interrupt_id}:
        return resume[interrupt_id]
    return resume


Hear = Callable[[RunnableConfig, Any, str], Awaitable[bool]]  # (run's config, what was said, id of the waiting card)


class Answerable(CompiledStateGraph[Any, Any, Any, Any]):
    """A compiled graph whose resumes are heard first. `hear` records, the graph is told where to look."""

    def __init__(self, *, hear: Hear, **parts: Any) -> None:
        super().__init__(**parts)
        self.hear = hear

    async def astream(self, input: Any, config: RunnableConfig | None = None, **named: Any) -> AsyncIterator[Any]:
        if isinstance(input, Command) and input.resume is not None and config is not None:
            input = await self._heard(config, input)
        async for part in super().astream(input, config, **named):
            yield part

    async def _heard(self, config: RunnableConfig, command: Command[Any]) -> Command[Any]:
        waiting = waiting_approval(await self.aget_state(config))
        if waiting is None:
            return command  # nothing waits; LangGraph says what that means
        card = str(waiting.value["approval_id"])
        heard = await self.hear(config, unwrapped(command.resume, waiting.id), card)
        return Command(resume={waiting.id: {"approval_id": card, "renew": heard}})


def answerable(graph: CompiledStateGraph[Any, Any, Any, Any], hear: Hear) -> Answerable:
    """The same graph, hearing its resumes."""
    return Answerable(hear=hear, **{name: part for name, part in vars(graph).items() if name != "__orig_class__"})
