"""Target weights from reports, wishes, strategy and limits. Pure.

Contract: weights are basis points of the investor's base and count what is held already; no target exceeds the
investor's limits on name, sector, equity share and single order, and no run its constraints (`domain.constraints`): so
many names bought, so much of one name, so much bought and sold together. A fixed mix is approached by its widest gaps;
where signals decide, the strategy's names and its parking; what was asked for comes before both. What does not fit goes
into steady names, so that no purse ends with nothing. A silent analyst lowers interest, never sells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.constraints import Clamp
from domain.evidence import render
from domain.instruments import Instrument
from domain.limits import FULL_BPS, equity_exposure_bps, is_safe
from domain.orders.types import Side
from domain.strategy.presets import RESERVE_BPS
from domain.suitability import Grade
from nodes.portfolio.excess import excesses, lowered
from nodes.portfolio.reasons import buy_template, trim_figures, trim_template
from nodes.portfolio.scene import Scene, Target
from nodes.portfolio.turnover import within_turnover
from nodes.portfolio.views import discouraged

_RISKY_SLOTS = {Grade.STABLE: 1, Grade.STABLE_SEEKING: 1, Grade.NEUTRAL: 2, Grade.ACTIVE: 2, Grade.AGGRESSIVE: 3}
# How much of the equity room is used under which view of the market, percent.
_TILT = {"bullish": 100, "neutral": 90, "uncertain": 80, "bearish": 60}

NO_CANDIDATES = "성향과 제외 업종을 지키면서 고를 수 있는 종목이 없어요."
NO_PRICES = "시세를 받지 못해 비중을 정하지 못했어요."
WEAK_CHARTS = "후보의 차트 흐름이 모두 약해서 지금은 새로 사지 않는 편이 나아요."
FULL = "이미 목표한 만큼 담고 있어서 새로 살 것이 없어요."
TOO_SMALL = "지금 투자금과 한도로는 가장 작은 주문도 담기 어려워요."


@dataclass(frozen=True, slots=True)
class Allocation:
    """Reductions, then purchases, most important first; what a constraint of the run changed, and what was `wanted`
    before it did."""

    targets: tuple[Target, ...]
    clamps: tuple[Clamp, ...] = ()
    wanted: tuple[Target, ...] = ()


@dataclass(slots=True)
class Room:
    """What is still free while weights are handed out, bps; `tilt` percent of it are for what carries risk."""

    total: int
    equity: int
    sector_limit: int
    sectors: dict[str, int] = field(default_factory=dict)
    tilt: int = 100

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
    """Only the targets of `allocated`."""
    return allocated(scene).targets


def allocated(scene: Scene) -> Allocation:
    """Trims of what is above its limit, then names to buy, all inside the constraints of one run."""
    room = room_of(scene)
    rows = scene.rows()
    plan = scene.investor.playbook
    most = scene.investor.constraints.max_buy_candidates
    buys: list[Target] = []
    if scene.asked:
        _fill(buys, _liked(scene, rows), most, scene, room)
    elif plan is not None and plan.weights and any(row.ticker in plan.weights for row in rows):
        _toward(buys, plan.weights, rows, scene, room)
    else:
        _fill(buys, _liked(scene, rows), _slots(scene), scene, room)
    if not scene.asked and (plan is None or not plan.weights or not buys):
        _fill(buys, _steady(scene, rows), most - len(buys), scene, room)
    trims = _trims(scene)
    targets, clamps = within_turnover(scene, trims, buys)
    return Allocation(targets, clamps, (*trims, *buys))


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
    plan, most = scene.investor.playbook, scene.investor.constraints.max_buy_candidates
    slots = min(_RISKY_SLOTS[scene.investor.grade], most)
    if scene.investor.limits.max_equity_bps < scene.investor.hard.max_equity_bps:
        slots = min(slots, max(1, most - 1))  # who wants fewer stocks wants something steady beside them
    if plan is None or not plan.name_bps:
        return slots
    open_ones = {h.ticker for h in scene.holdings if h.ticker in plan.universe and h.ticker != plan.parking}
    return min(slots, max(0, plan.max_positions - len(open_ones)))


def room_of(scene: Scene) -> Room:
    """What is free before anything is bought."""
    limits = scene.investor.limits
    tilt = 100 if scene.fixed_mix else _TILT.get(scene.market, 80)
    room = Room(FULL_BPS - RESERVE_BPS, limits.max_equity_bps * tilt // 100, limits.max_sector_bps, tilt=tilt)
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
        if len(buys) < scene.investor.constraints.max_buy_candidates and weight >= scene.investor.least_bps(
            scene.prices[row.ticker]
        ):
            _buy(buys, row, weight, scene, room)


def _fill(buys: list[Target], rows: Sequence[Instrument], slots: int, scene: Scene, room: Room) -> None:
    left = min(slots, scene.investor.constraints.max_buy_candidates - len(buys), len(rows))
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
    if exposure:  # so that a gloomy market is felt in each name, not only in the sum of stocks that none reaches
        most = max(least, most * room.tilt // 100)
    share = min(room.total, room.equity * FULL_BPS // exposure if exposure else room.total) // slots
    return max(least, min(most, share))


def _buy(buys: list[Target], row: Instrument, weight: int, scene: Scene, room: Room) -> None:
    room.take(row, weight)
    view, asked = scene.seen.get(row.ticker), row.ticker in scene.asked
    template = buy_template(row, scene.investor, view, scene.market, asked=asked)
    figures = {} if view is None else view.figures
    reason, weight = render(template, figures), weight + scene.held(row.ticker)
    buys.append(Target(row.ticker, weight, reason, template, tuple(figures.values()), Side.BUY))


def _trims(scene: Scene) -> list[Target]:
    """What outgrew its limit, the widest excess first; a name in several reasons is told its first."""
    found = excesses(scene)
    cuts = lowered(found)
    trims = []
    for ticker in sorted(cuts, key=lambda name: -cuts[name]):
        excess = next(each for each in found if ticker in each.cuts)
        template, figures = trim_template(excess), trim_figures(excess, scene.now)
        weight = -(-(scene.worth(ticker) - cuts[ticker]) * FULL_BPS // scene.investor.base)
        reason = render(template, {figure.id: figure for figure in figures})
        trims.append(Target(ticker, weight, reason, template, figures, Side.SELL))
    return trims
