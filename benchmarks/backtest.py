"""A backtest's speed on three workloads: a crossing of averages, an order on every bar, a market of many names.

Ours runs with everything Korean on (fee, dated tax, ticks, band, T+2, latency and slippage drawn by seed, share of
volume) and makes its result, figures and trades included; signals are computed inside the clock by the one evaluator
where they are a strategy's. Beside it in the same run on the same bars: NumPy computing the signals alone, a plain
Python loop that buys and sells without any rule, and with `--peers` other people's engines (`benchmarks.peers`), each
with its own commission and nothing else. Orders are those that the rule gave; whoever gives another number is marked.
What compiling costs is timed apart: ours in a fresh process with an empty cache and in one with a full one.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.home import table
from benchmarks.peers.side_by_side import run_peers
from domain.bars import Bars, bars_of
from domain.strategy.spec import StrategySpec, parse_spec
from simulation.backtest.run import backtest
from simulation.backtest.settings import Settings
from simulation.backtest.signals import Signalled, evaluated, given

CROSS_BARS, EVERY_BARS, NAMES, NAME_BARS = 500_000, 50_000, 2_600, 1_000
CROSS_SEED, EVERY_SEED = 196, 8  # the first walk of so many bars whose averages cross for 13,734 orders
MINUTE_S, SESSION_MINUTES, DAY_S = 60, 390, 86_400
FIRST_MINUTE_S = 1_577_926_860  # 2020-01-02 10:01 KST
FIRST_CLOSE_S = 1_577_946_600  # and 15:30, a Thursday
FIRST_WEEKDAY = 3
CASH = 10_000_000_000
FAST, SLOW = 10, 50
SETTINGS = Settings(seed=1, resamples=0)
AIM_BARS, AIM_ORDERS = 5_000_000, 400_000


@dataclass(frozen=True, slots=True)
class Timed:
    """Middle of the rounds, seconds: processor time of the process, and wall; `first`: a first run that compiled."""

    cpu: float
    wall: float
    orders: int
    first: tuple[float, float] | None = None


@dataclass(slots=True)
class Peers:
    """Whether other engines run too, and which of them cannot be had here."""

    asked: bool
    refused: dict[str, str] = field(default_factory=dict)

    def beside(self, bars: Sequence[Bars], every: bool, rounds: int) -> tuple[dict[str, Timed], list[str]]:
        if not self.asked:
            return {}, []
        told, silent = run_peers(bars, every, rounds, self.refused)
        return {one.name: Timed(one.cpu, one.wall, one.orders, one.first) for one in told}, silent


def walk(bars: int, seed: int, spread: float = 0.001, *, daily: bool = False) -> Bars:
    """A random walk of minutes in sessions of 390, or of weekdays, large enough to be traded."""
    source = np.random.default_rng(seed)
    close = np.maximum(1_000, np.rint(50_000 * np.exp(np.cumsum(source.normal(0, spread, bars))))).astype(np.int64)
    opened = np.append(close[0], close[:-1])
    place = np.arange(bars)
    if daily:
        weekday = place + FIRST_WEEKDAY
        times = FIRST_CLOSE_S + (weekday // 5 * 7 + weekday % 5 - FIRST_WEEKDAY) * DAY_S
    else:
        times = FIRST_MINUTE_S + (place // SESSION_MINUTES) * DAY_S + (place % SESSION_MINUTES) * MINUTE_S
    high, low = np.maximum(opened, close) + 50, np.minimum(opened, close) - 50
    return bars_of(times, opened, high, low, close, np.full(bars, 5_000_000))


def crossing(bps: int = 1_000, order: str = "limit", timeframe: str = "1m") -> StrategySpec:
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
            "timeframe": timeframe,
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
    """A Python loop that knows fees and no other rule: orders given, each filled whole at the next open."""
    close = bars.close.astype(np.float64)
    fast, slow = average(close, FAST).tolist(), average(close, SLOW).tolist()
    cash, shares, orders, wanted = float(CASH), 0, 0, 0
    fast_before = slow_before = float("nan")
    for opened, quick, calm in zip(bars.open.tolist(), fast, slow, strict=True):
        if wanted > 0:
            shares = int(cash * 0.01 / opened)
            cash -= shares * opened * 1.00015
        elif wanted < 0:
            cash += shares * opened * 0.99785
            shares = 0
        if every:
            wanted = -1 if shares else 1
        elif shares:
            wanted = -1 if quick < calm and fast_before >= slow_before else 0
        else:
            wanted = 1 if quick > calm and fast_before <= slow_before else 0
        orders += wanted != 0
        fast_before, slow_before = quick, calm
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


def main(rounds: int, peers: bool = False) -> int:
    compiling()
    beside = Peers(peers)
    _one("SMA 10/50 cross", rounds, walk(CROSS_BARS, CROSS_SEED), crossing(100), evaluated, beside)
    _one("an order on every bar", rounds, walk(EVERY_BARS, EVERY_SEED), crossing(100, "market"), always, beside)
    _market(rounds, {f"{100_000 + at}": walk(NAME_BARS, at, 0.01, daily=True) for at in range(NAMES)}, beside)
    return 0


def _one(
    title: str, rounds: int, bars: Bars, spec: StrategySpec, evaluate: Callable[..., Signalled], beside: Peers
) -> None:
    every = evaluate is always

    def ours() -> int:
        return backtest(spec, {"900001": bars}, CASH, settings=SETTINGS, evaluate=evaluate).counts.orders

    ours()  # warm
    rows = {"ours, all Korean costs": timed(rounds, ours)}
    if not every:
        rows["NumPy, signals alone"] = timed(rounds, lambda: numpy_signals(bars))
    rows["plain Python loop, fees alone"] = timed(1, lambda: plain_loop(bars, every))
    others, silent = beside.beside([bars], every, rounds)
    _report(title, len(bars), rows | others, silent)


def _market(rounds: int, market: Mapping[str, Bars], beside: Peers) -> None:
    spec = crossing(3, "market", "1d")
    # A person's bound on names held would refuse orders that the others give.
    spec = spec.model_copy(update={"constraints": spec.constraints.model_copy(update={"max_positions": NAMES})})

    def ours() -> int:
        return backtest(spec, market, CASH, settings=SETTINGS).counts.orders

    ours()
    fewer = max(1, rounds // 2)
    rows = {
        "ours, one purse, all Korean costs": timed(fewer, ours),
        "NumPy, signals alone": timed(1, lambda: sum(numpy_signals(bars) for bars in market.values())),
        "plain Python loop, a purse each": timed(1, lambda: sum(plain_loop(bars) for bars in market.values())),
    }
    others, silent = beside.beside(list(market.values()), False, fewer)
    _report(f"{len(market):,} names x {NAME_BARS:,} days", len(market) * NAME_BARS, rows | others, silent)


def _report(title: str, bars: int, rows: Mapping[str, Timed], silent: Sequence[str]) -> None:
    own = next(iter(rows.values()))

    def line(name: str, row: Timed) -> tuple[str, ...]:
        same = row.orders == own.orders or name.startswith("NumPy")
        return (
            name,
            f"{bars / row.cpu / 1e6:.3f} M",
            f"{bars / row.wall / 1e6:.3f} M",
            f"{row.orders / row.cpu:,.0f}",
            f"{row.orders:,}" + ("" if same else " (not ours)"),
            f"{row.cpu / own.cpu:.2f}",
            "" if row.first is None else f"{row.first[0] - row.cpu:.1f} s",
        )

    table(
        f"{title}: {bars:,} bars, {own.orders:,} orders",
        ("", "bars/s of CPU", "bars/s of wall", "orders/s of CPU", "orders", "CPU to ours", "compiling, CPU"),
        [line(name, row) for name, row in rows.items()],
        {
            "aim": f"{AIM_BARS / 1e6:g} M bars/s, {AIM_ORDERS:,} orders/s",
            **{f"missing {at}": reason for at, reason in enumerate(silent, 1)},
        },
    )


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
