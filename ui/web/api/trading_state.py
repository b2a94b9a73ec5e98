"""전체 정지 and 재개: straight to the OMS's door, past model, graph and conversation.

Contract: nothing stands between the button and the door; a resume comes from the person's own click and from nowhere
else. When the door cannot be reached the answer says that nothing was stopped, never that it was.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field

from domain.korean.text import clean
from nodes.account.halts import causes, state_of
from tools.ports import PortRefused, PortUnavailable
from ui.web.api.route import JsonRoute, Me, Parts, StrictBody, body_of, said
from ui.web.api.views import order_row

router = APIRouter(prefix="/api", route_class=JsonRoute)

MAX_REASON = 200
IN_FLIGHT = "이미 나간 주문 {count}건은 되돌릴 수 없어서 결과를 확인할게요."
NOT_REACHED = "{trouble} 정지나 재개는 되지 않았어요. 주문 창구가 꺼져 있는 동안에는 새 주문도 나가지 않아요."
_REASONS = {
    "HALTED": "화면에서 정지를 요청함",
    "REDUCING": "화면에서 축소를 요청함",
    "ACTIVE": "화면에서 재개를 요청함",
}


class Wanted(StrictBody):
    """`reason` is kept with the change."""

    state: Literal["ACTIVE", "REDUCING", "HALTED"]
    reason: str = Field(default="", max_length=MAX_REASON)


WantedBody = Annotated[Wanted, Depends(body_of(Wanted))]


@router.get("/trading-state")
async def show(me: Me, parts: Parts) -> dict[str, Any]:
    """Where it stands and every cause that the OMS names, each with what can be done about it."""
    status = await parts.assembled.ports.oms.status(me.who)
    reason = status.trading_state_reason
    found = [{"text": cause.text, "todo": cause.todo} for cause in causes(status)]
    return {"state": state_of(status).value, "message": reason, "reason": reason, "causes": found, "in_flight": []}


@router.post("/trading-state")
async def change(me: Me, parts: Parts, given: WantedBody) -> JSONResponse:
    reason = " ".join(clean(given.reason).split()) or _REASONS[given.state]
    try:
        reply = await parts.assembled.ports.oms.set_trading_state(me.who, given.state, reason)
    except PortRefused as no:
        return said(409, no.message)
    except PortUnavailable as gone:
        return said(503, NOT_REACHED.format(trouble=gone.message))
    lines = [reply.message]
    if reply.in_flight:
        lines.append(IN_FLIGHT.format(count=len(reply.in_flight)))
    in_flight = [order_row(order) for order in reply.in_flight]
    return JSONResponse({"state": reply.state, "message": " ".join(filter(None, lines)), "in_flight": in_flight})
