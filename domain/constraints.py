"""How much one run may do: names bought, weight of one name, smallest order, turnover. Pure.

Contract: a run is one proposal in chat, one slot of the cycle or one rebalance. Weights and turnover are basis points
of the base that an investor's weights are shares of, money is int won. `for_grade` and `within` only ever tighten. What
a limit changed is told as a `Clamp`. A weight above the constraint is no reason to sell: the grade's own limits are.
Cash-like and bond funds are as exempt from the weight of one name as they are in the grades' limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from domain.instruments import Instrument
from domain.limits import FULL_BPS, Limits, is_safe
from domain.suitability import Grade
from domain.tables import table

MOST_CANDIDATES = 5  # what a card on a telephone can show at once
SMALLEST_ORDERS = 2  # a purse too small for its turnover may still trade this many smallest orders in a run


@dataclass(frozen=True, slots=True)
class Clamp:
    """What a limit did: code, who, Korean sentence, asked and allowed (won)."""

    code: str
    ticker: str
    message: str
    was: int
    limit: int


@dataclass(frozen=True, slots=True)
class Constraints:
    """Bounds of one run; the defaults are those of the settings."""

    max_buy_candidates: int = 3
    max_single_ticker_weight_bps: int = 2_000
    min_order_krw: int = 100_000
    max_turnover_bps: int = 3_000

    def __post_init__(self) -> None:
        for name, low, high in (
            ("max_buy_candidates", 1, MOST_CANDIDATES),
            ("max_single_ticker_weight_bps", 0, FULL_BPS),
            ("min_order_krw", 1, 10**9),
            ("max_turnover_bps", 0, FULL_BPS),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"expected {name} within {low}..{high}, was {value}")

    @classmethod
    def of(cls, candidates: int, weight: Decimal, min_order_krw: int, turnover: Decimal) -> Constraints:
        """From settings, whose shares are parts of one: 0.2 is 2,000 bps."""
        return cls(candidates, int(weight * FULL_BPS), min_order_krw, int(turnover * FULL_BPS))

    def for_grade(self, grade: Grade) -> Constraints:
        """With the grade's row of `domain/data/constraints.yaml`, the stricter of the two everywhere."""
        row: Mapping[str, Any] = table("constraints")["grades"][grade.value]
        return replace(self, **{name: min(getattr(self, name), int(value)) for name, value in row.items()})

    def within(self, limits: Limits) -> Constraints:
        """Under one person's own limits: no name weighs more than any of theirs, no run trades more than a day may."""
        weights = limits.name_weights
        most = max(weights.stock, weights.equity, weights.mixed, weights.commodity)
        return replace(
            self,
            max_single_ticker_weight_bps=min(self.max_single_ticker_weight_bps, most),
            max_turnover_bps=min(self.max_turnover_bps, limits.turnover_bps),
        )

    def name_weight_bps(self, instrument: Instrument | None) -> int:
        """Highest weight that a purchase may bring a name to; cash-like and bond funds are bound by the grade alone."""
        return FULL_BPS if is_safe(instrument) else self.max_single_ticker_weight_bps

    def smallest_order_krw(self, base: int) -> int:
        """The smallest order worth making, won: a purse below twice the setting has smaller ones."""
        return min(self.min_order_krw, base // 2)

    def turnover_krw(self, base: int) -> int:
        """Most that one run may buy and sell together, won: the share of the base, or where that is less, two smallest
        orders, without which a small purse could never begin."""
        return max(base * self.max_turnover_bps // FULL_BPS, min(base, SMALLEST_ORDERS * self.min_order_krw))

    def to_json(self) -> dict[str, Any]:
        """As models, receipts and faces are shown it."""
        return {
            "max_buy_candidates": self.max_buy_candidates,
            "max_single_ticker_weight_bps": self.max_single_ticker_weight_bps,
            "min_order_krw": self.min_order_krw,
            "max_turnover_bps": self.max_turnover_bps,
        }


DEFAULT = Constraints()
