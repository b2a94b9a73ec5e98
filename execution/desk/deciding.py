"""approval and preflight: the person's answer, read from the table, and a last look before anything leaves.

Contract: `approval` does nothing before its interrupt; what the resume carries is an id and no authority, the decision
is the row that the user's own role wrote. A question that expired, or whose price or limits moved, is asked again as a
new version; nothing is ever sent at a price or quantity that the card did not show.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt
from pydantic import BaseModel, ConfigDict, Field

from domain.proto import oms_pb2 as pb
from execution.desk import words
from execution.desk.asking import Step
from execution.desk.card import as_finding
from execution.desk.drafting import moved_too_far
from execution.desk.options import DeskOptions
from execution.desk.run import DeskRun, current_plan, ends, prices, write_journal
from tools.ports import ApprovalDecision, ApprovalRequest, Ports, PortUnavailable


class ApprovalAnswer(BaseModel):
    """What resumes a waiting desk. Says "look again", decides nothing."""

    model_config = ConfigDict(extra="forbid")

    approval_id: str = Field(description="id of the approval that was answered")
    renew: bool = Field(default=False, description="the card had expired: ask again with today's price")


def approval(ports: Ports) -> Step:
    """Waits for the person."""

    async def approval(state: DeskRun, runtime: Runtime[Any]) -> Command[Any]:
        answer: ApprovalAnswer = interrupt(
            {
                "kind": "approval",
                "approval_id": state["approval_id"],
                "plan_id": state["plan_id"],
                "version": state["plan_version"],
                "expires_at": state["approval_expires_at"],
                "note": state.get("note"),
            },
            response_schema=ApprovalAnswer,
        )
        request, decision = await _row(ports, state)
        if decision is not None and decision.decision == "reject":
            return ends("rejected", words.rejected(), decision="reject")
        if decision is not None:
            return Command(goto="preflight", update={"decision": "approve", "note": None})
        if ports.clock.now() < request.expires_at:
            return Command(goto="approval")  # nobody decided anything: the question stands
        if answer.renew:
            return Command(goto="draft_plan", update={"why_again": "expired"})
        return ends("expired", words.expired(), decision="expired")

    return approval


async def _row(ports: Ports, state: DeskRun) -> tuple[ApprovalRequest, ApprovalDecision | None]:
    approval_id = UUID(state["approval_id"] or "")
    request = await ports.desk.approval_request(approval_id)
    if request is None:
        raise PortUnavailable("승인 요청을 다시 읽지 못했어요.", where="desk")
    return request, await ports.desk.approval_decision(approval_id)


def preflight(ports: Ports, options: DeskOptions) -> Step:
    """The gate once more, on the quantities that were approved, and the card's prices against the market's."""

    async def preflight(state: DeskRun, runtime: Runtime[Any]) -> Command[Any]:
        who = ports.identity(runtime)
        request, decision = await _row(ports, state)
        if decision is None:
            return Command(goto="approval")
        if ports.clock.now() >= request.expires_at:
            return Command(goto="draft_plan", update={"why_again": "expired"})
        plan = await current_plan(ports, state)
        try:
            known = await ports.oms.orders(who, plan_id=str(plan.plan_id))
            if known:  # delivered before a crash; the OMS will say so
                return Command(goto="handoff")
            preview = await ports.oms.preview(
                who,
                pb.PlanRef(
                    plan_id=str(plan.plan_id),
                    version=plan.version,
                    account_ref=who.account_ref,
                    quantities=dict(decision.quantities),
                ),
            )
        except PortUnavailable:
            return Command(goto="approval", update={"note": words.UNDELIVERED})
        findings = [as_finding(found) for found in preview.findings]
        if not preview.admissible:
            await write_journal(ports, plan, "refusal", "보내기 직전 점검에서 막혔어요.", {"findings": findings})
            return ends("refused", words.refused(findings), findings=findings)
        now = await prices(ports, (leg.ticker for leg in plan.legs))
        then = {leg["leg"]: leg["reference"] for leg in request.card["legs"]}
        if moved_too_far(plan.legs, then, now, options.collar_bps):
            return Command(goto="draft_plan", update={"why_again": "repriced"})
        if _less_than_approved(preview):
            return Command(goto="draft_plan", update={"why_again": "limits"})
        return Command(goto="handoff")

    return preflight


def _less_than_approved(preview: pb.PreviewReply) -> bool:
    return any(leg.quantity < leg.asked_quantity for leg in preview.legs)
