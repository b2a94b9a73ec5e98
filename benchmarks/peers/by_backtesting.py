"""backtesting.py: one name a run, `next` at every bar, market orders at the next open.

It never asks at the first bar, so for an order on every bar it is given the first one twice.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from told import CASH, FAST, FEE, SHARES, SLOW, tell, work


def mean(values: object, bars: int) -> pd.Series:
    return pd.Series(values).rolling(bars).mean()


class Counted(Strategy):
    given = 0

    def enter(self) -> None:
        self.buy(size=SHARES)
        Counted.given += 1

    def leave(self) -> None:
        self.position.close()
        Counted.given += 1


class Cross(Counted):
    def init(self) -> None:
        self.fast = self.I(mean, self.data.Close, FAST)
        self.slow = self.I(mean, self.data.Close, SLOW)

    def next(self) -> None:
        fast, slow = self.fast, self.slow
        if fast[-1] > slow[-1]:
            if fast[-2] <= slow[-2] and not self.position:
                self.enter()
        elif fast[-1] < slow[-1] and fast[-2] >= slow[-2] and self.position:
            self.leave()


class Every(Counted):
    def init(self) -> None:
        pass

    def next(self) -> None:
        if self.position:
            self.leave()
        else:
            self.enter()


def main() -> None:
    warnings.simplefilter("ignore")  # it speaks of positions that are open at the end
    bars, every, rounds = work()
    index = pd.to_datetime(bars[0, :, 0], unit="s")
    columns = ["Open", "High", "Low", "Close", "Volume"]
    if every:
        bars, index = np.concatenate((bars[:, :1], bars), axis=1), index.insert(0, index[0] - pd.Timedelta("1min"))
    frames = [pd.DataFrame(one[:, 1:].astype(np.float64), index, columns) for one in bars]

    def run() -> int:
        Counted.given = 0
        for frame in frames:
            Backtest(frame, Every if every else Cross, cash=CASH, commission=FEE).run()
        return Counted.given

    tell("backtesting", run, rounds, compiles=False)


if __name__ == "__main__":
    main()
