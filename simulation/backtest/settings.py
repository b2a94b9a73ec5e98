"""What a backtest assumes about the world: costs, chance, liquidity, the riskless rate. Every result repeats it.

Contract: frozen; distributions become tables of quantiles once, so that the engine and any other program draw the same
whole numbers from the same seed. Rates are basis points a year, times seconds or milliseconds as named.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from domain.costs import DEFAULT_FEES, FeeSchedule
from domain.strategy.sizing import YEAR_SESSIONS
from simulation.backtest.engine.shapes import PLACES, Ints


@dataclass(frozen=True, slots=True)
class Settings:
    """`latency_ms`: median of a lognormal with `latency_sigma`. `slippage_bps`: mean of an exponential. `volume_bps`:
    share of a bar's volume that may be ours. `fill`: at the next bar's open, or at its close. `reuse_proceeds`: money
    of a sale buys at once, as at KRX; without it only what is settled does."""

    seed: int = 0
    latency_ms: int = 200
    latency_sigma: float = 0.6
    slippage_bps: float = 5.0
    volume_bps: int = 1_000
    fill: Literal["open", "close"] = "open"
    reuse_proceeds: bool = True
    fees: FeeSchedule = DEFAULT_FEES
    riskless_bps: int = 250
    drift_bps: int = 100
    min_order_krw: int = 0
    resamples: int = 1_000

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("latency_ms", self.latency_ms, 0, 600_000),
            ("latency_sigma", self.latency_sigma, 0, 3),
            ("slippage_bps", self.slippage_bps, 0, 500),
            ("volume_bps", self.volume_bps, 1, 10_000),
            ("riskless_bps", self.riskless_bps, -1_000, 3_000),
            ("drift_bps", self.drift_bps, 0, 10_000),
            ("min_order_krw", self.min_order_krw, 0, 10**12),
            ("resamples", self.resamples, 0, 100_000),
            ("seed", self.seed, 0, 2**63 - 1),
        ):
            if not least <= value <= most:
                raise ValueError(f"expected {name} in {least}..{most}, was {value}")

    def latency(self) -> Ints:
        """Quantiles, milliseconds."""
        normal, sigma = NormalDist(), self.latency_sigma
        return np.array([round(self.latency_ms * math.exp(sigma * normal.inv_cdf(at))) for at in _places()], np.int64)

    def slippage(self) -> Ints:
        """Quantiles, millionths of the price."""
        return np.array([round(-math.log1p(-at) * self.slippage_bps * 100) for at in _places()], np.int64)

    def to_json(self) -> dict[str, Any]:
        plain = asdict(self)
        rate = self.fees.rate
        plain["fees"] = {"name": self.fees.name, "rate": [rate.numerator, rate.denominator], "unit": self.fees.unit}
        return plain | {"year_sessions": YEAR_SESSIONS}


EXACT = Settings(latency_ms=0, slippage_bps=0, volume_bps=10_000)
"""No latency, no slippage, all of the volume: for comparisons with another program."""


def _places() -> list[float]:
    return [(place + 0.5) / PLACES for place in range(PLACES)]
