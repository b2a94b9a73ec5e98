"""A figure against its own trend: the straight line through the figures before it, and how far off it is. Pure.

Contract: the line is least squares over at most `WINDOW` earlier points and looks at none later; fewer than `FEWEST`
points make no trend. Statistics are floats; what is shown is rounded by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

WINDOW = 12
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Trend:
    """What the line says for the last point, and how far earlier points lay from it (one standard deviation)."""

    expected: float
    spread: float


def trend(earlier: Sequence[tuple[int, float]], at: int) -> Trend | None:
    """`earlier` are (place in time, value), oldest first, all before `at`. None when they are too few."""
    points = earlier[-WINDOW:]
    if len(points) < FEWEST:
        return None
    middle = sum(place for place, _ in points) / len(points)
    level = sum(value for _, value in points) / len(points)
    width = sum((place - middle) ** 2 for place, _ in points)
    slope = sum((place - middle) * (value - level) for place, value in points) / width
    off = sum((value - level - slope * (place - middle)) ** 2 for place, value in points)
    return Trend(level + slope * (at - middle), sqrt(off / (len(points) - 2)))
