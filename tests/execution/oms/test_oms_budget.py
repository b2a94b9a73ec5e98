"""The budget under drawn loads: its spacing, its order, nobody starved, nobody refused, an order never far behind."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import KST, ManualClock
from execution.oms.budget import PacedBudget
from tools.kis.budget import Priority

START = datetime(2026, 11, 23, 9, 0, tzinfo=KST)
URGENT = (Priority.SESSION, Priority.CANCEL, Priority.UNKNOWN, Priority.REDUCE)
QUICK = settings(max_examples=60, deadline=None)
Load = list[tuple[int, Priority]]


class _Still(ManualClock):
    """Time stands still: who waits, waits."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


@dataclass
class Run:
    """Who came when and who was served when, in grants and seconds."""

    came: dict[int, tuple[float, Priority]] = field(default_factory=dict)
    served: list[tuple[float, int]] = field(default_factory=list)

    def place(self, name: int) -> int:
        return [who for _, who in self.served].index(name)

    def waited(self, name: int) -> float:
        return next(at for at, who in self.served if who == name) - self.came[name][0]


async def _run(load: Load, cap: float, throttle_at: int | None = None) -> Run:
    """`load`: (tenths of a second after the one before, priority)."""
    clock, run = ManualClock(START), Run()
    budget = PacedBudget(clock, cap)
    asked = []

    async def ask(name: int, priority: Priority) -> None:
        run.came[name] = (clock.monotonic(), priority)  # when it asks: the pump may move the clock before it does
        await budget.grant(priority)
        run.served.append((clock.monotonic(), name))
        if name == throttle_at:
            budget.throttled()

    for name, (pause, priority) in enumerate(load):
        end = clock.monotonic() + pause / 10
        while clock.monotonic() < end:  # the pump's own sleeps move this clock too
            clock.advance(min(0.05, end - clock.monotonic()) + 1e-9)
            passes = 4  # and whoever was granted notes it before the clock moves on
            while passes > 0 or len(run.came) - budget.waiting > len(run.served):
                passes -= 1
                await asyncio.sleep(0)
        asked.append(asyncio.create_task(ask(name, priority)))
    await asyncio.gather(*asked)
    assert budget.waiting == 0
    return run


loads = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(Priority)), min_size=1, max_size=50)


@QUICK
@given(loads, st.sampled_from([1.0, 5.0, 18.0]))
def test_everybody_is_served_once_and_no_second_holds_more_than_the_cap(load: Load, cap: float) -> None:
    run = asyncio.run(_run(load, cap))
    assert sorted(who for _, who in run.served) == list(range(len(load)))
    times = [at for at, _ in run.served]
    assert times[0] >= 1.0
    for start in times:
        assert sum(start <= at < start + 1.0 for at in times) <= cap


@QUICK
@given(loads, st.sampled_from([1.0, 18.0]), st.integers(0, 49))
def test_after_egw00201_a_full_second_is_silent_and_the_pace_is_at_most_half(
    load: Load, cap: float, victim: int
) -> None:
    run = asyncio.run(_run(load, cap, throttle_at=victim))
    then = [at for at, who in run.served if who == victim]
    later = [at for at, _ in run.served if then and at > then[0]]
    if later:
        assert later[0] >= then[0] + 1.0
        soon = [at for at in later if at < then[0] + 10.0]
        assert all(b - a >= 1.0 / (cap / 2) for a, b in itertools.pairwise(soon))


@QUICK
@given(st.lists(st.sampled_from(Priority), min_size=2, max_size=14))
def test_those_who_wait_together_are_served_by_urgency_and_equals_in_their_order(together: list[Priority]) -> None:
    run = asyncio.run(_run([(0, priority) for priority in together], 18.0))
    served = [run.came[who][1] for _, who in run.served]
    assert served == sorted(together)
    for priority in together:
        mine = [who for _, who in run.served if run.came[who][1] is priority]
        assert mine == sorted(mine)


