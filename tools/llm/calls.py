"""One call of one model, whole or as a stream, with its bookkeeping.

Contract: `complete` gives the text or raises `Failed`; `stream` yields pieces and raises `Failed` when the stream stops
early, falls silent or ends for a bad reason. `begin` takes from the turn's allowance and holds an estimate of the day's
budget first, and gives the `Receipt` that `settle` turns into one row and a cost, whatever happened. A model that was
silent too long counts as failed, also when the turn's own time ends first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig

from tools.llm.accounting import ModelCall, Tokens, estimate, tokens_of, won_milli
from tools.llm.budget import BudgetDenied, Cost, Hold
from tools.llm.clients import untraced
from tools.llm.faults import Failed, Fault, fault_of
from tools.llm.mind import Member, Mind
from tools.llm.turn import Turn

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# Nobody listens in: neither the graph's own stream of messages nor a tracer.
UNHEARD = RunnableConfig(callbacks=[], tags=[], metadata={})
READY_SECONDS = 90.0  # the first import of a client, on a machine that has much else to do
CACHED = "cached"
_GOOD_ENDS = frozenset({"stop", "STOP", "end_turn", "eos"})
_CUT_ENDS = frozenset({"length", "MAX_TOKENS"})

CANCELLED = Fault("cancelled", "the turn ended first")
ALLOWANCE = Fault("allowance", "this turn has asked enough", charged=False)
NO_ROOM = Fault("budget", "the day's budget has no room for the call", charged=False)
UNREADABLE = Fault("budget", "the day's budget cannot be read", charged=False)
NOT_READY = Fault("not_ready", "the client is still being made ready", charged=False)


@dataclass(slots=True)
class Receipt:
    """What is known of a call so far."""

    task: str
    attempt: int
    began: float
    hold: Hold
    tokens: Tokens | None = None


async def begin(
    mind: Mind, member: Member, turn: Turn, task: str, attempt: int, messages: Sequence[BaseMessage], more: int = 0
) -> Receipt:
    """Takes one call from the turn's allowance and its estimate from the day's budget. `more` is how many characters go
    along with the messages. Raises Failed when either is spent."""
    now, at = mind.clock.monotonic(), mind.clock.now()
    if not turn.take(now):
        raise Failed(ALLOWANCE)
    signs = more + sum(len(str(message.content)) for message in messages)
    hold = Hold(mind.new_id(), turn.user_id, at, estimate(member.link, signs, mind.limits.answer_tokens, at))
    try:
        turn.standing = await mind.reserve(hold)
    except BudgetDenied as denied:
        turn.refused, turn.unreadable = True, denied.standing is None
        turn.standing = denied.standing or turn.standing
        raise Failed(UNREADABLE if turn.unreadable else NO_ROOM) from None
    return Receipt(task, attempt, now, hold)


async def settle(
    mind: Mind, member: Member, turn: Turn, receipt: Receipt, fault: Fault | None, *, rests: bool = True
) -> None:
    """Tells the model's rest how it went, the budget what it came to, and writes the row; `fault` None is a good
    answer. `rests` False: what happened says nothing about other questions to this model. What may have cost something
    that nobody told stays at its estimate."""
    now, at = mind.clock.monotonic(), mind.clock.now()
    if rests and fault is None:
        member.rest.clear()
    elif rests and fault is not None and fault is not NOT_READY:
        member.rest.note(fault, now)
    tokens = receipt.tokens or (Tokens() if fault is not None and not fault.charged else None)
    cost = won_milli(member.link, tokens, at)
    if tokens is not None:
        await mind.settle(receipt.hold, Cost(tokens.input + tokens.output, cost or 0))
    tokens = tokens or Tokens()
    await mind.record(
        ModelCall(
            call_id=receipt.hold.call_id,
            user_id=turn.user_id,
            at=at,
            task=receipt.task,
            model=member.link.label,
            attempt=receipt.attempt,
            outcome="ok" if fault is None else fault.code,
            input_tokens=tokens.input,
            cached_tokens=tokens.cached,
            output_tokens=tokens.output,
            won_milli=cost or 0,
            priced=cost is not None,
            latency_ms=max(0, round((now - receipt.began) * 1000)),
        )
    )


async def from_shelf(mind: Mind, member: Member, turn: Turn, task: str) -> None:
    """The row of an answer that was kept: nobody was asked, and nothing was spent."""
    call_id, at = mind.new_id(), mind.clock.now()
    await mind.record(
        ModelCall(call_id, turn.user_id, at, task, member.link.label, 1, CACHED, 0, 0, 0, 0, priced=True, latency_ms=0)
    )


async def complete(
    mind: Mind, member: Member, turn: Turn, receipt: Receipt, messages: Sequence[BaseMessage], shape: dict[str, Any]
) -> str:
    """The whole answer. `shape` is empty when the schema is told in words."""
    return str((await answered(mind, member, turn, receipt, messages, shape)).text).strip()


async def answered(
    mind: Mind, member: Member, turn: Turn, receipt: Receipt, messages: Sequence[BaseMessage], how: Mapping[str, Any]
) -> AIMessage:
    """The whole message, which has a text. `how` are the provider's arguments of this call."""
    try:
        model = await _ready(mind, member, turn, receipt)
        async with asyncio.timeout(min(mind.limits.answer_seconds, turn.left(receipt.began))):
            with untraced():
                message = await model.ainvoke(list(messages), UNHEARD, **how)
    except Exception as error:
        # Two providers' libraries over two HTTP stacks, without a common root: `_fault` sorts them, who asked logs it.
        receipt.tokens = _tokens_of_error(error)
        raise Failed(_fault(member, error)) from None
    receipt.tokens = tokens_of(message.usage_metadata)
    _judge_end(_ending(message), message)
    if not str(message.text).strip():
        raise Failed(Fault("empty", "the answer was empty"))
    return message


