"""Ichimoku kinko hyo, as it is known at each bar.

Contract: kernel `ichimoku`, in won. A chart draws the cloud ahead of the price and the lagging line behind it; a bar
here has what can be known at its end and nothing else:
- tenkan, kijun: middle of the highest high and the lowest low of the last `tenkan` and `kijun` bars;
- senkou_a, senkou_b: the cloud that stands over this bar, that is the one computed `kijun` bars ago, from (tenkan +
  kijun) / 2 and from the middle of `senkou_b` bars;
- chikou: the close `kijun` bars ago, the price that the lagging line of today is drawn over. `close > chikou` is what a
  reader of the chart calls the lagging line above the price.
All five begin at the same bar. Source: Goichi Hosoda (1969); the delays are those of Lean's IchimokuKinkoHyo, which the
official backtester runs.
"""

from __future__ import annotations

from domain.indicators.cells.extremes import highest, highest_size, lowest, lowest_size
from domain.indicators.cells.rings import lag, lag_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, kernel


@cell
def _middle(state: Array, at: int, high: float, low: float, n: int) -> float:
    return (highest(state, at, high, n) + lowest(state, at + 3 + 2 * n, low, n)) / 2.0


def _middle_size(n: int) -> int:
    return highest_size(n) + lowest_size(n)


@kernel(
    "ichimoku",
    tenkan=9,
    kijun=26,
    senkou_b=52,
    outputs=("tenkan", "kijun", "senkou_a", "senkou_b", "chikou"),
    size=lambda p: sum(_middle_size(int(n)) for n in p) + 3 * lag_size(int(p[1])),
    warmup=lambda p: int(max(p)) + int(p[1]),
)
@cell
def ichimoku_cloud(state: Array, bar: Array, params: Array, out: Array) -> None:
    """See the module: five lines, none of them from a later bar."""
    short, middle, long = int(params[0]), int(params[1]), int(params[2])
    at = 0
    tenkan = _middle(state, at, bar[HIGH], bar[LOW], short)
    at += 6 + 4 * short
    kijun = _middle(state, at, bar[HIGH], bar[LOW], middle)
    at += 6 + 4 * middle
    span = _middle(state, at, bar[HIGH], bar[LOW], long)
    at += 6 + 4 * long
    senkou_a = lag(state, at, (tenkan + kijun) / 2.0, middle)
    senkou_b = lag(state, at + 2 + middle, span, middle)
    chikou = lag(state, at + 4 + 2 * middle, bar[CLOSE], middle)
    known = 0.0 * (senkou_a + senkou_b)  # NaN until the last of the five is there
    out[0] = tenkan + known
    out[1] = kijun + known
    out[2] = senkou_a + known
    out[3] = senkou_b + known
    out[4] = chikou + known
