"""Exit rules: exact at their levels, silent on anything that is not fresh and in order, monotone in their memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.decimals import percent
from domain.exit_words import describe, order_reason
from domain.exits import (
    DEFAULT_RULE,
    ExitKind,
    ExitRule,
    Held,
    RuleRow,
    RuleSource,
    RuleState,
    Tick,
    Trigger,
    judge,
    levels,
    observed,
    rule_for,
)

KRX = KrxCalendar()
DAY = date(2026, 11, 23)  # a Monday
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KST)
AGE = timedelta(seconds=10)
HELD = Held(quantity=10, cost=700_000, entered_on=DAY)

prices = some.integers(1, 2_000_000)
bps = some.integers(1, 9_999)
positions = some.builds(
    Held, quantity=some.integers(1, 1_000_000), cost=some.integers(1, 10**13), entered_on=some.just(DAY)
)


def tick(price: int, volume: int = 1, at: datetime = NOON, **more: object) -> Tick:
    return Tick("005930", price, at, volume, **more)  # type: ignore[arg-type]


def fired(
    rule: ExitRule, price: int, held: Held = HELD, state: RuleState | None = None, **more: object
) -> Trigger | None:
    return judge(rule, held, state or RuleState(), tick(price, **more), NOON, KRX, AGE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("price", "kind"),
    [
        (66_501, None),
        (66_500, ExitKind.STOP_LOSS),  # exactly -5 %: a tie fires
        (60_000, ExitKind.STOP_LOSS),  # a gap through the level fires at the price that is there
        (80_499, None),
        (80_500, ExitKind.TAKE_PROFIT),
        (99_000, ExitKind.TAKE_PROFIT),
    ],
)
def test_the_default_rule_sells_at_five_below_and_fifteen_above_the_average(price: int, kind: ExitKind | None) -> None:
    found = fired(DEFAULT_RULE, price)
    assert (found.kind if found else None) == kind
    assert found is None or found.price == price


@given(positions, bps, prices)
def test_a_stop_fires_exactly_when_the_loss_reaches_its_distance(held: Held, distance: int, price: int) -> None:
    rule = ExitRule(stop_bps=distance)
    limit = Fraction(held.cost, held.quantity) * (10_000 - distance) / 10_000
    assert (fired(rule, price, held) is not None) == (price <= limit)


@given(positions, some.integers(1, 100_000), prices)
def test_a_take_profit_fires_exactly_when_the_gain_reaches_its_distance(held: Held, distance: int, price: int) -> None:
    rule = ExitRule(take_bps=distance)
    limit = Fraction(held.cost, held.quantity) * (10_000 + distance) / 10_000
    assert (fired(rule, price, held) is not None) == (price >= limit)


@given(positions, bps, some.lists(prices, min_size=1, max_size=30))
def test_a_trailing_level_never_falls_and_fires_at_its_distance_from_the_highest_price(
    held: Held, distance: int, path: list[int]
) -> None:
    rule, state, before = ExitRule(trailing_bps=distance), RuleState(), 0
    for number, price in enumerate(path):
        found = fired(rule, price, held, state, volume=number)
        taken = observed(state, held, tick(price, number))
        assert taken is not None
        state = taken
        level = levels(rule, held, state.high).trailing
        assert level is not None
        assert level >= before
        top = max([held.average, *path[: number + 1]])
        assert (found is not None) == (price * 10_000 <= top * (10_000 - distance))
        before = level


@given(prices, some.integers(-3_600, 3_600))
def test_nothing_fires_on_a_tick_that_is_old_or_from_the_future(price: int, seconds: int) -> None:
    assume(abs(seconds) > 10)
    old = tick(price, at=NOON + timedelta(seconds=seconds))
    assert judge(ExitRule(stop_bps=1, take_bps=1), HELD, RuleState(), old, NOON, KRX, AGE) is None


@given(some.lists(some.tuples(prices, some.integers(0, 20)), min_size=1, max_size=30))
def test_ticks_out_of_order_change_nothing_and_fire_nothing(path: list[tuple[int, int]]) -> None:
    state, rule = RuleState(), ExitRule(stop_bps=1, take_bps=1, trailing_bps=1)
    for price, volume in path:
        after = observed(state, HELD, tick(price, volume))
        if volume < state.volume or (volume == state.volume and price != state.price):
            assert after is None
            assert fired(rule, price, state=state, volume=volume) is None
        else:
            assert after is not None
            assert after.high >= state.high
            state = after


def test_the_same_print_said_again_may_meet_a_rule_that_was_moved_meanwhile() -> None:
    state = observed(RuleState(), HELD, tick(69_000, 5))
    assert state is not None
    assert fired(DEFAULT_RULE, 69_000, state=state, volume=5) is None
    assert fired(ExitRule(stop_bps=100), 69_000, state=state, volume=5) is not None


def test_a_halted_name_and_a_broken_price_fire_nothing() -> None:
    assert fired(DEFAULT_RULE, 1, halted=True) is None
    assert fired(DEFAULT_RULE, 0) is None
    assert fired(DEFAULT_RULE, 1, volume=-1) is None


def test_an_unknown_cost_sells_neither_at_a_loss_nor_at_a_gain() -> None:
    gift = replace(HELD, cost=0)
    assert fired(ExitRule(stop_bps=1, take_bps=1), 70_000, gift) is None
    assert fired(DEFAULT_RULE, 60_000, replace(HELD, quantity=0)) is None


def test_a_peak_nobody_watched_counts_from_the_second_day_and_not_on_the_entry_day() -> None:
    seen = tick(70_000, high=75_000)
    old = observed(RuleState(), replace(HELD, entered_on=DAY - timedelta(days=3)), seen)
    young = observed(RuleState(), HELD, seen)
    assert (old and old.high, young and young.high) == (75_000, 70_000)


def test_a_new_day_begins_its_volume_anew() -> None:
    friday = observed(RuleState(), HELD, tick(70_000, 900, at=NOON - timedelta(days=3)))
    assert friday is not None
    assert fired(DEFAULT_RULE, 60_000, state=friday, volume=1) is not None
    monday = observed(friday, HELD, tick(70_000, 1))
    assert monday is not None
    assert observed(monday, HELD, tick(70_000, 901, at=NOON - timedelta(days=3))) is None


def test_the_stop_comes_before_everything_else_that_fires_at_once() -> None:
    everything = ExitRule(stop_bps=100, take_bps=1, trailing_bps=100, sell_at=NOON - timedelta(days=1))
    found = fired(everything, 60_000)
    assert found is not None
    assert (found.kind, found.level) == (ExitKind.STOP_LOSS, 69_300)
    assert levels(everything, HELD, 80_000).floor == 79_200


@pytest.mark.parametrize(
    ("rule", "entered", "due"),
    [
        (ExitRule(sell_at=NOON), DAY, True),
        (ExitRule(sell_at=NOON + timedelta(seconds=1)), DAY, False),
        (ExitRule(sessions=1), DAY, False),
        (ExitRule(sessions=1), date(2026, 11, 20), True),  # Friday; the weekend does not count
        (ExitRule(sessions=2), date(2026, 11, 20), False),
        (ExitRule(sessions=2), date(2026, 11, 19), True),
    ],
)
def test_a_time_stop_waits_for_its_moment_or_its_session(rule: ExitRule, entered: date, due: bool) -> None:
    found = fired(rule, 70_000, replace(HELD, entered_on=entered))
    assert (found is not None and found.kind is ExitKind.TIME) == due


def test_a_strategys_word_comes_before_the_persons_and_the_newest_row_of_a_scope_counts() -> None:
    def row(number: int, source: RuleSource, stop: int | None, ticker: str = "", sleeve: str = "") -> RuleRow:
        rule = None if stop is None else ExitRule(stop_bps=stop, source=source, rule_id=number)
        return RuleRow(number, source, ticker, sleeve, rule)

    user, strategy = RuleSource.USER, RuleSource.STRATEGY

    def stop(*rows: RuleRow, sleeve: str = "manual") -> int | None:
        return rule_for(rows, "005930", sleeve).stop_bps

    assert stop() == DEFAULT_RULE.stop_bps
    assert stop(row(1, user, 700)) == 700
    assert stop(row(1, user, 700), row(2, user, 800, "005930")) == 800  # the narrower scope
    assert stop(row(1, user, 800, "005930"), row(2, user, 700)) == 800  # whichever is newer
    assert stop(row(1, user, 800, "005930"), row(2, user, 900, "005930")) == 900
    assert stop(row(1, user, 700), row(2, user, 800, "005930"), row(3, user, None, "005930")) == 700  # taken back
    assert stop(row(1, strategy, 300, "005930"), row(2, user, 800, "005930")) == 300
    assert stop(row(1, strategy, 300, "005930", "cycle"), row(2, user, 800)) == 800
    assert stop(row(1, strategy, 300, "005930", "cycle"), row(2, user, 800), sleeve="cycle") == 300
    assert stop(row(1, user, 800, "000660")) == DEFAULT_RULE.stop_bps


@pytest.mark.parametrize("wrong", [{"stop_bps": 0}, {"stop_bps": 10_000}, {"take_bps": -1}, {"sessions": 0}])
def test_a_rule_that_means_nothing_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected"):
        ExitRule(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="aware"):
        ExitRule(sell_at=NOON.replace(tzinfo=None))


def test_rules_and_reasons_are_said_in_korean() -> None:
    assert describe(DEFAULT_RULE) == ("손절 -5%", "익절 +15%")
    assert describe(ExitRule()) == ("자동 매도 없음",)
    assert describe(ExitRule(trailing_bps=250, sell_at=NOON, sessions=3)) == (
        "추적 손절 고점 -2.5%",
        "11월 23일 12:00에 매도",
        "3거래일 뒤 매도",
    )
    assert (percent(1), percent(150), percent(10_000)) == ("0.01%", "1.5%", "100%")
    assert order_reason(ExitKind.STOP_LOSS, 66_400, 66_500) == "손절: 기준 66,500원에 닿았어요 (본 가격 66,400원)"