async def stream(
    mind: Mind, member: Member, turn: Turn, receipt: Receipt, messages: Sequence[BaseMessage]
) -> AsyncGenerator[str, None]:
    """Pieces of text as they come."""
    limits, now = mind.limits, mind.clock.monotonic
    patience = limits.first_words_seconds
    gathered: Any = None
    end = ""
    try:
        # The limits are around single waits: one around a `yield` would also run while the reader works.
        model = await _ready(mind, member, turn, receipt)
        ends = receipt.began + min(limits.write_seconds, turn.left(receipt.began))
        async with aclosing(cast(AsyncGenerator[Any, None], model.astream(list(messages), UNHEARD))) as pieces:
            while True:
                with untraced():
                    async with asyncio.timeout(min(patience, ends - now())):
                        piece = await anext(pieces, None)
                if piece is None:
                    break
                gathered = piece if gathered is None else gathered + piece
                end = _ending(piece) or end
                if piece.text:
                    patience = limits.idle_seconds
                    yield str(piece.text)
    except Exception as error:  # as in `complete`; what is raised by whoever reads the pieces does not come this way
        receipt.tokens = tokens_of(getattr(gathered, "usage_metadata", None)) or _tokens_of_error(error)
        raise Failed(_fault(member, error)) from None
    receipt.tokens = tokens_of(getattr(gathered, "usage_metadata", None))
    if gathered is None:
        raise Failed(Fault("empty", "the stream was empty"))
    if not end:
        raise Failed(Fault("cut", "the stream stopped before its end"))
    _judge_end(end, gathered)


async def _ready(mind: Mind, member: Member, turn: Turn, receipt: Receipt) -> BaseChatModel:
    """The client; building it is neither the model's time nor its fault, but nobody waits for it for ever."""
    since = mind.clock.monotonic()
    try:
        async with asyncio.timeout(READY_SECONDS):
            return await member.client.model()
    except TimeoutError:
        raise Failed(NOT_READY) from None
    finally:
        receipt.began = mind.clock.monotonic()
        turn.waited(since, receipt.began)


def _fault(member: Member, error: Exception) -> Fault:
    if isinstance(error, Failed):
        return error.fault
    if isinstance(error, ImportError):
        return Fault("no_client", f"the client of {member.link.provider} cannot be loaded", 600.0, charged=False)
    return fault_of(error)


def _ending(message: AIMessage) -> str:
    return str(message.response_metadata.get("finish_reason") or "")


def _judge_end(end: str, message: AIMessage) -> None:
    """Raises Failed unless the answer came to its natural end; servers that do not say are believed."""
    if message.additional_kwargs.get("refusal"):
        raise Failed(Fault("refused", "the model declined"))
    if end in _CUT_ENDS:
        raise Failed(Fault("cut", "the answer was longer than allowed"))
    if end and end not in _GOOD_ENDS:
        raise Failed(Fault("refused", f"the answer ended with {end[:40]}"))


def _tokens_of_error(error: BaseException) -> Tokens | None:
    """OpenAI's client raises for a cut answer and carries what it cost."""
    each: BaseException | None = error
    while each is not None:
        usage = getattr(getattr(each, "completion", None), "usage", None)
        if usage is not None:
            detail = getattr(usage, "prompt_tokens_details", None)
            return tokens_of(
                {
                    "input_tokens": usage.prompt_tokens,
                    "output_tokens": usage.completion_tokens,
                    "input_token_details": {"cache_read": getattr(detail, "cached_tokens", 0) or 0},
                }
            )
        each = each.__cause__ or each.__context__
    return None
