"""Mandates: offers with their bounds in words, the person's signature, and taking it back.

Contract: only `Decisions`, which logs in as the web's role, signs or revokes; a mandate of another account does not
exist here. A second click changes nothing and is told so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from nodes.account.strategy_runs import MOST, name_of
from tools.ports import Identity, StoredMandate
from tools.store.decisions import MESSAGES, Recorded
from ui.web.api.deciding import CHANNEL
from ui.web.api.route import JsonRoute, Me, Parts, identifier, not_found
from ui.web.api.views import mandate_json
from ui.web.context import WebParts

router = APIRouter(prefix="/api", route_class=JsonRoute)

SIGNED = "위임에 서명했어요."
REVOKED = "위임을 철회했어요."
UNSIGNED = "아직 서명하지 않은 위임이에요. 서명하지 않으면 아무것도 자동으로 주문하지 않아요."


@router.get("/mandates")
async def mandates(me: Me, parts: Parts) -> dict[str, Any]:
    """Newest first."""
    now, names = parts.assembled.clock.now(), _names(parts)
    desk = parts.assembled.ports.desk
    rows = await desk.mandates(me.who.account_ref)
    known = await desk.strategies(me.who.user_id, MOST) if any(row.strategy_hash for row in rows) else []
    called = {each.hash: f"{name_of(each)} v{each.version}" for each in reversed(known)}
    return {"mandates": [_titled(mandate_json(row, names, now), called.get(row.strategy_hash or "")) for row in rows]}


def _titled(mandate: dict[str, Any], strategy: str | None) -> dict[str, Any]:
    """Which strategy it is for stands beside its kind: there may be an older offer below."""
    return mandate if strategy is None else {**mandate, "label": f"{mandate['label']} · {strategy}"}


@router.post("/mandates/{mandate_id}/sign")
async def sign(mandate_id: str, me: Me, parts: Parts) -> JSONResponse:
    found = await _one(parts, me.who, identifier(mandate_id))
    recorded = await parts.assembled.decisions.sign_mandate(me.who.user_id, found.mandate_id, channel=CHANNEL)
    return await _told(parts, me.who, found, recorded, SIGNED)


@router.post("/mandates/{mandate_id}/revoke")
async def revoke(mandate_id: str, me: Me, parts: Parts) -> JSONResponse:
    found = await _one(parts, me.who, identifier(mandate_id))
    recorded = await parts.assembled.decisions.revoke_mandate(me.who.user_id, found.mandate_id, channel=CHANNEL)
    return await _told(parts, me.who, found, recorded, REVOKED)


async def _one(parts: WebParts, who: Identity, mandate_id: UUID) -> StoredMandate:
    rows = await parts.assembled.ports.desk.mandates(who.account_ref)
    found = next((row for row in rows if row.mandate_id == mandate_id), None)
    if found is None:
        raise not_found()
    return found


async def _told(parts: WebParts, who: Identity, mandate: StoredMandate, recorded: Recorded, done: str) -> JSONResponse:
    message = done if recorded is Recorded.RECORDED else MESSAGES[recorded]
    if recorded is Recorded.UNKNOWN:  # it is theirs: so it was never signed
        message = UNSIGNED
    again = await _one(parts, who, mandate.mandate_id)
    shown = mandate_json(again, _names(parts), parts.assembled.clock.now())
    body = {"recorded": recorded.value, "message": message, "detail": message, "mandate": shown}
    return JSONResponse(body, status_code=200 if recorded is Recorded.RECORDED else 409)


def _names(parts: WebParts) -> Mapping[str, str]:
    return {row.ticker: row.name for row in parts.assembled.ports.instruments.all()}
