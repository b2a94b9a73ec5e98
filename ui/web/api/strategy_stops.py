"""Stopping one strategy and letting it go on: straight to the OMS's door, as the halt of the whole account.

Contract: only strategies that may order for the person are listed: those with a live mandate, with shares in the book,
or stopped. A stopped strategy adds nothing; what it holds can be sold. Nothing of another account can be named.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field

from domain.mandate import MandateKind
from nodes.account.halts import sleeve_name
from nodes.strategy_architect.rules import spec_from
from tools.ports import Identity, PortUnavailable
from ui.web.api.route import JsonRoute, Me, Parts, StrictBody, body_of, not_found, said
from ui.web.api.trading_state import IN_FLIGHT, NOT_REACHED
from ui.web.api.views import mandate_state, order_row
from ui.web.context import WebParts

router = APIRouter(prefix="/api", route_class=JsonRoute)

_NOBODYS = frozenset({"manual", "outside"})  # a person's own shares are nobody's to stop
_REASONS = {"HALTED": "주문판에서 전략을 멈춤", "ACTIVE": "주문판에서 전략을 재개함"}
_KNOWN_STRATEGIES = 100


class Wanted(StrictBody):
    sleeve: str = Field(min_length=1, max_length=100)
    state: Literal["ACTIVE", "HALTED"]


WantedBody = Annotated[Wanted, Depends(body_of(Wanted))]


@router.get("/strategy-stops")
async def show(me: Me, parts: Parts) -> dict[str, Any]:
    return {"strategies": await _listed(parts, me.who)}


@router.post("/strategy-stops")
async def change(me: Me, parts: Parts, given: WantedBody) -> JSONResponse:
    if all(row["sleeve"] != given.sleeve for row in await _listed(parts, me.who)):
        raise not_found()
    try:
        reply = await parts.assembled.hand.set_trading_state(
            me.who, given.state, _REASONS[given.state], scope="strategy", sleeve=given.sleeve
        )
    except PortUnavailable as gone:
        return said(503, NOT_REACHED.format(trouble=gone.message))
    in_flight = [order_row(order) for order in reply.in_flight]
    more = [IN_FLIGHT.format(count=len(in_flight))] if in_flight else []
    return said(200, " ".join([reply.message, *more]), state=reply.state, in_flight=in_flight)


async def _listed(parts: WebParts, who: Identity) -> list[dict[str, Any]]:
    made = parts.assembled
    status, book, mandates, strategies = await asyncio.gather(
        made.ports.oms.status(who),
        made.ports.oms.book(who),
        made.ports.desk.mandates(who.account_ref),
        made.ports.desk.strategies(who.user_id, _KNOWN_STRATEGIES),
    )
    stopped = set(status.stopped_sleeves)
    sleeves = stopped | {sleeve for held in book.positions for sleeve, count in held.sleeves.items() if count}
    now = made.clock.now()
    for mandate in mandates:
        if mandate_state(mandate, now) == "live" and MandateKind(mandate.kind) is MandateKind.CYCLE:
            sleeves.add("cycle")
    specs = {str(stored.strategy_id): spec_from(stored.spec) for stored in reversed(strategies)}
    names = {identity: spec.metadata.name for identity, spec in specs.items() if spec is not None}
    return [
        {"sleeve": sleeve, "name": sleeve_name(sleeve, names), "stopped": sleeve in stopped}
        for sleeve in sorted(sleeves - _NOBODYS)
    ]
