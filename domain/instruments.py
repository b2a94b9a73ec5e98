"""Which instruments exist for Quartz: names, aliases, sectors and product risk grades, from one dated table.

Contract: the table is immutable and carries its source; product risk runs from 1 (very high) to 6 (very low); a ticker
that is not in the table counts as grade 1. Mentions in text are found by `domain.mentions`.
Does not know prices or whether a name is halted today: `status` is as of the table's date, the venue knows better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from domain.mentions import Finder
from domain.tables import table

HIGHEST_RISK = 1
LOWEST_RISK = 6


class Market(StrEnum):
    KOSPI = "KOSPI"
    KOSDAQ = "KOSDAQ"
    KONEX = "KONEX"


class Kind(StrEnum):
    STOCK = "stock"
    ETF = "etf"


class Asset(StrEnum):
    """What the money is exposed to; the limits of a grade differ by it."""

    EQUITY = "equity"
    MIXED = "mixed"  # stocks and bonds in one product; half of it counts as stocks
    BOND = "bond"
    CASH = "cash"
    COMMODITY = "commodity"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One listed product. `product_risk` 1 (very high) … 6 (very low); `leverage` 2, -1, -2 for such ETFs."""

    ticker: str
    name: str
    market: Market
    kind: Kind
    sector: str  # a key of SECTORS
    product_risk: int
    aliases: tuple[str, ...]
    leverage: int = 1
    nxt: bool = False
    status: str = "normal"  # normal | managed | warning | halted | delisting
    source: str = ""
    asset: Asset = Asset.EQUITY
    level: int = 0  # won; plausible price for seeding a paper market, never a quote

    def __post_init__(self) -> None:
        if not HIGHEST_RISK <= self.product_risk <= LOWEST_RISK:
            raise ValueError(f"expected product risk 1..6 for {self.ticker}, was {self.product_risk}")

    @property
    def geared(self) -> bool:
        """Leveraged or inverse."""
        return self.leverage != 1


class Instruments:
    """The immutable table."""

    def __init__(self, rows: tuple[Instrument, ...]) -> None:
        self._rows = rows
        self._by_ticker = MappingProxyType({row.ticker: row for row in rows})
        if len(self._by_ticker) != len(rows):
            raise ValueError("expected unique tickers in the instrument table")
        names: dict[str, Instrument] = {}
        for row in rows:
            for name in (row.ticker, row.name, *row.aliases):
                if names.setdefault(name, row) is not row:
                    raise ValueError(
                        f"expected {name!r} to name one instrument, names {names[name].ticker} and {row.ticker}"
                    )
        self._finder = Finder(names)

    @classmethod
    def load(cls) -> Instruments:
        """The bundled table; parsed once a process."""
        return _bundled()

    def get(self, ticker: str) -> Instrument | None:
        return self._by_ticker.get(ticker)

    def all(self) -> tuple[Instrument, ...]:
        return self._rows

    def find(self, text: str) -> tuple[Instrument, ...]:
        """Instruments named by code, name or alias: longest name first, in order of appearance, once each."""
        return tuple(dict.fromkeys(mention.value for mention in self._finder.find(text)))

    def by_sector(self, sector: str) -> tuple[Instrument, ...]:
        return tuple(row for row in self._rows if row.sector == sector)

    def risk_of(self, ticker: str) -> int:
        """Product risk grade; 1, the highest, for a ticker that is not in the table."""
        row = self.get(ticker)
        return HIGHEST_RISK if row is None else row.product_risk


@cache
def _bundled() -> Instruments:
    data = table("instruments")
    source: str = data["source"]
    return Instruments(
        tuple([_stock(row, source) for row in data["stocks"]] + [_etf(row, source) for row in data["etfs"]])
    )


def _stock(row: list[Any], source: str) -> Instrument:
    ticker, name, market, sector, risk, nxt, level, aliases = row
    return Instrument(
        ticker=ticker,
        name=name,
        market=Market(market),
        kind=Kind.STOCK,
        sector=sector,
        product_risk=risk,
        aliases=tuple(aliases),
        nxt=nxt,
        source=source,
        level=level,
    )


def _etf(row: list[Any], source: str) -> Instrument:
    ticker, name, market, sector, asset, risk, leverage, level, aliases = row
    return Instrument(
        ticker=ticker,
        name=name,
        market=Market(market),
        kind=Kind.ETF,
        sector=sector,
        product_risk=risk,
        aliases=tuple(aliases),
        leverage=leverage,
        source=source,
        asset=Asset(asset),
        level=level,
    )


SECTORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {sector: tuple(str(alias) for alias in aliases) for sector, aliases in table("instruments")["sectors"].items()}
)
_SECTOR_FINDER = Finder({alias: sector for sector, aliases in SECTORS.items() for alias in aliases}, lenient=True)


def sectors_in(text: str) -> tuple[str, ...]:
    """Canonical sectors that the text mentions, in order of appearance, once each."""
    return tuple(dict.fromkeys(mention.value for mention in _SECTOR_FINDER.find(text)))
