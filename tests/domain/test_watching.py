"""Alerts by hand: when a price rule fires and rests, when it is quiet, and what events are worth telling."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.clock import KST
from domain.crossing import Seen, Standing, step
from domain.proto import oms_pb2 as pb
from domain.watch import Alert, AlertKind, AlertRule, Choices, choices_of
from domain.watch_facts import of_event

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KST)
ALL = Choices(dict.fromkeys(AlertKind, True))
ME = UUID(int=2)


def rule(direction: str = "above", level: int | None = 80_000, bps: int | None = None) -> AlertRule:
    return AlertRule(UUID(int=1), ME, "sim-a", AlertKind.PRICE, "005930", NOON, direction, level, bps)


def fired(wish: AlertRule, *looks: tuple[int, int], base: int = 72_000) -> list[int]:
    """Places in `looks` (minutes after noon, price; a negative price is a stale one) at which the rule fires."""
    standing: Standing | None = None
    found = []
    for at, (minutes, price) in enumerate(looks):
        seen = Seen(abs(price), base, NOON + timedelta(minutes=minutes), stale=price < 0)
        after, fires = step(wish, standing, seen)
        standing = after or standing
        if fires:
            found.append(at)
    return found


DAY = 24 * 60


@pytest.mark.parametrize(
    ("looks", "places"),
    [
        (((0, 79_000), (1, 80_000)), [1]),
        (((0, 81_000), (1, 82_000)), []),  # it was beyond when the rule was made
        (((0, 81_000), (1, 79_500), (2, 80_000)), [2]),  # came back half a percent: armed
        (((0, 81_000), (1, 79_700), (2, 80_000)), []),  # not far enough
        (((0, 79_000), (1, -81_000), (2, 79_000)), []),  # stale
        (((0, 79_000), (1, 80_500), (2, 79_000), (3, 81_000)), [1]),  # once a day
        (((0, 79_000), (1, 80_500), (DAY, 79_000), (DAY + 1, 80_500)), [1, 3]),
        (((0, 79_000), (1, 80_500), (DAY, 81_000)), [1]),  # still beyond the next day: nothing was crossed
        (((5, 79_000), (3, 80_500)), []),  # an older look than the last one
    ],
)
def test_a_level_fires_when_it_is_crossed_and_then_rests(looks: Any, places: list[int]) -> None:
    assert fired(rule(), *looks) == places
    mirrored = tuple((minutes, (160_000 - abs(price)) * (1 if price > 0 else -1)) for minutes, price in looks)
    assert fired(rule("below"), *mirrored) == places


def test_a_change_of_the_day_starts_every_day_anew_and_counts_a_gap() -> None:
    fall = rule("below", None, -500)  # 68,400 won from a base of 72,000
    assert fired(fall, (0, 70_000), (1, 68_400)) == [1]
    assert fired(fall, (0, 70_000), (DAY, 68_000), (DAY + 1, 67_000)) == [1]
    assert fired(fall, (0, 68_000), (1, 67_000)) == []
    assert fired(fall, (0, 70_000), (1, 68_000), base=0) == []


@pytest.mark.parametrize(
    ("choices", "at", "quiet"),
    [
        (Choices({}), time(23, 0), True),
        (Choices({}), time(6, 59), True),
        (Choices({}), time(7, 0), False),
        (Choices({}, quiet=False), time(3, 0), False),
        (Choices({}, time(12, 0), time(13, 0)), time(12, 30), True),
        (Choices({}, time(12, 0), time(13, 0)), time(3, 0), False),
    ],
)
def test_quiet_hours_may_pass_midnight(choices: Choices, at: time, quiet: bool) -> None:
    assert choices.is_quiet(datetime.combine(NOON.date(), at, tzinfo=KST)) is quiet
    assert choices_of(choices.to_json()) == choices


def test_fills_limits_and_approvals_are_on_and_the_rest_waits_to_be_wanted() -> None:
    usual = choices_of(None)
    assert {kind for kind in AlertKind if not usual.wants(kind)} == {AlertKind.SALE, AlertKind.BUDGET}


def told(choices: Choices = ALL, **order: Any) -> Alert | None:
    event = pb.Event(seq=7, account_ref="sim-a", kind="order", message="상태가 바뀌었어요.")
    event.order.MergeFrom(
        pb.Order(**{"intent_id": "i", "ticker": "005930", "side": "buy", "quantity": 3, "name": "삼성전자", **order})
    )
    return of_event(event, ME, choices)


@pytest.mark.parametrize(
    ("order", "kind", "key", "urgent"),
    [
        ({"state": "FILLED", "filled": 3}, AlertKind.FILL, "oms:sim-a:i:end", True),
        ({"state": "PARTIAL", "filled": 1}, AlertKind.FILL, "oms:sim-a:i:partial", True),
        ({"state": "REJECTED"}, AlertKind.FILL, "oms:sim-a:i:end", False),
        ({"state": "UNKNOWN"}, AlertKind.LIMIT, "oms:sim-a:i:doubt:7", False),
        ({"state": "NEW", "authority": "exit", "side": "sell"}, AlertKind.SALE, "oms:sim-a:i:sale", False),
        ({"state": "NEW", "sleeve": "strategy:x", "side": "sell"}, AlertKind.SALE, "strategy:sim-a:i:sale", False),
        ({"state": "NEW"}, None, "", False),
        ({"state": "ACKED"}, None, "", False),
        ({"state": "CANCELLED", "stop_price": 70_000}, None, "", False),  # a stop that follows its rule
        ({"state": "FILLED", "filled": 3, "stop_price": 70_000}, AlertKind.FILL, "oms:sim-a:i:end", True),
    ],
)
def test_what_became_of_an_order_is_one_alert_a_step(
    order: dict[str, Any], kind: AlertKind | None, key: str, urgent: bool
) -> None:
    alert = told(**order)
    assert (None if alert is None else alert.kind) is kind
    if alert is not None:
        assert (alert.key, alert.urgent) == (key, urgent)
        assert told(Choices({alert.kind: False}), **order) is None


def test_a_halt_is_urgent_and_told_in_words_without_its_code() -> None:
    event = pb.Event(seq=8, account_ref="sim-a", kind="trading_state", message="하루 손실 한도: REDUCING")
    alert = of_event(event, ME, ALL)
    assert alert is not None
    assert alert.text == "줄이는 매도와 취소만 할 수 있어요 (하루 손실 한도)."
    assert alert.urgent
    assert of_event(pb.Event(seq=9, kind="book", message="x"), ME, ALL) is None
