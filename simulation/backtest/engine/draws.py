"""Chance: a table of quantiles looked up by a hash of the seed and the order's number.

Contract: whole numbers only, so that another program draws the same; a draw depends on nothing that happened before.
"""

from __future__ import annotations

import numpy as np

from simulation.backtest.engine.jit import inlined
from simulation.backtest.engine.shapes import Ints

LATENCY, SLIPPAGE = 1, 2  # which of an order's chances


@inlined
def draw(table: Ints, seed: int, number: int, part: int, which: int) -> int:
    """`part`: the how manieth of an order. splitmix64 over the four numbers."""
    mixed = np.uint64(seed)
    for word in (number, part, which):
        mixed = (mixed + np.uint64(word)) * np.uint64(0xBF58476D1CE4E5B9) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return int(table[np.int64(mixed >> np.uint64(54))])
