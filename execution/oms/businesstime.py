"""How far this machine's clock is from the broker's, by the Date header of its answers.

A header says the second only, so each answer gives an interval; answers of the last minutes are cut with each other and
the smallest correction that none of them contradicts is applied: none at all for a clock that is right. Contract: pure;
seconds. When answers contradict each other somebody has set a clock, and the newest counts alone.
"""

from __future__ import annotations

from dataclasses import dataclass

_HALF = 0.5  # of the header's second
_KEEP_S = 600.0  # oscillators drift by milliseconds in that time


@dataclass(slots=True)
class Correction:
    """What to add to our clock to get the broker's."""

    least: float = float("-inf")
    most: float = float("inf")
    since: float = 0.0

    def learn(self, offset_s: float, round_trip_s: float, at: float) -> None:
        """`offset_s` is theirs minus ours in the middle of the round trip, `at` a clock good for differences."""
        doubt = _HALF + round_trip_s / 2
        least, most = offset_s - doubt, offset_s + doubt
        old = at - self.since > _KEEP_S
        if not old and max(least, self.least) <= min(most, self.most):
            self.least, self.most = max(least, self.least), min(most, self.most)
        else:
            self.least, self.most, self.since = least, most, at

    @property
    def seconds(self) -> float:
        return min(max(0.0, self.least), self.most)
