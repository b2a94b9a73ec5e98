"""What the evaluator's words mean, by hand, and what a saved state refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from random_strategies import series, strategy

from domain.bars import bars_of
from domain.strategy.evaluator import Program, build
from domain.strategy.presets import OFFICIAL, preset_draft
from domain.strategy.problems import StrategyError
from domain.strategy.spec import parse_spec

NAN = float("nan")
DAY = 86_400
FIRST = 1_577_946_600  # a Thursday, 15:30 in Korea


def program(entry: list[Any], exit_: list[Any] | None = None, *, logic: str = "AND", **more: Any) -> Program:
    params = more.pop("params", {})
    strategy = {
        "id": "by_hand",
        "params": params,
        "indicators": more.pop("indicators", []),
        "candlesticks": more.pop("candlesticks", []),
        "entry": {"logic": logic, "conditions": entry},
        "exit": {"logic": "OR", "conditions": exit_ or []},
    }
    content = {
        "metadata": {"name": "손으로"},
        "strategy": strategy,
        "sizing": {"method": "per_signal", "name_bps": 1000},
        "universe": {"tickers": ["005930"]},
        **more,
    }
    return build(parse_spec(content))


def entries(one: Program, closes: list[float], model: list[float] | None = None) -> list[int]:
    """Bars at which entry is true; open stands at 100 throughout."""
    close = np.array(closes, dtype=np.float64)
    matrix = np.column_stack((np.full(len(close), 100.0), close, close, close, np.full(len(close), 10.0)))
    found = one.history(matrix, FIRST + DAY * np.arange(len(close)), None if model is None else {"rise": model})
    return np.flatnonzero(found.entry).tolist()


def close_against_open(operator: str, **more: Any) -> Program:
    return program([{"indicator": "close", "operator": operator, "compare_to": "open", **more}])


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("greater_than", [2, 6]),
        ("greater_equal", [1, 2, 4, 6]),
        ("less_than", [0, 3, 5]),
        ("less_equal", [0, 1, 3, 4, 5]),
        ("equals", [1, 4]),
        ("not_equals", [0, 2, 3, 5, 6]),
        ("cross_above", [2, 6]),
        ("cross_below", [3, 5]),
        ("cross_above_equal", [1, 4, 6]),
        ("cross_below_equal", [3]),
        ("breaks_above", [2, 6]),
        ("breaks_below", [3, 5]),
    ],
)
def test_an_operator_is_true_where_the_table_says(operator: str, expected: list[int]) -> None:
    assert entries(close_against_open(operator), [99, 100, 101, 99, 100, 99, 101]) == expected


def test_between_has_both_ends_and_is_never_true_upside_down() -> None:
    closes = [98.0, 99.0, 100.0, 101.0, 102.0]
    inside = [{"indicator": "close", "operator": "between", "value": 99, "value_high": 101}]
    assert entries(program(inside), closes) == [1, 2, 3]
    against = [{"indicator": "close", "operator": "between", "value": 101, "compare_to_high": "open"}]
    assert entries(program(against), closes) == []


def test_a_break_wants_every_bar_before_it_on_the_other_side() -> None:
    closes = [99.0, 99.0, 101.0, 99.0, 100.0, 99.0, 101.0, 101.0]
    assert entries(close_against_open("breaks_above", bars=3), closes) == [6]
    assert entries(close_against_open("breaks_above", bars=2), closes) == [2, 6]


def test_a_scalar_works_on_the_right_side_now_and_on_the_bar_before() -> None:
    closes = [98.0, 104.0, 106.0, 106.0, 94.0]
    for how, scalar in (("mul", 1.05), ("add", 5), ("sub", -5), ("div", 0.95)):
        found = close_against_open("cross_above", compare_scalar=scalar, compare_operation=how)
        assert entries(found, closes) == [2]


def test_unknown_is_never_true_and_a_gap_in_a_model_is_no_cross() -> None:
    model = [1.0, NAN, 3.0, 1.0, 3.0]
    closes = [100.0] * 5
    for operator, expected in (
        ("cross_above", [4]),
        ("not_equals", [0, 2, 3, 4]),
        ("greater_than", [2, 4]),
        ("less_than", [0, 3]),
    ):
        assert entries(program([{"model": "rise", "operator": operator, "value": 2}]), closes, model) == expected
    assert entries(program([{"model": "rise", "operator": "not_equals", "value": 2}]), closes) == []


def test_groups_nest_and_an_empty_one_is_never_true() -> None:
    up = {"indicator": "close", "operator": "greater_than", "value": 100}
    down = {"indicator": "close", "operator": "less_than", "value": 98}
    same = {"indicator": "open", "operator": "equals", "value": 100}
    nested = [{"logic": "OR", "conditions": [up, down]}, same]
    closes = [97.0, 99.0, 101.0]
    assert entries(program(nested), closes) == [0, 2]
    fixed = program([], sizing={"method": "targets", "targets": {"005930": 5000}})
    assert entries(fixed, closes) == []
    assert not fixed.has_entry


def test_where_both_are_true_exit_counts() -> None:
    up = {"indicator": "close", "operator": "greater_than", "value": 100}
    high = {"indicator": "close", "operator": "greater_than", "value": 105}
    one = program([up], [high])
    bars = bars_of([FIRST, FIRST + DAY], [103, 107], [103, 107], [103, 107], [103, 107], [1, 1])
    found = one.history(bars.matrix(), bars.time)
    assert found.entry.tolist() == [True, False]
    assert found.exit.tolist() == [False, True]


def test_an_indicator_of_a_longer_time_frame_counts_from_the_first_bar_after_its_bar() -> None:
    one = program(
        [{"indicator": "week", "operator": "greater_than", "value": 0}],
        indicators=[{"id": "sma", "alias": "week", "params": {"period": 1}, "timeframe": "1w"}],
    )
    days = [FIRST, FIRST + DAY, *(FIRST + DAY * n for n in (4, 5, 6, 7, 8)), FIRST + DAY * 11]
    closes = list(range(101, 109))
    bars = bars_of(days, closes, closes, closes, closes, [1] * 8)
    week = one.history(bars.matrix(), bars.time).columns["week"]
    assert np.isnan(week[:2]).all()
    assert week[2:].tolist() == [102.0] * 5 + [107.0]


def test_the_same_indicator_under_two_names_is_computed_once() -> None:
    rows = [{"id": "sma", "alias": name, "params": {"period": 3}} for name in ("a", "b")]
    one = program([{"indicator": "a", "operator": "equals", "compare_to": "b"}], indicators=rows)
    assert one.columns.width == 6
    assert entries(one, [100.0] * 4) == [2, 3]


def test_a_parameter_takes_another_value_for_a_run() -> None:
    content = {
        "metadata": {"name": "파라미터"},
        "strategy": {
            "id": "run",
            "params": {"n": {"default": 3, "min": 2, "max": 5, "type": "int"}},
            "indicators": [{"id": "sma", "alias": "a", "params": {"period": "$n"}}],
            "entry": {"conditions": [{"indicator": "close", "operator": "greater_than", "compare_to": "a"}]},
        },
        "sizing": {"method": "per_signal", "name_bps": 1000},
        "universe": {"tickers": ["005930"]},
    }
    spec = parse_spec(content)
    assert build(spec).warmup == 3
    assert build(spec, {"n": Decimal(5)}).warmup == 5
    assert build(spec).identity != build(spec, {"n": Decimal(5)}).identity
    for wrong, words in (({"n": Decimal(6)}, "min과 max"), ({"m": Decimal(3)}, "없는 파라미터")):
        with pytest.raises(StrategyError, match=words):
            build(spec, wrong)


def crossing(period: int = 3) -> Program:
    return program(
        [{"indicator": "close", "operator": "cross_above", "compare_to": "a"}],
        indicators=[{"id": "sma", "alias": "a", "params": {"period": period}}],
    )


def test_state_of_another_strategy_or_damaged_state_is_refused() -> None:
    bars = series(1, 5)
    live = crossing().start()
    for bar, time in zip(bars.matrix(), bars.time.tolist(), strict=True):
        live.step(bar, time)
    saved = live.saved()
    assert crossing().resume(saved).bars == 5
    with pytest.raises(ValueError, match="expected the state of strategy"):
        crossing(4).resume(saved)
    with pytest.raises(ValueError, match="damaged"):
        crossing().resume(saved[:60] + bytes([saved[60] ^ 1]) + saved[61:])
    for nothing in (b"", b"QZLS", b"x" * 400):
        with pytest.raises(ValueError, match="expected the saved state of a strategy"):
            crossing().resume(nothing)


def test_a_bar_that_was_counted_is_refused_after_a_restart_too() -> None:
    bars = series(1, 3)
    live = crossing().start()
    live.step(bars.matrix()[0], int(bars.time[0]))
    again = crossing().resume(live.saved())
    with pytest.raises(ValueError, match="expected a bar that ends after"):
        again.step(bars.matrix()[0], int(bars.time[0]))
    again.step(bars.matrix()[1], int(bars.time[1]))


def test_a_strategy_without_its_benchmark_says_so_and_is_never_true() -> None:
    one = program(
        [{"indicator": "b", "operator": "not_equals", "value": 0}],
        indicators=[{"id": "beta", "alias": "b", "params": {"period": 5}}],
    )
    bars = series(2, 30)
    assert one.against == ("beta",)
    assert not one.history(bars.matrix(), bars.time).entry.any()
    both = np.column_stack((bars.matrix(), bars.close * 0.01 + np.arange(30)))
    assert one.history(both, bars.time).entry.any()


def test_times_that_do_not_rise_are_refused() -> None:
    bars = series(1, 3)
    with pytest.raises(ValueError, match="expected times that rise"):
        crossing().history(bars.matrix(), bars.time[::-1].copy())


def test_memory_is_bounded_by_the_warm_up() -> None:
    """Floats of price history: at most the five fields of warm-up bars and a constant an indicator and a condition."""
    for seed in range(12):
        spec = strategy(seed)
        one = build(spec)
        parts = len(spec.strategy.indicators) + len(one.table.conditions) + 1
        assert one.start().size <= 6 * one.warmup + 64 * parts, seed


@pytest.mark.parametrize("preset", OFFICIAL)
def test_every_preset_of_the_official_builder_can_be_evaluated(preset: str) -> None:
    bars = series(5, 300)
    one = build(preset_draft(preset))
    found = one.history(bars.matrix(), bars.time)
    live = one.start()
    for i, (bar, time) in enumerate(zip(bars.matrix(), bars.time.tolist(), strict=True)):
        signal = live.step(bar, time)
        assert (signal.entry, signal.exit) == (found.entry[i], found.exit[i])
