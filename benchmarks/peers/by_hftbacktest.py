"""hftbacktest: a best bid and a best ask at every bar's close, market orders a moment later; one name a run, compiled.

Bars become two depth events each, a bid at the close and an ask one tick above: so near to each other any move crosses
the old level, which the engine then drops by itself. The means are kept by the strategy, as they have to be here.
"""

from __future__ import annotations

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTC,
    LOCAL_EVENT,
    MARKET,
    SELL_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import event_dtype
from numba import njit
from told import FAST, FEE, SHARES, SLOW, tell, work

BAR_NS, LATENCY_NS = 60_000_000_000, 1_000_000


def feed(close: np.ndarray) -> np.ndarray:
    """Events of one name. Two more bars at the end, because the engine stops short of the last events."""
    close = np.append(close, [close[-1], close[-1]])
    events = np.zeros((len(close), 2), event_dtype)
    times = (np.arange(len(close)) + 1) * BAR_NS
    for at, (side, away) in enumerate(((BUY_EVENT, 0), (SELL_EVENT, 1))):
        column = events[:, at]
        column["ev"] = DEPTH_EVENT | side | EXCH_EVENT | LOCAL_EVENT
        column["exch_ts"] = column["local_ts"] = times
        column["px"], column["qty"] = close + away, 1e9
    return events.reshape(-1)


@njit
def trade(engine, bars, every):  # type: ignore[no-untyped-def]
    """Orders given in so many bars."""
    kept = np.zeros(SLOW)
    fast = slow = fast_before = slow_before = 0.0
    given, held = 0, False
    engine.elapse(1)  # the first bar's events, and from here on a moment after each bar's
    for bar in range(bars):
        depth = engine.depth(0)
        close = depth.best_bid
        fast += close - (kept[(bar - FAST) % SLOW] if bar >= FAST else 0.0)
        slow += close - (kept[bar % SLOW] if bar >= SLOW else 0.0)
        kept[bar % SLOW] = close
        above, below = fast / FAST > slow / SLOW, fast / FAST < slow / SLOW
        rose, fell = above and fast_before <= slow_before, below and fast_before >= slow_before
        warm = bar >= SLOW
        if not held and (bar % 2 == 0 if every else warm and rose):
            engine.submit_buy_order(0, given, depth.best_ask, SHARES, GTC, MARKET, False)
            given, held = given + 1, True
        elif held and (bar % 2 == 1 if every else warm and fell):
            engine.submit_sell_order(0, given, depth.best_bid, SHARES, GTC, MARKET, False)
            given, held = given + 1, False
        fast_before, slow_before = fast / FAST, slow / SLOW
        engine.elapse(BAR_NS)
        engine.clear_inactive_orders(0)
        if (engine.position(0) != 0.0) != held:
            return -1  # an order that was not filled
    return given


def main() -> None:
    bars, every, rounds = work()
    feeds = [(feed(one[:, 4]), float(one[:, 4].max()) * 2) for one in bars]

    def run() -> int:
        given = 0
        for events, most in feeds:
            asset = (
                BacktestAsset().data(events).linear_asset(1.0).constant_order_latency(LATENCY_NS, LATENCY_NS)
                .risk_adverse_queue_model().no_partial_fill_exchange().trading_value_fee_model(FEE, FEE)
                .tick_size(1.0).lot_size(1.0).roi_lb(0.0).roi_ub(most)
            )  # fmt: skip
            engine = ROIVectorMarketDepthBacktest([asset])
            found = trade(engine, bars.shape[1], every)
            engine.close()
            if found < 0:
                raise RuntimeError("expected every order to be filled by the next bar, was one left")
            given += found
        return given

    tell("hftbacktest", run, rounds, compiles=True)


if __name__ == "__main__":
    main()
