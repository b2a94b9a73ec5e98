"""A strategy's past and its files: the backtest as a chart, `.kis.yaml` and the report to take away.

Contract: only one's own strategies exist here. A backtest is tried within the limits and with the money of the profile
in force; while it is under way the answer says so at once, and a card asks again. What `.kis.yaml` cannot say is
refused by name (409) and left out only with `without`, which names it. Figures and reports are made in a thread.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Response
from starlette.exceptions import HTTPException

from domain.strategy.check import StrategyError
from domain.strategy.kis_yaml import PARTS, export_kis, inexpressible
from domain.strategy.spec import StrategySpec
from nodes.strategy_architect.rules import spec_from
from nodes.strategy_architect.trials import account_of, trial_lines
from nodes.user_profile.view import profile_of
from tools.ports import PortUnavailable, StoredStrategy
from ui.web.api.labels import market_label
from ui.web.api.route import JsonRoute, Me, Parts
from ui.web.api.strategies import one_strategy

if TYPE_CHECKING:
    from graph.backtests import Tried
    from ui.charts.frame import Chart

router = APIRouter(prefix="/api/strategies/{strategy_id}", route_class=JsonRoute)

OLD = "예전 형식의 전략이라 여기서는 열 수 없어요. 새 전략을 만들어 주세요."
UNDER_WAY = "과거 시세로 검증하고 있어요…"
NOT_YET = "아직 검증하고 있어요. 잠시 뒤 다시 받아 주세요."
GLANCE_S = 0.2
REPORT_S = 60.0
_MOST_WORDS = 200


@router.get("/backtest")
async def backtest(strategy_id: str, me: Me, parts: Parts, version: int | None = None) -> dict[str, Any]:
    stored = await one_strategy(me, parts, strategy_id, version)
    about: dict[str, Any] = {"version": stored.version, "figure": None, "summary": "", "lines": [], "empty": None}
    try:
        tried = await _tried(me, parts, _spec(stored), GLANCE_S)
    except PortUnavailable as gone:
        return {**about, "state": "unavailable", "message": gone.message}
    if tried is None:
        return {**about, "state": "running", "message": UNDER_WAY}
    label = await market_label(parts.assembled.ports.market, me.who.venue)
    chart = await asyncio.to_thread(_drawn, tried)
    return {
        **about,
        "state": "ready",
        "message": "",
        "figure": chart.figure,
        "summary": chart.summary,
        "empty": chart.empty,
        "lines": list(trial_lines(tried.in_words(), made_up=me.who.venue == "sim")),
        "label": label,
    }


@router.get("/report.html")
async def report(strategy_id: str, me: Me, parts: Parts, version: int | None = None) -> Response:
    stored = await one_strategy(me, parts, strategy_id, version)
    spec = _spec(stored)
    tried = await _tried(me, parts, spec, REPORT_S)
    if tried is None:
        raise HTTPException(503, NOT_YET)
    text = await asyncio.to_thread(_written, tried, spec, me.who.venue == "sim")
    return _file(text, "text/html; charset=utf-8", stored, "html")


@router.get("/kis.yaml")
async def kis_yaml(
    strategy_id: str,
    me: Me,
    parts: Parts,
    version: int | None = None,
    without: Annotated[str, Query(max_length=_MOST_WORDS)] = "",
) -> Response:
    stored = await one_strategy(me, parts, strategy_id, version)
    spec = _spec(stored)
    left_out = tuple(part for part in without.split(",") if part)
    missing = [PARTS[part] for part in inexpressible(spec) if part not in left_out]
    if missing:
        raise HTTPException(409, f"KIS 파일에는 {', '.join(missing)} 항목을 적을 수 없어요. 빼고 받을지 골라 주세요.")
    try:
        text = export_kis(spec, left_out)
    except StrategyError as error:
        raise HTTPException(409, " ".join(dict.fromkeys(problem.text for problem in error.problems[:3]))) from None
    return _file(text, "application/yaml; charset=utf-8", stored, "kis.yaml")


def _file(text: str, media_type: str, stored: StoredStrategy, ending: str) -> Response:
    name = f"strategy-{stored.hash[:12]}-v{stored.version}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type=media_type, headers=headers)


def _spec(stored: StoredStrategy) -> StrategySpec:
    spec = spec_from(stored.spec)
    if spec is None:
        raise HTTPException(409, OLD)
    return spec


async def _tried(me: Me, parts: Parts, spec: StrategySpec, patience_s: float) -> Tried | None:
    profile = profile_of(await parts.assembled.ports.desk.latest_profile(me.who.user_id))
    cash, limits = account_of(profile)
    return await parts.assembled.backtests.tried(spec, cash, limits, patience_s)


def _drawn(tried: Tried) -> Chart:
    from ui.charts.backtest import backtest_chart

    return backtest_chart(tried.result)


def _written(tried: Tried, spec: StrategySpec, made_up: bool) -> str:
    from ui.commands.backtest_report import report

    return report(tried.result, spec, held=tried.held_return, made_up=made_up)
