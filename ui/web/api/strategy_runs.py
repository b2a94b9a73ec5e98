"""Strategies that run: which version, under which mandate, what its own part holds; pausing, stopping, going on.

Contract: what a click says is what the same words in a conversation say (`nodes.account.strategies`); it moves no
money, and only a signature makes a strategy trade. Nothing of another account is shown or changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from domain.proto import oms_pb2 as pb
from domain.strategy.running import STATE_WORDS, RunState
from nodes.account.context import percent_change
from nodes.account.strategies import IN_FLIGHT, NONE, NotStarted, change, start
from nodes.account.strategy_runs import PARKS, Own, Running, running
from ui.web.api.deciding import CHANNEL
from ui.web.api.labels import market_label
from ui.web.api.route import JsonRoute, Me, Parts, StrictBody, body_of, said
from ui.web.api.views import mandate_json, moment

router = APIRouter(prefix="/api", route_class=JsonRoute)

ALREADY = "이미 그렇게 되어 있어요."


class Wanted(StrictBody):
    state: Literal["active", "paused", "stopped"]


WantedBody = Annotated[Wanted, Depends(body_of(Wanted))]


@router.get("/strategy-runs")
async def show(me: Me, parts: Parts) -> dict[str, Any]:
    """Those that were ever started, as they stand."""
    made = parts.assembled
    names = {row.ticker: row.name for row in made.ports.instruments.all()}
    found = await running(made.ports, me.who)
    label = await market_label(made.ports.market, me.who.venue) if found else ""
    return {"runs": [_run(each, names, made.clock.now()) for each in found], "label": label}


@router.post("/strategy-runs")
async def say(me: Me, parts: Parts, given: WantedBody) -> JSONResponse:
    ports, state = parts.assembled.ports, RunState(given.state)
    if state is RunState.ACTIVE:
        try:
            made = await start(ports, me.who, (CHANNEL, str(parts.assembled.new_id())), CHANNEL)
        except NotStarted as missing:
            return said(409, missing.text)
        return said(200, made.lines[0])
    lines = await change(ports, me.who, state, CHANNEL)
    if lines:
        return said(200, " ".join([*lines, IN_FLIGHT]))
    return said(409, ALREADY if await ports.desk.strategy_runs(me.who.account_ref) else NONE)


def _run(each: Running, names: Mapping[str, str], now: datetime) -> dict[str, Any]:
    return {
        "strategy_id": str(each.run.strategy_id),
        "name": each.name,
        "version": each.run.version,
        "newest": each.newest,
        "changed": each.changed,
        "state": each.run.state.value,
        "state_text": STATE_WORDS[each.run.state] + ".",
        "note": each.note,
        "signed": each.signed,
        "mandate": None if each.mandate is None else mandate_json(each.mandate, names, now),
        "offer_note": PARKS if each.parking else "",
        "watch": each.watch if each.run.state is RunState.ACTIVE else "",
        "value": each.value,
        "unrealised": each.gain,
        "unrealised_pct": _percent(each.value, each.value - each.gain),
        "costs": each.costs,
        "holdings": [_own(own) for own in each.bought],
        "parked": None if each.parked is None else _own(each.parked),
        "trades": [_trade(order, each.name) for order in each.trades],
    }


def _trade(order: pb.Order, strategy: str) -> dict[str, Any]:
    """A fill and why; whose strategy it was is said by what it stands under."""
    return {
        "id": order.intent_id,
        "ticker": order.ticker,
        "name": order.name or order.ticker,
        "side": order.side,
        "qty": order.filled,
        "price": round(order.filled_amount / order.filled),
        "reason": order.reason.removeprefix(f"'{strategy}' 전략: "),
        "at": moment(order.updated_at),
    }


def _own(own: Own) -> dict[str, Any]:
    return {
        "ticker": own.ticker,
        "name": own.name,
        "qty": own.shares,
        "value": own.value,
        "unrealised": own.gain,
        "unrealised_pct": _percent(own.value, own.cost),
    }


def _percent(value: int, cost: int) -> float | None:
    return float(percent_change(value, cost)) if cost else None
