"""What a backtest answers: figures, courses by day, trades, costs, comparison, weaknesses, and how to repeat it.

Contract: frozen; `to_json` is plain JSON with numbers in full, money int won, parts as floats (0.1 is 10 %), days and
moments as ISO text; the same run gives the same text. Days begin after the warm-up; trades and costs are those of the
same stretch, because nothing is decided before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from domain.clock import KST
from simulation.backtest.bootstrap import Intervals
from simulation.backtest.compare import Comparison
from simulation.backtest.engine.shapes import REASONS, Ints, Records
from simulation.backtest.metrics import Figures, TradeFigures
from simulation.backtest.settings import Settings
from simulation.backtest.weaknesses import Weakness

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Trade:
    """One name from its first share to its last; `left` None while it is still held (then at the last close)."""

    ticker: str
    entered: datetime
    left: datetime | None
    quantity: int
    entry_price: int  # average, won
    exit_price: int | None
    reason: str  # of REASONS
    fee: int
    tax: int
    slippage: int
    pnl: int
    part: float  # of what it cost


@dataclass(frozen=True, slots=True)
class Days:
    """By session, after the warm-up."""

    days: tuple[date, ...]
    equity: Ints
    cash: Ints  # with what is still to be paid
    settled: Ints
    worth: Ints
    positions: Ints


@dataclass(frozen=True, slots=True)
class Costs:
    """Won over the whole run. Slippage is in the prices already; fee and tax come on top."""

    fee: int
    tax: int
    slippage: int

    @property
    def total(self) -> int:
        return self.fee + self.tax + self.slippage


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the wishes."""

    orders: int
    fills: int
    lapsed: int
    locked: int
    thin: int
    small: int
    refused: int
    loss_stops: int
    drawdown_stops: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """Enough to run it again: the same strategy, data and settings give the same result."""

    strategy_hash: str
    data_hash: str
    bars: int
    first_bar: date
    last_bar: date
    settings: Settings
    grade: str | None
    engine: str  # hash of the engine's sources


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    tickers: tuple[str, ...]
    cash: int
    final: int
    before: date  # the last day before counting starts
    warmup_bars: int
    course: Days
    figures: Figures
    trade_figures: TradeFigures
    costs: Costs
    counts: Counts
    months: tuple[tuple[int, int, float], ...]
    likely: Intervals | None
    comparison: Comparison | None
    weaknesses: tuple[Weakness, ...]
    provenance: Provenance
    fills: Records  # FILL
    raw_trades: Records  # TRADE
    pnl: Ints  # by raw trade
    last_price: Ints  # by name

    @property
    def trades(self) -> tuple[Trade, ...]:
        """In the order in which they ended; what is still held comes last."""
        return tuple(self._trade(row, int(pnl)) for row, pnl in zip(self.raw_trades, self.pnl, strict=True))

    def _trade(self, row: Any, pnl: int) -> Trade:
        quantity, bought, held = int(row["quantity"]), int(row["bought"]), int(row["held"])
        gone = quantity - held
        return Trade(
            ticker=self.tickers[row["name"]],
            entered=_moment(row["entered"]),
            left=None if held else _moment(row["left"]),
            quantity=quantity,
            entry_price=round(bought / quantity),
            exit_price=round(int(row["sold"]) / gone) if gone else None,
            reason=REASONS[row["reason"]],
            fee=int(row["fee"]),
            tax=int(row["tax"]),
            slippage=int(row["slippage"]),
            pnl=pnl,
            part=pnl / bought,
        )

    def to_json(self, *, series: bool = True) -> dict[str, Any]:
        """Plain JSON; without `series` the days, trades and the index's course are left out."""
        data: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "tickers": list(self.tickers),
            "from": self.course.days[0].isoformat(),
            "to": self.course.days[-1].isoformat(),
            "cash": self.cash,
            "final": self.final,
            "warmup_bars": self.warmup_bars,
            "figures": _plain(asdict(self.figures)),
            "trades": _plain(asdict(self.trade_figures)),
            "costs": asdict(self.costs) | {"total": self.costs.total},
            "counts": asdict(self.counts),
            "months": [{"year": year, "month": month, "return": part} for year, month, part in self.months],
            "interval": None if self.likely is None else asdict(self.likely),
            "benchmark": None if self.comparison is None else _plain(asdict(self.comparison)),
            "weaknesses": [asdict(weakness) for weakness in self.weaknesses],
            "provenance": self._provenance(),
        }
        if series:
            data["days"] = {
                "date": [day.isoformat() for day in self.course.days],
                **{
                    name: getattr(self.course, name).tolist()
                    for name in ("equity", "cash", "settled", "worth", "positions")
                },
            }
            data["trade_list"] = [_plain(asdict(trade)) for trade in self.trades]
        elif data["benchmark"] is not None:
            del data["benchmark"]["course"]
        return data

    def _provenance(self) -> dict[str, Any]:
        own = self.provenance
        return {
            "strategy_hash": own.strategy_hash,
            "data_hash": own.data_hash,
            "bars": own.bars,
            "first_bar": own.first_bar.isoformat(),
            "last_bar": own.last_bar.isoformat(),
            "grade": own.grade,
            "engine": own.engine,
            "settings": own.settings.to_json(),
        }


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), KST)


def _plain(value: Any) -> Any:
    """Dates as ISO text, whatever they are inside of."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value
