"""Target weights from reports, wishes, strategy and limits. Pure.

Contract: weights are basis points of the investor's base and count what is held already; no target exceeds the
investor's limits on name, sector, equity share and single order. At most `MAX_BUYS` names are bought into. A fixed mix
is approached by its widest gaps; where signals decide, the strategy's names and its parking; what was asked for comes
before both. What does not fit goes into steady names, so that no purse ends with nothing. A silent analyst lowers
interest, never sells.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from domain.instruments import Instrument, Instruments
from domain.limits import FULL_BPS, equity_exposure_bps, is_safe
from domain.strategy.presets import RESERVE_BPS
from domain.suitability import Grade
from nodes.investor import Investor
from nodes.portfolio.reasons import reason_for, trim_reason
from nodes.portfolio.views import View, discouraged, interest

MAX_BUYS = 3
_RISKY_SLOTS = {Grade.STABLE: 1, Grade.STABLE_SEEKING: 1, Grade.NEUTRAL: 2, Grade.ACTIVE: 2, Grade.AGGRESSIVE: 3}
# How much of the equity room is used under which view of the market, percent.
_TILT = {"bullish": 100, "neutral": 90, "uncertain": 80, "bearish": 60}

NO_CANDIDATES = "성향과 제외 업종을 지키면서 고를 수 있는 종목이 없어요."
NO_PRICES = "시세를 받지 못해 비중을 정하지 못했어요."
WEAK_CHARTS = "후보의 차트 흐름이 모두 약해서 지금은 새로 사지 않는 편이 나아요."
FULL = "이미 목표한 만큼 담고 있어서 새로 살 것이 없어요."
TOO_SMALL = "지금 투자금과 한도로는 가장 작은 주문도 담기 어려워요."


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


@dataclass(frozen=True, slots=True)
class Scene:
    """What weights are made of: candidates best first, what was said of them, last prices, what is held."""

    table: Instruments
    investor: Investor
    candidates: Sequence[str] = ()
    seen: Mapping[str, View] = field(default_factory=dict)
    prices: Mapping[str, int] = field(default_factory=dict)
    holdings: Sequence[Holding] = ()
    market: str = "uncertain"
    asked: Collection[str] = ()  # tickers among the candidates that the user asked for

    def held(self, ticker: str) -> int:
        """Weight of what is held, bps."""
        value = sum(holding.value for holding in self.holdings if holding.ticker == ticker)
        return value * FULL_BPS // self.investor.base

    def rows(self) -> list[Instrument]:
        """Candidates that may be bought and have a price."""
        found = [self.table.get(ticker) for ticker in self.candidates if self.prices.get(ticker, 0) > 0]
        return [row for row in found if row is not None and self.investor.may_buy(row)]

    @property
    def fixed_mix(self) -> bool:
        """Whether the strategy says the weights itself; such a mix does not bend with the market."""
        return self.investor.playbook is not None and bool(self.investor.playbook.weights) and not self.asked

    def interest(self, row: Instrument) -> int:
        return interest(self.seen.get(row.ticker))


@dataclass(slots=True)
class Room:
    """What is still free while weights are handed out, bps."""

    total: int
    equity: int
    sector_limit: int
    sectors: dict[str, int] = field(default_factory=dict)

    def take(self, row: Instrument, weight: int) -> None:
        exposure = -(-weight * equity_exposure_bps(row) // FULL_BPS)
        self.total -= weight
        self.equity -= exposure
        self.sectors[row.sector] = self.sectors.get(row.sector, 0) + exposure

    def free(self, row: Instrument) -> int:
        """The most weight of this name that still fits."""
        exposure = equity_exposure_bps(row)
        if not exposure:
            return self.total
        room = min(self.equity, self.sector_limit - self.sectors.get(row.sector, 0))
        return min(self.total, room * FULL_BPS // exposure)


def allocate(scene: Scene) -> tuple[Target, ...]:
    """Trims of what is above its limit, then up to MAX_BUYS names to buy."""
    room = room_of(scene)
    rows = scene.rows()
    plan = scene.investor.playbook
    buys: list[Target] = []
    if scene.asked:
        _fill(buys, _liked(scene, rows), MAX_BUYS, scene, room)
    elif plan is not None and plan.weights and any(row.ticker in plan.weights for row in rows):
        _toward(buys, plan.weights, rows, scene, room)
    else:
        _fill(buys, _liked(scene, rows), _slots(scene), scene, room)
    if not scene.asked and (plan is None or not plan.weights or not buys):
        _fill(buys, _steady(scene, rows), MAX_BUYS - len(buys), scene, room)
    return (*_trims(scene), *buys)


def why_nothing(scene: Scene) -> str:
    """The reason when `allocate` found nothing to buy; Korean."""
    rows = scene.rows()
    if not rows:
        return NO_CANDIDATES if not scene.candidates or scene.prices else NO_PRICES
    if all(discouraged(scene.seen.get(row.ticker)) for row in rows):
        return WEAK_CHARTS
    affordable = [row for row in rows if scene.investor.can_afford(row, scene.prices[row.ticker])]
    return FULL if affordable and scene.holdings else TOO_SMALL


def _liked(scene: Scene, rows: Sequence[Instrument]) -> list[Instrument]:
    """What carries risk, or was asked for, and whose chart does not speak against it; the most interesting first."""
    wanted = [row for row in rows if row.ticker in scene.asked] if scene.asked else [r for r in rows if not is_safe(r)]
    return sorted(
        (row for row in wanted if not discouraged(scene.seen.get(row.ticker))), key=lambda row: -scene.interest(row)
    )


def _steady(scene: Scene, rows: Sequence[Instrument]) -> list[Instrument]:
    """Where idle money rests: the strategy's parking, else what the user chose to rest in, first."""
    plan = scene.investor.playbook
    if plan is not None and plan.parking is not None and any(row.ticker == plan.parking for row in rows):
        return [row for row in rows if row.ticker == plan.parking]
    steady = [row for row in rows if is_safe(row)]
    return sorted(steady, key=lambda row: (row.asset is not scene.investor.rest, -scene.interest(row)))


