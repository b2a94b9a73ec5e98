"""Bars to try indicators on, and what every kernel must keep: its warm-up, no infinities, a bounded memory.

Bars are float64[n, 5] as OPEN … VOLUME in whole won and shares, as the exchange prints them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from domain.indicators.compiled import Array
from domain.indicators.history import Running, run
from domain.indicators.kernel import entered, values


def walk(seed: int, length: int = 300) -> Array:
    """A random walk in whole won, with gaps, wicks and days without trade."""
    random = np.random.default_rng(seed)
    close = np.maximum(1_000, 50_000 + np.cumsum(random.integers(-600, 601, length)))
    open_ = np.concatenate([close[:1], close[:-1] + random.integers(-200, 201, length - 1)])
    high = np.maximum(open_, close) + random.integers(0, 400, length)
    low = np.minimum(open_, close) - random.integers(0, 400, length)
    volume = random.integers(0, 2_000_000, length) * (random.random(length) > 0.05)
    return np.column_stack([open_, high, low, close, volume]).astype(np.float64)


def still(length: int = 300) -> Array:
    """A name that is not traded: one price that no period divides, no volume."""
    return np.column_stack([np.full((length, 4), 10_007.0), np.zeros(length)])


def halted(seed: int = 3, moving: int = 120, length: int = 700) -> Array:
    """A walk, then a halt so long that everything that fades has faded."""
    bars = np.tile(walk(seed, moving)[-1], (length, 1))
    bars[:moving] = walk(seed, moving)
    bars[moving:, :4] = bars[moving - 1, 3]
    bars[moving:, 4] = 0.0
    return bars


def real(shared_dir: Path, ticker: str = "000660") -> Array:
    """Daily bars of a real name; a day without trade has the close of the day before."""
    table = np.loadtxt(
        shared_dir / "data" / "krx" / "daily" / f"{ticker}.csv", delimiter=",", skiprows=1, usecols=range(1, 6)
    )
    idle = table[:, 0] == 0.0
    table[idle, :3] = table[idle, 3:4]
    return table


def over(id_: str, bars: Array, **params: float) -> Array:
    """Outputs float64[n, outs] of the kernel of this id, which is imported by the test."""
    return run(entered()[id_], params, bars)


def assert_equal(ours: Array, theirs: Array | tuple[Array, ...]) -> None:
    """Same places without a value, and within 1e-9 (of the value; where it passes zero, 1e-12 of the column's size)."""
    columns = theirs if isinstance(theirs, tuple) else (theirs,)
    assert ours.shape[1] == len(columns)
    for mine, wanted in zip(ours.T, columns, strict=True):
        assert not np.isnan(wanted).all()
        np.testing.assert_allclose(mine, wanted, rtol=1e-9, atol=1e-12 * np.nanmax(np.abs(wanted)))


def assert_kept(id_: str, *, later: tuple[int, ...] = (), **params: float) -> None:
    """Numbers from the declared bar on and none before (`later`: bars more for each output after the first), nothing
    infinite when nothing moves and nothing trades, a memory of a few times the warm-up, the same values when the bars
    come in two parts, and the same past whatever comes after it."""
    kernel = entered()[id_]
    given = values(kernel, params)
    warmup = kernel.warmup(given)
    starts = [warmup + more for more in (0, *(later or (0,) * (len(kernel.outputs) - 1)))]
    for start, column in zip(starts, over(id_, walk(5), **params).T, strict=True):
        assert np.isnan(column[: start - 1]).all()
        assert np.isfinite(column[start - 1 :]).all()
    for bars in (still(), halted()):
        assert not np.isinf(over(id_, bars, **params)).any()
    assert kernel.size(given) <= 5 * warmup + 16
    whole = over(id_, walk(5), **params)
    live = Running(kernel, params)
    np.testing.assert_array_equal(np.concatenate([live.steps(walk(5)[:171]), live.steps(walk(5)[171:])]), whole)
    changed = np.concatenate([walk(5)[:171], 3.0 * walk(6)[171:]])
    np.testing.assert_array_equal(over(id_, changed, **params)[:171], whole[:171])


def windows(x: Array, n: int) -> Array:
    """The last `n` values at each place from the `n`-th on, oldest first: float64[len - n + 1, n]."""
    return np.lib.stride_tricks.sliding_window_view(x, n)


def late(x: Array, length: int) -> Array:
    """The column as long as the bars again: NaN in front."""
    return np.concatenate([np.full(length - len(x), np.nan), x])


def blended(x: Array, weights: Array, seed: float) -> Array:
    """An exponential mean written out: at each place the seed and every value so far, each times its own weight and
    what the later ones left of it."""
    left = 1.0 - weights
    means = []
    for t in range(len(x)):
        kept = np.append(np.cumprod(left[t:0:-1])[::-1], 1.0)
        means.append(seed * np.prod(left[: t + 1]) + np.dot(weights[: t + 1] * x[: t + 1], kept))
    return np.array(means)


def exponential(x: Array, n: int) -> Array:
    """EMA over values without a gap, seeded with the mean of the first `n`, written out."""
    after = x[n:]
    seed = float(x[:n].mean())
    return late(np.concatenate([[seed], blended(after, np.full(len(after), 2.0 / (n + 1)), seed)]), len(x))
