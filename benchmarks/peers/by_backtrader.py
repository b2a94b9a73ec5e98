"""backtrader: all names in one run and one purse, `next` at every bar, market orders at the next open."""

from __future__ import annotations

import backtrader as bt
import numpy as np
from told import CASH, FAST, FEE, SHARES, SLOW, tell, work


class Bars(bt.feed.DataBase):
    """A feed of rows that are in memory already."""

    params = (("rows", None),)

    def start(self) -> None:
        super().start()
        self.place = 0

    def _load(self) -> bool:
        if self.place == len(self.p.rows):
            return False
        row = self.p.rows[self.place]
        self.place += 1
        lines = self.lines
        lines.datetime[0], lines.open[0], lines.high[0], lines.low[0], lines.close[0], lines.volume[0] = row
        lines.openinterest[0] = 0.0
        return True


class Cross(bt.Strategy):
    def __init__(self) -> None:
        self.given = 0
        self.means = [(one, bt.ind.SMA(one, period=FAST), bt.ind.SMA(one, period=SLOW)) for one in self.datas]

    def next(self) -> None:
        for data, fast, slow in self.means:
            if fast[0] > slow[0]:
                if fast[-1] <= slow[-1] and not self.getposition(data):
                    self.buy(data, size=SHARES)
                    self.given += 1
            elif fast[0] < slow[0] and fast[-1] >= slow[-1] and self.getposition(data):
                self.close(data)
                self.given += 1


class Every(bt.Strategy):
    def __init__(self) -> None:
        self.given = 0

    def next(self) -> None:
        if self.position:
            self.close()
        else:
            self.buy(size=SHARES)
        self.given += 1


def main() -> None:
    bars, every, rounds = work()
    epoch_day = 719_163.0  # backtrader counts days from the year 1, as date.toordinal
    feeds = []
    for one in bars:
        rows = one.astype(np.float64)
        rows[:, 0] = epoch_day + one[:, 0] / 86_400
        feeds.append(rows.tolist())

    def run() -> int:
        cerebro = bt.Cerebro(stdstats=False)
        cerebro.broker.setcash(CASH)
        cerebro.broker.setcommission(FEE)
        for rows in feeds:
            cerebro.adddata(Bars(rows=rows))
        cerebro.addstrategy(Every if every else Cross)
        return int(cerebro.run()[0].given)

    tell("backtrader", run, rounds, compiles=False)


if __name__ == "__main__":
    main()