@QUICK
@given(loads, st.sampled_from([1.0, 18.0]))
def test_nothing_less_urgent_goes_before_a_cancel_an_unknown_or_a_stop(load: Load, cap: float) -> None:
    run = asyncio.run(_run(load, cap))
    for place, (at, who) in enumerate(run.served):
        mine = run.came[who][1]
        for later_at, later in run.served[place + 1 :]:
            came, priority = run.came[later]
            if priority in URGENT and priority < mine:
                assert came >= at, f"{priority!r} waited since {came} while {mine!r} was served at {at} ({later_at})"


@QUICK
@given(st.integers(1, 300), st.integers(0, 200), st.sampled_from([1.0, 18.0]))
def test_an_order_waits_for_at_most_one_grant_of_a_research_flood(flood: int, pause: int, cap: float) -> None:
    """However long the flood has waited already."""
    load: Load = [(0, Priority.QUOTE)] * flood + [(pause, Priority.ORDER)]
    run = asyncio.run(_run(load, cap))
    came = run.came[flood][0]
    between = [who for at, who in run.served[: run.place(flood)] if at > came]
    assert len(between) <= 1


@QUICK
@given(st.integers(1, 60), st.sampled_from([(Priority.RECONCILE, 2.0), (Priority.QUOTE, 10.0)]))
def test_a_flood_of_orders_starves_nobody(orders: int, late: tuple[Priority, float]) -> None:
    priority, patience = late
    run = asyncio.run(_run([(0, priority)] + [(0, Priority.ORDER)] * orders, 1.0))
    assert run.waited(0) <= 1.0 + patience + 2 * 1.1 + 0.01


def test_the_wait_that_is_told_at_the_door_does_not_count_a_research_flood() -> None:
    async def told() -> tuple[float, float, float]:
        budget = PacedBudget(_Still(START), 1.0, first_second_full=False)
        await budget.grant(Priority.ORDER)
        waiting = [asyncio.create_task(budget.grant(Priority.QUOTE)) for _ in range(500)]
        await asyncio.sleep(0)
        flooded = budget.expected_wait_s()
        waiting += [asyncio.create_task(budget.grant(Priority.ORDER)) for _ in range(3)]
        await asyncio.sleep(0)
        behind, quote = budget.expected_wait_s(), budget.expected_wait_s(Priority.QUOTE)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return flooded, behind, quote

    flooded, behind, quote = asyncio.run(told())
    assert flooded <= 1.1 + 1.1 + 0.01
    assert 3 * 1.1 < behind <= 1.1 + 7 * 1.1 + 0.01
    assert quote > 500


@given(st.lists(st.floats(0.0, 2.0), min_size=20, max_size=40), st.sampled_from([1, 2, 18]))
@QUICK
def test_no_second_holds_more_than_the_cap_however_late_a_request_arrives_before_its_answer(
    delays: list[float], cap: int
) -> None:
    arrived = sorted(asyncio.run(_late(delays, float(cap))))
    assert len(arrived) == len(delays)
    for early, late in zip(arrived, arrived[cap:], strict=False):
        assert late - early >= 1.0 - 1e-6


async def _late(delays: list[float], cap: float) -> list[float]:
    """When each request arrived: with its answer, which takes that many seconds."""
    clock, arrived = ManualClock(START), []
    budget = PacedBudget(clock, cap, late_s=10.0)

    async def ask(delay: float) -> None:
        await budget.grant(Priority.QUOTE)
        with budget.under_way():
            answered = asyncio.get_running_loop().create_future()
            awaited.append((clock.monotonic() + delay, answered))
            await answered
            arrived.append(clock.monotonic())

    awaited: list[tuple[float, asyncio.Future[None]]] = []
    asked = [asyncio.create_task(ask(delay)) for delay in delays]
    while not all(task.done() for task in asked):
        clock.advance(0.05)
        for at, answered in awaited:
            if at <= clock.monotonic() and not answered.done():
                answered.set_result(None)
        for _ in range(4):
            await asyncio.sleep(0)
    return arrived


async def test_a_lost_answer_holds_nobody_up_for_longer_than_it_may_be_late() -> None:
    clock = ManualClock(START)
    budget = PacedBudget(clock, 1.0, first_second_full=False, late_s=0.5)
    await budget.grant(Priority.QUOTE)
    with budget.under_way():
        began = clock.monotonic()
        await budget.grant(Priority.CANCEL)
        assert 1.1 <= clock.monotonic() - began <= 1.5 + 1e-6
