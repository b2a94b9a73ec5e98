"""The limit price of an order that should fill now: the best opposite price plus a small cushion. Pure.

Contract: on the tick grid, inside the day's band, rounded against the user's interest never further than one tick; the
book fills it at the prices that wait there, so the cushion is a bound on slippage and not a cost.
"""

from __future__ import annotations

from datetime import date

from domain.instruments import Kind
from domain.orders.types import Side
from domain.ticks import round_to_tick, tick_size

CUSHION_BPS = 30
_NEAR_BPS = 50  # the other side's best price is believed when it is that close to the last one


def limit_near(
    last: int,
    other: int | None,
    side: Side,
    kind: Kind,
    on: date,
    *,
    upper: int | None = None,
    lower: int | None = None,
) -> int:
    """`other` is the best ask of a buy, the best bid of a sell; won. Without a believable one the last price counts."""
    near = other is not None and other > 0 and abs(other - last) * 10_000 <= _NEAR_BPS * last
    best = other if near and other is not None else last
    cushion = max(best * CUSHION_BPS // 10_000, tick_size(best, kind, on))
    wanted = best + cushion if side is Side.BUY else best - cushion
    if upper:
        wanted = min(wanted, upper)
    if lower:
        wanted = max(wanted, lower)
    return round_to_tick(max(wanted, 1), side, kind, on)
