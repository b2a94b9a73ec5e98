"""Search, its significance, look-ahead analysis and the command, on small folders."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from backtest_cases import CLOSE_S, DAY_S, STOCK, spec_of

from domain.bars import Bars, bars_of
from domain.strategy.spec import StrategySpec, parse_spec
from simulation.backtest.errors import BacktestError
from simulation.backtest.lookahead import analysed
from simulation.backtest.search import World, choices_of, grid, with_params
from simulation.backtest.signals import Signalled, given, known_at
from simulation.backtest.significance import overfitting, significance
from ui.commands.backtest import main

PARAMS = {
    "strategy": {
        "id": "cross",
        "params": {"n": {"default": 5, "min": 2, "max": 10, "type": "int"}},
        "indicators": [{"id": "sma", "alias": "a", "params": {"period": "$n"}}],
        "entry": {"conditions": [{"indicator": "close", "operator": "cross_above", "compare_to": "a"}]},
    }
}


def course(count: int = 120) -> Bars:
    source = np.random.default_rng(5)
    close = np.rint(10_000 * np.exp(np.cumsum(source.normal(0, 0.02, count)))).astype(np.int64)
    times = CLOSE_S + DAY_S * np.arange(count)
    return bars_of(times, close, close + 100, close - 100, close, np.full(count, 10**6))


def test_choices_run_from_min_to_max_and_the_grid_is_sampled_by_seed() -> None:
    spec = spec_of(**PARAMS)
    assert choices_of(spec) == {"n": [Decimal(n) for n in (2, 4, 6, 8, 10)]}
    many = {"a": [Decimal(n) for n in range(30)], "b": [Decimal(n) for n in range(30)]}
    assert len(grid(many, 50, 1)) == 50
    assert grid(many, 50, 1) == grid(many, 50, 1) != grid(many, 50, 2)
    assert with_params(spec, {"n": Decimal(8)}).strategy.params["n"].default == 8
    with pytest.raises(BacktestError, match="없는 파라미터"):
        choices_of(spec, {"m": [Decimal(1)]})


def test_the_best_of_many_worthless_trials_is_not_believed_and_a_good_one_is() -> None:
    noise = np.random.default_rng(3).normal(0, 0.01, (500, 40))
    best = int(np.argmax(noise.mean(axis=0) / noise.std(axis=0)))
    luck = significance(noise, best)
    assert luck.deflated is not None
    assert luck.deflated < 0.95
    assert not luck.passed
    noise[:, 7] += 0.004
    skill = significance(noise, 7)
    assert skill.passed
    assert skill.overfit is not None
    assert skill.overfit < 0.05
    assert overfitting(noise[:50]) is None


def test_look_ahead_is_found_and_its_absence_is_too() -> None:
    def honest(_: StrategySpec, __: str, bars: Bars) -> Signalled:
        rises = np.append(False, bars.close[1:] > bars.close[:-1])
        return given(rises, ~rises)

    def peeking(_: StrategySpec, __: str, bars: Bars) -> Signalled:
        rises = np.append(bars.close[1:] > bars.close[:-1], False)
        return given(rises, ~rises)

    world = World({STOCK: course()}, 10_000_000)
    clean = analysed(spec_of(), world, evaluate=honest)
    assert clean.clean
    assert clean.fills > 0
    dirty = analysed(spec_of(), world, evaluate=peeking)
    assert {peek.what for peek in dirty.peeks} >= {"entry", "exit"}


def test_a_week_is_known_with_its_last_session_or_with_the_next_week() -> None:
    spec = parse_spec(spec_of().to_json() | {"timeframe": "1w"})
    times = CLOSE_S + DAY_S * np.array([0, 1, 2, 3, 4, 7, 8, 9, 14])  # Friday of the second week is missing
    place = np.array([0, 0, 0, 0, 0, 1, 1, 1, 2])
    assert known_at(times, place, spec.timeframe).tolist() == [4, 8, 9]


def folder_of(place: Path) -> Path:
    bars, folder = course(), place / "data"
    folder.mkdir()
    rows = ["date,open,high,low,close,volume"]
    for at in range(len(bars)):
        day = date.fromordinal(date(2024, 1, 8).toordinal() + at)
        rows.append(f"{day},{bars.open[at]},{bars.high[at]},{bars.low[at]},{bars.close[at]},{bars.volume[at]}")
    rows[11] = rows[11].split(",")[0] + f",0,0,0,{bars.close[9]},0"
    (folder / f"{STOCK}.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_the_command_answers_json_and_writes_a_report_that_needs_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file, page = folder_of(tmp_path), tmp_path / "s.json", tmp_path / "r.html"
    held = {
        "strategy": {"id": "held"},
        "universe": {"tickers": [STOCK]},
        "sizing": {"method": "targets", "targets": {STOCK: 5_000}},
    }
    file.write_text(json.dumps(spec_of(**held).to_json()), encoding="utf-8")
    words = [str(file), "--data", str(folder), "--cash", "2천만원", "--from", "2024-02-01"]
    assert main([*words, "--json", "--report", str(page)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["cash"] == 20_000_000
    assert answer["from"] == "2024-02-01"
    assert answer["final"] == answer["days"]["equity"][-1]
    html = page.read_text(encoding="utf-8")
    assert "약점" in html
    assert "지난 성과는 앞으로의 수익을 보장하지 않아요" in html
    assert 'src="http' not in html
    assert main(words) == 0
    assert capsys.readouterr().out.rstrip().endswith("지난 성과는 앞으로의 수익을 보장하지 않아요.")
    assert main([str(file), "--data", str(tmp_path / "none"), "--cash", "1000000"]) == 1
    assert "폴더를 찾을 수 없어요" in capsys.readouterr().err
