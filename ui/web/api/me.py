"""Who is signed in, where they trade, and whether trading goes on: what every page's head shows."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from tools.ports import PortUnavailable
from ui.web.api.labels import BADGES, market_label
from ui.web.api.route import JsonRoute, Me, Parts

router = APIRouter(prefix="/api", route_class=JsonRoute)


@router.get("/me")
async def me(me: Me, parts: Parts) -> dict[str, Any]:
    """`trading_state` is null when the OMS does not say."""
    ports = parts.assembled.ports
    try:
        state: str | None = (await ports.oms.status(me.who)).trading_state or None
    except PortUnavailable:
        state = None
    return {
        "name": me.who.name,
        "is_owner": me.is_owner,
        "venue": me.who.venue,
        "label": await market_label(ports.market, me.who.venue),
        "badge": BADGES.get(me.who.venue, me.who.venue),
        "trading_state": state,
    }
