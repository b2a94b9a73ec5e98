"""Investors, scenes and what must hold of any proposals made for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from fakes import START

from domain.costs import fee
from domain.instruments import Instruments
from domain.limits import FULL_BPS, equity_exposure_bps
from domain.orders.types import Side
from domain.profile import Profile
from domain.strategy.presets import preset_for
from domain.suitability import Grade
from domain.ticks import on_tick
from nodes.investor import Investor, investor_of
from nodes.portfolio.rules import allocate
from nodes.portfolio.scene import Holding, Scene, Target
from nodes.portfolio.views import View
from nodes.risk.rules import Market, Proposal, size
from nodes.selector.rules import select
from tools.ports import StoredProfile, StoredStrategy

TABLE = Instruments.load()
DAY = date(2026, 11, 23)
LEVELS = {row.ticker: row.level for row in TABLE.all()}
CASH = 100_000_000


def investor(
    grade: Grade,
    capital: int = 20_000_000,
    *,
    strategy: StoredStrategy | None = None,
    value: int = CASH,
    **content: Any,
) -> Investor:
    given = {"capital_krw": capital, **content}
    stored = StoredProfile(1, grade.value, 50, given, START, START + timedelta(days=300))
    found = investor_of(stored, START, value, strategy)
    assert found is not None
    return found


def strategy_for(grade: Grade, capital: int = 20_000_000, **content: Any) -> StoredStrategy:
    """The first strategy that the architect's rules would make. StrategyError when nothing fits."""
    profile = Profile.model_validate({"created_at": START, "capital_krw": capital, **content})
    spec = preset_for(profile, grade)
    return StoredStrategy(UUID(int=1), 1, spec.content_hash(), spec.to_json(), START)


def scene(
    who: Investor,
    candidates: Sequence[str] = (),
    seen: Mapping[str, View] | None = None,
    prices: Mapping[str, int] | None = None,
    holdings: Sequence[Holding] = (),
    market: str = "neutral",
    asked: Sequence[str] = (),
) -> Scene:
    found = LEVELS if prices is None else prices
    return Scene(TABLE, who, START, candidates, seen or {}, found, holdings, market, asked)


def chosen(who: Investor, market: str = "neutral", sectors: Sequence[str] = ()) -> Scene:
    """What the selector would hand to the portfolio."""
    found = select(TABLE, who, [], (), sectors)
    rows = {each.ticker: TABLE.get(each.ticker) for each in found}
    asked = [ticker for ticker, row in rows.items() if row is not None and row.sector in sectors]
    return scene(who, list(rows), {each.ticker: View(each.score) for each in found}, market=market, asked=asked)


def proposals(who: Investor, market: str = "neutral", sectors: Sequence[str] = ()) -> tuple[Proposal, ...]:
    return sized(who, allocate(chosen(who, market, sectors)))


def sized(who: Investor, targets: Sequence[Target], cash: int = CASH) -> tuple[Proposal, ...]:
    markets = {ticker: Market(level) for ticker, level in LEVELS.items()}
    return size(TABLE, who, targets, markets, {}, cash, DAY)[0]


def must_fit(who: Investor, found: Sequence[Proposal]) -> None:
    """Every limit of the investor, for each proposal and for all of them together."""
    assert len(found) <= 3
    equity, sectors = 0, dict.fromkeys((row.sector for row in TABLE.all()), 0)
    for each in found:
        row = TABLE.get(each.ticker)
        assert row is not None
        value = each.quantity * each.price
        assert each.side is Side.BUY
        assert who.may_buy(row)
        assert each.reason.endswith(".")
        assert who.min_order <= value <= who.limits.order_krw(row)
        assert value * FULL_BPS <= who.limits.name_weight_bps(row) * who.base
        assert on_tick(each.price, row.kind, DAY)
        exposure = value * equity_exposure_bps(row) // FULL_BPS
        equity += exposure
        sectors[row.sector] += exposure
    assert equity * FULL_BPS <= who.limits.max_equity_bps * who.base
    assert max(sectors.values()) * FULL_BPS <= who.limits.max_sector_bps * who.base
    assert sum(each.quantity * each.price + fee(each.quantity * each.price) for each in found) <= who.base
