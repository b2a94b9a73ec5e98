"""The worker on fakes: what goes out, what does not, and what a second life of it finds again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
from fakes import START, USER, finding
from worker_stage import HYNIX, SAMSUNG, STRATEGY, Stage, spec_of

from domain.bars import Bars, bars_of
from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.exits import RuleSource, rule_for
from domain.proto import oms_pb2 as pb
from domain.strategy.running import RunState, sleeve_of
from execution.worker.running import rule_of
from tools.ports import PortUnavailable


def rising() -> dict[str, Any]:
    """Enters above the mean of three closes, and stays."""
    above = {"indicator": "close", "operator": "greater_than", "compare_to": "mean"}
    never = {"indicator": "close", "operator": "less_than", "value": 1}
    return {
        "id": "test",
        "indicators": [{"id": "sma", "alias": "mean", "params": {"period": 3}}],
        "entry": {"conditions": [above]},
        "exit": {"conditions": [never]},
    }


async def entered(stage: Stage) -> None:
    """A worker that saw one bar above the entry's price."""
    worker = stage.worker()
    await stage.turn(worker)
    await stage.five(SAMSUNG, 101, 5)
    await stage.turn(worker, 5.2)


async def test_a_complete_bar_that_enters_is_one_order_of_the_strategys_sleeve_under_its_mandate() -> None:
    stage = await Stage().prepare()
    await entered(stage)
    (request,) = stage.oms.submits
    (order,) = stage.oms.placed.values()
    assert request.mandate_id
    assert (order.ticker, order.side, order.sleeve) == (SAMSUNG, "buy", sleeve_of(STRATEGY))
    assert order.quantity == 5_000_000 // 72_000
    assert 72_000 <= order.price <= 72_000 * 10_030 // 10_000
    (signal,) = [told for told in stage.bus.told if told.entry]
    assert (signal.ticker, signal.timeframe, signal.strategy_hash) == (SAMSUNG, "5m", stage.spec.content_hash())


async def test_a_bar_with_a_gap_in_it_goes_into_the_series_and_enters_nothing() -> None:
    stage = await Stage().prepare()
    worker = stage.worker()
    await stage.turn(worker)
    for minute in range(1, 6):
        await stage.minute(SAMSUNG, 101, minute, complete=minute != 3)
    running = await stage.turn(worker, 5.2)
    assert running is not None
    assert running.names[SAMSUNG].live.bars == 1
    assert stage.oms.submits == []


async def test_a_minute_that_the_broker_tells_while_its_longer_bar_is_open_makes_that_bar_whole() -> None:
    stage = await Stage().prepare()
    worker = stage.worker()
    await stage.turn(worker)
    for minute in (1, 2, 3, 4):
        await stage.minute(SAMSUNG, 101, minute, complete=minute != 3)
    await stage.minute(SAMSUNG, 101, 3, revision=1, source="broker")
    await stage.minute(SAMSUNG, 101, 5)
    await stage.turn(worker, 5.2)
    assert len(stage.oms.submits) == 1


async def test_a_minute_that_the_broker_tells_later_counts_for_the_values_after_it_and_for_no_decision() -> None:
    spec = spec_of((SAMSUNG,), strategy=rising())
    stage = await Stage(spec).prepare()
    stage.history.bus = stage.bus
    worker = stage.worker()
    await stage.turn(worker)
    for bar in range(1, 4):
        await stage.five(SAMSUNG, 100 + bar, 5 * bar, complete=bar != 3)
    running = await stage.turn(worker, 15.2)
    assert running is not None
    watched = running.names[SAMSUNG]
    assert (watched.live.bars, watched.place.entry, watched.place.complete) == (3, True, False)
    assert stage.oms.submits == []
    for minute in range(11, 16):
        await stage.minute(SAMSUNG, 400, minute, revision=1, source="broker")
    await stage.turn(worker, 0.2)
    await stage.turn(worker, 0.2)
    assert stage.oms.submits == []  # an incomplete bar is no signal, whatever is learnt of it
    assert [told.end for told in stage.bus.told] == sorted({told.end for told in stage.bus.told})
    await stage.five(SAMSUNG, 200, 20)
    await stage.turn(worker, 5)
    straight = watched.program.start()
    for bar, close in enumerate((101, 102, 400, 200), start=1):
        straight.step(np.array([close, close, close, close, 50], dtype=np.float64), int(START.timestamp()) + bar * 300)
    assert watched.live.saved() == straight.saved()
    assert stage.oms.submits == []  # 200 is below the mean of the three, and would be above it without the broker's 400


