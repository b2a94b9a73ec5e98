"""Has somebody moved the wall clock? Deadlines of approvals and of SENDING hang on it, so a jump counts as a restart.

Contract: compares the wall with a clock that runs through suspend and that nobody can set. Slow correction (NTP's
slewing, at most half a millisecond a second) is followed; a step is not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from domain.clock import Clock

STEP = timedelta(seconds=2)  # what the gate allows as skew


class ClockWatch:
    def __init__(self, wall: Clock, seconds: Callable[[], float]) -> None:
        self._wall = wall
        self._seconds = seconds
        self._start = (wall.now(), seconds())

    def jumped(self) -> bool:
        """Since the last look."""
        was, at = self._start
        now, seconds = self._wall.now(), self._seconds()
        self._start = (now, seconds)
        return abs(now - was - timedelta(seconds=seconds - at)) > STEP
