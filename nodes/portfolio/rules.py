"""Target weights from reports, wishes and limits. Pure.

Contract: weights are basis points of the investor's base and count what is held already; no target exceeds the grade's
limits on name, sector, equity share and single order. At most `MAX_BUYS` names are bought into; what is missing among
risky names goes into steady ones, so that no grade ends with nothing. A silent analyst lowers interest, never sells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.instruments import Instrument, Instruments
from domain.limits import FULL_BPS, equity_exposure_bps, is_safe
from domain.suitability import Grade
from nodes.investor import Investor

MAX_BUYS = 3
MIN_ORDER_KRW = 100_000
CASH_BUFFER_BPS = 500
_RISKY_SLOTS = {Grade.STABLE: 1, Grade.STABLE_SEEKING: 1, Grade.NEUTRAL: 2, Grade.ACTIVE: 2, Grade.AGGRESSIVE: 3}
# How much of the equity room is used under which view of the market, percent.
_TILT = {"bullish": 100, "neutral": 90, "uncertain": 80, "bearish": 60}


@dataclass(frozen=True, slots=True)
class View:
    """What the analysts said about one name."""

    score: int = 0
    selector_reason: str = ""
    stance: str = "uncertain"
    confidence: int = 0
    status: str = "unavailable"


@dataclass(frozen=True, slots=True)
class Holding:
    ticker: str
    value: int  # won
    sector: str


@dataclass(frozen=True, slots=True)
class Target:
    """`weight_bps` of the base that the name should have after the trade."""

    ticker: str
    weight_bps: int
    reason: str


@dataclass(slots=True)
class _Room:
    """What is still free while weights are handed out, bps."""

    total: int
    equity: int
    sector_limit: int
    sectors: dict[str, int] = field(default_factory=dict)

    def take(self, row: Instrument, weight: int) -> None:
        self.total -= weight
        self.equity -= weight * equity_exposure_bps(row) // FULL_BPS
        self.sectors[row.sector] = self.sectors.get(row.sector, 0) + weight * equity_exposure_bps(row) // FULL_BPS


def views(reports: Iterable[Mapping[str, Any]]) -> dict[str, View]:
    """Reports of the turn by ticker."""
    found: dict[str, View] = {}
    for report in reports:
        ticker = report.get("ticker")
        if not ticker:
            continue
        old = found.get(ticker, View())
        if report["analyst"] == "selector":
            drivers = report.get("drivers") or [""]
            found[ticker] = View(report["confidence"], drivers[0], old.stance, old.confidence, old.status)
        elif report["analyst"] == "technical":
            found[ticker] = View(
                old.score, old.selector_reason, report["stance"], report["confidence"], report["status"]
            )
    return found


def market_stance(reports: Iterable[Mapping[str, Any]]) -> str:
    """The macro view of the turn; uncertain without one."""
    stances = [str(report["stance"]) for report in reports if report["analyst"] == "macro"]
    return stances[-1] if stances else "uncertain"


def allocate(
    table: Instruments,
    investor: Investor,
    candidates: Sequence[str],
    seen: Mapping[str, View],
    prices: Mapping[str, int],
    holdings: Sequence[Holding],
    market: str,
) -> tuple[Target, ...]:
    """Trims of what is above its limit, then up to MAX_BUYS names to buy."""
    room = _room(table, investor, holdings, market)
    held = {holding.ticker: holding.value * FULL_BPS // investor.base for holding in holdings}
    rows = [
        row
        for ticker in candidates
        if (row := table.get(ticker)) is not None and investor.may_buy(row) and prices.get(ticker, 0) > 0
    ]
    risky = sorted(
        (row for row in rows if not is_safe(row) and not _discouraged(seen.get(row.ticker))),
        key=lambda row: -interest(seen.get(row.ticker)),
    )
    steady = sorted((row for row in rows if is_safe(row)), key=lambda row: -interest(seen.get(row.ticker)))
    buys: list[Target] = []
    _fill(buys, risky, _RISKY_SLOTS[investor.grade], investor, room, held, prices, seen)
    _fill(buys, steady, MAX_BUYS - len(buys), investor, room, held, prices, seen)
    return (*_trims(table, investor, holdings, held), *buys)


def interest(view: View | None) -> int:
    """How much we want a name: the selector's score, moved by the chart."""
    if view is None:
        return 0
    if view.status != "ok":
        return view.score - 10
    return view.score + {"bullish": view.confidence // 4, "bearish": -view.confidence // 2}.get(view.stance, 0)


def _discouraged(view: View | None) -> bool:
    return view is not None and view.status == "ok" and view.stance == "bearish"


def _room(table: Instruments, investor: Investor, holdings: Sequence[Holding], market: str) -> _Room:
    room = _Room(
        total=FULL_BPS - CASH_BUFFER_BPS,
        equity=investor.limits.max_equity_bps * _TILT.get(market, 80) // 100,
        sector_limit=investor.limits.max_sector_bps,
    )
    for holding in holdings:
        weight = holding.value * FULL_BPS // investor.base
        row = table.get(holding.ticker)
        exposure = weight * equity_exposure_bps(row) // FULL_BPS
        room.total -= weight
        room.equity -= exposure
        room.sectors[holding.sector] = room.sectors.get(holding.sector, 0) + exposure
    return room


def _fill(
    buys: list[Target],
    rows: Sequence[Instrument],
    slots: int,
    investor: Investor,
    room: _Room,
    held: Mapping[str, int],
    prices: Mapping[str, int],
    seen: Mapping[str, View],
) -> None:
    left = min(slots, MAX_BUYS - len(buys), len(rows))
    for row in rows:
        if left <= 0:
            return
        weight = _weight(row, left, investor, room, held.get(row.ticker, 0), prices[row.ticker])
        if weight:
            room.take(row, weight)
            total = weight + held.get(row.ticker, 0)
            buys.append(Target(row.ticker, total, reason_for(row, investor, seen.get(row.ticker))))
            left -= 1


def _weight(row: Instrument, slots: int, investor: Investor, room: _Room, held: int, price: int) -> int:
    """What this name gets of the room, bps; 0 when not even the smallest order fits."""
    most = min(
        investor.limits.name_weight_bps(row) - held,
        investor.limits.order_krw(row) * FULL_BPS // investor.base,
        room.total,
    )
    share = room.total // slots
    exposure = equity_exposure_bps(row)
    if exposure:
        free = min(room.equity, room.sector_limit - room.sectors.get(row.sector, 0)) * FULL_BPS // exposure
        most = min(most, free)
        share = min(share, room.equity * FULL_BPS // exposure // slots)
    # A little more than one share or the least order, so that the fee fits in as well.
    least = -(-max(price, MIN_ORDER_KRW + price) * FULL_BPS // investor.base) + 1
    if most <= 0 or least > most:
        return 0
    return max(least, min(most, share))


def _trims(
    table: Instruments, investor: Investor, holdings: Sequence[Holding], held: Mapping[str, int]
) -> tuple[Target, ...]:
    """Names that outgrew their limit by more than the smallest order."""
    trims = []
    for holding in holdings:
        limit = investor.limits.name_weight_bps(table.get(holding.ticker))
        excess = (held[holding.ticker] - limit) * investor.base // FULL_BPS
        if excess >= MIN_ORDER_KRW:
            trims.append(Target(holding.ticker, limit, "한 종목 비중 한도를 넘어 조금 줄여요"))
    return tuple(trims)


def reason_for(row: Instrument, investor: Investor, view: View | None) -> str:
    """One sentence: why this name, why for this person."""
    parts = [view.selector_reason] if view is not None and view.selector_reason else [f"{row.sector} 종목"]
    if not is_safe(row) and view is not None and view.status == "ok":
        parts.append({"bullish": "차트 흐름 긍정", "neutral": "차트 흐름 중립"}.get(view.stance, "차트 판단 보류"))
    parts.append(f"{investor.grade.label}에 맞는 위험등급")
    return " · ".join(parts)
