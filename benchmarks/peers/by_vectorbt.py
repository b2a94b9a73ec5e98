"""vectorbt: signals as arrays, one simulation over all columns with a shared purse. It trades at the signal's close."""

from __future__ import annotations

import numpy as np
import pandas as pd
import vectorbt as vbt
from told import CASH, FAST, FEE, SHARES, SLOW, tell, work


def main() -> None:
    bars, every, rounds = work()
    index = pd.to_datetime(bars[0, :, 0], unit="s")
    close = pd.DataFrame(bars[:, :, 4].T.astype(np.float64), index=index)

    def run() -> int:
        if every:
            even = pd.DataFrame(np.repeat((np.arange(len(close)) % 2 == 0)[:, None], close.shape[1], axis=1), index)
            entries, exits = even, ~even
        else:
            fast, slow = vbt.MA.run(close, FAST).ma.to_numpy(), vbt.MA.run(close, SLOW).ma.to_numpy()
            above, below = fast > slow, fast < slow
            entries, exits = np.zeros_like(above), np.zeros_like(above)
            entries[1:], exits[1:] = above[1:] & (fast[:-1] <= slow[:-1]), below[1:] & (fast[:-1] >= slow[:-1])
            entries, exits = pd.DataFrame(entries, index), pd.DataFrame(exits, index)
        folio = vbt.Portfolio.from_signals(
            close, entries, exits, size=SHARES, fees=FEE, init_cash=CASH, cash_sharing=True, group_by=True, freq="1min"
        )
        folio.final_value()
        return int(folio.orders.count())

    tell("vectorbt", run, rounds, compiles=True)


if __name__ == "__main__":
    main()
