"""The highest and lowest of a window: what they are, and that no bar costs more than another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from plain_steps import plain

from domain.indicators.cells.extremes import bottom, top, top_size
from domain.indicators.compiled import Array
from domain.indicators.levels import RATIOS, starting_sheet


class Counting(np.ndarray[Any, np.dtype[np.float64]]):
    """Counts how often one of its elements was read or written."""

    touched = 0

    def __getitem__(self, place: Any) -> Any:
        self.touched += 1
        return super().__getitem__(place)

    def __setitem__(self, place: Any, value: Any) -> None:
        self.touched += 1
        super().__setitem__(place, value)


def values_of(seed: int, n: int) -> Array:
    """Rises, falls and runs of equal values on both sides of 0, and a few that are unknown."""
    r = np.random.default_rng([seed, n])
    values = np.cumsum(r.integers(-2, 3, n)).astype(np.float64)
    values[r.random(n) < 0.03] = np.nan
    return values


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 13, 60])
def test_top_and_bottom_are_those_of_the_last_values_that_were_known(n: int) -> None:
    states = np.zeros(top_size(n)), np.zeros(top_size(n))
    seen: list[float] = []
    for x in values_of(5, 6 * n + 40):
        found = plain(top)(states[0], 0, x, n), plain(bottom)(states[1], 0, x, n)
        if np.isnan(x):
            assert np.isnan(found).all()
            continue
        seen.append(x)
        if len(seen) < n:
            assert np.isnan(found).all()
        else:
            assert found == (max(seen[-n:]), min(seen[-n:]))


def test_no_step_of_a_long_window_does_more_than_one_of_a_short_one() -> None:
    most = []
    for n in (4, 400):
        state = np.zeros(top_size(n)).view(Counting)
        touched = [0]
        for x in np.arange(1_200.0) % 101:
            plain(top)(state, 0, x, n)
            touched.append(state.touched)
        most.append(max(np.diff(touched)))
    assert most[0] == most[1] < 20


def test_the_levels_of_a_sheet_lie_between_the_extremes_of_sixty_bars() -> None:
    r = np.random.default_rng(6)
    middle = 50_000 + np.cumsum(r.integers(-300, 301, (3, 150)), axis=1).astype(np.float64)
    bars = np.stack((middle, middle + 200, middle - 100, middle, np.ones_like(middle)), axis=2)
    found = starting_sheet().history(bars)[:, :, -len(RATIOS) :]
    assert np.isnan(found[:, :59]).all()
    for i in range(59, 150):
        high, low = bars[:, i - 59 : i + 1, 1].max(axis=1), bars[:, i - 59 : i + 1, 2].min(axis=1)
        np.testing.assert_allclose(found[:, i], high[:, None] - (high - low)[:, None] * RATIOS, rtol=1e-12)
