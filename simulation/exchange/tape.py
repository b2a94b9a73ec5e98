"""One session of one ticker as a second-by-second path inside that day's open, high, low and close.

Contract: pure and deterministic in (seed words, bar, hours). The path starts at the open, touches high and low, ends
at the close, never leaves [low, high], and stands on price units only. Prices change only where volume trades.
Used alike by the seeded market and by replay; knows neither user orders nor the clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from domain.calendar import SessionHours
from domain.instruments import Kind
from domain.orders.types import Side
from domain.ticks import Band, round_to_tick, tick_size
from simulation.exchange.divisions import Board

Ints = NDArray[np.int64]
Small = NDArray[np.int32]  # an always-open day has 86,400 seconds: width is memory


@dataclass(frozen=True, slots=True)
class Bar:
    """One session's figures in won and shares; `base` is the close before it."""

    day: date
    open: int
    high: int
    low: int
    close: int
    volume: int
    base: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Seconds after midnight. `close` carries one closing-auction print when `auction` is true."""

    open: int
    continuous_end: int
    close: int
    auction: bool

    @classmethod
    def of(cls, hours: SessionHours) -> Hours:
        start, end, close = (_seconds(t) for t in (hours.open, hours.closing_auction, hours.close))
        auction = end < close
        return cls(start, end, close, auction)


def _seconds(at: object) -> int:
    hour, minute, second, micro = (getattr(at, part) for part in ("hour", "minute", "second", "microsecond"))
    return int(hour) * 3600 + int(minute) * 60 + int(second) + (1 if micro else 0)


@dataclass(frozen=True, slots=True)
class Pause:
    """No continuous trading in [start, end); one single price at `end`. `reference` is what the rule measured from."""

    kind: str  # static | dynamic | halt | single
    start: int
    end: int
    reference: int = 0


@dataclass(frozen=True, slots=True)
class Tape:
    """The woven session. Index 0 is the opening print; the last index is the close."""

    bar: Bar
    hours: Hours
    prices: Small
    volumes: Small
    cum_volume: Ints
    cum_value: Ints
    run_high: Small
    run_low: Small
    buys: NDArray[np.bool_]  # True where the trade was buyer-initiated
    band: Band
    floor: int  # lowest and highest price anything may trade at: the band, or the day's real range in a replay
    ceiling: int
    pauses: tuple[Pause, ...] = ()
    board: Board = Board.REGULAR

    def single(self, index: int) -> bool:
        """Is this print the single price of an auction?"""
        if self.hours.auction and index in (0, self.size - 1):
            return True
        return any(pause.end == index for pause in self.pauses)

    def pause_at(self, index: int) -> Pause | None:
        """The interruption that `index` lies in."""
        return next((pause for pause in self.pauses if pause.start <= index < pause.end), None)

    @property
    def size(self) -> int:
        return len(self.prices)

    def index_at(self, second: float) -> int:
        """Last index that has happened `second` seconds after midnight; −1 before the open."""
        if second < self.hours.open:
            return -1
        last = self.hours.continuous_end - self.hours.open - 1
        if self.hours.auction and second >= self.hours.close:
            return last + 1
        return min(int(second) - self.hours.open, last)

    def second_of(self, index: int) -> int:
        """Second after midnight at which `index` happens."""
        if self.hours.auction and index == self.size - 1:
            return self.hours.close
        return self.hours.open + index


def rng_for(seed: int, *words: object) -> np.random.Generator:
    """A generator that depends on the words alone, not on PYTHONHASHSEED or call order."""
    text = "|".join(str(word) for word in (seed, *words))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))


def price_grid(low: int, high: int, kind: Kind, on: date) -> Ints:
    """All orderable prices in [low, high]; the nearest one when the range is narrower than a price unit."""
    price = round_to_tick(low, Side.SELL, kind, on)
    grid = []
    while price <= high:
        grid.append(price)
        price += tick_size(price, kind, on)
    if not grid:
        grid.append(round_to_tick(high, Side.BUY, kind, on))
    return np.array(grid, dtype=np.int64)


# the pauses of a path that would otherwise trade all the time
Interrupt = Callable[[Ints], Sequence["Pause"]]


def weave(
    bar: Bar,
    hours: Hours,
    kind: Kind,
    seed: int,
    ticker: str,
    band: Band,
    *,
    hard_range: bool,
    interrupt: Interrupt | None = None,
    board: Board = Board.REGULAR,
) -> Tape:
    """The session's path. `hard_range`: nothing, user orders included, may trade outside the bar's low and high."""
    words = ("tape", ticker, bar.day.isoformat(), *(() if board is Board.REGULAR else (board.value,)))
    rng = rng_for(seed, *words)
    steps = hours.continuous_end - hours.open + (1 if hours.auction else 0)
    grid = price_grid(bar.low, bar.high, kind, bar.day)
    anchors = _anchors(bar, steps, rng)
    raw = _bridge(anchors, steps, float(bar.high - bar.low), rng)
    slots = _nearest(grid, raw)
    for at, value in anchors:
        slots[at] = _nearest(grid, np.array([value]))[0]
    volumes = _volumes(bar.volume, steps, hours.auction, [at for at, _ in anchors], rng)
    prices = grid[_carried(slots, volumes)]
    pauses = tuple(sorted(interrupt(prices), key=lambda pause: pause.start)) if interrupt is not None else ()
    if pauses:
        for pause in pauses:  # what would have traded meanwhile trades at the single price
            volumes[pause.end] += int(volumes[pause.start : pause.end].sum())
            volumes[pause.start : pause.end] = 0
        for at, value in _outside(anchors, pauses):
            slots[at] = _nearest(grid, np.array([value]))[0]
            volumes[at] = max(1, int(volumes[at]))
        pauses = tuple(
            pause if pause.reference else replace(pause, reference=int(prices[max(0, pause.start - 1)]))
            for pause in pauses
        )
        prices = grid[_carried(slots, volumes)]
    moves = np.sign(np.diff(prices, prepend=prices[0]))
    coin = rng.random(steps) < 0.5
    buys = np.where(moves == 0, coin, moves > 0)
    floor, ceiling = (int(grid[0]), int(grid[-1])) if hard_range else (band.lower, band.upper)
    buys = np.where(prices >= ceiling, True, np.where(prices <= floor, False, buys))
    small = prices.astype(np.int32)
    return Tape(
        bar,
        hours,
        small,
        volumes.astype(np.int32),
        np.cumsum(volumes),
        np.cumsum(volumes * prices),
        np.maximum.accumulate(small),
        np.minimum.accumulate(small),
        buys,
        band,
        floor,
        ceiling,
        pauses,
        board,
    )


def _carried(slots: Ints, volumes: Ints) -> Ints:
    """A price stands until the next trade: the last traded slot over silent seconds."""
    traded = np.where(volumes > 0, np.arange(len(slots)), 0)
    return np.asarray(slots[np.maximum.accumulate(traded)])


def _outside(anchors: list[tuple[int, int]], pauses: Sequence[Pause]) -> list[tuple[int, int]]:
    """Anchors that a pause would swallow happen at its end, two of them one after the other."""
    moved: list[tuple[int, int]] = []
    for at, value in anchors:
        inside = next((pause for pause in pauses if pause.start <= at < pause.end), None)
        place = inside.end if inside is not None else at
        if moved and place <= moved[-1][0]:
            place = moved[-1][0] + 1
        moved.append((place, value))
    return moved


def _anchors(bar: Bar, steps: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Open, the two extremes in a seeded order, close: (index, price), indexes strictly rising."""
    first, second = sorted(rng.choice(np.arange(1, steps - 1), size=2, replace=False).tolist())
    # the extreme nearer to the open tends to come first
    high_first = rng.random() < (0.65 if bar.high - bar.open < bar.open - bar.low else 0.35)
    extremes = (bar.high, bar.low) if high_first else (bar.low, bar.high)
    return [(0, bar.open), (first, extremes[0]), (second, extremes[1]), (steps - 1, bar.close)]


