"""What a company's accounts say beside its price, as a broker tells it.

Contract: a figure that is not known is None, never 0. Rates are percent, amounts won (a share where it says so).
`source` says whose figures they are: "live" and "paper" the broker's, "sim" made up by the paper exchange and
saying nothing about a company. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AccountYear:
    """One year's accounts; `period` is the month in which it ended, YYYYMM."""

    period: str
    sales_growth: float | None = None
    operating_growth: float | None = None
    net_growth: float | None = None
    roe: float | None = None
    eps: float | None = None  # won a share
    sales_a_share: float | None = None
    bps: float | None = None  # won a share
    reserves: float | None = None  # 유보율
    debt: float | None = None  # 부채비율: debt in percent of equity


@dataclass(frozen=True, slots=True)
class Fundamentals:
    """Of one name. `as_of` is when the price was true that `per` and `pbr` are reckoned with."""

    ticker: str
    as_of: datetime
    source: str  # live | paper | sim
    per: float | None = None
    pbr: float | None = None
    eps: float | None = None  # won a share
    bps: float | None = None  # won a share
    market_cap: int | None = None  # won
    years: tuple[AccountYear, ...] = ()  # newest first; empty where the key does not allow them

    @property
    def latest(self) -> AccountYear | None:
        """The newest year that is known."""
        return self.years[0] if self.years else None

    @property
    def roe(self) -> float | None:
        return self.latest.roe if self.latest is not None else None

    @property
    def debt(self) -> float | None:
        return self.latest.debt if self.latest is not None else None
