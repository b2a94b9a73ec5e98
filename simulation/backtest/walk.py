"""Walk-forward: choose numbers on one stretch, live with them on the next, and count only what was lived.

Contract: stretches of sessions without overlap, oldest first; each test begins the day after its training ends and
starts from what the tests before left. What is reported comes from test stretches alone; beside it stands what the
same choice had promised in training.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from domain.decimals import canonical
from domain.strategy.spec import StrategySpec
from simulation.backtest import metrics
from simulation.backtest.errors import BacktestError
from simulation.backtest.search import Choices, Goal, Progress, World, run_world, search, with_params
from simulation.backtest.timeline import timeline

LEAST_SESSIONS = 40  # of a stretch


@dataclass(frozen=True, slots=True)
class Fold:
    """One step: what was chosen and what came of it."""

    train: tuple[date, date]
    test: tuple[date, date]
    params: Mapping[str, Decimal]
    promised: float | None  # Sharpe in training
    kept: float | None  # Sharpe in the test
    total_return: float
    trades: int


@dataclass(frozen=True, slots=True)
class Walked:
    folds: tuple[Fold, ...]
    total_return: float
    cagr: float | None
    sharpe: float | None
    depth: float
    final: int

    @property
    def efficiency(self) -> float | None:
        """Mean Sharpe lived over mean Sharpe promised; None when nothing good was promised."""
        promised = [fold.promised or 0.0 for fold in self.folds]
        kept = [fold.kept or 0.0 for fold in self.folds]
        return sum(kept) / sum(promised) if sum(promised) > 0 else None

    def to_json(self) -> dict[str, Any]:
        return {
            "total_return": self.total_return,
            "cagr": self.cagr,
            "sharpe": self.sharpe,
            "max_drawdown": self.depth,
            "final": self.final,
            "efficiency": self.efficiency,
            "folds": [
                {
                    "train": [day.isoformat() for day in fold.train],
                    "test": [day.isoformat() for day in fold.test],
                    "params": {name: canonical(value) for name, value in fold.params.items()},
                    "promised_sharpe": fold.promised,
                    "sharpe": fold.kept,
                    "total_return": fold.total_return,
                    "trades": fold.trades,
                }
                for fold in self.folds
            ],
        }


def walk(
    spec: StrategySpec,
    world: World,
    choices: Choices | None = None,
    *,
    folds: int = 4,
    goal: Goal = "sharpe",
    most: int = 50,
    backend: str = "loky",
    workers: int = -1,
    progress: Progress | None = None,
) -> Walked:
    """`folds` tests of equal length after a first training as long as two of them; training keeps growing."""
    days = [
        day
        for day in timeline(world.bars).days
        if (world.first is None or day >= world.first) and (world.last is None or day <= world.last)
    ]
    length = len(days) // (folds + 2)
    if folds < 1 or length < LEAST_SESSIONS:
        raise BacktestError(
            f"{len(days)}거래일을 {folds}번으로 나누면 한 번이 {length}거래일이에요. "
            f"{LEAST_SESSIONS}거래일은 되어야 해요."
        )
    cash, lived, found = world.cash, [np.array([world.cash])], list[Fold]()
    for at in range(folds):
        begin = len(days) - (folds - at) * length
        train = (days[0], days[begin - 1])
        test = (days[begin], days[begin + length - 1])
        chosen = search(
            spec,
            replace(world, first=train[0], last=train[1]),
            choices,
            goal=goal,
            most=most,
            backend=backend,
            workers=workers,
        ).best
        result = run_world(
            with_params(spec, chosen.params),
            replace(world, cash=cash, first=test[0], last=test[1], settings=replace(world.settings, resamples=0)),
        )
        cash = result.final
        lived.append(result.course.equity)
        found.append(
            Fold(
                train=train,
                test=test,
                params=chosen.params,
                promised=chosen.sharpe,
                kept=result.figures.sharpe,
                total_return=result.figures.total_return,
                trades=result.trade_figures.count,
            )
        )
        if progress is not None:
            progress(at + 1, folds)
    return _walked(found, np.concatenate(lived), world)


def _walked(folds: list[Fold], equity: np.ndarray[Any, np.dtype[np.int64]], world: World) -> Walked:
    years = max((folds[-1].test[1] - folds[0].test[0]).days, 1) / metrics.YEAR_DAYS
    total = float(equity[-1] / equity[0] - 1.0)
    return Walked(
        folds=tuple(folds),
        total_return=total,
        cagr=math.pow(1.0 + total, 1.0 / years) - 1.0 if total > -1 else None,
        sharpe=metrics.sharpe(metrics.daily_returns(equity), world.settings.riskless_bps),
        depth=float((1.0 - equity / np.maximum.accumulate(equity)).max()),
        final=int(equity[-1]),
    )
