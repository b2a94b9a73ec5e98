"""A backtest's speed on three workloads: a crossing of averages, an order on every bar, a market of many names.

Ours runs with everything Korean on (fee, dated tax, ticks, band, T+2, latency and slippage drawn by seed, share of
volume) and makes its result, figures and trades included; signals are computed inside the clock by the one evaluator
where they are a strategy's. Beside it in the same run: NumPy computing the signals alone, and a plain Python loop that
buys and sells whole positions without any rule. What compiling costs is timed apart, in a fresh process with an empty
cache and in one with a full one. A peer is a program of its own, run by another interpreter, that reads the bars from a
file and prints {"name", "bars", "orders", "seconds"} as JSON: `QUARTZ_BACKTEST_PEERS=python:script.py,python:other.py`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.home import table
from domain.bars import Bars, bars_of
from domain.strategy.spec import StrategySpec, parse_spec
from simulation.backtest.run import backtest
from simulation.backtest.settings import Settings
from simulation.backtest.signals import Signalled, evaluated, given

CROSS_BARS, EVERY_BARS, NAMES, NAME_BARS = 500_000, 50_000, 2_600, 1_000
MINUTE_S, SESSION_MINUTES = 60, 390
FIRST_MINUTE_S = 1_577_926_860  # 2020-01-02 10:01 KST
CASH = 10_000_000_000
FAST, SLOW = 10, 50
PEERS = "QUARTZ_BACKTEST_PEERS"
SETTINGS = Settings(seed=1, resamples=0)
AIM_BARS, AIM_ORDERS = 5_000_000, 400_000


@dataclass(frozen=True, slots=True)
class Timed:
    """Best and middle of the rounds, seconds: processor time of this process, and wall."""

    cpu: float
    wall: float
    orders: int


def walk(bars: int, seed: int, spread: float = 0.001) -> Bars:
    """A random walk of minutes in sessions of 390, large enough to be traded."""
    source = np.random.default_rng(seed)
    close = np.maximum(1_000, np.rint(50_000 * np.exp(np.cumsum(source.normal(0, spread, bars))))).astype(np.int64)
    opened = np.append(close[0], close[:-1])
    place = np.arange(bars)
    times = FIRST_MINUTE_S + (place // SESSION_MINUTES) * 86_400 + (place % SESSION_MINUTES) * MINUTE_S
    high, low = np.maximum(opened, close) + 50, np.minimum(opened, close) - 50
    return bars_of(times, opened, high, low, close, np.full(bars, 5_000_000))


def crossing(bps: int = 1_000, order: str = "limit") -> StrategySpec:
    """SMA 10 over SMA 50."""

    def rule(operator: str) -> dict[str, object]:
        return {"conditions": [{"indicator": "fast", "operator": operator, "compare_to": "slow"}]}

    averages = [{"id": "sma", "alias": name, "params": {"period": n}} for name, n in (("fast", FAST), ("slow", SLOW))]
    return parse_spec(
        {
            "metadata": {"name": "SMA"},
            "strategy": {
                "id": "sma",
                "indicators": averages,
                "entry": rule("cross_above"),
                "exit": rule("cross_below"),
            },
            "timeframe": "1m",
            "schedule": {"every": "bar"},
            "sizing": {"method": "per_signal", "name_bps": bps},
            "constraints": {"max_positions": 200},
            "orders": {"type": order},
        }
    )


def average(
    close: np.ndarray[tuple[int], np.dtype[np.float64]], n: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    sums = np.cumsum(close)
    sums[n:] -= sums[:-n].copy()
    sums[: n - 1] = np.nan
    return sums / n


def numpy_signals(bars: Bars) -> int:
    """The floor: crossings found, nothing traded."""
    close = bars.close.astype(np.float64)
    above = average(close, FAST) > average(close, SLOW)
    return int((above[1:] != above[:-1]).sum())


def plain_loop(bars: Bars, every: bool = False) -> int:
    """A Python loop that knows fees and no rule: orders made."""
    close = bars.close.astype(np.float64)
    fast, slow = average(close, FAST).tolist(), average(close, SLOW).tolist()
    opens = bars.open.tolist()
    cash, shares, orders, wanted = float(CASH), 0, 0, 0
    for at in range(1, len(opens)):
        if wanted > 0 and not shares:
            shares = int(cash * 0.01 / opens[at])
            cash -= shares * opens[at] * 1.00015
            orders += 1
        elif wanted < 0 and shares:
            cash += shares * opens[at] * 0.99785
            shares = 0
            orders += 1
        if every:
            wanted = -1 if shares else 1
        elif fast[at] > slow[at]:
            wanted = 1 if fast[at - 1] <= slow[at - 1] else 0
        else:
            wanted = -1 if fast[at - 1] >= slow[at - 1] else 0
    return orders


def always(_: StrategySpec, __: str, bars: Bars) -> Signalled:
    """Enters at even bars and leaves at odd ones: an order on every bar."""
    even = np.arange(len(bars)) % 2 == 0
    return given(even, ~even)


def timed(rounds: int, work: Callable[[], int]) -> Timed:
    cpu, wall, orders = [], [], 0
    for _ in range(rounds):
        began, began_wall = time.process_time(), time.perf_counter()
        orders = work()
        cpu.append(time.process_time() - began)
        wall.append(time.perf_counter() - began_wall)
    return Timed(statistics.median(cpu), statistics.median(wall), orders)


def main(rounds: int) -> int:
    compiling()
    cross, every = walk(CROSS_BARS, 7), walk(EVERY_BARS, 8)
    _one("SMA 10/50 cross", rounds, cross, crossing(100), evaluated, False)
    _one("an order on every bar", rounds, every, crossing(100, "market"), always, True)
    market = {f"{100_000 + at}": walk(NAME_BARS, at, 0.01) for at in range(NAMES)}
    _market(rounds, market)
    return 0


def _one(
    title: str, rounds: int, bars: Bars, spec: StrategySpec, evaluate: Callable[..., Signalled], every: bool
) -> None:
    def ours() -> int:
        return backtest(spec, {"900001": bars}, CASH, settings=SETTINGS, evaluate=evaluate).counts.orders

    ours()  # warm
    rows = {"ours, all Korean costs": timed(rounds, ours)}
    if not every:
        rows["NumPy, signals alone"] = timed(rounds, lambda: numpy_signals(bars))
    rows["plain Python loop, fees alone"] = timed(1, lambda: plain_loop(bars, every))
    for name, found in peers(bars, "every" if every else "cross").items():
        rows[name] = found
    own = rows["ours, all Korean costs"]
    loop = rows["plain Python loop, fees alone"]
    if abs(own.orders - loop.orders) > max(2, loop.orders // 200):
        raise RuntimeError(f"expected as many orders as the plain loop, {loop.orders}, was {own.orders}")
    _report(f"{title}: {len(bars):,} bars, {own.orders:,} orders", len(bars), rows)


def _market(rounds: int, market: dict[str, Bars]) -> None:
    spec = crossing(100)

    def ours() -> int:
        return backtest(spec, market, CASH, settings=SETTINGS).counts.orders

    ours()
    count = sum(len(bars) for bars in market.values())
    rows = {
        "ours, one purse": timed(max(1, rounds // 3), ours),
        "NumPy, signals alone": timed(1, lambda: sum(numpy_signals(bars) for bars in market.values())),
        "plain Python loop, a purse each": timed(1, lambda: sum(plain_loop(bars) for bars in market.values())),
    }
    _report(f"{len(market):,} names x {NAME_BARS:,} bars", count, rows)


def _report(title: str, bars: int, rows: dict[str, Timed]) -> None:
    lines = [
        (
            name,
            f"{bars / row.cpu / 1e6:.2f} M",
            f"{bars / row.wall / 1e6:.2f} M",
            f"{row.orders / row.cpu:,.0f}",
            f"{row.orders:,}",
        )
        for name, row in rows.items()
    ]
    first = next(iter(rows.values()))
    ratios = ", ".join(f"{name} {row.cpu / first.cpu:.2f}" for name, row in list(rows.items())[1:])
    table(
        title,
        ("", "bars/s of processor", "bars/s of wall", "orders/s of processor", "orders"),
        lines,
        {"their time to ours": ratios, "aim": f"{AIM_BARS / 1e6:g} M bars/s, {AIM_ORDERS:,} orders/s"},
    )


def peers(bars: Bars, work: str) -> dict[str, Timed]:
    """Other programs on the same bars; each says for itself how long it took without its imports."""
    found: dict[str, Timed] = {}
    wanted = [pair.partition(":") for pair in os.environ.get(PEERS, "").split(",") if pair]
    if not wanted:
        return found
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "bars.npy"
        np.save(path, np.column_stack([bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume]))
        for interpreter, _, script in wanted:
            done = subprocess.run([interpreter, script, str(path), work], capture_output=True, text=True, check=True)
            said = json.loads(done.stdout.strip().splitlines()[-1])
            found[said["name"]] = Timed(said["seconds"], said["seconds"], said["orders"])
    return found


_COMPILE = """
import json, resource, time
from benchmarks.backtest import SETTINGS, always, crossing, walk
from simulation.backtest.run import backtest
bars = walk(1_000, 1)
began, wall = time.process_time(), time.perf_counter()
backtest(crossing(), {"900001": bars}, 10**9, settings=SETTINGS, evaluate=always)
print(json.dumps([time.process_time() - began, time.perf_counter() - wall]))
"""


def compiling() -> None:
    """The engine's first run in a new process, without and with what an earlier one kept."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for name in ("nothing kept on disk", "kept on disk"):
            env = os.environ | {"NUMBA_CACHE_DIR": place}
            done = subprocess.run([sys.executable, "-c", _COMPILE], capture_output=True, text=True, check=True, env=env)
            cpu, wall = json.loads(done.stdout.strip().splitlines()[-1])
            rows.append((name, f"{cpu:.2f} s", f"{wall:.2f} s"))
    table("first run of the engine in a process (1,000 bars)", ("", "processor", "wall"), rows, {})