async def test_a_bar_that_comes_together_with_a_mended_minute_is_told_once_and_traded() -> None:
    stage = await Stage(spec_of((SAMSUNG,), strategy=rising())).prepare()
    stage.history.bus = stage.bus
    worker = stage.worker()
    await stage.turn(worker)
    for bar in range(1, 4):
        await stage.five(SAMSUNG, 100 - bar, 5 * bar, complete=bar != 2)
    await stage.turn(worker, 15.2)
    await stage.five(SAMSUNG, 200, 20)
    await stage.minute(SAMSUNG, 90, 7, revision=1, source="broker")
    await stage.turn(worker, 5)
    start = int(START.timestamp())
    assert [(told.end - start) // 60 for told in stage.bus.told] == [5, 10, 15, 20]
    assert [told.entry for told in stage.bus.told] == [False, False, False, True]
    assert len(stage.oms.submits) == 1


async def test_a_past_that_reaches_less_far_than_what_is_known_changes_nothing() -> None:
    stage = await Stage(spec_of((SAMSUNG,), strategy=rising())).prepare()
    worker = stage.worker()
    await stage.turn(worker)
    for bar in range(1, 4):
        await stage.five(SAMSUNG, 100 + bar, 5 * bar, complete=bar != 2)
    running = await stage.turn(worker, 15.2)
    assert running is not None
    before = running.names[SAMSUNG].live.saved()
    await stage.minute(SAMSUNG, 400, 7, revision=1, source="broker")  # and the history knows nothing
    await stage.turn(worker, 0.2)
    assert running.names[SAMSUNG].live.saved() == before


async def test_a_worker_that_dies_in_mid_bar_goes_on_with_the_same_bar() -> None:
    stage = await Stage().prepare()
    first = stage.worker()
    await stage.turn(first)
    for minute in (1, 2, 3):
        await stage.minute(SAMSUNG, 95 + minute, minute)
    await stage.turn(first, 3)
    second = stage.worker()
    for minute in (3, 4, 5):  # one comes twice: at least once is the bus's word
        await stage.minute(SAMSUNG, 95 + 2 * minute, minute, revision=int(minute == 3))
    running = await stage.turn(second, 2.2)
    assert running is not None
    watched = running.names[SAMSUNG]
    assert (watched.live.bars, watched.place.traded, watched.place.close) == (1, 105 * 50, 105)
    assert len(stage.oms.submits) == 1


UNSERVED = {
    "model(up)": {"entry": {"conditions": [{"model": "up", "operator": "greater_than", "value": "0.5"}]}},
    "베타": {
        "indicators": [{"id": "beta", "alias": "b", "params": {"period": 5}}],
        "entry": {"conditions": [{"indicator": "b", "operator": "less_than", "value": 9}]},
    },
}


@pytest.mark.parametrize("named", UNSERVED)
async def test_a_strategy_with_a_condition_that_nobody_answers_does_not_run_and_says_which_one(named: str) -> None:
    stage = await Stage(spec_of([SAMSUNG], strategy={"id": "test", **UNSERVED[named]})).prepare()
    worker = stage.worker()
    for _ in range(2):
        assert await stage.turn(worker, 0.1) is None
    (said,) = [entry.summary for _, entry in stage.desk.entries if entry.kind == "strategy"]
    assert named in said
    assert "거래하지 않아요" in said


@pytest.mark.parametrize("told_by", ["the bus", "the past"])
async def test_signals_of_bars_that_ended_while_nobody_listened_are_told_once_late_and_not_traded(told_by: str) -> None:
    stage = await Stage(spec_of([SAMSUNG])).prepare()
    if told_by == "the past":
        stage.history.bus = stage.bus
    first = stage.worker()
    await stage.turn(first)
    await stage.five(SAMSUNG, 95, 5)
    await stage.turn(first, 5.2)
    del first  # killed: nothing that it held is left
    for at, close in ((10, 95), (15, 101), (20, 95), (25, 95), (30, 95)):
        await stage.five(SAMSUNG, close, at)
    second = stage.worker()
    await stage.turn(second, 26)
    for _ in range(3):
        await stage.turn(second, 0.1)
    start = int(START.timestamp())
    told = [((signal.end - start) // 60, signal.entry, signal.late) for signal in stage.bus.told]
    assert told == [
        (5, False, False), (10, False, True), (15, True, True), (20, False, True), (25, False, False),
        (30, False, False),
    ]  # fmt: skip
    assert stage.oms.submits == []


async def test_a_bar_that_ended_while_nobody_listened_is_traded_as_long_as_it_may_be_acted_on() -> None:
    stage = await Stage(spec_of([SAMSUNG])).prepare()
    first = stage.worker()
    await stage.turn(first)
    await stage.five(SAMSUNG, 95, 5)
    await stage.turn(first, 5.2)
    await stage.five(SAMSUNG, 101, 10)
    await stage.turn(stage.worker(), 6)
    assert [(signal.entry, signal.late) for signal in stage.bus.told] == [(False, False), (True, False)]
    assert len(stage.oms.submits) == 1


async def test_a_strategy_that_is_begun_tells_of_no_bar_that_ended_before_but_the_one_it_may_act_on() -> None:
    stage = await Stage(spec_of([SAMSUNG])).prepare()
    stage.history.bus = stage.bus
    for at in (5, 10, 15, 20):
        await stage.five(SAMSUNG, 95, at)
    await stage.turn(stage.worker(), 24.5)
    start = int(START.timestamp())
    assert [(signal.end - start) // 60 for signal in stage.bus.told] == [15, 20]


@pytest.mark.parametrize("dies", ["before it was told", "before it was stored"])
async def test_a_signal_is_told_again_rather_than_lost(dies: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = await Stage(spec_of([SAMSUNG])).prepare()
    first = stage.worker()
    await stage.turn(first)
    await stage.five(SAMSUNG, 95, 5)
    stage.bus.silent = int(dies == "before it was told")
    if dies == "before it was stored":

        async def gone(*_: object) -> None:
            raise PortUnavailable("expected a database, was none", where="desk")

        monkeypatch.setattr(stage.memory, "keep", gone)
    await stage.turn(first, 5.2)
    monkeypatch.undo()
    for life in (stage.worker(), first):
        await stage.turn(life, 0.1)
    end = int(START.timestamp()) + 300
    assert {(signal.end, signal.seq, signal.late) for signal in stage.bus.told} == {(end, end, False)}
    assert len(stage.bus.told) >= 1


@pytest.mark.parametrize("lost", ["the answer", "the question", "the memory of the decision"])
async def test_nothing_is_ever_a_second_order(lost: str) -> None:
    stage = await Stage().prepare()
    stage.oms.lose_replies, stage.oms.fail_submits = int(lost == "the answer"), int(lost == "the question")
    stage.oms.fill = False
    worker = stage.worker()
    await stage.turn(worker)
    await stage.five(SAMSUNG, 101, 5)
    before = dict(stage.memory.kept)
    await stage.turn(worker, 5.2)
    if lost == "the memory of the decision":
        stage.memory.kept = before
        stage.bus.place = 0
    for life in (worker, stage.worker()):
        for _ in range(3):
            await stage.turn(life, 0.2)
    assert len({(request.plan_id, request.version, request.mandate_id) for request in stage.oms.submits}) == 1
    assert len(stage.oms.placed) == 1
    assert [asked.answer for asked in stage.memory.asks.values()] == ["admitted"]
    assert len([entry for _, entry in stage.desk.entries if entry.kind == "order"]) == 1


async def test_a_refusal_is_told_in_the_journal_and_the_bar_is_not_asked_again() -> None:
    stage = await Stage().prepare()
    no = "한 종목 한도를 넘어요."
    refusal = pb.SubmitReply(outcome=pb.SubmitReply.REFUSED, findings=[finding("WEIGHT", "refuse", 1, no)], message=no)

    async def refuse(*_: object) -> pb.SubmitReply:
        return refusal

    real, stage.oms._admit = stage.oms._admit, refuse  # type: ignore[method-assign]
    await entered(stage)
    stage.oms._admit = real  # type: ignore[method-assign]
    worker = stage.worker()
    for _ in range(3):
        await stage.turn(worker, 0.2)
    (entry,) = [entry for _, entry in stage.desk.entries if entry.kind == "refusal"]
    assert "한 종목 한도를 넘어요." in entry.summary
    assert "삼성전자" in entry.summary
    assert entry.detail["findings"] == [{"code": "WEIGHT", "message": "한 종목 한도를 넘어요."}]
    assert len(stage.oms.submits) == 1


async def test_a_changed_strategy_is_silent_until_it_is_started_and_signed_anew() -> None:
    stage = await Stage().prepare()
    changed = spec_of(above=99)
    await stage.store(changed)
    worker = stage.worker()
    await stage.turn(worker)
    await stage.five(SAMSUNG, 101, 5)
    running = await stage.turn(worker, 5.2)
    assert running is not None
    assert (running.state, stage.oms.submits) == ("changed", [])
    stage.runs.say(RunState.ACTIVE, changed, 2)
    await stage.turn(worker, 0.1)
    await stage.five(SAMSUNG, 101, 10)
    running = await stage.turn(worker, 4.9)
    assert running is not None
    assert (running.state, stage.oms.submits) == ("unsigned", [])
    stage.sign(changed)
    await stage.turn(worker, 0.1)
    assert len(stage.oms.submits) == 1
    said = [entry.summary for _, entry in stage.desk.entries if entry.kind == "strategy"]
    assert len(said) == 2


async def test_an_exit_sells_the_sleeves_own_shares_and_no_others() -> None:
    stage = await Stage().prepare()
    worker = stage.worker()
    await stage.turn(worker)
    stage.oms.hold(SAMSUNG, 40, 72_000)
    position = next(each for each in stage.oms.positions if each.ticker == SAMSUNG)
    position.sleeves.clear()
    position.sleeves.update({"manual": 23, "cycle": 10, sleeve_of(STRATEGY): 7})
    await stage.five(SAMSUNG, 80, 5)
    await stage.turn(worker, 5.2)
    (order,) = stage.oms.placed.values()
    assert (order.side, order.quantity, order.sleeve) == ("sell", 7, sleeve_of(STRATEGY))


async def test_while_an_order_is_under_way_nothing_more_is_decided_on_its_name() -> None:
    stage = await Stage().prepare()
    stage.oms.fill = False
    await entered(stage)
    for order in stage.oms.placed.values():
        order.state = "UNKNOWN"
    stage.oms.acks_after = 10**6
    worker = stage.worker()
    for at in (10, 15):
        await stage.five(SAMSUNG, 101, at)
        await stage.turn(worker, 5)
    assert len(stage.oms.placed) == 1
    await stage.five(HYNIX, 101, 20)
    await stage.turn(worker, 5)
    assert sorted(order.ticker for order in stage.oms.placed.values()) == [HYNIX, SAMSUNG]


@pytest.mark.parametrize(("state", "sides"), [(RunState.PAUSED, ["sell"]), (RunState.STOPPED, [])])
async def test_a_pause_leaves_and_does_not_enter_and_a_stop_decides_nothing(state: RunState, sides: list[str]) -> None:
    stage = await Stage().prepare()
    stage.oms.hold(SAMSUNG, 7, 72_000)
    position = next(each for each in stage.oms.positions if each.ticker == SAMSUNG)
    position.sleeves.clear()
    position.sleeves[sleeve_of(STRATEGY)] = 7
    stage.runs.say(state, stage.spec)
    worker = stage.worker()
    await stage.turn(worker)
    await stage.five(SAMSUNG, 80, 5)
    await stage.five(HYNIX, 101, 5)
    await stage.turn(worker, 5.2)
    assert [order.side for order in stage.oms.placed.values()] == sides


async def test_a_strategys_exits_are_where_the_guard_reads_them_for_its_own_shares_alone() -> None:
    spec = spec_of(risk={"stop_loss": {"enabled": True, "percent": "7"}})
    stage = await Stage(spec).prepare()
    await entered(stage)
    worker = stage.worker()
    stage.oms._progress()
    position = next(each for each in stage.oms.positions if each.ticker == SAMSUNG)
    position.sleeves.clear()
    position.sleeves[sleeve_of(STRATEGY)] = position.quantity
    await stage.turn(worker)
    await stage.five(SAMSUNG, 102, 10)
    await stage.turn(worker, 4.9)
    rows = await stage.desk.exit_rules(USER.account_ref)
    ours = rule_for(rows, SAMSUNG, sleeve_of(STRATEGY))
    assert (ours.source, ours.stop_bps) == (RuleSource.STRATEGY, 700)
    assert ours == rule_of(spec)
    assert rule_for(rows, SAMSUNG, "manual").source is RuleSource.DEFAULT


async def test_a_question_that_nobody_may_put_any_more_is_only_looked_for() -> None:
    stage = await Stage().prepare()
    stage.oms.fail_submits = 10
    await entered(stage)
    stage.oms.fail_submits = 0
    stage.runs.say(RunState.STOPPED, stage.spec)
    worker = stage.worker()
    await stage.turn(worker, 0.1)
    await stage.turn(worker, 60)
    assert (stage.oms.submits, stage.oms.placed) == ([], {})
    assert [asked.answer for asked in stage.memory.asks.values()] == ["refused"]


def closes_until(last: date, *closes: int) -> Bars:
    """Daily bars of sessions up to `last`."""
    calendar, day, ends = KrxCalendar(), last, []
    for _ in closes:
        ends.append(int(datetime.combine(day, datetime.min.time(), KST).timestamp()) + 15 * 3600 + 1_800)
        day = calendar.previous_session(day)
    return bars_of(ends[::-1], closes, closes, closes, closes, [1] * len(closes))


async def test_a_daily_strategy_acts_in_the_session_after_the_bar_and_hears_of_a_split() -> None:
    stage = await Stage(spec_of([SAMSUNG], "1d", schedule={"every": "close"})).prepare()
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    stage.history.days = {SAMSUNG: closes_until(friday, 104, 102, 95, 101)}
    worker = stage.worker()
    running = await stage.turn(worker)
    assert running is not None
    assert running.names[SAMSUNG].live.bars == 4
    assert [order.side for order in stage.oms.placed.values()] == ["buy"]
    stage.oms._progress()
    position = next(each for each in stage.oms.positions if each.ticker == SAMSUNG)
    position.sleeves.clear()
    position.sleeves[sleeve_of(STRATEGY)] = position.quantity
    await stage.turn(worker, 1)
    stage.history.days = {SAMSUNG: closes_until(monday, 104, 102, 95, 101, 99)}
    await stage.turn(worker, 24 * 60)
    assert len(stage.oms.placed) == 1
    assert running.names[SAMSUNG].place.held == 1
    stage.history.days = {SAMSUNG: closes_until(date(2026, 11, 24), 52, 51, 47, 50, 49, 48)}
    await stage.turn(worker, 24 * 60)
    assert running.names[SAMSUNG].live.bars == 6
    assert running.names[SAMSUNG].place.held == 2
    assert [order.side for order in stage.oms.placed.values()] == ["buy", "sell"]
