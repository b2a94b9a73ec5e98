"""Trend, volume, volatility and the rest against TA-Lib, wherever TA-Lib has them: one oracle an output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import talib
from indicator_walks import halted, real, still, walk
from plain_steps import over

from domain.indicators.compiled import Array

Oracle = Callable[..., Sequence[Array]]

ORACLES: dict[str, tuple[Oracle, tuple[dict[str, float], ...]]] = {
    "adx": (
        lambda o, h, low, c, v, period: (
            talib.ADX(h, low, c, period),
            talib.PLUS_DI(h, low, c, period),
            talib.MINUS_DI(h, low, c, period),
        ),
        ({"period": 14}, {"period": 2}, {"period": 31}),
    ),
    "adxr": (lambda o, h, low, c, v, period: [talib.ADXR(h, low, c, period)], ({"period": 14}, {"period": 2})),
    "sar": (
        lambda o, h, low, c, v, af_start, af_step, af_max: [
            np.abs(talib.SAREXT(h, low, 0.0, 0.0, af_start, af_step, af_max, af_start, af_step, af_max))
        ],
        (
            {"af_start": 0.02, "af_step": 0.02, "af_max": 0.2},
            {"af_start": 0.01, "af_step": 0.05, "af_max": 0.5},
            {"af_start": 0.4, "af_step": 0.3, "af_max": 0.2},
        ),
    ),
    "vortex": (lambda o, h, low, c, v, period: talib.VORTEX(h, low, c, period), ({"period": 14}, {"period": 1})),
    "coppock": (
        lambda o, h, low, c, v, short_roc, long_roc, wma: [talib.COPPOCK(c, wma, short_roc, long_roc)],
        ({"short_roc": 11, "long_roc": 14, "wma": 10}, {"short_roc": 20, "long_roc": 5, "wma": 3}),
    ),
    "supertrend": (
        lambda o, h, low, c, v, period, multiplier: talib.SUPERTREND(h, low, c, period, multiplier)[:1],
        ({"period": 10, "multiplier": 3.0}, {"period": 3, "multiplier": 0.5}),
    ),
    "mass_index": (
        lambda o, h, low, c, v, ema_period, sum_period: [talib.MASSI(h, low, ema_period, sum_period)],
        ({"ema_period": 9, "sum_period": 25}, {"ema_period": 3, "sum_period": 5}),
    ),
    "obv": (lambda o, h, low, c, v: [talib.OBV(c, v)], ({},)),
    "ad": (lambda o, h, low, c, v: [talib.AD(h, low, c, v)], ({},)),
    "adl": (lambda o, h, low, c, v: [talib.AD(h, low, c, v)], ({},)),
    "cmf": (lambda o, h, low, c, v, period: [talib.CMF(h, low, c, v, period)], ({"period": 20}, {"period": 2})),
    "mfi": (lambda o, h, low, c, v, period: [talib.MFI(h, low, c, v, period)], ({"period": 14}, {"period": 2})),
    "force": (lambda o, h, low, c, v, period: [talib.EFI(c, v, period)], ({"period": 13}, {"period": 1})),
    "vwma": (lambda o, h, low, c, v, period: [talib.VWMA(c, v, period)], ({"period": 20}, {"period": 3})),
    "atr": (lambda o, h, low, c, v, period: [talib.ATR(h, low, c, period)], ({"period": 14}, {"period": 1})),
    "natr": (lambda o, h, low, c, v, period: [talib.NATR(h, low, c, period)], ({"period": 14}, {"period": 5})),
    "bollinger": (
        lambda o, h, low, c, v, period, std: talib.BBANDS(c, period, std, std),
        ({"period": 20, "std": 2.0}, {"period": 2, "std": 0.5}, {"period": 60, "std": 3.0}),
    ),
    "keltner": (
        lambda o, h, low, c, v, period, multiplier: talib.KC(h, low, c, period, period, multiplier),
        ({"period": 20, "multiplier": 2.0}, {"period": 2, "multiplier": 1.5}),
    ),
    "donchian": (lambda o, h, low, c, v, period: talib.DONCHIAN(h, low, period)[::2], ({"period": 20}, {"period": 2})),
    "std": (lambda o, h, low, c, v, period: [talib.STDDEV(c, period)], ({"period": 20}, {"period": 2})),
    "variance": (lambda o, h, low, c, v, period: [talib.VAR(c, period)], ({"period": 20}, {"period": 250})),
    "accbands": (
        lambda o, h, low, c, v, period, width: talib.ACCBANDS(h, low, c, period),
        ({"period": 20, "width": 4.0},),
    ),
    "maximum": (lambda o, h, low, c, v, period: [talib.MAX(c, period)], ({"period": 20}, {"period": 2})),
    "minimum": (lambda o, h, low, c, v, period: [talib.MIN(c, period)], ({"period": 20}, {"period": 252})),
    "midpoint": (lambda o, h, low, c, v, period: [talib.MIDPOINT(c, period)], ({"period": 14}, {"period": 2})),
    "midprice": (lambda o, h, low, c, v, period: [talib.MIDPRICE(h, low, period)], ({"period": 14}, {"period": 33})),
    "bop": (lambda o, h, low, c, v: [talib.BOP(o, h, low, c)], ({},)),
    "returns": (lambda o, h, low, c, v, period: [talib.ROC(c, period)], ({"period": 60}, {"period": 1})),
    "change": (lambda o, h, low, c, v: [talib.ROC(c, 1)], ({},)),
    "regression": (
        lambda o, h, low, c, v, period: (
            talib.LINEARREG(c, period),
            talib.LINEARREG_SLOPE(c, period),
            talib.LINEARREG_INTERCEPT(c, period),
        ),
        ({"period": 14}, {"period": 2}),
    ),
}

CASES = [(id_, params) for id_, (_, choices) in ORACLES.items() for params in choices]


def _columns(bars: Array) -> list[Array]:
    return [np.ascontiguousarray(column) for column in bars.T]


def _assert_equals_talib(id_: str, params: dict[str, float], bars: Array) -> None:
    """Within 1e-9 of the value (1e-12 of the column's size where it passes zero), and no value where TA-Lib has none.
    The lines of `adx` are kept back until ADX itself is known."""
    wanted = ORACLES[id_][0](*_columns(bars), **params)
    got = over(id_, bars, **params)
    assert got.shape[1] == len(wanted)
    for place, theirs in enumerate(wanted):
        if id_ == "adx":
            theirs = np.where(np.isnan(wanted[0]), np.nan, theirs)
        size = np.nanmax(np.abs(theirs)) if not np.isnan(theirs).all() else 0.0
        np.testing.assert_allclose(got[:, place], theirs, rtol=1e-9, atol=1e-12 * size, err_msg=f"{id_} {params}")


@pytest.mark.parametrize(("id_", "params"), CASES)
def test_an_indicator_equals_talib_over_random_walks(id_: str, params: dict[str, float]) -> None:
    for seed in (21, 22, 23):
        _assert_equals_talib(id_, params, walk(seed))


@pytest.mark.parametrize("id_", ORACLES)
def test_an_indicator_equals_talib_through_a_long_halt(id_: str) -> None:
    _assert_equals_talib(id_, ORACLES[id_][1][0], halted())


@pytest.mark.parametrize("id_", ORACLES)
def test_an_indicator_equals_talib_on_a_name_that_never_trades(id_: str) -> None:
    _assert_equals_talib(id_, ORACLES[id_][1][0], still())


@pytest.mark.parametrize("id_", ORACLES)
def test_an_indicator_equals_talib_on_a_real_name(id_: str, shared_dir: Path) -> None:
    _assert_equals_talib(id_, ORACLES[id_][1][0], real(shared_dir)[:600])


def test_a_spread_of_a_few_won_is_not_lost_in_a_price_of_a_million() -> None:
    bars = walk(24)
    bars[:, :4] = 1_000_000.0 + np.random.default_rng(24).integers(-2, 3, (len(bars), 1))
    for id_ in ("std", "variance", "bollinger"):
        _assert_equals_talib(id_, ORACLES[id_][1][0], bars)


def test_equal_speeds_make_the_plain_parabolic_sar() -> None:
    bars = walk(25)
    _, high, low, _, _ = _columns(bars)
    np.testing.assert_allclose(over("sar", bars)[:, 0], talib.SAR(high, low, 0.02, 0.2), rtol=1e-9)


def test_pivots_appear_where_talib_marks_its_fractals() -> None:
    bars = walk(26)
    _, high, low, _, _ = _columns(bars)
    for left, right in ((5, 5), (3, 2), (1, 4)):
        tops, bottoms = talib.FRACTAL(high, low, left, right)
        got = over("pivot", bars, left_bars=left, right_bars=right)
        for place, marks, prices in ((0, tops, high), (1, bottoms, low)):
            known = np.nan
            for t in range(len(bars)):
                known = prices[t - right] if marks[t] != 0 else known
                assert got[t, place] == known or (np.isnan(known) and np.isnan(got[t, place]))


def test_beta_equals_talib_against_a_benchmark() -> None:
    bars = walk(27)
    close = bars[:, 3].copy()
    market = 300.0 + np.abs(np.cumsum(np.random.default_rng(27).normal(0.0, 2.0, len(bars))))
    for period in (20, 60, 252):
        got = over("beta", np.column_stack([bars, market]), period=period)[:, 0]
        np.testing.assert_allclose(got, talib.BETA(market, close, period), rtol=1e-9, atol=1e-12)