def _slots(scene: Scene) -> int:
    """How many risky names at once: by grade, and no more positions than the strategy allows."""
    plan, slots = scene.investor.playbook, _RISKY_SLOTS[scene.investor.grade]
    if scene.investor.limits.max_equity_bps < scene.investor.hard.max_equity_bps:
        slots = min(slots, MAX_BUYS - 1)  # who wants fewer stocks wants something steady beside them
    if plan is None or not plan.name_bps:
        return slots
    open_ones = {h.ticker for h in scene.holdings if h.ticker in plan.universe and h.ticker != plan.parking}
    return min(slots, max(0, plan.max_positions - len(open_ones)))


def room_of(scene: Scene) -> Room:
    """What is free before anything is bought."""
    limits = scene.investor.limits
    tilt = 100 if scene.fixed_mix else _TILT.get(scene.market, 80)
    room = Room(FULL_BPS - RESERVE_BPS, limits.max_equity_bps * tilt // 100, limits.max_sector_bps)
    for holding in scene.holdings:
        weight = holding.value * FULL_BPS // scene.investor.base
        exposure = weight * equity_exposure_bps(scene.table.get(holding.ticker)) // FULL_BPS
        room.total -= weight
        room.equity -= exposure
        room.sectors[holding.sector] = room.sectors.get(holding.sector, 0) + exposure
    return room


def _toward(
    buys: list[Target], weights: Mapping[str, int], rows: Sequence[Instrument], scene: Scene, room: Room
) -> None:
    """The widest gaps of a fixed mix first; a gap smaller than the smallest order waits."""
    gaps = {row.ticker: weights.get(row.ticker, 0) - scene.held(row.ticker) for row in rows}
    for row in sorted(rows, key=lambda row: -gaps[row.ticker]):
        weight = min(gaps[row.ticker], scene.investor.most_bps(row, scene.held(row.ticker)), room.free(row))
        if len(buys) < MAX_BUYS and weight >= scene.investor.least_bps(scene.prices[row.ticker]):
            _buy(buys, row, weight, scene, room)


def _fill(buys: list[Target], rows: Sequence[Instrument], slots: int, scene: Scene, room: Room) -> None:
    left = min(slots, MAX_BUYS - len(buys), len(rows))
    for row in rows:
        if left <= 0:
            return
        weight = _weight(row, left, scene, room)
        if weight:
            _buy(buys, row, weight, scene, room)
            left -= 1


def _weight(row: Instrument, slots: int, scene: Scene, room: Room) -> int:
    """What this name gets of the room, bps; 0 when not even the smallest order fits."""
    free = room.free(row)
    most = min(scene.investor.most_bps(row, scene.held(row.ticker)), free)
    least = scene.investor.least_bps(scene.prices[row.ticker])
    if most <= 0 or least > most:
        return 0
    exposure = equity_exposure_bps(row)
    share = min(room.total, room.equity * FULL_BPS // exposure if exposure else room.total) // slots
    return max(least, min(most, share))


def _buy(buys: list[Target], row: Instrument, weight: int, scene: Scene, room: Room) -> None:
    room.take(row, weight)
    view, asked = scene.seen.get(row.ticker), row.ticker in scene.asked
    reason = reason_for(row, scene.investor, view, scene.market, asked=asked)
    buys.append(Target(row.ticker, weight + scene.held(row.ticker), reason))


def _trims(scene: Scene) -> tuple[Target, ...]:
    """Names that outgrew their limit by more than the smallest order."""
    trims = []
    for holding in scene.holdings:
        limit = scene.investor.hard.name_weight_bps(scene.table.get(holding.ticker))
        held = scene.held(holding.ticker)
        if (held - limit) * scene.investor.base // FULL_BPS >= scene.investor.min_order:
            trims.append(Target(holding.ticker, limit, trim_reason(held, limit)))
    return tuple(trims)
