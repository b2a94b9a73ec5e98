"""Indicators that TA-Lib does not have, against their definitions written out over the whole series."""

from __future__ import annotations

import math

import numpy as np
import pytest
from indicator_walks import exponential, late, walk, windows
from plain_steps import over

from domain.indicators.catalogue import kernel_of, kernels
from domain.indicators.compiled import Array
from domain.indicators.history import Sheet, run

OPEN, HIGH, LOW, CLOSE, VOLUME = range(5)


@pytest.fixture(params=(31, 32))
def bars(request: pytest.FixtureRequest) -> Array:
    return walk(request.param, 260)


def _same(got: Array, wanted: Array) -> None:
    size = np.nanmax(np.abs(wanted))
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-11 * size)


def _rates(close: Array, n: int) -> Array:
    return np.concatenate([np.full(n, np.nan), 100.0 * (close[n:] / close[:-n] - 1.0)])


def _mean(x: Array, n: int) -> Array:
    return late(windows(x, n).mean(axis=1), len(x))


def _true_ranges(bars: Array) -> Array:
    high, low, before = bars[1:, HIGH], bars[1:, LOW], bars[:-1, CLOSE]
    return np.concatenate([[np.nan], np.max([high - low, np.abs(high - before), np.abs(low - before)], axis=0)])


def test_choppiness_compares_the_way_with_the_distance(bars: Array) -> None:
    way = late(windows(_true_ranges(bars), 14).sum(axis=1), len(bars))
    top = late(windows(bars[:, HIGH], 14).max(axis=1), len(bars))
    bottom = late(windows(bars[:, LOW], 14).min(axis=1), len(bars))
    _same(over("chop", bars)[:, 0], 100.0 * np.log10(way / (top - bottom)) / np.log10(14))


def test_know_sure_thing_adds_four_smoothed_rates(bars: Array) -> None:
    close = bars[:, CLOSE]
    value = sum(
        weight * _mean(_rates(close, rate), mean)
        for weight, rate, mean in ((1, 10, 10), (2, 15, 10), (3, 20, 10), (4, 30, 15))
    )
    signal = _mean(value, 9)
    got = over("kst", bars)
    _same(got[:, 0], np.where(np.isnan(signal), np.nan, value))
    _same(got[:, 1], signal)


def _stochastic(x: Array, n: int) -> Array:
    """Schaff's: place in the range of the last n, the place before where there is no range, smoothed by halves."""
    out = np.full(len(x), np.nan)
    place, smoothed = 0.0, None
    for t in range(len(x)):
        window = x[max(0, t - n + 1) : t + 1]
        if len(window) < n or np.isnan(window).any():
            continue
        if window.max() > window.min():
            place = 100.0 * (x[t] - window.min()) / (window.max() - window.min())
        smoothed = place if smoothed is None else smoothed + 0.5 * (place - smoothed)
        out[t] = smoothed
    return out


def test_schaff_is_the_stochastic_of_the_stochastic_of_a_difference_of_means(bars: Array) -> None:
    close = bars[:, CLOSE]
    difference = exponential(close, 23) - exponential(close, 50)
    _same(over("schaff", bars)[:, 0], _stochastic(_stochastic(difference, 10), 10))


def test_fisher_is_ehlers_recursion_over_the_middle_of_the_bars(bars: Array) -> None:
    middle = (bars[:, HIGH] + bars[:, LOW]) / 2.0
    wanted = np.full(len(bars), np.nan)
    x = fish = 0.0
    for t in range(9, len(bars)):
        window = middle[t - 9 : t + 1]
        x = 0.66 * ((middle[t] - window.min()) / (window.max() - window.min()) - 0.5) + 0.67 * x
        x = 0.999 if x > 0.99 else -0.999 if x < -0.99 else x
        fish = math.atanh(x) + 0.5 * fish
        wanted[t] = fish
    _same(over("fisher", bars)[:, 0], wanted)


def test_ichimoku_shows_the_cloud_that_stands_over_the_bar_and_the_close_it_lags_behind(bars: Array) -> None:
    def middle(t: int, n: int) -> float:
        return (bars[t - n + 1 : t + 1, HIGH].max() + bars[t - n + 1 : t + 1, LOW].min()) / 2.0

    got = over("ichimoku", bars)
    assert np.isnan(got[:77]).all()
    for t in range(77, len(bars)):
        cloud = (middle(t - 26, 9) + middle(t - 26, 26)) / 2.0
        _same(got[t], np.array([middle(t, 9), middle(t, 26), cloud, middle(t - 26, 52), bars[t - 26, CLOSE]]))


def test_rolling_vwap_weighs_the_typical_price_by_volume(bars: Array) -> None:
    typical = bars[:, HIGH : CLOSE + 1].mean(axis=1)
    paid = windows(typical * bars[:, VOLUME], 14).sum(axis=1)
    _same(over("vwap", bars)[:, 0], late(paid / windows(bars[:, VOLUME], 14).sum(axis=1), len(bars)))


def test_ease_of_movement_is_distance_by_volume_a_range(bars: Array) -> None:
    wanted = np.full(len(bars), np.nan)
    ease = np.full(len(bars), np.nan)
    for t in range(1, len(bars)):
        distance = (bars[t, HIGH] + bars[t, LOW]) / 2.0 - (bars[t - 1, HIGH] + bars[t - 1, LOW]) / 2.0
        volume, span = bars[t, VOLUME], bars[t, HIGH] - bars[t, LOW]
        ease[t] = distance / (volume / 10_000 / span) if volume and span else 0.0
        if t >= 14:
            wanted[t] = ease[t - 13 : t + 1].mean()
    _same(over("eom", bars)[:, 0], wanted)


