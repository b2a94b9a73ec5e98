"""draft_plan and risk_gate: from a wish to a plan that the gate would let through, and the question about it.

Contract: the gate is the OMS's own `Preview`, so the card never promises what the OMS refuses. What a limit lowers
becomes a new version before anybody is asked. Under a signed mandate nobody is asked, and the OMS judges whether it
covers the plan. Nothing here has an effect at the broker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from langgraph.runtime import Runtime
from langgraph.types import Command

from domain import ids
from domain.mandate import MandateKind
from domain.orders.plans import plan_hash
from domain.orders.types import OrderType, Plan
from domain.proto import oms_pb2 as pb
from execution.desk import drafting, words
from execution.desk.card import as_finding, as_order, make_card
from execution.desk.options import DeskOptions
from execution.desk.run import DeskRun, current_plan, ends, keep, live_mandate, prices, until, write_journal
from tools.ports import ApprovalRequest, Ports, PortUnavailable


class Step(Protocol):
    """A room: reads the run's state, asks its ports, and says where to go with what changed."""

    async def __call__(self, state: DeskRun, runtime: Runtime[Any]) -> Command[Any]: ...


def draft_plan(ports: Ports, options: DeskOptions) -> Step:
    """Writes version 1, or the next version after a question that could not stand."""

    async def draft_plan(state: DeskRun, runtime: Runtime[Any]) -> Command[Any]:
        rounds = state.get("rounds", 0) + 1
        if rounds > options.max_rounds:
            return ends("refused", words.too_many_rounds())
        try:
            if state.get("why_again"):
                plan = await _next_draft(ports, options, state)
            elif not state.get("order_request") or not state.get("order_origin"):
                return ends("refused", words.nothing_to_order())
            else:
                who = ports.identity(runtime)
                known = await ports.oms.orders(
                    who, plan_id=str(ids.plan_id(who.account_ref, state["order_origin"] or []))
                )
                if known:  # a replay of history, or the same message twice
                    orders = [as_order(order) for order in known]
                    return ends("submitted", words.already(orders), plan_id=known[0].plan_id, submitted=orders)
                plan = await _first_draft(ports, options, state, runtime)
        except drafting.BadRequest:
            return ends("refused", words.bad_request())
        except PortUnavailable as gone:
            return ends("unavailable", words.unavailable(gone.message))
        return Command(
            goto="risk_gate",
            update={
                "plan_id": str(plan.plan_id),
                "plan_version": plan.version,
                "plan_hash": plan_hash(plan),
                "findings": [],
                "approval_id": None,
                "approval_expires_at": None,
                "decision": None,
                "submitted": [],
                "desk_outcome": None,
                "mandate_id": None,
                "note": None,
                "rounds": rounds,
            },
        )

    return draft_plan


async def _first_draft(ports: Ports, options: DeskOptions, state: DeskRun, runtime: Runtime[Any]) -> Plan:
    who = ports.identity(runtime)
    limits, _, market_now = await until(ports, options)
    legs = drafting.wanted_legs(state["order_request"] or [], limits)
    quotes = await prices(ports, (leg.ticker for leg in legs))
    legs = drafting.caught_up(legs, quotes, ports.instruments, market_now.date(), options.collar_bps)
    profile = await ports.desk.latest_profile(who.user_id)
    strategies = await ports.desk.strategies(who.user_id, 1)
    plan = drafting.first_draft(
        account_ref=who.account_ref,
        user_id=who.user_id,
        sleeve=state.get("sleeve") or "manual",
        origin=state["order_origin"] or [],
        legs=legs,
        profile_version=None if profile is None else profile.version,
        strategy_id=strategies[0].strategy_id if strategies else None,
        now=ports.clock.now(),
        until=limits,
    )
    first = await ports.desk.plan(plan.plan_id, 1)
    if first is None:
        return await keep(ports, plan)
    newest = await ports.desk.plan(plan.plan_id) or first
    if drafting.same_wish(first.legs, legs) and newest.expires_at > ports.clock.now():
        return newest
    return await keep(ports, drafting.next_version(newest, legs, ports.clock.now(), limits))


async def _next_draft(ports: Ports, options: DeskOptions, state: DeskRun) -> Plan:
    old = await current_plan(ports, state)
    limits, _, market_now = await until(ports, options)
    again = await ports.desk.plan(old.plan_id, old.version + 1)
    if again is not None and again.expires_at > ports.clock.now():
        return again
    newest = again or old
    legs = newest.legs
    approval = state.get("approval_id")
    decision = await ports.desk.approval_decision(UUID(approval)) if approval else None
    if decision is not None:
        legs = drafting.lowered(legs, decision.quantities)
    quotes = await prices(ports, (leg.ticker for leg in legs))
    legs = drafting.repriced(legs, quotes, ports.instruments, market_now.date())
    return await keep(ports, drafting.next_version(newest, legs, ports.clock.now(), limits))


