"""What a card of a conversation showed, word for word: for cards whose content is nowhere else."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ui.web.api import records
from ui.web.api.route import JsonRoute, Me, Parts, identifier, not_found
from ui.web.api.views import moment

router = APIRouter(prefix="/api", route_class=JsonRoute)


@router.get("/cards/{card_id}")
async def card(card_id: str, me: Me, parts: Parts) -> dict[str, Any]:
    row = await records.card(parts.assembled.people, me.who, identifier(card_id))
    if row is None:
        raise not_found()
    return {"kind": row["kind"], "body": row["body"], "created_at": moment(row["created_at"])}
