"""Business time follows the broker's clock: no further than its answers prove, and never backwards."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import KST, ManualClock
from execution.oms.businesstime import Correction
from execution.oms.marketclock import MarketClock
from tools.kis.transport import Skew

START = datetime(2026, 11, 23, 8, 59, 58, tzinfo=KST)


def _skew(seconds: float, trip: float = 0.0) -> Skew:
    return Skew(timedelta(seconds=seconds), timedelta(seconds=trip), START)


@pytest.mark.parametrize(
    ("answers", "correction"),
    [
        ([], 0.0),
        ([0.4], 0.0),  # within the header's own second: nothing is proven
        ([-0.5], 0.0),
        ([3.0], 2.5),
        ([3.0, 3.4], 2.9),
        ([3.0, 2.6], 2.5),
        ([-7.0], -6.5),
        ([-7.0, -7.3], -6.8),
        ([3.0, -60.0], -59.5),  # somebody set a clock: the newest counts
    ],
)
def test_the_smallest_correction_that_no_answer_contradicts(answers: list[float], correction: float) -> None:
    learned = Correction()
    for offset in answers:
        learned.learn(offset, 0.0, 0.0)
    assert learned.seconds == pytest.approx(correction)


def test_a_slow_answer_proves_less_and_an_old_one_nothing() -> None:
    learned = Correction()
    learned.learn(3.0, 2.0, 0.0)
    assert learned.seconds == pytest.approx(1.5)
    learned.learn(0.0, 0.0, 601.0)
    assert learned.seconds == 0.0


@settings(max_examples=200, deadline=None)
@given(st.floats(-30, 30), st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.4)), min_size=1, max_size=20))
def test_answers_of_one_true_offset_never_lead_past_it(true: float, answers: list[tuple[float, float]]) -> None:
    """The header's second is cut anywhere; half of it and half the trip are the doubt."""
    learned = Correction()
    for cut, trip in answers:
        learned.learn(true + 0.5 - cut, trip, 0.0)
    assert min(0.0, true) - 1e-6 <= learned.seconds <= max(0.0, true) + 1e-6
    if true > 0:
        assert learned.seconds >= true - 1.0 - 0.2 - 1e-6


def test_the_session_opens_by_the_brokers_clock_and_time_never_goes_back() -> None:
    wall = ManualClock(START)
    market = MarketClock(wall, None, "실시간 시세")
    assert market.now() == START
    market.learn(_skew(3.5))  # our clock is three seconds slow
    assert market.now() == START + timedelta(seconds=3)
    assert market.phase.value == "continuous"
    market.learn(_skew(2.6))
    wall.advance(0.2)
    assert market.now() >= START + timedelta(seconds=3)
    wall.advance(10)
    before = market.now()
    market.learn(_skew(-60.0))
    assert market.now() == wall.now() + timedelta(seconds=-59.5) < before  # a step, not a slip: followed
