"""Approval cards: as they stand, and the person's answer. Thin: `deciding` decides what a click does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from psycopg.rows import DictRow
from pydantic import Field, StringConstraints

from domain.proto import oms_pb2 as pb
from tools.ports import Identity, PortUnavailable
from tools.store.decisions import MESSAGES, Recorded
from ui.web.api import records
from ui.web.api.deciding import decide
from ui.web.api.route import JsonRoute, Me, Parts, StrictBody, body_of, identifier, not_found
from ui.web.api.views import approval_json
from ui.web.context import WebParts

router = APIRouter(prefix="/api", route_class=JsonRoute)

LegNumber = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,2}$")]


class Answer(StrictBody):
    """A click. `quantities` (leg → shares) may lower what the card shows; how far is `Decisions`' to say."""

    decision: Literal["approve", "reject"]
    quantities: dict[LegNumber, int] = Field(default_factory=dict, max_length=200)
    unsuitable_ack: bool = False


AnswerBody = Annotated[Answer, Depends(body_of(Answer, MESSAGES[Recorded.BAD_QUANTITY]))]


@router.get("/approvals")
async def waiting(me: Me, parts: Parts) -> dict[str, Any]:
    """Every card that waits for the person, oldest first."""
    now = parts.assembled.clock.now()
    rows = await records.open_approvals(parts.assembled.people, me.who, now)
    return {"approvals": [approval_json(row, (), now) for row in rows]}


@router.get("/approvals/{approval_id}")
async def show(approval_id: str, me: Me, parts: Parts) -> dict[str, Any]:
    return await _shown(parts, me.who, await _row(parts, me.who, approval_id))


@router.post("/approvals/{approval_id}")
async def answer(approval_id: str, me: Me, parts: Parts, given: AnswerBody) -> JSONResponse:
    row = await _row(parts, me.who, approval_id)
    lowered = {int(leg): quantity for leg, quantity in given.quantities.items()} if _approves(given) else {}
    decided = await decide(
        parts, me.who, row, given.decision, lowered, unsuitable_ack=_approves(given) and given.unsuitable_ack
    )
    body: dict[str, Any] = {"recorded": decided.recorded.value, "message": decided.message, "detail": decided.message}
    return JSONResponse({**body, "approval": await _after(parts, me.who, row)}, status_code=decided.status)


def _approves(given: Answer) -> bool:
    return given.decision == "approve"


async def _row(parts: WebParts, who: Identity, approval_id: str) -> DictRow:
    row = await records.approval(parts.assembled.people, who, identifier(approval_id))
    if row is None:
        raise not_found()
    return row


async def _after(parts: WebParts, who: Identity, row: DictRow) -> dict[str, Any] | None:
    """The card once more; None when it cannot be read, for the decision stands without it."""
    try:
        again = await records.approval(parts.assembled.people, who, row["approval_id"])
    except PortUnavailable:
        return None
    return await _shown(parts, who, again) if again is not None else None


async def _shown(parts: WebParts, who: Identity, row: Mapping[str, Any]) -> dict[str, Any]:
    orders: list[pb.Order] = []
    unavailable = None
    if row["decision"] == "approve":  # an unanswered card has no orders to ask for
        try:
            orders = await parts.assembled.ports.oms.orders(who, plan_id=str(row["plan_id"]))
        except PortUnavailable as gone:
            unavailable = gone.message
    return approval_json(row, orders, parts.assembled.clock.now(), unavailable)
