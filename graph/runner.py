"""The runner: the only door to the graphs in our process.

Contract: ownership (a thread's name begins with its owner) → one run at a time per thread → what waits there → resume,
continue or new input. The same message twice is answered once. A text while an approval waits runs beside it and
supersedes nothing. A resume carries an id; what was decided is read from the table. Whatever breaks is logged and
answered in one Korean sentence; what was begun can be continued, because every effect is named by its content.

It does not decide, draft or send anything: rooms and the order desk do.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import structlog
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphRecursionError
from langgraph.types import StateSnapshot

from domain.korean.reading import read
from domain.orders.types import Plan
from execution.desk import words
from execution.desk.card import as_order
from execution.desk.options import DEFAULT_OPTIONS, DeskOptions
from graph.assistant import build_assistant
from graph.events import OnEvent
from graph.identity import acting
from graph.locks import ThreadLocks
from graph.receipts.door import DoorTrail
from graph.receipts.recorder import Recorder
from graph.receipts.said import Said
from graph.threads import ASIDE, Threads, thread_of
from graph.turn import TurnResult, is_over, route_of, waiting_approval
from graph.turn_reads import one_turn
from nodes.account.pending import reply_while_pending
from tools.llm.day import budget_notice, day_standing
from tools.llm.mind import model_wanted
from tools.llm.turn import asking
from tools.ports import ApprovalRequest, Identity, Ports, PortUnavailable
from tools.trail import TrailPort

log = structlog.get_logger(__name__)

_CARRIED = ("pending_question", "profile_draft")

NOT_YOURS = "그런 승인 요청을 찾지 못했어요."
UNDECIDED = "아직 승인하거나 거절하지 않으셨어요."
SUPERSEDED = "새 카드로 바뀌었어요. 최신 카드를 확인해 주세요."
HANDLED = "이미 처리된 승인이에요."
TROUBLE = "처리하다가 문제가 생겼어요. 주문은 새로 나가지 않았어요. 같은 말을 다시 보내 주세요."
TOO_LONG = "생각이 너무 길어져서 멈췄어요. 나눠서 다시 말씀해 주세요."


class ApprovalLog(Protocol):
    """What the sweeper reads; `tools.store.desk.Desk` has it."""

    async def undelivered_approvals(self, now: datetime) -> list[ApprovalRequest]: ...
    async def lapsed_approvals(self, since: datetime, now: datetime) -> list[ApprovalRequest]: ...
    async def identity_of(self, account_ref: str) -> Identity | None: ...


class Runner:
    """`ports.identity` must be `graph.identity.runner_identity`; `cycles` are further graphs by thread prefix."""

    def __init__(
        self,
        ports: Ports,
        saver: BaseCheckpointSaver[Any],
        locks: ThreadLocks,
        approvals: ApprovalLog,
        *,
        options: DeskOptions = DEFAULT_OPTIONS,
        assistant: Any = None,
        aside: Any = None,
        cycles: Mapping[str, Any] | None = None,
        trails: TrailPort | None = None,
    ) -> None:
        _require_strict()
        self.ports = ports
        self._locks = locks
        self._approvals = approvals
        self._recorder = Recorder(ports, trails or DoorTrail(ports.desk, ports.oms, ports.receipts))
        self._threads = Threads(
            ports,
            saver,
            assistant=assistant or build_assistant(ports, options=options),
            aside=aside or build_assistant(ports, with_orders=False),
            cycles=cycles or {},
        )

    # A person's turn --------------------------------------------------------------------------------------------
    async def say(
        self, who: Identity, thread_id: str, text: str, message_id: str, on_event: OnEvent | None = None
    ) -> TurnResult:
        """One message. `thread_id` is the client's own name of the conversation."""
        thread = thread_of(who, thread_id)
        return await self._guarded(thread, who, lambda: self._say(who, thread, text, message_id, on_event))

    async def resume(self, who: Identity, approval_id: str | UUID, on_event: OnEvent | None = None) -> TurnResult:
        """Goes on after a decision was recorded (or after the card expired: then it is asked again)."""
        try:
            request = await self.ports.desk.approval_request(UUID(str(approval_id)))
        except ValueError:
            request = None
        except PortUnavailable as gone:
            return TurnResult(gone.message, failed=True)
        if request is None or (request.user_id, request.account_ref) != (who.user_id, who.account_ref):
            return TurnResult(NOT_YOURS)
        thread = request.thread_id
        return await self._guarded(thread, who, lambda: self._resume(who, thread, request, on_event))

    async def look(self, who: Identity, thread_id: str) -> TurnResult:
        """Where a conversation stands, without running anything: after a restart, a reload, a second tab."""
        thread = thread_of(who, thread_id)

        return await self._guarded(thread, who, lambda: self._threads.again(thread), warns=False)

    async def run_cycle(
        self, who: Identity, kind: str, slot: str, *, report_only: bool = False, on_event: OnEvent | None = None
    ) -> TurnResult:
        """One slot of a cycle graph ("cycle" or "rebalance"); the same slot again shows what it led to."""
        if kind not in self._threads.kinds:
            raise ValueError(f"expected one of {', '.join(self._threads.kinds)}, was {kind!r}")
        thread = f"{kind}:{who.account_ref}:{slot}"
        return await self._guarded(thread, who, lambda: self._cycle(who, thread, slot, report_only, on_event))

    # The sweeper ------------------------------------------------------------------------------------------------
    async def resume_approved(self) -> list[tuple[ApprovalRequest, TurnResult]]:
        """At start and now and then: what was approved and never delivered goes on, once."""
        now = self.ports.clock.now()
        return await self._sweep(await self._approvals.undelivered_approvals(now), renew=True)

    async def lapse(self, back: timedelta = timedelta(days=1)) -> list[tuple[ApprovalRequest, TurnResult]]:
        """Questions that ran out without an answer end, so that their users can be told."""
        now = self.ports.clock.now()
        return await self._sweep(await self._approvals.lapsed_approvals(now - back, now), renew=False)

    async def complete_receipts(self, limit: int = 50) -> list[UUID]:
        """At start and now and then: receipts of plans that went on since, or whose turn died before it wrote one."""
        return await self._recorder.complete(self._said, limit)

    async def _said(self, plan: Plan) -> Said:
        return Said.of(await self._threads.remembered(plan.origin))

    async def _sweep(self, requests: list[ApprovalRequest], *, renew: bool) -> list[tuple[ApprovalRequest, TurnResult]]:
        swept = []
        for request in requests:
            who = await self._approvals.identity_of(request.account_ref)
            if who is None:
                continue
            result = await self._guarded(request.thread_id, who, partial(self._swept, request, renew), warns=False)
            if result.fresh:
                swept.append((request, result))
        return swept

    async def _swept(self, request: ApprovalRequest, renew: bool) -> TurnResult:
        snapshot = await self._threads.state(request.thread_id)
        waiting = waiting_approval(snapshot)
        if waiting is None or waiting.value["approval_id"] != str(request.approval_id):
            return TurnResult("", fresh=False)
        return await self._threads.go_on(request.thread_id, snapshot, request, renew=renew, on_event=None)

    # Inside the lock --------------------------------------------------------------------------------------------
    async def _say(
        self, who: Identity, thread: str, text: str, message_id: str, on_event: OnEvent | None
    ) -> TurnResult:
        snapshot, beside = await asyncio.gather(self._threads.state(thread), self._threads.state(thread + ASIDE))
        said_before = (snapshot.values.get("turn") or {}).get("message_id") == message_id
        waiting = waiting_approval(snapshot)
        if said_before and (waiting is not None or not snapshot.next):
            return await self._threads.again(thread)
        before: TurnResult | None = None
        if waiting is not None:
            request = await self._threads.request(waiting.value["approval_id"])
            decision = await self.ports.desk.approval_decision(request.approval_id)
            if decision is None and not is_over(request, self.ports.clock.now()):
                return await self._beside(who, thread, snapshot, request, text, message_id, on_event)
            before = await self._threads.go_on(thread, snapshot, request, renew=False, on_event=on_event)
        elif snapshot.next and (said_before or "order_desk" in snapshot.next):
            before = await self._threads.run(thread, None, (), on_event)  # begun before a crash
            if said_before:
                return before
        if before is not None and before.approval is not None:
            return before
        here = snapshot.values if before is None else before.values
        given = self._input(text, message_id) | _left_open(beside.values, here)
        result = await self._threads.run(thread, given, (), on_event)
        return result if before is None else _after(before, result)

    async def _cycle(
        self, who: Identity, thread: str, slot: str, report_only: bool, on_event: OnEvent | None
    ) -> TurnResult:
        snapshot = await self._threads.state(thread)
        if snapshot.values and (snapshot.interrupts or not snapshot.next):
            return await self._threads.again(thread)
        if snapshot.next:
            return await self._threads.run(thread, None, (), on_event)  # begun before a crash
        origin = [thread.split(":", 1)[0], who.account_ref, slot]
        given = {"slot": slot, "report_only": report_only, "sleeve": "cycle", "order_origin": origin}
        return await self._threads.run(thread, given, (), on_event)

    def _input(self, text: str, message_id: str) -> dict[str, Any]:
        """A new message."""
        return {
            "turn": {"message_id": message_id, "text": text, "at": self.ports.clock.now().isoformat()},
            "messages": [HumanMessage(text, id=message_id)],
        }

    async def _beside(
        self,
        who: Identity,
        thread: str,
        snapshot: StateSnapshot,
        request: ApprovalRequest,
        text: str,
        message_id: str,
        on_event: OnEvent | None,
    ) -> TurnResult:
        """A text while the card waits: answered on a side thread that cannot order."""
        pointed = reply_while_pending(read(text, pending=None, now=self.ports.clock.now()), request)
        if pointed is not None:
            return await self._threads.told(thread, pointed)
        side = thread + ASIDE
        given = self._input(text, message_id)
        given |= {key: snapshot.values.get(key) for key in ("proposals", "candidates", "targets")}
        spoken = [message for message in snapshot.values.get("messages", []) if isinstance(message, AIMessage)]
        given["messages"] = [*spoken[-1:], *given["messages"]]  # so that nobody is greeted twice
        result = await self._threads.run(side, given, (), on_event)
        return TurnResult(result.reply, result.route, result.values, request, result.failed)

    async def _resume(
        self, who: Identity, thread: str, request: ApprovalRequest, on_event: OnEvent | None
    ) -> TurnResult:
        snapshot = await self._threads.state(thread)
        waiting = waiting_approval(snapshot)
        if waiting is None and snapshot.next:
            return await self._threads.run(thread, None, route_of(snapshot), on_event)  # a crash after the click
        if waiting is None:
            orders = await self.ports.oms.orders(who, plan_id=str(request.plan_id))
            lines = [words.order_line(as_order(order)) for order in orders]
            return await self._threads.told(thread, "\n".join([HANDLED, *lines]), fresh=False)
        if waiting.value["approval_id"] != str(request.approval_id):
            return await self._threads.told(thread, SUPERSEDED, fresh=False)
        decision = await self.ports.desk.approval_decision(request.approval_id)
        if decision is None and not is_over(request, self.ports.clock.now()):
            return await self._threads.told(thread, UNDECIDED, fresh=False)
        return await self._threads.go_on(thread, snapshot, request, renew=True, on_event=on_event)

    async def _guarded(self, thread: str, who: Identity, work: Callable[[], Any], *, warns: bool = True) -> TurnResult:
        try:
            async with self._locks.hold(thread):
                wanted = await model_wanted(who.user_id)
                standing = await day_standing(who.user_id) if wanted else None
                with acting(who), asking(who.user_id, wanted, standing=standing):
                    async with one_turn(self.ports.desk):
                        result: TurnResult = await work()
                    result = result.noticed(await budget_notice(warns=warns))
                await self._recorder.after(result)
                return result
        except PortUnavailable as gone:
            log.warning("turn.unavailable", where=gone.where)
            return TurnResult(gone.message, failed=True)
        except GraphRecursionError:
            log.error("turn.too_long")
            return TurnResult(TOO_LONG, failed=True)
        except Exception:
            # The door's last resort: the user hears one sentence, the log has the rest, the thread can go on.
            log.error("turn.failed", trace=traceback.format_exc())  # as text: a rendered traceback would show locals
            return TurnResult(TROUBLE, failed=True)


def _left_open(beside: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, Any]:
    """What a conversation beside a card, when that is the newer one, has left for this one."""
    newer = (beside.get("turn") or {}).get("at", "") > (here.get("turn") or {}).get("at", "")
    return {key: beside.get(key) for key in _CARRIED} if newer else {}


def _after(before: TurnResult, result: TurnResult) -> TurnResult:
    """A turn that first had to end an older question."""
    values = dict(result.values)
    if before.outcome == "expired":
        values["notices"] = [{"code": "expired", "text": before.reply}, *result.notices]
    return TurnResult(
        f"{before.reply}\n\n{result.reply}", result.route, values, result.approval, result.failed, result.fresh
    )


def _require_strict() -> None:
    from langgraph.checkpoint.serde import _msgpack

    if not _msgpack.STRICT_MSGPACK_ENABLED:
        raise RuntimeError("expected LANGGRAPH_STRICT_MSGPACK=true before LangGraph was imported, was not set")