def _bridge(anchors: list[tuple[int, int]], steps: int, width: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Brownian bridges between the anchors; values outside the range are cut when put on the grid."""
    path = np.empty(steps)
    noise = rng.standard_normal(steps)
    for (start, a), (end, b) in pairwise(anchors):
        n = end - start
        walk = np.concatenate(([0.0], np.cumsum(noise[start:end]))) * (width / 3.0 / np.sqrt(steps))
        ramp = np.linspace(0.0, 1.0, n + 1)
        path[start : end + 1] = a + (b - a) * ramp + walk - walk[-1] * ramp
    return path


def _nearest(grid: Ints, values: NDArray[np.float64] | NDArray[np.int64]) -> Ints:
    """Slot of the nearest grid price, ends included."""
    if len(grid) == 1:
        return np.zeros(len(values), dtype=np.int64)
    right = np.clip(np.searchsorted(grid, values), 1, len(grid) - 1)
    left_nearer = values - grid[right - 1] < grid[right] - values
    return np.asarray(right - left_nearer, dtype=np.int64)


def _volumes(total: int, steps: int, auction: bool, touch: list[int], rng: np.random.Generator) -> Ints:
    """Shares a second: busy at both ends, bursts in between, a print at the open, at each touch and at the close."""
    out = np.zeros(steps, dtype=np.int64)
    if total <= 0:
        return out
    x = np.linspace(-1.0, 1.0, steps)
    weight = (0.5 + 1.5 * x * x) * rng.gamma(0.35, 1.0, steps)
    weight[0] = weight.sum() * 0.02
    if auction:
        weight[-1] = weight.sum() * 0.04
    out[:] = np.floor(weight / weight.sum() * total)
    need = np.array(touch)
    out[need] = np.maximum(out[need], 1)
    short = total - int(out.sum())
    if short > 0:  # what flooring lost is sprinkled so that thin names still print now and then
        out += np.bincount(rng.integers(0, steps, size=min(short, steps)), minlength=steps)
        out[0] += max(0, total - int(out.sum()))
    return out
