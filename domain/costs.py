"""What a trade costs: the broker's fee on both sides, the transaction tax on sales.

Contract: amounts and results are int won; rates are exact fractions from dated tables; every cut is towards zero.
Does not know accounts: a venue with another fee passes its own schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache

from domain.instruments import Kind, Market
from domain.tables import in_force, table


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """A broker's fee: `rate` of the traded amount, truncated to multiples of `unit` won."""

    name: str
    rate: Fraction
    unit: int
    source: str

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1 or self.unit < 1:
            raise ValueError(f"expected 0 <= rate < 1 and unit >= 1 won, was {self.rate} and {self.unit}")


def _default_fees() -> FeeSchedule:
    row = table("costs")["fee"]
    return FeeSchedule(name=row["name"], rate=Fraction(*row["rate"]), unit=row["unit"], source=row["source"])


DEFAULT_FEES = _default_fees()


def _checked(amount: int) -> int:
    if amount < 0:
        raise ValueError(f"expected a traded amount >= 0 won, was {amount}")
    return amount


def fee(amount: int, schedule: FeeSchedule = DEFAULT_FEES) -> int:
    """Fee on one side of a trade of `amount` won."""
    return int(_checked(amount) * schedule.rate) // schedule.unit * schedule.unit


def sell_tax(amount: int, market: Market, kind: Kind, on: date) -> int:
    """Transaction tax on selling for `amount` won on the trade date `on`; 0 for ETFs."""
    numerator, denominator = _tax_rate(market, kind, on)
    return _checked(amount) * numerator // denominator


@lru_cache(maxsize=1024)
def _tax_rate(market: Market, kind: Kind, on: date) -> tuple[int, int]:
    """The rate in force as an exact fraction."""
    if kind.value in table("costs")["tax_exempt_kinds"]["kinds"]:
        return 0, 1
    row = in_force(table("costs")["sell_tax"], on, lambda r: r["since"], "the transaction tax")
    numerator, denominator = row["rates"][market.value]
    return int(numerator), int(denominator)
