"""How much of a wish is bought: cut to what the strategy's own bounds, the gate's, the mandate and the money leave.

Contract: pure. What the gate judges is counted as it counts, at the most that a share may cost; the strategy's own
bounds count shares at the close that asked for them, as in the backtest. What its sales are still to bring is
waited for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.instruments import Instruments
from domain.limits import FULL_BPS, Limits, equity_exposure_bps
from domain.orders.types import Side
from domain.strategy.running import RunState
from domain.strategy.sizing import most_bps
from domain.strategy.spec import StrategySpec
from execution.worker.seeing import Decision, Name, View, Wanted

SPARE = 200  # one part of this many is kept for fees and a price that moves on
_BAND_PERCENT = 30  # of a day, for all that is not geared
_NOTHING: Mapping[str, int] = MappingProxyType({})


class Buyer:
    """Cuts wishes to what limits and money leave, and remembers what was taken. `short`: won that were missing."""

    def __init__(
        self,
        spec: StrategySpec,
        limits: Limits,
        table: Instruments,
        view: View,
        names: Mapping[str, Name],
        made: Decision,
    ) -> None:
        self._spec, self._limits, self._table, self._view, self._names = spec, limits, table, view, names
        self.made = made
        self.short = 0

    @property
    def allowed(self) -> bool:
        return self._view.state is RunState.ACTIVE and self._view.may_buy

    @property
    def free(self) -> int:
        """Won that are nobody's yet, less a little for fees."""
        return max(0, self._view.cash - self._view.cash // SPARE - self.made.spent)

    def buy(self, name: Name, wish: int, why: str) -> bool:
        row = self._table.get(name.ticker)
        if row is None or not self._limits.allows(row) or row.status != "normal":
            return False
        each = _entry_price(name) if why == "entry" else name.price
        wanted = min(max(0, wish) // each, self._own_room(name.ticker, each))
        shares = min(wanted, self._room(name) // name.reserve)
        quantity = min(shares, self.free // name.reserve)
        if self._comes(name, quantity, wanted):
            return False
        if quantity * each < self._spec.constraints.min_order_krw or quantity < 1:
            return False
        self.made.wanted.append(Wanted(name.ticker, Side.BUY, quantity, why))
        self.made.spent += quantity * name.reserve
        self.made.grown[name.ticker] = quantity * name.reserve
        return True

    def _comes(self, name: Name, quantity: int, wanted: int) -> bool:
        """Whether sales that are under way leave money or room for more than `quantity`; then it is waited for."""
        later = min(wanted, self._room(name, self._going()) // name.reserve)
        if later <= quantity or later * name.price < self._spec.constraints.min_order_krw:
            return False
        missing = max(0, later * name.reserve - self.free)
        if not self._going() and not (missing and self._parked()):
            return False
        self.short += missing
        self.made.waits.add(name.ticker)
        return True

    def _going(self) -> dict[str, int]:
        """Shares of the sleeve that are being sold."""
        under_way = {ticker: self._view.own.get(ticker, 0) for ticker in self._view.selling}
        return under_way | {one.ticker: one.quantity for one in self.made.wanted if one.side is Side.SELL}

    def _parked(self) -> bool:
        return self._view.own.get(self._spec.sizing.parking or "", 0) > 0 and not self._view.unparked

    def _worth(self, ticker: str, going: Mapping[str, int]) -> int:
        shares = max(0, self._view.whole.get(ticker, 0) - going.get(ticker, 0))
        return shares * self._price(ticker) + self.made.grown.get(ticker, 0)

    def _own_room(self, ticker: str, each: int) -> int:
        """Shares by which the strategy's own bounds let the name grow, on its weight and on a day's purchases."""
        spec, view = self._spec, self._view
        left = view.equity * most_bps(spec, ticker, self._table.get(ticker), None) // FULL_BPS
        left -= view.whole.get(ticker, 0) * each
        if spec.constraints.max_turnover_bps:
            most = view.equity * spec.constraints.max_turnover_bps // FULL_BPS
            left = min(left, most - view.bought_today - self.made.spent)
        return max(0, left) // each

    def _room(self, name: Name, going: Mapping[str, int] = _NOTHING) -> int:
        """Won by which the name may grow, at the most that its shares may cost: the grade's weight, one order, stocks,
        its sector, what the account may trade a day, the mandate. Without the shares that are `going`."""
        spec, limits, view, row = self._spec, self._limits, self._view, self._table.get(name.ticker)
        left = view.equity * limits.name_weight_bps(row) // FULL_BPS - self._worth(name.ticker, going)
        left = min(left, limits.order_krw(row))
        exposure = equity_exposure_bps(row)
        if exposure > 0 and row is not None:
            stocks, sector = 0, 0
            for other in view.whole.keys() | self.made.grown.keys():
                there = self._table.get(other)
                worth = self._worth(other, going)
                stocks += worth * equity_exposure_bps(there) // FULL_BPS
                if there is not None and there.sector == row.sector:
                    sector += worth
            most = min(spec.constraints.max_equity_bps, limits.max_equity_bps)
            left = min(left, (view.equity * most // FULL_BPS - stocks) * FULL_BPS // exposure)
            most = min(spec.constraints.max_sector_bps, limits.max_sector_bps)
            left = min(left, view.equity * most // FULL_BPS - sector)
        if limits.turnover_bps:
            most = view.equity * limits.turnover_bps // FULL_BPS
            left = min(left, most - view.traded_today - self.made.spent - self._sold())
        if view.mandate_order is not None:
            left = min(left, view.mandate_order)
        if view.mandate_day is not None:
            left = min(left, view.mandate_day - self.made.spent)
        return max(0, left)

    def _sold(self) -> int:
        """Won that this decision's sales come to."""
        sales = [each for each in self.made.wanted if each.side is Side.SELL]
        return sum(each.quantity * self._price(each.ticker) for each in sales)

    def _price(self, ticker: str) -> int:
        name = self._names.get(ticker)
        return name.price if name is not None and name.price > 0 else self._view.prices.get(ticker, 0)


def _entry_price(name: Name) -> int:
    """What an entry's shares are counted with. A price that a day's band cannot explain stands on another basis."""
    moved = abs(name.price - name.close) * 100
    return name.close if moved <= name.close * _BAND_PERCENT else name.price
