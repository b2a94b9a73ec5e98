"""Kernels run over history, bar by bar and over many names: one answer, no later bar in it, kept on disk by content."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from random_strategies import series

from domain.indicators import candles
from domain.indicators.catalogue import kernel_of, kernels
from domain.indicators.compiled import cell, stamp
from domain.indicators.history import Running, Sheet, run
from domain.indicators.kernel import Kernel, values
from domain.strategy.vocabulary import candlestick_ids, default_of, indicator_table

BARS = 420


def bars_of(seed: int, n: int = BARS) -> NDArray[np.float64]:
    """A random name with a benchmark beside it."""
    market = 300 + np.cumsum(np.random.default_rng([seed, 3]).normal(0, 1, n))
    return np.column_stack((series(seed, n).matrix(), market))


def test_the_catalogue_has_what_the_table_has() -> None:
    table: Mapping[str, dict[str, object]] = indicator_table()
    assert set(kernels()) == set(table)
    for id_, row in table.items():
        found = kernel_of(id_)
        assert list(found.outputs) == row["outputs"], id_
        assert dict(found.params) == {name: float(default_of(id_, name)) for name in found.params}, id_
        assert set(found.params) == set(row["params"]), id_  # type: ignore[call-overload]
    assert set(candles.PATTERNS) == candlestick_ids()


def test_an_indicator_that_does_not_exist_is_named() -> None:
    with pytest.raises(KeyError, match="was nothing_such"):
        kernel_of("nothing_such")


@pytest.mark.parametrize("id_", sorted(indicator_table()))
def test_no_indicator_sees_a_later_bar_and_bar_by_bar_is_the_same(id_: str) -> None:
    bars = bars_of(11)
    indicator = kernel_of(id_)
    whole = run(indicator, {}, bars)
    assert not np.isinf(whole).any()
    for cut in (1, 37, 300, BARS - 1):
        mutated = bars.copy()
        mutated[cut:] = mutated[cut:][::-1] * 2 + 7
        assert np.array_equal(run(indicator, {}, mutated)[:cut], whole[:cut], equal_nan=True), cut
    running = Running(indicator, {})
    size = running.state.size
    pieces = [running.steps(bars[:100]), *(running.step(bar)[np.newaxis] for bar in bars[100:130])]
    kept = Running(indicator, {})
    kept.state[:] = running.state
    pieces.append(kept.steps(bars[130:]))
    assert np.array_equal(np.concatenate(pieces), whole, equal_nan=True)
    assert kept.state.size == size


@pytest.mark.parametrize("id_", sorted(candlestick_ids()))
def test_no_candlestick_sees_a_later_bar(id_: str) -> None:
    bars = bars_of(12)[:, :5]
    whole = candles.history(id_, bars)
    for cut in (37, 300):
        mutated = bars.copy()
        mutated[cut:] = mutated[cut:][::-1] * 2 + 7
        assert np.array_equal(candles.history(id_, mutated)[:cut], whole[:cut])


def test_many_names_are_each_name_alone() -> None:
    many = np.stack([bars_of(seed, 90)[:, :5] for seed in range(300)])
    asked: list[tuple[Kernel, dict[str, float]]] = [(kernel_of("macd"), {}), (kernel_of("sma"), {"period": 5})]
    sheet = Sheet(asked)
    together = sheet.history(many)
    for name in range(0, 300, 23):
        alone = [run(indicator, params, many[name]) for indicator, params in asked]
        assert np.array_equal(together[name], np.column_stack(alone), equal_nan=True)
    states = np.zeros((300, sheet.size))
    for i in range(90):
        found = sheet.go_on(states, many[:, i, np.newaxis])[:, 0]
        assert np.array_equal(found, together[:, i], equal_nan=True)


def test_a_sheet_is_its_indicators_side_by_side() -> None:
    bars = bars_of(3)[:, :5]
    asked: list[tuple[Kernel, dict[str, float]]] = [
        (kernel_of("sma"), {"period": 5}),
        (kernel_of("macd"), {}),
        (kernel_of("sma"), {"period": 20}),
    ]
    sheet = Sheet(asked)
    found = sheet.history(bars)
    assert (sheet.width, sheet.warmup) == (5, 34)
    for (first, outs), (indicator, params) in zip(sheet.columns, asked, strict=True):
        assert np.array_equal(found[:, first : first + outs], run(indicator, params, bars), equal_nan=True)


def test_arrays_that_do_not_fit_are_refused_before_anything_is_written() -> None:
    sheet = Sheet([(kernel_of("sma"), {})])
    bars = np.ones((1, 3, 5))
    with pytest.raises(ValueError, match=r"expected states contiguous float64\(1, 23\)"):
        sheet.go_on(np.zeros((1, 9)), bars)
    with pytest.raises(ValueError, match="expected out contiguous"):
        sheet.history(bars, out=np.zeros((1, 2, 1)))
    with pytest.raises(ValueError, match="expected bars of open, high, low, close and volume"):
        sheet.history(np.ones((3, 4)))


@pytest.mark.parametrize("period", [0, -1, 2.5, 1e9, float("nan")])
def test_a_count_of_bars_that_is_none_is_refused(period: float) -> None:
    with pytest.raises(ValueError, match="for period of sma"):
        values(kernel_of("sma"), {"period": period})


def test_a_parameter_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="expected period for sma, was length"):
        values(kernel_of("sma"), {"length": 3})


def test_the_stamp_of_compiled_code_follows_what_it_calls() -> None:
    def made(inner_constant: float) -> object:
        inner = cell(eval(f"lambda x: x + {inner_constant}"))
        return cell(lambda x: inner(x) * 2.0)

    same = [stamp(made(1.5)), stamp(made(1.5))]  # type: ignore[arg-type]
    assert same[0] == same[1] != stamp(made(2.5))  # type: ignore[arg-type]
