"""Indicators of 2,600 names: a sheet over 1,000 bars, one new bar of all names, and a step after many bars.

The sheet is RSI 14, MACD, Bollinger 20, means of 5, 10 and 20 bars and Fibonacci levels, 17 numbers a bar. Peers in the
same run on the same bars: TA-Lib, function by function and name by name, into fresh arrays as it always does, and the
floor: writing as many numbers with NumPy. Every value is held against TA-Lib's within 1e-9; each new bar brings other
prices and has to give what history gives there, to the bit. What the compiler takes is apart: once into an empty cache,
and from disk, each in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
import talib
from numpy.typing import NDArray

from benchmarks.home import table
from domain.indicators.history import Sheet
from domain.indicators.levels import RATIOS, starting_sheet

Array = NDArray[np.float64]
NAMES, BARS = 2_600, 1_000
LIVE = 240
"""Bars that come one by one, four times the longest window: each place in a window has its turn."""
AIM_SHEET_MS, AIM_BAR_US, AIM_GROWTH = 50.0, 200.0, 1.2
STARTED = "import time; a = time.process_time(); from domain.indicators.levels import starting_sheet; import numpy as np; b = time.process_time(); starting_sheet().history(np.ones((2, 9, 5))); print(b - a, time.process_time() - b)"  # noqa: E501


def made_bars(names: int, bars: int) -> Array:
    r = np.random.default_rng(20261122)
    close = np.maximum(1_000, 50_000 + np.cumsum(r.integers(-300, 301, (names, bars)), axis=1)).astype(np.float64)
    spread = r.integers(0, 400, (2, names, bars))
    return np.ascontiguousarray(
        np.stack((close, close + spread[0], close - spread[1], close, r.integers(1, 10**6, (names, bars))), axis=2)
    )


def by_talib(bars: Array) -> list[Array]:
    """The same 17 columns of one name."""
    close, high, low = (np.ascontiguousarray(bars[:, place]) for place in (3, 1, 2))
    top, bottom = talib.MAX(high, 60), talib.MIN(low, 60)
    means = [talib.SMA(close, n) for n in (5, 10, 20)]
    levels = [top - (top - bottom) * ratio for ratio in RATIOS]
    return [talib.RSI(close, 14), *talib.MACD(close), *talib.BBANDS(close, 20), *means, *levels]


def timed(work: Callable[[], object], rounds: int) -> Array:
    """Seconds float64[2, rounds]: of wall time, and of CPU on all cores together."""
    found = np.empty((2, rounds))
    for i in range(rounds):
        began, spent = time.perf_counter(), time.process_time()
        work()
        found[:, i] = time.perf_counter() - began, time.process_time() - spent
    return found


def wrong_values(sheet: Sheet, out: Array, bars: Array) -> int:
    """How many of the names looked at differ from TA-Lib by more than 1e-9."""
    wrong = 0
    for name in range(0, len(bars), 100):
        expected = np.column_stack(by_talib(bars[name]))
        wrong += not np.allclose(out[name], expected, rtol=1e-9, atol=1e-9, equal_nan=True)
    return wrong


def bar_by_bar(sheet: Sheet, bars: Array, history: Array, rounds: int) -> tuple[Array, int]:
    """As `timed`, one new bar of all names a round: the last LIVE bars, over and over; and how many of the first LIVE
    differ from `history` in any bit."""
    states = np.zeros((len(bars), sheet.size))
    past = bars.shape[1] - LIVE
    sheet.go_on(states, bars[:, :past])
    bar, row = np.empty((len(bars), 1, bars.shape[2])), np.empty((len(bars), 1, sheet.width))
    found, wrong = np.empty((2, rounds)), 0
    for i in range(rounds):
        bar[:, 0] = bars[:, past + i % LIVE]
        found[:, i] = timed(lambda: sheet.go_on(states, bar, row), 1)[:, 0]
        if i < LIVE:
            wrong += not np.array_equal(row[:, 0], history[:, past + i], equal_nan=True)
    return found, wrong


def compiling() -> list[tuple[float, float]]:
    """(import, first use) in seconds of CPU: into an empty cache, then from it."""
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "NUMBA_CACHE_DIR": empty, "PYTHONPATH": "."}
        answers = [
            subprocess.run([sys.executable, "-c", STARTED], env=environment, capture_output=True, text=True, check=True)
            for _ in range(2)
        ]
    imported, used = zip(*(map(float, answer.stdout.split()) for answer in answers), strict=True)
    return list(zip(imported, used, strict=True))


def growth(sheet: Sheet) -> float:
    """CPU of a step after 100,000 bars against one after 1,000, the same bars coming in turn to both."""
    bars = made_bars(1, 100_000)
    young, old = np.zeros((1, sheet.size)), np.zeros((1, sheet.size))
    sheet.go_on(young, bars[:, :1_000])
    sheet.go_on(old, bars)
    spent = {"young": np.empty(40), "old": np.empty(40)}
    for i in range(40):
        for name, state in (("young", young), ("old", old)) if i % 2 else (("old", old), ("young", young)):
            began = time.thread_time()
            for bar in range(500):
                sheet.go_on(state, bars[:, bar : bar + 1])
            spent[name][i] = time.thread_time() - began
    return float(np.median(spent["old"]) / np.median(spent["young"]))


def main(rounds: int) -> int:
    """Prints the table; 1 where a value is wrong."""
    bars = made_bars(NAMES, BARS)
    sheet = starting_sheet()
    out = np.zeros((NAMES, BARS, sheet.width))
    sheet.history(bars, out)
    wrong = wrong_values(sheet, out, bars)

    new, different = bar_by_bar(sheet, bars, out, 100 * rounds)
    new *= 1e6

    ours = timed(lambda: sheet.history(bars, out), rounds) * 1e3
    floor = timed(lambda: out.fill(1.0), rounds) * 1e3
    peer = timed(lambda: [by_talib(one) for one in bars], max(1, rounds // 10)) * 1e3

    window = timed(lambda: [by_talib(one[-120:])[0][-1] for one in bars], max(1, rounds // 10)) * 1e6
    grown = growth(sheet)

    def figures(name: str, found: Array, against: str) -> tuple[str, ...]:
        wall, cpu = found
        shown = (np.min(wall), np.median(wall), np.percentile(wall, 99), np.min(cpu))
        return name, *(f"{one:,.1f}" for one in shown), against

    (cold_import, cold), (warm_import, warm) = compiling()
    table(
        "indicators: wall time, and CPU where other work on the machine would hide it",
        ("what", "wall best", "p50", "p99", "CPU best", "ratio of CPU"),
        [
            figures(f"sheet {NAMES:,} x {BARS:,}, ms", ours, f"floor x {ours[1].min() / floor[1].min():.2f}"),
            figures("  TA-Lib, name by name, ms", peer, f"ours x {peer[1].min() / ours[1].min():.1f}"),
            figures("  floor: writing 17 columns, ms", floor, ""),
            figures(f"one new bar of {NAMES:,}, us", new, f"aim p99 {AIM_BAR_US:.0f}"),
            figures("  TA-Lib on a window of 120, us", window, f"ours x {window[1].min() / new[1].min():.0f}"),
        ],
        {
            "aim of the sheet": f"{AIM_SHEET_MS:.0f} ms of wall time, warm, on idle cores",
            "one new bar, CPU": f"p50 {np.median(new[1]):.0f} us, p99 {np.percentile(new[1], 99):.0f} us",
            "a step after 100,000 bars against 1,000": f"x {grown:.3f} of CPU, aim {AIM_GROWTH}",
            "compiler": f"{cold:.1f} s of CPU into an empty cache, {warm:.2f} s from disk",
            "import": f"{cold_import:.1f} s, {warm_import:.1f} s",
            "names that differ from TA-Lib by more than 1e-9": f"{wrong} of {len(range(0, NAMES, 100))}",
            "new bars that differ from history in any bit": f"{different} of {min(LIVE, 100 * rounds)}",
        },
    )
    return int(wrong + different > 0)
