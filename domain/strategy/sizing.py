"""What a signal asks for, in basis points of the account, and how a strategy's bounds cap a name. Pure.

Contract: the words are `domain.strategy.terms`' own; the backtester computes the same for whole columns at once, and a
test holds the two together. Unknown volatility asks for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import stdev

from domain.instruments import Instrument
from domain.limits import FULL_BPS, Limits
from domain.strategy.spec import StrategySpec
from domain.strategy.terms import Percent

YEAR_SESSIONS = 252  # of yearly figures


def signal_bps(spec: StrategySpec, closes: Sequence[int]) -> int:
    """The weight that an entry asks for; `closes` are those of the sessions that are over, oldest first."""
    sizing, most = spec.sizing, entry_cap_bps(spec)
    if sizing.method == "volatility_target":
        return min(_by_volatility(closes, sizing.volatility_bps or 0, sizing.lookback), most)
    return most


def entry_cap_bps(spec: StrategySpec) -> int:
    """What an entry asks for at the most, and always where its weight does not hang on volatility."""
    sizing = spec.sizing
    most = min(sizing.name_bps or FULL_BPS, int(spec.risk.max_position_size * FULL_BPS))
    if sizing.method == "risk_per_trade":
        distance = distance_bps(spec.risk.stop_loss)
        return min(most, (sizing.risk_bps or 0) * FULL_BPS // distance) if distance else 0
    return 0 if sizing.method == "targets" else most


def most_bps(spec: StrategySpec, ticker: str, row: Instrument | None, limits: Limits | None) -> int:
    """Highest weight of a name; without `limits` the strategy's own. The parking product stands under the grade's
    limits alone."""
    bounds = [FULL_BPS if limits is None else limits.name_weight_bps(row)]
    if ticker != spec.sizing.parking:
        bounds += [spec.constraints.max_name_bps, int(spec.risk.max_position_size * FULL_BPS)]
    return min(bounds)


def distance_bps(distance: Percent) -> int:
    """0 where it is not used; at least one where it is."""
    return max(1, int(distance.percent * Decimal(100))) if distance.enabled else 0


def _by_volatility(closes: Sequence[int], aim_bps: int, lookback: int) -> int:
    if len(closes) <= lookback:
        return 0
    logs = [math.log(close) for close in closes[-lookback - 1 :]]
    yearly = stdev(later - before for before, later in pairwise(logs)) * math.sqrt(YEAR_SESSIONS)
    return int(min(aim_bps / yearly, FULL_BPS)) if yearly > 0 else 0
