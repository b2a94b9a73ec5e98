"""A click on an approval card: the decision's row first, the graph after, and the truth about both in one sentence.

Contract: what cannot be decided any more is told and writes nothing. The row's primary key makes a click once, whoever
else clicks; whoever wrote it resumes the graph, in a task that outlives the browser's connection. When the graph or the
order desk fails afterwards the decision stands and the answer says so: the sweeper delivers it. Approving a card that
ran out asks again at today's price, as a terminal does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from psycopg.rows import DictRow

from execution.desk import words
from execution.desk.card import AGAIN
from graph.runner import HANDLED
from graph.turn import TurnResult
from tools.ports import Identity
from tools.store.decisions import MESSAGES, Recorded
from ui.web.api.views import card_state
from ui.web.context import WebParts

log = structlog.get_logger(__name__)

CHANNEL = "browser"
ANSWER_SECONDS = 15.0  # a card gives up after 20; by then the answer has said that it still goes on
WAITS = "주문 창구의 답을 기다리고 있어요. 결과는 이 카드와 대화에 나와요."
LATER = "아직 주문 창구까지 전하지 못했어요. 승인 시간 안에 저절로 다시 전하고, 같은 주문은 한 번만 접수돼요."
STILL_REJECTED = "거절하셔서 주문은 나가지 않아요."
NOT_YET = "아직 주문은 나가지 않았어요. 새 카드를 확인해 주세요."

_TAKEN: Mapping[str, Recorded] = {
    "approved": Recorded.ALREADY,
    "rejected": Recorded.ALREADY,
    "superseded": Recorded.SUPERSEDED,
    "expired": Recorded.EXPIRED,
}
_STATUS: Mapping[Recorded, int] = {
    Recorded.RECORDED: 200,
    Recorded.ALREADY: 409,
    Recorded.EXPIRED: 409,
    Recorded.SUPERSEDED: 409,
    Recorded.NEEDS_ACK: 422,
    Recorded.BAD_QUANTITY: 422,
    Recorded.UNKNOWN: 404,
}
_going_on: set[asyncio.Task[TurnResult]] = set()  # the loop itself holds tasks weakly


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of the click; `message` is what the person reads."""

    recorded: Recorded
    message: str

    @property
    def status(self) -> int:
        return _STATUS[self.recorded]


async def decide(
    parts: WebParts,
    who: Identity,
    row: DictRow,
    decision: str,
    quantities: Mapping[int, int],
    unsuitable_ack: bool,
) -> Decided:
    """`row` is the person's own card (`records.approval`). Raises PortUnavailable when nothing could be recorded."""
    approval_id: UUID = row["approval_id"]
    state = card_state(row, parts.assembled.clock.now())
    if state == "expired" and decision == "approve":
        return Decided(Recorded.EXPIRED, _renewed(await go_on(parts, who, approval_id, row["thread_id"]), approval_id))
    if state != "open":
        return Decided(_TAKEN[state], MESSAGES[_TAKEN[state]])
    recorded = await parts.assembled.decisions.decide(
        who.user_id,
        approval_id,
        decision,
        channel=CHANNEL,
        quantities=quantities,
        unsuitable_ack=unsuitable_ack,
    )
    if recorded is not Recorded.RECORDED:
        return Decided(recorded, MESSAGES[recorded])
    result = await go_on(parts, who, approval_id, row["thread_id"])
    return Decided(recorded, f"{MESSAGES[recorded]} {_outcome(result, decision, approval_id)}")


async def go_on(parts: WebParts, who: Identity, approval_id: UUID, thread: str) -> TurnResult | None:
    """Resumes the graph; None when it is still at it after `ANSWER_SECONDS`. Goes on though the caller is gone."""
    task = asyncio.create_task(_resumed(parts, who, approval_id, thread))
    _going_on.add(task)
    task.add_done_callback(_going_on.discard)
    try:
        return await asyncio.wait_for(asyncio.shield(task), ANSWER_SECONDS)
    except TimeoutError:
        return None


async def finish(seconds: float = 8.0) -> None:
    """Waits for what clicks began, for a while: what is not done by then, the next start's sweep does."""
    if _going_on:
        await asyncio.wait(set(_going_on), timeout=seconds)


async def _resumed(parts: WebParts, who: Identity, approval_id: UUID, thread: str) -> TurnResult:
    async with parts.hub.telling(who.user_id):
        result = await parts.assembled.runner.resume(who, approval_id)
        if worth_telling(result, approval_id):
            await tell(parts, who, thread, result)
    return result


def worth_telling(result: TurnResult, approval_id: UUID) -> bool:
    """Not what was told before, not a failure, and not that the same card still waits."""
    same = result.approval is not None and result.approval.approval_id == approval_id
    return result.fresh and not result.failed and not same


async def tell(parts: WebParts, who: Identity, thread: str, result: TurnResult) -> None:
    """To the person's open chats; a conversation that cannot be told changes nothing about the order."""
    try:
        await parts.hub.tell(who, conversation_of(who, thread), result)
    except Exception as error:
        # The face draws with Chainlit, sockets and a database of its own; whatever it does wrong, decision and order
        # stand, and who clicked must not read that they do not.
        log.warning("tell.failed", error=type(error).__name__)


def conversation_of(who: Identity, thread: str) -> str | None:
    """The browser's own name of a stored thread; None for a cycle's."""
    mine = f"chat:{who.user_id}:"
    return thread.removeprefix(mine) if thread.startswith(mine) else None


def _outcome(result: TurnResult | None, decision: str, approval_id: UUID) -> str:
    if decision == "reject":
        return STILL_REJECTED if result is None or result.failed else _said(result, approval_id)
    if result is None:
        return WAITS
    if result.failed:
        return LATER
    if result.approval is None:
        return _said(result, approval_id) or WAITS
    if result.approval.approval_id == approval_id:
        return words.UNDELIVERED
    return f"{_why(result.approval.card)} {NOT_YET}".strip()


def _said(result: TurnResult, approval_id: UUID) -> str:
    """What the order desk said of this very card, without what the conversation adds to it; the sweeper may have been
    first, then the runner only repeats what stands."""
    said = [block["text"] for block in result.values.get("say") or () if str(block["kind"]).startswith("order_")]
    if said and result.values.get("approval_id") == str(approval_id):
        return str(said[-1])
    return result.reply.removeprefix(HANDLED).strip()


def _renewed(result: TurnResult | None, approval_id: UUID) -> str:
    """What is said of an approval that came too late."""
    waiting = result.approval if result is not None and not result.failed else None
    if waiting is None or waiting.approval_id == approval_id:
        return MESSAGES[Recorded.EXPIRED]
    return f"{_why(waiting.card)} {NOT_YET}".strip()


def _why(card: Mapping[str, Any]) -> str:
    return AGAIN.get(card.get("why_again") or "", "")
