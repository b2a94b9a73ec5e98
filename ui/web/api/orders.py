"""The person's orders as the OMS knows them, and taking one back."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from nodes.account.views import order_label
from ui.web.api.route import JsonRoute, Me, Parts, identifier, not_found
from ui.web.api.views import moment, order_row

router = APIRouter(prefix="/api", route_class=JsonRoute)

MOST = 100
ASKED = "{order} 주문의 취소를 요청했어요."
NOT_DONE = "취소하지 못했어요."


@router.get("/orders")
async def orders(me: Me, parts: Parts, open: bool = False, plan_id: str = "") -> dict[str, Any]:
    """Newest first; `open=1` only what is not at its end, those placed by hand at the broker after ours; `plan_id` only
    what came of one plan."""
    plan, made = str(identifier(plan_id)) if plan_id else "", parts.assembled
    found = await made.ports.oms.orders(me.who, open_only=open, plan_id=plan, limit=MOST)
    if open and not plan:
        found = [*found, *await made.hand.foreign(me.who)]
    return {"orders": [order_row(order) for order in found], "as_of": moment(made.clock.now())}


@router.post("/orders/{intent_id}/cancel")
async def cancel(intent_id: str, me: Me, parts: Parts) -> JSONResponse:
    """Takes back what is not filled. Asking again is asking anew: a cancel is whole, so twice is once in effect."""
    wanted = str(identifier(intent_id))
    request = f"web:{parts.assembled.new_id()}:cancel"
    reply = await parts.assembled.ports.oms.cancel(me.who, wanted, request)
    if not reply.order.intent_id and not reply.accepted:  # the OMS shows an order to its account alone
        raise not_found()
    message = reply.message or (ASKED.format(order=order_label(reply.order)) if reply.accepted else NOT_DONE)
    row = order_row(reply.order) if reply.order.intent_id else None
    body = {"accepted": reply.accepted, "message": message, "detail": message, "order": row}
    return JSONResponse(body, status_code=200 if reply.accepted else 409)
