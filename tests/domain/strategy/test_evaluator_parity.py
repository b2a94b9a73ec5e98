"""One evaluator: all of history and one bar after another say the same, whatever the strategy, wherever it was saved.

The whole campaign, 500 random strategies on 500 random series, 40 of them and every preset on the real ones:
`./quartz test -m long tests/domain/strategy/test_evaluator_parity.py`. What the worker makes of it: `./quartz parity`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from random_strategies import series, strategy

from domain.bars import Bars, bars_from_public
from domain.indicators.catalogue import kernel_of
from domain.indicators.history import Sheet
from domain.strategy.evaluator import Program, build
from domain.strategy.presets import preset_draft, preset_ids, trades_on_signals
from domain.strategy.vocabulary import indicator_table

CLOSE = time(15, 30)
KST = timezone(timedelta(hours=9))
SHORT = range(24)
LONG = range(500)
PRESETS = [preset for preset in preset_ids() if trades_on_signals(preset)]


def with_market(bars: Bars, seed: int) -> NDArray[np.float64]:
    """The bars and a benchmark that walks beside them and is missing now and then."""
    r = np.random.default_rng([seed, 3])
    market = 300 + np.cumsum(r.normal(0, 1, len(bars)))
    market[r.random(len(bars)) < 0.02] = np.nan
    return np.column_stack((bars.matrix(), market))


def inference(seed: int, n: int) -> NDArray[np.float64]:
    r = np.random.default_rng([seed, 4])
    return np.where(r.random(n) < 0.1, np.nan, r.integers(-60, 60, n).astype(np.float64))


def assert_parity(program: Program, matrix: NDArray[np.float64], bars: Bars, seed: int, resumes: int) -> None:
    """`resumes`: saved and taken up again every so many bars."""
    model = inference(seed, len(bars))
    found = program.history(matrix, bars.time, {"rise": model})
    live = program.start()
    size = live.size
    for i in range(len(bars)):
        if i % resumes == 0:
            live = program.resume(live.saved())
        signal = live.step(matrix[i], int(bars.time[i]), {"rise": float(model[i])})
        assert (signal.entry, signal.exit) == (found.entry[i], found.exit[i]), f"seed {seed}, bar {i}"
        for name, value in signal.values.items():
            assert value == found.columns[name][i] or np.isnan([value, found.columns[name][i]]).all(), (
                f"seed {seed}, bar {i}, {name}: live {value!r}, history {found.columns[name][i]!r}"
            )
    assert live.size == size


def random_parity(seed: int, n: int) -> None:
    spec = strategy(seed)
    bars = series(seed, n, spec.timeframe.value)
    assert_parity(build(spec), with_market(bars, seed), bars, seed, resumes=1 if seed % 4 == 0 else 7)


@pytest.mark.parametrize("seed", SHORT)
def test_history_and_live_agree_on_a_random_strategy(seed: int) -> None:
    random_parity(seed, 120)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_history_and_live_agree_on_five_hundred_random_strategies() -> None:
    for seed in LONG:
        random_parity(seed, 400)


def real_series(shared: Path) -> Iterator[tuple[str, Bars]]:
    for path in sorted((shared / "data/krx/daily").glob("*.csv")):
        with path.open() as lines:
            rows = list(csv.DictReader(lines))
        ends = [int(datetime.combine(date.fromisoformat(row["date"]), CLOSE, KST).timestamp()) for row in rows]
        columns = ([int(row[name]) for row in rows] for name in ("open", "high", "low", "close", "volume"))
        yield path.stem, bars_from_public(ends, *columns)


def test_history_and_live_agree_on_real_series(shared_dir: Path) -> None:
    for seed, (_, bars) in enumerate(real_series(shared_dir)):
        few = bars.part(0, 260)
        spec = strategy(seed)
        if spec.timeframe.minutes is None:
            assert_parity(build(spec), with_market(few, seed), few, seed, resumes=50)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_history_and_live_agree_for_every_strategy_on_every_real_series(shared_dir: Path) -> None:
    daily = [spec for spec in map(strategy, range(40)) if spec.timeframe.minutes is None]
    for _, bars in real_series(shared_dir):
        for seed, spec in enumerate(daily):
            assert_parity(build(spec), with_market(bars, seed), bars, seed, resumes=100)


def test_history_and_live_agree_for_every_preset_on_a_real_series(shared_dir: Path) -> None:
    found = list(real_series(shared_dir))
    for number, preset in enumerate(PRESETS):
        _, bars = found[number % len(found)]
        few = bars.part(300, 560)  # a year's high needs a year
        assert_parity(build(preset_draft(preset)), few.matrix(), few, number, resumes=40)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_history_and_live_agree_for_every_preset_on_every_real_series(shared_dir: Path) -> None:
    for preset in PRESETS:
        program = build(preset_draft(preset))
        fired = 0
        for number, (_, bars) in enumerate(real_series(shared_dir)):
            assert_parity(program, bars.matrix(), bars, number, resumes=100)
            fired += int(program.history(bars.matrix(), bars.time).entry.sum())
        assert fired > 0, preset


@pytest.mark.parametrize("id_", sorted(indicator_table()))
def test_an_indicator_remembers_a_few_windows_of_its_warm_up_and_no_more(id_: str) -> None:
    """Its state is one array of a fixed size, so no window in it can be longer: nine at most, and as many numbers."""
    sheet = Sheet([(kernel_of(id_), {})])
    assert sheet.size <= 9 * sheet.warmup + 9


@pytest.mark.parametrize("seed", range(0, 24, 3))
def test_a_later_bar_changes_nothing_before_it(seed: int) -> None:
    spec = strategy(seed)
    bars = series(seed, 200, spec.timeframe.value)
    program = build(spec)
    matrix = with_market(bars, seed)
    model = inference(seed, len(bars))
    before = program.history(matrix, bars.time, {"rise": model})
    for cut in (40, 119, 199):
        changed = matrix.copy()
        changed[cut:] = changed[cut:] * 3 + 1
        times = bars.time.copy()
        times[cut:] += 40 * 86_400
        after = program.history(changed, times, {"rise": np.where(np.arange(len(model)) < cut, model, 99.0)})
        assert np.array_equal(before.entry[:cut], after.entry[:cut])
        assert np.array_equal(before.exit[:cut], after.exit[:cut])
        for name, column in before.columns.items():
            assert np.array_equal(column[:cut], after.columns[name][:cut], equal_nan=True), name
