"""Is the best of many trials better than the best of as many coins? Deflated Sharpe ratio and PBO.

Contract: Bailey and López de Prado. The deflated Sharpe ratio is the probability that the true Sharpe ratio is above
what the best of that many worthless trials would have shown, given length, skew and tails. PBO is the part of
symmetric splits of history (CSCV) in which the best in one half is below the middle in the other. Needs what every
trial earned on the same days, failures included: a trial that is left out makes both lie.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_EULER = 0.5772156649015329
_NORMAL = NormalDist()
PARTS = 10  # of history: 252 splits
LEAST_PART = 10  # sessions
LEAST_DEFLATED, MOST_OVERFIT = 0.95, 0.2


@dataclass(frozen=True, slots=True)
class Significance:
    """`deflated`: probability, `overfit`: PBO; None where there is too little to say."""

    trials: int
    sessions: int
    sharpe_a_day: float | None
    expected_by_chance: float | None  # Sharpe ratio a day of the best of so many worthless trials
    deflated: float | None
    overfit: float | None

    @property
    def passed(self) -> bool:
        """Both say that it is no accident; not known counts as no."""
        by_chance = self.deflated is not None and self.deflated >= LEAST_DEFLATED
        return by_chance and (self.trials == 1 or (self.overfit is not None and self.overfit <= MOST_OVERFIT))


def significance(returns: Floats, chosen: int) -> Significance:
    """`returns` [sessions, trials] of all trials on the same days; `chosen` is the trial that was picked."""
    sessions, trials = returns.shape
    ratios = sharpe_a_day(returns)
    own = float(ratios[chosen])
    if sessions < 3 or not np.isfinite(own):
        return Significance(trials, sessions, None, None, None, None)
    spread = float(np.nanstd(ratios, ddof=1)) if trials > 1 else 0.0
    chance = spread * expected_maximum(trials)
    return Significance(
        trials=trials,
        sessions=sessions,
        sharpe_a_day=own,
        expected_by_chance=chance,
        deflated=probability_above(returns[:, chosen], chance),
        overfit=overfitting(returns),
    )


def sharpe_a_day(returns: Floats) -> Floats:
    """By trial; 0 for one that never moved."""
    spread = returns.std(axis=0, ddof=1)
    return np.asarray(np.where(spread > 1e-12, returns.mean(axis=0) / np.maximum(spread, 1e-12), 0.0))


def expected_maximum(trials: int) -> float:
    """Of so many independent standard normal draws."""
    if trials < 2:
        return 0.0
    quantile = _NORMAL.inv_cdf
    return (1 - _EULER) * quantile(1 - 1 / trials) + _EULER * quantile(1 - 1 / (trials * math.e))


def probability_above(returns: Floats, threshold: float) -> float | None:
    """That the true Sharpe ratio a day is above `threshold` (probabilistic Sharpe ratio)."""
    count, spread = len(returns), float(returns.std())
    if count < 3 or spread < 1e-12:
        return None
    standard = (returns - returns.mean()) / spread
    skew, tails = float((standard**3).mean()), float((standard**4).mean())
    own = float(returns.mean() / returns.std(ddof=1))
    width = 1 - skew * own + (tails - 1) / 4 * own**2
    return _NORMAL.cdf((own - threshold) * math.sqrt(count - 1) / math.sqrt(max(width, 1e-12)))


def overfitting(returns: Floats, parts: int = PARTS) -> float | None:
    """PBO; None for fewer than two trials or parts shorter than ten sessions."""
    sessions, trials = returns.shape
    if trials < 2 or sessions < parts * LEAST_PART:
        return None
    length = sessions // parts
    blocks = returns[sessions - parts * length :].reshape(parts, length, trials)
    below, count = 0, 0
    for chosen in combinations(range(parts), parts // 2):
        inside = blocks[list(chosen)].reshape(-1, trials)
        outside = blocks[[part for part in range(parts) if part not in chosen]].reshape(-1, trials)
        best = int(np.argmax(sharpe_a_day(inside)))
        later = sharpe_a_day(outside)
        rank = (later < later[best]).sum() + (later == later[best]).sum() / 2
        below += rank / trials <= 0.5
        count += 1
    return below / count
