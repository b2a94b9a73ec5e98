"""What the desk's rooms share while a plan passes through: the run's own channels and the reads that each needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from langgraph.graph import END
from langgraph.types import Command

from domain.mandate import MandateKind
from domain.orders.plans import plan_hash
from domain.orders.types import Plan
from execution.desk.drafting import Deadlines, deadlines
from execution.desk.options import DeskOptions
from execution.desk.state import DeskState
from tools.ports import JournalEntry, Ports, PortUnavailable

Room = Literal["draft_plan", "risk_gate", "approval", "preflight", "handoff", "await_ack", "__end__"]


def gather(old: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Blocks of one run, in order of speaking."""
    return [*(old or []), *(new or [])]


class DeskRun(DeskState, total=False):
    """The desk's state plus what only one run needs. Every run starts empty."""

    say: Annotated[list[dict[str, Any]], gather]  # any room: blocks for the user
    mandate_id: str | None  # risk_gate: the standing approval that may stand in for a click
    why_again: str | None  # who sends back to draft_plan: expired | repriced | limits
    note: str | None  # preflight, handoff: why the question still stands after the click
    rounds: int  # draft_plan, risk_gate: drafts so far


async def until(ports: Ports, options: DeskOptions) -> tuple[Deadlines, str, datetime]:
    """Deadlines from now, the market's label and its clock."""
    market = await ports.market.market_clock()
    market_now = market.now.ToDatetime(ports.clock.now().tzinfo)
    return deadlines(ports.clock.now(), market_now, market.calendar, options), market.label, market_now


async def keep(ports: Ports, plan: Plan) -> Plan:
    """Stores a version; if somebody stored it before (a replay), theirs counts."""
    await ports.desk.save_plan(plan)
    stored = await ports.desk.plan(plan.plan_id, plan.version)
    return plan if stored is None else stored


async def current_plan(ports: Ports, state: DeskRun) -> Plan:
    """The version in hand. Raises PortUnavailable when it cannot be read back."""
    plan = await ports.desk.plan(UUID(state["plan_id"] or ""), state["plan_version"])
    if plan is None:
        raise PortUnavailable("주문 계획을 다시 읽지 못했어요.", where="desk")
    return plan


async def prices(ports: Ports, tickers: Iterable[str]) -> dict[str, int]:
    """Last prices; a ticker without one is absent. A silent market means no prices: the gate decides then."""
    try:
        quotes = await ports.market.quotes(sorted(set(tickers)))
    except PortUnavailable:
        return {}
    return {quote.ticker: quote.price for quote in quotes if quote.found and quote.price > 0}


async def live_mandate(ports: Ports, account_ref: str, kind: MandateKind) -> str | None:
    """Id of a standing approval in force; whether it covers a plan is the OMS's verdict."""
    now = ports.clock.now()
    for mandate in await ports.desk.mandates(account_ref):
        if mandate.kind == kind and mandate.is_live(now):
            return str(mandate.mandate_id)
    return None


async def write_journal(ports: Ports, plan: Plan, kind: str, summary: str, detail: dict[str, Any]) -> None:
    """One line for "왜?"."""
    entry = JournalEntry(
        at=ports.clock.now(),
        kind=kind,
        subject=plan.legs[0].ticker if plan.legs else "",
        summary=summary,
        detail={"plan_id": str(plan.plan_id), "version": plan.version, "plan_hash": plan_hash(plan), **detail},
    )
    await ports.desk.note(plan.user_id, entry)


def ends(outcome: str, *say: dict[str, Any], **update: Any) -> Command[Any]:
    """The last word of a run."""
    return Command(goto=END, update={"desk_outcome": outcome, "say": list(say), **update})
