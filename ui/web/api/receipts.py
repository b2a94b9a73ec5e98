"""영수증: a person's own receipts, in words for the card and whole as a file. Reads only."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from domain.receipt import Step, StepKind, export_text, newest
from nodes.account.receipt_words import headline, outcome, short
from tools.ports import Identity
from ui.web.api.route import JsonRoute, Me, Parts, identifier, not_found
from ui.web.context import WebParts

router = APIRouter(prefix="/api", route_class=JsonRoute)


@router.get("/receipts/{plan_id}")
async def whole(plan_id: str, me: Me, parts: Parts) -> Response:
    """The exported text itself, every byte of which `quartz receipt verify --file` checks."""
    chain = await _own(parts, me.who, plan_id)
    name = f"quartz-receipt-{chain[0].receipt_id}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(export_text(chain), media_type="application/json", headers=headers)


@router.get("/receipts/{plan_id}/lines")
async def lines(plan_id: str, me: Me, parts: Parts) -> dict[str, Any]:
    """The chain in a few lines of Korean."""
    chain = await _own(parts, me.who, plan_id)
    return {
        "id": str(chain[0].receipt_id),
        "headline": headline(chain),
        "lines": short(chain),
        "outcome": outcome(chain),
        "steps": len(chain),
        "head": chain[-1].hash,
        "done": newest(chain, StepKind.END) is not None,
    }


async def _own(parts: WebParts, who: Identity, plan_id: str) -> list[Step]:
    wanted = identifier(plan_id)
    chain = await parts.assembled.ports.receipts.chain(wanted)
    plan = (newest(chain, StepKind.PLAN) or {}).get("plan") or {}
    if (plan.get("user_id"), plan.get("account_ref")) != (str(who.user_id), who.account_ref):
        raise not_found()
    return chain