def risk_gate(ports: Ports, options: DeskOptions) -> Step:
    """Previews the version in hand: refuses, lowers, goes on under a mandate, or asks."""

    async def risk_gate(state: DeskRun, runtime: Runtime[Any]) -> Command[Any]:
        who = ports.identity(runtime)
        try:
            plan = await current_plan(ports, state)
            preview = await ports.oms.preview(
                who, pb.PlanRef(plan_id=str(plan.plan_id), version=plan.version, account_ref=who.account_ref)
            )
            findings = merged(state.get("findings", []), [as_finding(found) for found in preview.findings])
            if not preview.admissible:
                await write_journal(ports, plan, "refusal", "한도 점검에서 막혔어요.", {"findings": findings})
                return ends("refused", words.refused(findings), findings=findings)
            legs = adjusted(plan, preview)
            if legs is not None:
                return await _lower(ports, options, state, plan, legs, findings)
            if plan.sleeve != "manual":
                kind = MandateKind.CYCLE if plan.sleeve == "cycle" else MandateKind.STRATEGY
                mandate = await live_mandate(ports, plan.account_ref, kind)
                if mandate is not None:
                    return Command(goto="handoff", update={"findings": findings, "mandate_id": mandate})
            question = await ask(ports, options, runtime, plan, preview, findings, state.get("why_again"))
            return Command(goto="approval", update=question)
        except PortUnavailable as gone:
            return ends("unavailable", words.unavailable(gone.message))

    return risk_gate


async def _lower(
    ports: Ports,
    options: DeskOptions,
    state: DeskRun,
    plan: Plan,
    legs: tuple[Any, ...],
    findings: list[dict[str, Any]],
) -> Command[Any]:
    if not any(leg.quantity > 0 for leg in legs):
        await write_journal(ports, plan, "refusal", "한도 안에서 살 수 있는 수량이 없어요.", {"findings": findings})
        return ends("refused", words.nothing_left(findings), findings=findings)
    rounds = state.get("rounds", 0) + 1
    if rounds > options.max_rounds:
        return ends("refused", words.too_many_rounds(), findings=findings)
    limits, _, _ = await until(ports, options)
    lower = await keep(ports, drafting.next_version(plan, legs, ports.clock.now(), limits))
    update = {
        "plan_version": lower.version,
        "plan_hash": plan_hash(lower),
        "findings": [found for found in findings if found["effect"] == "clamp"],
        "rounds": rounds,
    }
    return Command(goto="risk_gate", update=update)


async def ask(
    ports: Ports,
    options: DeskOptions,
    runtime: Runtime[Any],
    plan: Plan,
    preview: pb.PreviewReply,
    findings: list[dict[str, Any]],
    why_again: str | None,
) -> dict[str, Any]:
    """Puts the question on the desk's table; the same question twice is one row. Returns what the state must know."""
    _, label, _ = await until(ports, options)
    limits = [found for found in findings if found["effect"] in ("clamp", "warn")]
    reference = await prices(ports, (leg.ticker for leg in plan.legs))
    thread = runtime.execution_info.thread_id if runtime.execution_info else None
    request = ApprovalRequest(
        approval_id=ids.approval_id(plan.plan_id, plan.version),
        plan_id=plan.plan_id,
        version=plan.version,
        plan_hash=plan_hash(plan),
        account_ref=plan.account_ref,
        user_id=plan.user_id,
        thread_id=thread or "",
        card=make_card(plan, preview, limits, reference, label=label, why_again=why_again),
        created_at=ports.clock.now(),
        expires_at=plan.expires_at,
    )
    await ports.desk.ask_approval(request)
    return {
        "findings": findings,
        "approval_id": str(request.approval_id),
        "approval_expires_at": request.expires_at.isoformat(),
        "mandate_id": None,
        "why_again": None,
        "note": None,
    }


def adjusted(plan: Plan, preview: pb.PreviewReply) -> tuple[Any, ...] | None:
    """Legs as the gate would admit them; None when it would admit them as they are."""
    shown = {leg.leg: leg for leg in preview.legs}
    quantities = {leg.leg: shown[leg.leg].quantity for leg in plan.legs if leg.leg in shown}
    prices_ = {
        leg.leg: shown[leg.leg].price
        for leg in plan.legs
        if leg.leg in shown and leg.order_type is OrderType.LIMIT and shown[leg.leg].price > 0
    }
    legs = drafting.at_prices(drafting.lowered(plan.legs, quantities), prices_)
    return None if legs == plan.legs else legs


def merged(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings of several looks; the first word of a control on a leg is kept: it says what the user asked for."""
    seen: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for found in [*old, *new]:
        seen.setdefault((found["code"], found["leg"], found["effect"]), found)
    return [dict(found) for found in seen.values()]