def test_volatility_is_the_sample_deviation_of_simple_returns(bars: Array) -> None:
    returns = bars[1:, CLOSE] / bars[:-1, CLOSE] - 1.0
    _same(over("volatility_ind", bars)[:, 0], late(windows(returns, 10).std(axis=1, ddof=1), len(bars)))


def test_augen_measures_a_move_in_the_deviations_before_it(bars: Array) -> None:
    close = bars[:, CLOSE]
    for period in (3, 20):
        wanted = np.full(len(bars), np.nan)
        for t in range(period + 1, len(bars)):
            before = np.diff(np.log(close[t - period - 1 : t]))
            wanted[t] = (close[t] - close[t - 1]) / (before.std() * close[t - 1])
        _same(over("augen", bars, period=period)[:, 0], wanted)


def test_log_return_disparity_and_bar_strength_are_what_their_names_say(bars: Array) -> None:
    close = bars[:, CLOSE]
    _same(over("logr", bars, period=5)[5:, 0], np.log(close[5:] / close[:-5]))
    _same(over("disparity", bars)[:, 0], 100.0 * close / _mean(close, 20))
    span = bars[:, HIGH] - bars[:, LOW]
    inside = np.divide(close - bars[:, LOW], span, out=np.full(len(bars), np.nan), where=span > 0.0)
    _same(over("ibs", bars)[:, 0], inside)


@pytest.mark.parametrize(
    ("direction", "counts"),
    [(0.0, [1, 2, 3, -1, -2, 0, 1, -1]), (1.0, [1, 2, 3, 0, 0, 0, 1, 0]), (-1.0, [0, 0, 0, 1, 2, 0, 0, 1])],
)
def test_consecutive_counts_rises_up_and_falls_down_or_one_of_them_alone(direction: float, counts: list[int]) -> None:
    bars = np.tile(np.array([[100.0] * 4 + [1.0]]), (9, 1))
    bars[:, CLOSE] = (100, 101, 102, 103, 102, 101, 101, 102, 100)
    got = over("consecutive", bars, direction=direction)[:, 0]
    assert np.isnan(got[0])
    assert got[1:].tolist() == counts


def test_a_pivot_is_known_only_when_its_right_bars_have_come_and_then_kept() -> None:
    bars = np.tile(np.array([[100.0, 101.0, 99.0, 100.0, 1.0]]), (12, 1))
    bars[3, HIGH] = 120.0
    bars[8, LOW] = 80.0
    got = over("pivot", bars, left_bars=2, right_bars=3)
    assert np.isnan(got[:6, 0]).all()
    assert (got[6:, 0] == 120.0).all()
    assert np.isnan(got[:11, 1]).all()
    assert got[11, 1] == 80.0


def test_equal_highs_beside_each_other_make_no_pivot() -> None:
    bars = np.tile(np.array([[100.0, 101.0, 99.0, 100.0, 1.0]]), (12, 1))
    bars[4:6, HIGH] = 120.0
    assert np.isnan(over("pivot", bars, left_bars=2, right_bars=2)[:, 0]).all()


def test_bands_take_the_width_they_are_given(bars: Array) -> None:
    high, low = bars[:, HIGH], bars[:, LOW]
    got = over("accbands", bars, width=2.0)
    _same(got[:, 0], _mean(high * (1.0 + 2.0 * (high - low) / (high + low)), 20))
    _same(got[:, 2], _mean(low * (1.0 - 2.0 * (high - low) / (high + low)), 20))


def _market(length: int) -> Array:
    return 300.0 + np.abs(np.cumsum(np.random.default_rng(33).normal(0.0, 2.0, length)))


def test_beta_and_alpha_are_the_line_through_the_returns_of_name_and_market(bars: Array) -> None:
    market = _market(len(bars))
    name = bars[1:, CLOSE] / bars[:-1, CLOSE] - 1.0
    index = market[1:] / market[:-1] - 1.0
    beta, alpha = (over(id_, np.column_stack([bars, market]), period=60)[:, 0] for id_ in ("beta", "alpha"))
    assert np.isnan(beta[:60]).all()
    assert np.isnan(alpha[:60]).all()
    for t in range(60, len(bars)):
        slope, intercept = np.polyfit(index[t - 60 : t], name[t - 60 : t], 1)
        assert beta[t] == pytest.approx(slope, rel=1e-9)
        assert alpha[t] == pytest.approx(intercept, rel=1e-9, abs=1e-12)


def test_beta_and_alpha_leave_out_a_bar_that_lacks_the_benchmark(bars: Array) -> None:
    market = _market(len(bars))
    market[[50, 51, 90]] = np.nan
    given = np.column_stack([bars, market])
    there = ~np.isnan(market)
    for id_ in ("beta", "alpha"):
        without = over(id_, given[there], period=20)
        np.testing.assert_array_equal(over(id_, given, period=20)[there], without)


def test_beta_is_refused_by_name_where_no_benchmark_is_given(bars: Array) -> None:
    assert {id_ for id_, kernel in kernels().items() if kernel.benchmark} == {"alpha", "beta"}
    sheet = Sheet([(kernel_of("maximum"), {}), (kernel_of("beta"), {"period": 20})])
    with pytest.raises(ValueError, match="expected the benchmark's close as a sixth column for beta, was none"):
        sheet.history(bars)


def test_the_sixth_column_is_read_by_those_that_ask_for_it_alone(bars: Array) -> None:
    given = np.column_stack([bars, _market(len(bars))])
    np.testing.assert_array_equal(run(kernel_of("maximum"), {}, given), run(kernel_of("maximum"), {}, bars))
    _same(run(kernel_of("beta"), {"period": 20}, given)[:, 0], over("beta", given, period=20)[:, 0])
