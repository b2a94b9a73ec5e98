"""Candidates from the news for the person who asks: filtered by the confirmed profile, each with its score's parts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.exceptions import HTTPException

from domain.news.candidates import Candidate
from domain.news.candidates import candidates as rate
from domain.news.listing import Listing
from nodes.investor import investor_for
from nodes.selector.fitting import REASONS, fitting
from nodes.selector.parts import stories
from tools.lake import LakeError, LakeUnavailable, open_lake
from tools.news.listings import load_listing
from tools.news.stored import RunShelf, aged
from tools.ports import PortUnavailable
from ui.web.api.route import JsonRoute, Me, Parts, StrictBody
from ui.web.api.views import moment

router = APIRouter(prefix="/api", route_class=JsonRoute)

NO_PROFILE = "투자성향을 먼저 확인해 주세요. 성향에 맞는 종목만 보여 드려요."
NO_NEWS = "아직 모은 뉴스가 없어요."
DEMO = "시연 뉴스로 만든 예시예요. 실제 보도가 아니에요."
ADVICE = "뉴스로 고른 볼거리이지 매수 권유가 아니에요. 투자 판단과 책임은 투자자에게 있어요."


class Wanted(StrictBody):
    """How many; an empty body means ten."""

    limit: Annotated[int, Field(ge=1, le=50)] = 10


@cache
def _listing(home: Path) -> Listing:
    return load_listing(home)


@router.post("/candidates")
async def candidates(wanted: Wanted, me: Me, parts: Parts) -> dict[str, Any]:
    """409 without a confirmed profile."""
    return await candidates_for(me, parts, wanted.limit)


async def candidates_for(me: Me, parts: Parts, limit: int) -> dict[str, Any]:
    """As the API tells it. HTTPException 409 without a confirmed profile, PortUnavailable when the lake is away."""
    ports, settings = parts.assembled.ports, parts.assembled.settings
    try:
        worth: int | None = (await ports.oms.book(me.who)).total_value
    except PortUnavailable:
        worth = None
    investor = await investor_for(ports, me.who, worth)
    if investor is None:
        raise HTTPException(409, NO_PROFILE)
    try:
        run = await RunShelf(partial(open_lake, settings)).newest()
    except (LakeError, LakeUnavailable):
        raise PortUnavailable("뉴스를 둔 저장소에 닿지 않아요.", where="lake") from None
    listing = await asyncio.to_thread(_listing, settings.home)
    if run is not None:
        rated: Sequence[Candidate] = run.rated(listing, investor.preferred)
        label, at = aged(run.at, parts.assembled.clock.now()), run.at
    else:  # nothing was ever collected: what the page looks like, and that it is made up
        rated = rate(stories(await ports.news.headlines()), listing, investor.preferred)
        label, at = DEMO if rated else NO_NEWS, None
    found = fitting(rated, investor, ports.instruments, limit)
    return {
        "at": None if at is None else moment(at),
        "label": label,
        "demo": run is None and bool(rated),
        "candidates": [
            {**each.to_json(), "product_risk": instrument.product_risk} for each, instrument in found.candidates
        ],
        "left_out": [{"why": REASONS[why], "count": count} for why, count in sorted(found.left_out.items())],
        "sources": [] if run is None else run.to_json()["sources"],
        "advice": ADVICE,
    }
