"""Company accounts of the seeded market: made up, but they add up.

Contract: pure in (seed, listing, period); amounts are int 100 million won (억) where said, else won. Of every period:
assets = liabilities + equity, current + fixed = total, equity grows by what was earned and not paid out, EPS × shares
is the net income, a year's quarters are cumulative and the fourth is the year. PER and PBR are price ÷ EPS and BPS.
Funds have none. Nothing here is a fact about a company; answers made from it are demo data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from domain.instruments import Kind
from simulation.exchange.figures import two_decimals
from simulation.exchange.listings import Listing
from simulation.exchange.tape import rng_for

FIRST_YEAR = 2019
ANCHOR_YEAR = 2025  # whose earnings the listing's level is a multiple of
UNIT = 100_000_000  # KIS's accounts are in 억
FACE_VALUE = 100
_REPORT_DAYS = {1: 45, 2: 45, 3: 45, 4: 90}  # after the period's end
_SEASON = (22, 47, 72, 100)  # percent of a year's sales and income by the end of each quarter


@dataclass(frozen=True, slots=True)
class Period:
    """One balance-sheet date. `quarter` 4 is the year. Flows are cumulative within the year."""

    year: int
    quarter: int

    @property
    def label(self) -> str:
        """KIS's stac_yymm."""
        return f"{self.year}{self.quarter * 3:02d}"

    @property
    def end(self) -> date:
        first_after = date(self.year + self.quarter // 4, self.quarter * 3 % 12 + 1, 1)
        return first_after - timedelta(days=1)

    @property
    def published(self) -> date:
        return self.end + timedelta(days=_REPORT_DAYS[self.quarter])

    def before(self) -> Period:
        """The same quarter a year earlier."""
        return Period(self.year - 1, self.quarter)


@dataclass(frozen=True, slots=True)
class Accounts:
    """A period's statements in won. `dividend` is of the year and 0 in the first three quarters."""

    period: Period
    shares: int
    sales: int
    cost: int
    selling: int
    depreciation: int
    net_income: int
    current_assets: int
    fixed_assets: int
    current_debt: int
    long_debt: int
    capital: int
    surplus: int
    retained: int
    dividend: int
    inventory: int

    @property
    def gross(self) -> int:
        return self.sales - self.cost

    @property
    def operating(self) -> int:
        return self.gross - self.selling

    @property
    def assets(self) -> int:
        return self.current_assets + self.fixed_assets

    @property
    def debt(self) -> int:
        return self.current_debt + self.long_debt

    @property
    def equity(self) -> int:
        return self.capital + self.surplus + self.retained

    @property
    def eps(self) -> int:
        """Won a share, of the period so far."""
        return self.net_income // self.shares

    @property
    def bps(self) -> int:
        return self.equity // self.shares

    @property
    def sps(self) -> int:
        return self.sales // self.shares

    @property
    def dividend_per_share(self) -> int:
        return self.dividend // self.shares


@dataclass(frozen=True, slots=True)
class _Character:
    """What a company is like: fractions, drawn once from its ticker."""

    per: float
    roe: float
    growth: float
    wobble: tuple[float, ...]
    margin: float
    payout: float
    leverage: float
    current: float


def _character(seed: int, ticker: str) -> _Character:
    rng = rng_for(seed, "company", ticker)
    per, roe, growth, margin, payout, leverage, current = rng.random(7).tolist()
    wobble = tuple((rng.standard_normal(20) * 0.06).tolist())
    return _Character(
        per=7.0 + 16.0 * per,
        roe=0.05 + 0.11 * roe,
        growth=-0.01 + 0.09 * growth,
        wobble=wobble,
        margin=0.03 + 0.13 * margin,
        payout=0.15 + 0.25 * payout,
        leverage=0.3 + 1.2 * leverage,
        current=0.35 + 0.25 * current,
    )


def has_accounts(listing: Listing) -> bool:
    return listing.instrument.kind is Kind.STOCK


@lru_cache(maxsize=20_000)
def accounts(seed: int, listing: Listing, period: Period) -> Accounts:
    """The statements of a period from FIRST_YEAR on."""
    who = _character(seed, listing.ticker)
    income = _income(listing, who, period.year)
    part = _SEASON[period.quarter - 1]
    sales = int(income / (who.margin * 0.76)) * part // 100
    operating = sales * int(who.margin * 10_000) // 10_000
    cost = sales * 70 // 100
    net = income * part // 100
    equity = _equity(seed, listing, period.year - 1) + net
    paid = 0
    if period.quarter == 4:
        paid = int(income * who.payout) // listing.shares * listing.shares
        equity -= paid
    capital = FACE_VALUE * listing.shares
    surplus = min(capital * 2, max(0, equity - capital) // 3)
    debt = int(equity * who.leverage)
    assets = equity + debt
    current = int(assets * who.current)
    short = debt * 55 // 100
    return Accounts(
        period=period,
        shares=listing.shares,
        sales=sales,
        cost=cost,
        selling=sales - cost - operating,
        depreciation=sales * 4 // 100,
        net_income=net,
        current_assets=current,
        fixed_assets=assets - current,
        current_debt=short,
        long_debt=debt - short,
        capital=capital,
        surplus=surplus,
        retained=equity - capital - surplus,
        dividend=paid,
        inventory=current * 3 // 10,
    )


def _income(listing: Listing, who: _Character, year: int) -> int:
    """Net income of a year in won: the level over PER in the anchor year, grown and wobbled around it."""
    base = listing.level * listing.shares / who.per
    away = year - ANCHOR_YEAR
    factor = (1.0 + who.growth) ** away * (1.0 + (who.wobble[year % 20] if away else 0.0))
    return max(listing.shares, int(base * factor) // listing.shares * listing.shares)


@lru_cache(maxsize=4_096)
def _equity(seed: int, listing: Listing, year: int) -> int:
    """Equity at a year's end: what the first year began with, plus what was kept since."""
    who = _character(seed, listing.ticker)
    kept = 0
    for past in range(FIRST_YEAR, year + 1):
        income = _income(listing, who, past)
        kept += income - int(income * who.payout) // listing.shares * listing.shares
    wanted = _income(listing, who, ANCHOR_YEAR) / who.roe
    upto_anchor = 0
    for past in range(FIRST_YEAR, ANCHOR_YEAR + 1):
        income = _income(listing, who, past)
        upto_anchor += income - int(income * who.payout) // listing.shares * listing.shares
    start = max(int(wanted) - upto_anchor, int(wanted) // 4, FACE_VALUE * listing.shares)
    return start + kept


def known(day: date, *, quarters: bool, count: int) -> list[Period]:
    """Periods whose report is out on `day`, newest first; years only unless `quarters`."""
    found: list[Period] = []
    year, quarter = day.year, 4
    while len(found) < count and year > FIRST_YEAR:
        period = Period(year, quarter)
        if period.published <= day:
            found.append(period)
        quarter -= 1 if quarters else 4
        if quarter < 1:
            year, quarter = year - 1, 4
    return found


def latest_year(seed: int, listing: Listing, day: date) -> Accounts | None:
    """The newest annual report that is out: what EPS, PER, BPS and PBR of a quote are made of. None for funds."""
    if not has_accounts(listing):
        return None
    return accounts(seed, listing, known(day, quarters=False, count=1)[0])


def multiples(now: Accounts | None, price: int) -> dict[str, object]:
    """per, pbr, eps, bps and cpfn of a quote at `price`, in KIS's words; zeros for a fund."""
    if now is None:
        return {"per": "0.00", "pbr": "0.00", "eps": "0.00", "bps": "0.00", "cpfn": 0}
    return {
        "per": two_decimals(price, now.eps),
        "pbr": two_decimals(price, now.bps),
        "eps": f"{now.eps}.00",
        "bps": f"{now.bps}.00",
        "cpfn": now.capital // UNIT,
    }
