"""Parameter search: the same strategy with other numbers, each a whole backtest, over the cores or a cluster.

Contract: a grid over the strategy's `params`, or a seeded sample of it where it is larger than `most`. All trials see
the same days, namely those on which every one of them is warm. Trials run through joblib: `backend` is any that
joblib knows (loky, threading) or has been taught (dask, ray). The order of answers changes nothing. A search always
answers with its significance, because the best of many is good by chance.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from domain.bars import Bars
from domain.decimals import canonical
from domain.limits import Limits
from domain.strategy.signals import Param
from domain.strategy.spec import StrategySpec, parse_spec
from simulation.backtest import metrics
from simulation.backtest.errors import BacktestError
from simulation.backtest.metrics import Floats
from simulation.backtest.result import Result
from simulation.backtest.run import Index, backtest
from simulation.backtest.settings import Settings
from simulation.backtest.signals import Evaluate
from simulation.backtest.significance import Significance, significance

Goal = Literal["sharpe", "cagr", "calmar"]
Choices = Mapping[str, Sequence[Decimal]]
Progress = Callable[[int, int], None]
POINTS = 5  # a parameter whose values are not given
_STREAMING = ("loky", "threading", "multiprocessing")


@dataclass(frozen=True, slots=True)
class World:
    """What all trials share."""

    bars: Mapping[str, Bars]
    cash: int
    limits: Limits | None = None
    settings: Settings = field(default_factory=Settings)
    first: date | None = None
    last: date | None = None
    index: Index | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One set of numbers and what came of it; `returns` by session, ending with the last one of all trials."""

    params: Mapping[str, Decimal]
    sharpe: float | None
    cagr: float | None
    calmar: float | None
    total_return: float
    depth: float
    trades: int
    returns: Floats

    def score(self, goal: Goal) -> float:
        value: float | None = getattr(self, goal)
        return float("-inf") if value is None else value


@dataclass(frozen=True, slots=True)
class Found:
    """Trials from best to worst, and how much the best can be believed."""

    goal: Goal
    trials: tuple[Trial, ...]
    significance: Significance
    failed: int  # sets of numbers that make no valid strategy

    @property
    def best(self) -> Trial:
        return self.trials[0]

    def to_json(self) -> dict[str, Any]:
        own = self.significance
        return {
            "goal": self.goal,
            "trials": [_plain(trial) for trial in self.trials],
            "failed": self.failed,
            "significance": {
                "trials": own.trials,
                "sessions": own.sessions,
                "deflated_sharpe": own.deflated,
                "pbo": own.overfit,
                "passed": own.passed,
            },
        }


def choices_of(spec: StrategySpec, given: Choices | None = None) -> dict[str, list[Decimal]]:
    """Values to try: those given, else up to five from min to max of each parameter that has both."""
    chosen = {name: list(values) for name, values in (given or {}).items()}
    unknown = set(chosen) - set(spec.strategy.params)
    if unknown:
        known = ", ".join(spec.strategy.params) or "없음"
        raise BacktestError(f"이 전략에 없는 파라미터예요: {', '.join(sorted(unknown))}. 있는 것: {known}.")
    if not chosen:
        chosen = {
            name: _between(param)
            for name, param in spec.strategy.params.items()
            if param.min is not None and param.max is not None
        }
    if not chosen:
        raise BacktestError("바꿔 볼 파라미터가 없어요. params에 min과 max를 적거나 --set 이름=값,값을 주세요.")
    return chosen


def _between(param: Param) -> list[Decimal]:
    assert param.min is not None
    assert param.max is not None
    steps = [param.min + (param.max - param.min) * n / (POINTS - 1) for n in range(POINTS)]
    if param.type == "int":
        steps = [value.to_integral_value() for value in steps]
    return sorted(set(steps))


def grid(choices: Choices, most: int, seed: int) -> list[dict[str, Decimal]]:
    """All combinations, or a sample of `most` of them, in the order of the grid."""
    names = list(choices)
    size = int(np.prod([len(choices[name]) for name in names], dtype=np.float64))
    picked = sorted(random.Random(seed).sample(range(size), most)) if size > most else range(size)
    return [_combination(choices, names, at) for at in picked]


