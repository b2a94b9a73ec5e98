"""KRX price units and the daily price band, from dated tables.

Contract: prices are int won > 0. Rounding is always against us (a buyer pays no more, a seller asks no less than
meant): buy down, sell up. The band is KRX's two-step truncation. Does not know what a venue calls a base price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from domain.instruments import Kind
from domain.orders.types import Side
from domain.tables import in_force, table


@dataclass(frozen=True, slots=True)
class Band:
    """Lowest and highest price that an order may carry today, both inclusive, won."""

    lower: int
    upper: int

    def holds(self, price: int) -> bool:
        return self.lower <= price <= self.upper


@lru_cache(maxsize=1024)
def _steps(kind: Kind, on: date) -> tuple[tuple[int | None, int], ...]:
    row = in_force(table("ticks")[kind.value], on, lambda r: r["since"], f"price units of {kind.value}")
    return tuple((below, tick) for below, tick in row["steps"])


@lru_cache(maxsize=1024)
def _limit_percent(on: date) -> int:
    row = in_force(table("ticks")["price_limit"], on, lambda r: r["since"], "the price limit")
    return int(row["percent"])


def tick_size(price: int, kind: Kind, on: date) -> int:
    """Unit of prices at `price`, won. Raises ValueError for a price that is not positive."""
    if price <= 0:
        raise ValueError(f"expected a price > 0 won, was {price}")
    for below, tick in _steps(kind, on):
        if below is None or price < below:
            return tick
    raise ValueError(f"expected an unbounded last step in the {kind.value} table in force on {on}")


def on_tick(price: int, kind: Kind, on: date) -> bool:
    return price > 0 and price % tick_size(price, kind, on) == 0


def round_to_tick(price: int, side: Side, kind: Kind, on: date) -> int:
    """Nearest orderable price against us; never below one tick. Units nest, so a rounded price is on its own unit."""
    tick = tick_size(price, kind, on)
    if price % tick == 0:
        return price
    if side is Side.BUY:
        return max(tick, price // tick * tick)
    return -(-price // tick) * tick


def price_band(base: int, kind: Kind, on: date, leverage: int = 1) -> Band:
    """±30 % of `base` (times |leverage| for leveraged ETFs): width cut to the base's unit, ends to their own."""
    tick = tick_size(base, kind, on)
    multiple = max(1, abs(leverage)) if kind is Kind.ETF else 1
    width = base * _limit_percent(on) * multiple // 100 // tick * tick
    upper, lower = base + width, base - width
    if lower > 0:
        unit = tick_size(lower, kind, on)
        lower = max(unit, lower // unit * unit)
    else:
        lower = tick_size(1, kind, on)
    unit = tick_size(upper, kind, on)
    return Band(lower=lower, upper=upper // unit * unit)
