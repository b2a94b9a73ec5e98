"""What every peer's script shares: the bars it is given, the rule it trades, how it is timed, the line it answers.

Called as `python by_NAME.py FILE WORK ROUNDS`. FILE: int64[names, n, 6], time, open, high, low, close, volume. WORK:
`cross` (buy when the mean of 10 closes passes above that of 50, sell when it passes below) or `every` (buy at even
bars, sell at odd ones). The answer is one JSON line. Contract: 10 shares an order, commission of 0.015 % where the
engine has one, no short sale, one position a name. Timed is the engine alone, its own figures included; reading bars
and making the engine's own containers of them comes before the clock. `orders` are those that the strategy gave.
An engine that compiles runs once more before the rounds, and that run is told apart.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FAST, SLOW, SHARES, FEE, CASH = 10, 50, 10, 0.00015, 10_000_000_000


class Work(NamedTuple):
    bars: NDArray[np.int64]
    every: bool
    rounds: int


def work() -> Work:
    path, what, rounds = sys.argv[1:]
    return Work(np.load(path), what == "every", int(rounds))


def tell(package: str, run: Callable[[], int], rounds: int, compiles: bool) -> None:
    """`run` answers how many orders it gave."""
    first = _timed(run) if compiles else None
    times = [_timed(run) for _ in range(rounds)]
    answer = {
        "version": version(package),
        "orders": times[-1][2],
        "cpu": statistics.median(cpu for cpu, _, _ in times),
        "wall": statistics.median(wall for _, wall, _ in times),
        "first": None if first is None else first[:2],
    }
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


def _timed(run: Callable[[], int]) -> tuple[float, float, int]:
    cpu, wall = time.process_time(), time.perf_counter()
    orders = run()
    return time.process_time() - cpu, time.perf_counter() - wall, orders
