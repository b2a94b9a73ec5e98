"""State of the order desk subgraph: one plan on its way from draft to acknowledgement."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict  # pydantic draws schemas of these only on Python < 3.12


class DeskState(TypedDict, total=False):
    order_request: (
        list[dict[str, Any]] | None
    )  # caller: legs wanted {ticker, side, qty, order_type, price, reason, initiative}
    order_origin: list[str | int] | None  # caller: what the plan id is made of
    sleeve: str  # caller: manual | cycle | strategy:<id>
    plan_id: str | None  # draft_plan
    plan_version: int | None  # draft_plan
    plan_hash: str | None  # risk_gate
    findings: list[dict[str, Any]]  # risk_gate, preflight: what the gate said
    approval_id: str | None  # risk_gate
    approval_expires_at: str | None  # risk_gate
    decision: str | None  # approval: approve | reject | expired
    submitted: list[dict[str, Any]]  # handoff, await_ack: orders as the OMS reports them
    desk_outcome: str | None  # last node: refused | rejected | expired | submitted | repriced | unavailable
