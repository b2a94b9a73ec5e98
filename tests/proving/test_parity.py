"""The real worker, bar by bar and order by order, against the backtest of the same strategy over the same bars.

The whole campaign is a command: `./quartz parity --data DIR`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from domain.bars import bars_of
from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.proto import market_pb2 as pb
from domain.strategy.evaluator import build
from execution.worker import buying
from market.bus.ports import BARS, SIGNALS, TRADES, Assigned, Message
from proving.loop import WorldLoop
from proving.parity.bus import MemoryBus
from proving.parity.documents import presets
from proving.parity.lake import minutes_of
from proving.parity.runs import lived, lived_through
from proving.parity.still import HOLD_S, at_the_opening, every_minute, still_market
from proving.parity.told import told_bars
from proving.parity.world import Case

TICKER = "005930"
FIRST = date(2026, 1, 8)
DAILY = Case("strong_close", TICKER, FIRST, 8)
MINUTES = Case("strong_close", TICKER, FIRST, 1, seed=3, timeframe="1m", minutes=32, gaps=1)
FIVES = Case("strong_close", TICKER, FIRST, 1, seed=3, timeframe="5m", minutes=42, gaps=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A walk of daily bars with gaps over night."""
    found: Path = tmp_path_factory.mktemp("daily")
    r, calendar, day = np.random.default_rng(3), KrxCalendar(), date(2025, 6, 2)
    close, rows = 70_000, ["date,open,high,low,close,volume"]
    while day < date(2026, 3, 1):
        opened = close * int(r.integers(970, 1_031)) // 1_000
        close = opened * int(r.integers(960, 1_045)) // 1_000
        high = max(opened, close) * int(r.integers(1_000, 1_012)) // 1_000
        low = min(opened, close) * int(r.integers(988, 1_001)) // 1_000
        rows.append(f"{day},{opened},{high},{low},{close},{r.integers(8_000_000, 20_000_000)}")
        day = calendar.next_session(day)
    (found / f"{TICKER}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return found


def test_a_strategy_of_days_trades_live_what_its_backtest_says(folder: Path) -> None:
    found = lived(DAILY, folder)
    assert found.breaks == []
    assert (found.bars, found.incomplete) == (DAILY.sessions + 1, 0)
    assert min(found.entries, found.exits, found.intents) > 0
    assert found.fills == found.intents
    assert found.values > 3 * DAILY.sessions


def test_a_strategy_of_minutes_does_so_too_and_what_the_feed_lost_enters_nothing(folder: Path) -> None:
    found = lived(MINUTES, folder)
    assert found.breaks == []
    assert found.bars >= MINUTES.minutes - 3
    assert found.incomplete > 0
    assert found.fills == found.intents > 0


def test_a_strategy_of_five_minutes_does_so_too_with_bars_made_of_single_ones(folder: Path) -> None:
    found = lived(FIVES, folder)
    assert found.breaks == []
    assert found.bars == 1 + FIVES.minutes // 5  # and the last of the session before, over by now
    assert found.incomplete > 0
    assert found.fills == found.intents > 0


def minute(end: int, close: int, *, complete: bool = True, revision: int = 0) -> bytes:
    bar = pb.Bar(
        ticker=TICKER, timeframe="1m", end=end, open=close, high=close, low=close, close=close, volume=1,
        complete=complete, revision=revision,
    )  # fmt: skip
    return bar.SerializeToString()


def test_a_minute_told_again_counts_while_its_longer_bar_is_open_and_not_afterwards() -> None:
    nine = int(datetime(2026, 1, 8, 9, tzinfo=KST).timestamp())
    told = [
        minute(nine + 60, 100),
        minute(nine + 120, 101),
        minute(nine + 120, 102, complete=False, revision=1),  # its five minutes are open
        minute(nine + 360, 110),  # they are over: nothing came at their end
        minute(nine + 60, 90, revision=1),
        minute(nine + 600, 111),
        minute(nine + 600, 95, complete=False, revision=1),
    ]
    said = {BARS.name: [(0.0, Message(BARS.name, 0, TICKER, str(at), one)) for at, one in enumerate(told)]}
    case = replace(MINUTES, timeframe="5m")
    store = SimpleNamespace(read=lambda *_: bars_of([], [], [], [], [], []))
    world: Any = SimpleNamespace(case=case, days=case.days, store=store, bus=SimpleNamespace(said=said))
    found = told_bars(world, build(case.spec))
    assert found.bars.close.tolist() == [100, 102, 110, 111]
    assert found.ends.tolist() == [nine + 120, nine + 600]
    assert (found.known.tolist(), found.whole) == ([2, 3], [False, True])
    assert list(found.expected()) == [0, 1]


def test_minutes_that_died_with_the_oms_are_the_brokers_afterwards_and_enter_nothing(folder: Path) -> None:
    world, stalled = lived_through(replace(MINUTES, minutes=20, filled=True), folder)
    assert (stalled, world.faults, world.loop.broken) == ("", [], [])
    told = [pb.Bar.FromString(message.payload) for _, message in world.bus.said[BARS.name]]
    touched = {bar.end for bar in told if not bar.complete}
    mended = {bar.end: bar for bar in told if bar.source == "broker"}
    assert touched
    assert touched <= mended.keys()
    tape = still_market(folder, every_minute).tape(TICKER, FIRST)
    assert tape is not None
    true = minutes_of(tape, FIRST)
    rows = {int(end): at for at, end in enumerate(true.time)}
    for end, bar in mended.items():
        at = rows[end]
        assert (bar.high, bar.low, bar.close) == (true.high[at], true.low[at], true.close[at])
        assert bar.volume == true.volume[at]
    bought = {asked.bar_end for asked in world.memory.asks.values() if asked.side == "buy"}
    assert bought
    assert not bought & touched
    signals = [pb.Signal.FromString(message.payload).end for _, message in world.bus.said[SIGNALS.name]]
    assert signals == sorted(set(signals))  # nothing is said again of a bar that was mended


def test_the_lakes_minutes_of_a_session_are_its_tape(folder: Path) -> None:
    tape = still_market(folder, every_minute).tape(TICKER, FIRST)
    assert tape is not None
    bars = minutes_of(tape, FIRST)
    assert (bars.open[0], bars.close[-1]) == (tape.prices[0], tape.prices[-1])
    assert (bars.high.max(), bars.low.min(), bars.volume.sum()) == (
        tape.prices.max(), tape.prices.min(), tape.volumes.sum()
    )  # fmt: skip
    assert (np.diff(bars.time) % 60 == 0).all()
    assert datetime.fromtimestamp(int(bars.time[0]), KST).strftime("%H:%M") == "09:01"
    assert datetime.fromtimestamp(int(bars.time[-1]), KST).strftime("%H:%M") == "15:31"


def test_a_worker_that_computes_another_strategy_is_found_out(folder: Path) -> None:
    def other(spec: Any) -> Any:
        return build(spec, {"strong": Decimal(1), "weak": Decimal(0)})

    assert any("signal: live" in what for what in lived(DAILY, folder, other).breaks)


def test_a_worker_that_counts_its_shares_with_the_price_of_the_morning_is_found_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buying, "_entry_price", lambda name: name.price)
    said = [what.split()[0] for what in lived(DAILY, folder).breaks]
    assert said == ["fill", "intent", "cash"]


