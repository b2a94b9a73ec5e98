"""The watchman: what fires, when it is asked for, what is asked again, and what a crash leaves behind."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from guard_fakes import NOON, SAMSUNG, FakeMemory, later, protected, quote_reply, watch

from domain.clock import KST
from domain.exits import ExitRule
from domain.proto import oms_pb2 as pb
from tools.ports import PortRefused, PortUnavailable

WAITING = pb.ExitReply(outcome=pb.ExitReply.WAITING, code="TAKING_BACK")
REFUSED = pb.ExitReply(outcome=pb.ExitReply.REFUSED, code="HALT", message="정지 중이에요.")


async def test_every_holding_has_the_default_rule_and_one_exit_follows_from_it() -> None:
    it = watch(protected(cost=700_000))
    await it.look()
    for price in (70_000, 66_501):
        await it.price(price)
    assert not it.door.asked
    for price in (66_500, 66_400, 60_000):
        await it.price(price)
    (asked,) = it.door.asked
    assert (asked.kind, asked.observed_price, asked.level, asked.generation) == ("stop_loss", 66_500, 66_500, 1)
    assert [trigger.price for _, trigger in it.memory.triggers] == [66_500]


@pytest.mark.parametrize(
    ("rule", "path", "kind"),
    [
        (ExitRule(take_bps=300), [70_000, 72_099, 72_100], "take_profit"),
        (ExitRule(trailing_bps=200), [70_000, 80_000, 78_401, 78_400], "trailing"),
        (ExitRule(sell_at=NOON + timedelta(seconds=3)), [70_000, 70_000, 70_000, 70_000], "time"),
    ],
)
async def test_take_profit_trailing_and_time_fire_by_their_own_rule(rule: ExitRule, path: list[int], kind: str) -> None:
    it = watch(protected())
    it.memory.rule(rule)
    await it.look()
    for price in path:
        assert not it.door.asked
        await it.price(price)
        later(it.wall, seconds=1)
    assert [asked.kind for asked in it.door.asked] == [kind]


async def test_a_rule_that_was_set_meanwhile_counts_with_the_next_price() -> None:
    it = watch(protected())
    await it.look()
    await it.price(68_000)
    it.memory.rule(ExitRule(stop_bps=200))
    await it.look()
    assert not it.door.asked
    await it.price(68_000)
    assert len(it.door.asked) == 1


async def test_stale_late_and_halted_prices_fire_nothing() -> None:
    it = watch(protected())
    await it.look()
    await it.price(70_000)
    at = it.wall.now()
    for quote in (
        quote_reply(SAMSUNG, 1, at - timedelta(seconds=11), 10),
        quote_reply(SAMSUNG, 1, at, 0),
        quote_reply(SAMSUNG, 1, at, 10, stale=True),
        quote_reply(SAMSUNG, 1, at, 10, halted=True),
    ):
        it.man.take(quote)
        await it.man.settle()
    it.man.take(pb.QuoteReply(ticker=SAMSUNG, price=1, found=False))
    assert not it.door.asked


@pytest.mark.parametrize("hour", [8, 17, 22])
async def test_nothing_is_ordered_in_closed_hours_and_a_gap_fires_at_the_first_tick_of_the_open(hour: int) -> None:
    closed = datetime(2026, 11, 23, hour, 50, tzinfo=KST)
    it = watch(protected(entered_on="2026-11-20"), at=closed)
    await it.look()
    await it.price(50_000)
    assert not it.door.asked
    opening = datetime(2026, 11, 24 if hour > 9 else 23, 9, 0, 1, tzinfo=KST)
    it.wall.advance((opening - it.wall.now()).total_seconds())
    it.volume = 0
    await it.look()
    await it.price(51_000)
    (asked,) = it.door.asked
    assert (asked.kind, asked.observed_price, asked.level) == ("stop_loss", 51_000, 66_500)


async def test_while_the_oms_takes_something_back_the_same_exit_is_asked_for_again() -> None:
    it = watch(protected())
    it.door.answers = [WAITING, PortUnavailable("켜지는 중이에요.", where="oms"), WAITING]
    await it.look()
    await it.price(60_000)
    assert len(it.door.asked) == 4
    assert len({asked.SerializeToString() for asked in it.door.asked}) == 1
    assert len(it.memory.triggers) == 1
    assert len(it.door.orders) == 1


async def test_a_trigger_that_could_not_be_carried_out_within_a_minute_is_judged_anew() -> None:
    it = watch(protected())
    await it.look()
    it.door.down = True
    await it.price(60_000)  # the fake clock runs while it waits
    assert it.wall.now() - NOON >= timedelta(seconds=60)
    it.door.down = False
    await it.look()
    assert not it.door.orders
    await it.price(70_000)  # it has recovered
    assert not it.door.orders
    await it.price(60_000)
    assert len(it.door.orders) == 1


async def test_a_refusal_pauses_and_the_next_fresh_price_judges_again() -> None:
    it = watch(protected())
    it.door.answers = [REFUSED, PortRefused("GENERATION", "바뀌었어요.", where="oms")]
    await it.look()
    await it.price(60_000)
    await it.price(60_000)
    assert len(it.door.asked) == 1
    later(it.wall, seconds=2.1)
    await it.price(70_000)
    assert len(it.door.asked) == 1
    await it.price(60_000)
    later(it.wall, seconds=4.1)
    await it.price(60_000)
    assert [len(it.door.asked), len(it.door.orders)] == [3, 1]


async def test_an_exit_that_is_out_keeps_others_from_being_asked_for_until_it_ended() -> None:
    position = protected()
    it = watch(position)
    await it.look()
    await it.price(60_000)
    for _ in range(5):
        later(it.wall, seconds=2)
        await it.look()
        await it.price(60_000)
    assert len(it.door.asked) == 1
    position.quantity = 4  # it sold six and ended; the rest is still under the stop
    it.door.end(position)
    await it.look()
    await it.price(60_000)
    assert [asked.generation for asked in it.door.asked] == [1, 2]


async def test_a_position_that_was_closed_by_hand_is_watched_no_more() -> None:
    it = watch(protected())
    await it.look()
    it.door.positions.clear()
    await it.look()
    await it.price(60_000)
    assert not it.door.asked
    assert it.man.tickers == ()


async def test_a_successor_carries_out_what_was_triggered_and_not_answered() -> None:
    position, memory = protected(), FakeMemory()
    first = watch(position, memory=memory)
    await first.look()
    first.door.hangs = True
    first.man.take(quote_reply(SAMSUNG, 60_000, first.wall.now(), 1))
    for _ in range(10):
        await asyncio.sleep(0)
    assert first.door.asked
    await first.man.aclose()  # it dies while it asks
    second = watch(position, memory=memory, at=NOON + timedelta(seconds=5))
    await second.look()  # no price is needed: it has fired
    (asked,) = second.door.asked
    assert (asked.observed_price, asked.generation) == (60_000, 1)


@pytest.mark.parametrize("why", ["old", "done"])
async def test_a_successor_leaves_old_and_finished_triggers_alone(why: str) -> None:
    position, memory = protected(), FakeMemory()
    first = watch(position, memory=memory)
    await first.look()
    await first.price(60_000)
    assert len(memory.triggers) == 1
    seconds = 90 if why == "old" else 1
    if why == "old":
        position.generation, _ = 1, position.ClearField("live")
    second = watch(position, memory=memory, at=NOON + timedelta(seconds=seconds))
    await second.look()
    assert not second.door.asked


async def test_the_high_of_a_trailing_stop_survives_a_crash_and_is_never_lowered() -> None:
    position, memory = protected(), FakeMemory()
    memory.rule(ExitRule(trailing_bps=1_000))
    first = watch(position, memory=memory)
    await first.look()
    await first.price(90_000)
    await first.man.aclose()
    second = watch(position, memory=memory, at=NOON + timedelta(minutes=5))
    second.volume = 10
    await second.look()
    await second.price(82_000)
    assert not second.door.asked
    await second.price(81_000)
    assert [asked.kind for asked in second.door.asked] == ["trailing"]
    assert next(iter(memory.highs.values())).high == 90_000


async def test_two_guards_at_once_make_one_exit() -> None:
    position, memory = protected(), FakeMemory()
    first = watch(position, memory=memory)
    second = watch(door=first.door, memory=memory)
    await first.look()
    await second.look()
    quote = quote_reply(SAMSUNG, 60_000, NOON, 1)
    first.man.take(quote)
    second.man.take(quote)
    await first.man.settle()
    await second.man.settle()
    assert len(first.door.asked) == 2
    assert len(first.door.orders) == 1


async def test_a_memory_that_is_gone_keeps_no_stop_from_firing() -> None:
    it = watch(protected())
    await it.look()
    it.memory.down = True
    await it.price(60_000)
    assert len(it.door.orders) == 1


async def test_without_the_markets_time_nothing_is_judged() -> None:
    it = watch(protected())
    await it.man.read_rules()
    await it.man.look()
    await it.price(60_000)
    assert not it.door.asked


# The stop that rests at the broker ----------------------------------------------------------------------------------


async def test_a_resting_stop_is_placed_moved_and_taken_away_as_its_rule_says() -> None:
    position = protected(takes_resting=True)
    it = watch(position)
    it.memory.rule(ExitRule(trailing_bps=1_000, resting=True))
    await it.look()
    await it.price(70_000)
    await it.price(70_100)
    assert [rest.stop_price for rest in it.door.rested] == [63_000]
    await it.price(80_000)
    assert len(it.door.rested) == 1  # not at every step
    later(it.wall, seconds=21)
    await it.look()
    await it.price(80_000)
    assert [rest.stop_price for rest in it.door.rested] == [63_000, 72_000]
    it.memory.rule(ExitRule(trailing_bps=1_000))
    later(it.wall, seconds=21)
    await it.look()
    await it.price(80_000)
    assert [rest.stop_price for rest in it.door.rested] == [63_000, 72_000, 0]


async def test_the_brokers_own_stop_has_the_first_word_and_the_guard_is_the_backup() -> None:
    position = protected(takes_resting=True)
    it = watch(position)
    it.memory.rule(ExitRule(stop_bps=500, take_bps=500, resting=True))
    await it.look()
    await it.price(70_000)
    await it.look()
    began = it.wall.now()
    await it.price(66_000)
    assert it.wall.now() - began >= timedelta(seconds=3)  # the time the broker had
    assert [asked.kind for asked in it.door.asked] == ["stop_loss"]


async def test_a_take_profit_does_not_wait_for_the_stop_at_the_broker() -> None:
    position = protected(takes_resting=True)
    it = watch(position)
    it.memory.rule(ExitRule(stop_bps=500, take_bps=500, resting=True))
    await it.look()
    await it.price(70_000)
    await it.look()
    began = it.wall.now()
    await it.price(74_000)
    assert it.wall.now() == began
    assert [asked.kind for asked in it.door.asked] == ["take_profit"]


async def test_no_stop_rests_where_the_environment_takes_none_or_nobody_wants_it() -> None:
    it = watch(protected(takes_resting=False), protected("000660", takes_resting=True))
    it.memory.rule(ExitRule(stop_bps=500, resting=True))
    await it.look()
    await it.price(70_000)
    await it.price(70_000, "000660")
    assert not it.door.rested