def _combination(choices: Choices, names: Sequence[str], at: int) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for name in reversed(names):
        at, place = divmod(at, len(choices[name]))
        found[name] = choices[name][place]
    return {name: found[name] for name in names}


def with_params(spec: StrategySpec, params: Mapping[str, Decimal]) -> StrategySpec:
    """The strategy with other defaults. StrategyError where they make no sense."""
    data = spec.to_json()
    for name, value in params.items():
        row = data["strategy"]["params"][name]
        row["default"] = canonical(value)
        for bound, worse in (("min", min), ("max", max)):
            if row.get(bound) is not None:
                row[bound] = canonical(worse(Decimal(row[bound]), value))
    return parse_spec(data)


def search(
    spec: StrategySpec,
    world: World,
    choices: Choices | None = None,
    *,
    goal: Goal = "sharpe",
    most: int = 200,
    backend: str = "loky",
    workers: int = -1,
    progress: Progress | None = None,
) -> Found:
    """`workers`: processes, -1 for all cores. BacktestError when no set of numbers can be run."""
    sets = grid(choices_of(spec, choices), most, world.settings.seed)
    specs = [made for made in (_valid(spec, params) for params in sets) if made is not None]
    plain = replace(world, settings=replace(world.settings, resamples=0))
    trials: list[Trial] = []
    for trial in _run([(own, params, plain) for own, params in specs], backend, workers):
        trials.append(trial)
        if progress is not None:
            progress(len(trials), len(specs))
    if not trials:
        raise BacktestError("시험할 수 있는 조합이 없어요. 파라미터의 범위를 바꿔 주세요.")
    trials.sort(key=lambda trial: (-trial.score(goal), _key(trial.params)))
    shortest = min(len(trial.returns) for trial in trials)
    returns = np.column_stack([trial.returns[len(trial.returns) - shortest :] for trial in trials])
    return Found(goal, tuple(trials), significance(returns, 0), len(sets) - len(trials))


def _key(params: Mapping[str, Decimal]) -> tuple[Decimal, ...]:
    return tuple(params.values())


def _valid(spec: StrategySpec, params: Mapping[str, Decimal]) -> tuple[StrategySpec, Mapping[str, Decimal]] | None:
    try:
        return with_params(spec, params), params
    except ValueError:
        return None


def _run(
    jobs: Sequence[tuple[StrategySpec, Mapping[str, Decimal], World]], backend: str, workers: int
) -> Iterator[Trial]:
    """Answers as they come; one process of its own for one job, because starting others costs more."""
    if len(jobs) < 2 or workers == 1:
        yield from (trial for job in jobs if (trial := one_trial(*job)) is not None)
        return
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend=backend, n_jobs=workers):
        how = "generator_unordered" if backend in _STREAMING else "list"
        answers = Parallel(return_as=how)(delayed(one_trial)(*job) for job in jobs)
        yield from (trial for trial in answers if trial is not None)


def one_trial(spec: StrategySpec, params: Mapping[str, Decimal], world: World) -> Trial | None:
    """None where there is too little history for these numbers."""
    try:
        result = run_world(spec, world)
    except BacktestError:
        return None
    found, fall = result.figures, result.figures.drawdown
    equity = np.concatenate([[result.cash], result.course.equity])
    return Trial(
        params=params,
        sharpe=found.sharpe,
        cagr=found.cagr,
        calmar=found.calmar,
        total_return=found.total_return,
        depth=0.0 if fall is None else fall.depth,
        trades=result.trade_figures.count,
        returns=metrics.daily_returns(equity),
    )


def run_world(spec: StrategySpec, world: World, evaluate: Evaluate | None = None) -> Result:
    """One backtest in this world."""
    return backtest(
        spec,
        world.bars,
        world.cash,
        limits=world.limits,
        settings=world.settings,
        first=world.first,
        last=world.last,
        index=world.index,
        evaluate=evaluate,
    )


def _plain(trial: Trial) -> dict[str, Any]:
    return {
        "params": {name: canonical(value) for name, value in trial.params.items()},
        "sharpe": trial.sharpe,
        "cagr": trial.cagr,
        "calmar": trial.calmar,
        "total_return": trial.total_return,
        "max_drawdown": trial.depth,
        "trades": trial.trades,
    }