def test_the_same_case_is_the_same_world_again(folder: Path) -> None:
    case = replace(DAILY, sessions=1, seed=5)
    first, second = (replace(lived(case, folder), real_s=0.0) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("starts", [at_the_opening, every_minute])
def test_a_still_price_stands_without_a_trade_until_its_single_price(folder: Path, starts: Any) -> None:
    tape = still_market(folder, starts).tape(TICKER, FIRST)
    assert tape is not None
    for start in starts(tape):
        held = slice(start, start + HOLD_S)
        assert tape.volumes[held].sum() == 0
        assert set(tape.prices[start : start + HOLD_S + 1]) == {tape.prices[max(0, start - 1)]}
        assert tape.single(start + HOLD_S)
        assert tape.volumes[start + HOLD_S] > 0
    assert tape.prices[0] == tape.bar.open
    assert tape.cum_volume[-1] == tape.volumes.sum()


def test_a_market_that_opens_at_ten_stands_still_then(folder: Path) -> None:
    day = date(2026, 1, 2)  # the year's first session
    tape = still_market(folder, at_the_opening).tape(TICKER, day)
    hours = KrxCalendar().hours(day)
    assert tape is not None
    assert hours is not None
    assert tape.hours.open == 10 * 3600
    assert datetime.combine(day, hours.open, KST).hour == 10


def test_every_preset_with_conditions_is_traded_and_none_of_fixed_weights() -> None:
    assert {"golden_cross", "rsi_rebound", "short_term_reversal"} <= set(presets())
    assert "cash_parking" not in presets()
    assert all(Case(preset, TICKER, FIRST, 1).spec.is_bound for preset in presets())


def test_the_bus_in_memory_goes_on_where_the_last_member_acknowledged() -> None:
    async def story() -> None:
        bus = MemoryBus(lambda: 0.0)
        await bus.publish(TRADES, [(TICKER, b"1"), (TICKER, b"2"), (TICKER, b"3")])
        first = bus.subscribe([TRADES], "g")
        assert all(isinstance(one, Assigned) for one in await first.fetch(0.1))
        read = [one for one in await first.fetch(0.1) if isinstance(one, Message)]
        assert [one.payload for one in read] == [b"1", b"2", b"3"]
        assert await first.ack(read[1], b"note")
        second = bus.subscribe([TRADES], "g")
        notes = {one.note for one in await second.fetch(0.1) if isinstance(one, Assigned)}
        assert notes == {b"note", b""}
        assert [one.payload for one in await second.fetch(0.1) if isinstance(one, Message)] == [b"3"]
        assert not await first.ack(read[2])  # the group is another's now

    loop = WorldLoop(0)
    try:
        loop.run_until_complete(story())
    finally:
        loop.close()
