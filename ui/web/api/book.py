"""The account's book: cash, holdings, results. All of it from the OMS; when that is silent there are no figures."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ui.web.api.labels import market_label
from ui.web.api.route import JsonRoute, Me, Parts
from ui.web.api.views import book_json

router = APIRouter(prefix="/api", route_class=JsonRoute)


@router.get("/book")
async def book(me: Me, parts: Parts) -> dict[str, Any]:
    reply = await parts.assembled.ports.oms.book(me.who)
    return book_json(reply, await market_label(parts.assembled.ports.market, me.who.venue))
