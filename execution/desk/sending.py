"""handoff and await_ack: ids to the OMS, once in effect however often said, and a short wait for the first word back.

Contract: Submit carries ids only; the same ids again are the same order, so a lost reply is asked again, never
re-decided; a definite no is said as one and not asked again. When the door stays silent the question stays open and a
later resume delivers it. Waits at most `ack_seconds`; later states are events of the OMS.
"""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Command

from domain.orders.types import TERMINAL, IntentState
from domain.proto import oms_pb2 as pb
from execution.desk import words
from execution.desk.asking import Step, ask
from execution.desk.card import as_finding, as_order
from execution.desk.options import DeskOptions
from execution.desk.run import DeskRun, current_plan, ends, write_journal
from tools.ports import Identity, PortRefused, Ports, PortUnavailable


def handoff(ports: Ports, options: DeskOptions) -> Step:
    """Submits and reads the verdict."""

    async def handoff(state: DeskRun, runtime: Runtime[Any]) -> Command[Any]:
        who = ports.identity(runtime)
        plan = await current_plan(ports, state)
        mandate = state.get("mandate_id")
        request = pb.SubmitRequest(plan_id=str(plan.plan_id), version=plan.version)
        if mandate:
            request.mandate_id = mandate
        else:
            request.approval_id = state["approval_id"] or ""
        try:
            reply = await _submit(ports, options, who, request)
        except PortRefused as no:
            await write_journal(ports, plan, "refusal", no.message, {"code": no.code})
            return ends("refused", words.refused((), no.message))
        if reply is None:
            if mandate:
                return ends("unavailable", words.uncertain())
            return Command(goto="approval", update={"note": words.UNDELIVERED})
        if reply.outcome in (pb.SubmitReply.ADMITTED, pb.SubmitReply.ALREADY_ADMITTED):
            orders = [as_order(order) for order in reply.orders]
            await write_journal(ports, plan, "order", reply.message, {"orders": orders})
            return Command(goto="await_ack", update={"submitted": orders})
        findings = [as_finding(found) for found in reply.findings]
        if mandate and any(found["code"].startswith("MANDATE") for found in findings):
            try:
                preview = await ports.oms.preview(
                    who, pb.PlanRef(plan_id=str(plan.plan_id), version=plan.version, account_ref=who.account_ref)
                )
                question = await ask(ports, options, runtime, plan, preview, state.get("findings", []), "mandate")
            except PortUnavailable as gone:
                return ends("unavailable", words.unavailable(gone.message))
            return Command(goto="approval", update=question)
        await write_journal(ports, plan, "refusal", reply.message or "접수되지 않았어요.", {"findings": findings})
        return ends("refused", words.refused(findings, reply.message), findings=findings)

    return handoff


async def _submit(
    ports: Ports, options: DeskOptions, who: Identity, request: pb.SubmitRequest
) -> pb.SubmitReply | None:
    """None after the last try without an answer. Raises PortRefused at once: a no stays a no."""
    for left in reversed(range(options.submit_tries)):
        try:
            return await ports.oms.submit(who, request)
        except PortRefused:
            raise
        except PortUnavailable:
            if left:
                await ports.clock.sleep(options.submit_pause_seconds)
    return None


def await_ack(ports: Ports, options: DeskOptions) -> Step:
    """Looks at the plan's orders until each has been answered by the broker, or time is up."""

    async def await_ack(state: DeskRun, runtime: Runtime[Any]) -> Command[Any]:
        who = ports.identity(runtime)
        began = ports.clock.monotonic()
        orders = list(state.get("submitted", []))
        answered: float | None = None
        while True:
            try:
                seen = await ports.oms.orders(who, plan_id=state["plan_id"] or "")
                orders = sorted((as_order(order) for order in seen), key=lambda order: int(order["leg"])) or orders
            except PortUnavailable:
                break  # admitted is admitted; what came of it, events will tell
            now = ports.clock.monotonic()
            if all(order["state"] in TERMINAL for order in orders):
                break
            if answered is None and not any(order["state"] in _ON_THE_WAY for order in orders):
                answered = now
            if answered is not None and now - answered >= options.fill_grace_seconds:
                break
            if now - began >= options.ack_seconds:
                break
            await ports.clock.sleep(options.ack_poll_seconds)
        return ends("submitted", words.submitted(orders), submitted=orders)

    return await_ack


_ON_THE_WAY = frozenset({IntentState.NEW, IntentState.SENDING})
