"""What the seeded market knows of each listing: how much it moves and how much of it trades.

Contract: names, kinds and the plausible level come from `domain.instruments`; volatility, volume and share counts
are ours, rounded and demo only. An instrument without a line of its own gets one from its ticker's hash, so that
every instrument trades. Figures are not market data and must not be quoted as such.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from domain.instruments import Asset, Instrument, Instruments, Kind, Market

_TABLE = Path(__file__).with_name("data") / "listings.csv"
_LEVELS = (10_000, 20_000, 50_000, 100_000)
_STATES = {"managed": "51", "delisting": "51", "warning": "53", "halted": "58"}


@dataclass(frozen=True, slots=True)
class Listing:
    """`level` won at the anchor date, `vol` a year, `volume` shares a day, `beta` to the market factor."""

    instrument: Instrument
    level: int
    vol: float
    volume: int
    shares: int
    beta: float

    @property
    def ticker(self) -> str:
        return self.instrument.ticker

    @property
    def name(self) -> str:
        return self.instrument.name

    @property
    def fixed_income(self) -> bool:
        """Accrues a little every day and hardly moves."""
        return self.instrument.asset in (Asset.BOND, Asset.CASH)

    @property
    def kospi(self) -> bool:
        return self.instrument.market is Market.KOSPI

    @property
    def state(self) -> str:
        """KIS's iscd_stat_cls_code: 51 managed or to be delisted, 53 warning, 58 halted, 55 nothing to say."""
        return _STATES.get(self.instrument.status, "55")

    @property
    def warning(self) -> str:
        """KIS's mrkt_warn_cls_code."""
        return "02" if self.instrument.status == "warning" else "00"

    def depth(self, volume: int) -> int:
        """Typical shares at one level of the book on a day of `volume`: liquidity providers stand in fund books."""
        if self.fixed_income:
            return max(200, volume // 50)
        return max(10, volume // (400 if self.instrument.kind is Kind.ETF else 2_500))


def load_listings(instruments: Instruments) -> dict[str, Listing]:
    """Every instrument of the bundled table, by ticker."""
    with _TABLE.open(newline="", encoding="utf-8") as handle:
        rows = {row["ticker"]: row for row in csv.DictReader(handle)}
    return {item.ticker: _listing(item, rows.get(item.ticker)) for item in instruments.all()}


def _listing(instrument: Instrument, row: dict[str, str] | None) -> Listing:
    digest = hashlib.sha256(instrument.ticker.encode()).digest()
    level = instrument.level or _LEVELS[digest[0] % 4] + digest[1] * 50
    if row is not None:
        figures = float(row["vol"]), int(row["volume"]), int(row["shares"]), float(row["beta"])
        return Listing(instrument, level, *figures)
    if instrument.asset is Asset.CASH:
        return Listing(instrument, level, 0.0012, 400_000, 20_000_000, 0.0)
    if instrument.asset is Asset.BOND:
        return Listing(instrument, level, 0.02, 100_000, 10_000_000, 0.0)
    if instrument.kind is Kind.ETF:
        return Listing(
            instrument, level, 0.22 * abs(instrument.leverage), 500_000, 30_000_000, float(instrument.leverage)
        )
    return Listing(instrument, level, 0.36, 300_000 + digest[2] * 1_000, 100_000_000, 1.0)


def unlisted(ticker: str) -> Instrument:
    """A stand-in for a replayed file whose ticker the bundled table lacks: highest risk, named by its code."""
    return Instrument(ticker, ticker, Market.KOSPI, Kind.STOCK, "기타", 1, ())
