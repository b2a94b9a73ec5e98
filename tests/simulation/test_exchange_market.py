"""The seeded market and the replay: inside the day's range, on price units, the same for the same seed."""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import KrxCalendar, Phase
from domain.clock import KST, ManualClock
from domain.instruments import Instruments, Kind
from domain.orders.types import Side
from domain.ticks import on_tick, price_band
from simulation.exchange.book import ladder
from simulation.exchange.clock import ReplayClock
from simulation.exchange.config import ExchangeConfig, Replay
from simulation.exchange.exchange import build
from simulation.exchange.history import SeededDaily
from simulation.exchange.listings import load_listings
from simulation.exchange.market import Market
from simulation.exchange.orders import MARKET, Accepted, OrderRequest
from simulation.exchange.replay import ReplayDaily, ReplayError
from simulation.exchange.server import skip_closed_hours
from simulation.exchange.tape import Bar, Hours, weave

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 11, 23)
HOURS = Hours(9 * 3600, 15 * 3600 + 20 * 60, 15 * 3600 + 30 * 60, auction=True)


def _market(seed: int = 3) -> Market:
    listings = load_listings(Instruments.load())
    calendar = KrxCalendar()
    return Market(SeededDaily(seed, listings, calendar.is_session), listings, calendar, seed)


@settings(max_examples=40, deadline=None)
@given(
    low=st.integers(100, 5000),
    spread=st.integers(0, 60),
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    volume=st.integers(1, 5_000_000),
    seed=st.integers(0, 9),
)
def test_day_starts_at_open_touches_high_and_low_and_ends_at_close(
    low: int, spread: int, ends: tuple[float, float], volume: int, seed: int
) -> None:
    unit = 100  # every price between 50,000 and 200,000 stands on a unit of 100
    low, high = 50_000 + low * 10 // 100 * 100, 50_000 + low * 10 // 100 * 100 + spread * unit
    first, last = (low + round(spread * at) * unit for at in ends)
    bar = Bar(DAY, first, high, low, last, volume, first)
    band = price_band(first, Kind.STOCK, DAY)
    tape = weave(bar, HOURS, Kind.STOCK, seed, "005930", band, hard_range=True)
    assert (tape.prices[0], tape.prices[-1]) == (first, last)
    assert (tape.prices.min(), tape.prices.max()) == (low, high)
    assert (tape.floor, tape.ceiling) == (low, high)
    assert tape.volumes.min() >= 0
    assert abs(int(tape.volumes.sum()) - volume) <= 4
    changed = np.flatnonzero(np.diff(tape.prices)) + 1
    assert (tape.volumes[changed] > 0).all(), "a price moves only by a trade"
    assert tape.index_at(8 * 3600) == -1
    assert tape.index_at(HOURS.close) == tape.size - 1


def test_seeded_history_covers_three_years_of_krx_sessions_on_units_and_inside_the_band() -> None:
    market = _market()
    for ticker in ("005930", "247540", "069500", "122630", "488770", "114800"):
        bars = market.source.bars(ticker, DAY)
        assert bars is not None
        days = [date.fromordinal(day) for day in bars.days[: bars.upto(DAY)].tolist()]
        assert all(KrxCalendar().is_session(day) for day in days)
        assert days[0] <= DAY - timedelta(days=3 * 365)
        instrument = market.listings[ticker].instrument
        for day in days[-300:]:
            bar = bars.row(day)
            assert bar is not None
            assert bar.low <= min(bar.open, bar.close)
            assert max(bar.open, bar.close) <= bar.high
            band = price_band(bar.base, instrument.kind, day, instrument.leverage)
            assert all(
                band.holds(price) and on_tick(price, instrument.kind, day)
                for price in (bar.open, bar.high, bar.low, bar.close)
            )


def test_cash_like_funds_hardly_move_and_stocks_do() -> None:
    market = _market()

    def yearly(ticker: str) -> float:
        bars = market.source.bars(ticker, DAY)
        assert bars is not None
        closes = bars.close[bars.upto(DAY) - 250 : bars.upto(DAY)].astype(float)
        return float(np.diff(np.log(closes)).std() * np.sqrt(250))

    assert yearly("488770") < 0.01 < 0.15 < yearly("005930") < 0.7


def test_longer_horizon_and_another_run_leave_earlier_days_as_they_were() -> None:
    one, two = _market(), _market()
    early = one.source.bars("005930", DAY)
    late = two.source.bars("005930", DAY + timedelta(days=400))
    assert early is not None
    assert late is not None
    assert (late.close[: len(early.close)] == early.close).all()
    other = _market(4).source.bars("005930", DAY)
    assert other is not None
    assert (other.close != early.close).any()


def test_book_has_ten_rising_asks_and_falling_bids_around_the_last_price() -> None:
    market = _market()
    tape = market.tape("005930", DAY)
    assert tape is not None
    for index in (0, 100, 5_000, tape.size - 1):
        book = ladder(tape, index, Kind.STOCK, 1_000, "005930")
        asks, bids = [level.price for level in book.asks], [level.price for level in book.bids]
        assert len(asks) == len(bids) == 10
        assert asks == sorted(set(asks))
        assert bids == sorted(set(bids), reverse=True)
        assert bids[0] < asks[0]
        assert int(tape.prices[index]) in (bids[0], asks[0])
        assert all(on_tick(price, Kind.STOCK, DAY) for price in asks + bids)


SCRIPT = """
import hashlib, json
from datetime import datetime
from domain.clock import KST, ManualClock
from domain.orders.types import Side
from simulation.exchange.config import ExchangeConfig
from simulation.exchange.exchange import build
from simulation.exchange.orders import OrderRequest
clock = ManualClock(datetime(2026, 11, 23, 8, 50, tzinfo=KST))
exchange = build(ExchangeConfig(any_account=True, seed=5), clock)
venue = exchange.venue
venue.open_account("1111111101", "o")
for i in range(120):
    clock.advance(173)
    now = venue.advance()
    for ticker in ("005930", "069500", "035420"):
        last = venue.snapshot_at(ticker, now).last
        side = Side.BUY if (i + len(ticker)) % 3 else Side.SELL
        venue.place(OrderRequest("1111111101", side, ticker, "00" if i % 2 else "01", 3 + i % 5, last))
print(hashlib.sha256(json.dumps(exchange.journal.recover()).encode()).hexdigest())
print(len([r for r in exchange.journal.recover() if r["kind"] == "fill"]))
"""


def test_same_seed_and_clock_give_the_same_trace_under_two_hash_seeds() -> None:
    traces = []
    for hash_seed in ("0", "4242"):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        traces.append(done.stdout.split())
    assert traces[0] == traces[1]
    assert int(traces[0][1]) > 100


def test_always_open_market_goes_on_at_night_and_over_midnight_without_a_jump() -> None:
    clock = ManualClock(datetime(2026, 11, 21, 23, 59, 30, tzinfo=KST))  # a Saturday
    exchange = build(ExchangeConfig(any_account=True, always_open=True), clock)
    before = exchange.venue.snapshot_at("005930", exchange.venue.advance())
    assert before.volume > 0
    clock.advance(60)
    after = exchange.venue.snapshot_at("005930", exchange.venue.advance())
    assert after.day == date(2026, 11, 22)
    assert abs(after.base - before.last) <= 1_000
    assert exchange.venue.calendar.name == "always"


# --- replay ---------------------------------------------------------------------------------------------------------


def _csv(folder: Path, ticker: str, rows: list[tuple[str, int, int, int, int, int]]) -> None:
    with (folder / f"{ticker}.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(("date", "open", "high", "low", "close", "volume", "change"))
        writer.writerows([*row, 0] for row in rows)


def test_replay_rounds_to_units_inside_the_real_range_and_halts_days_without_volume(tmp_path: Path) -> None:
    rows = [("2026-05-26", 35_957, 36_020, 35_295, 35_347, 160_338), ("2026-05-27", 35_347, 35_347, 35_347, 35_347, 0)]
    _csv(tmp_path, "012450", rows)
    source = ReplayDaily(tmp_path, Instruments.load())
    bars = source.bars("012450", date(2026, 5, 26))
    assert bars is not None
    assert [int(x[0]) for x in (bars.open, bars.high, bars.low, bars.close)] == [35_950, 36_000, 35_300, 35_350]
    market = Market(source, source.listings, KrxCalendar(), 1, source.last_day)
    halted = market.snapshot("012450", datetime(2026, 5, 27, 11, 0, tzinfo=KST))
    assert halted is not None
    assert halted.halted


def test_unreadable_replay_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "005930.csv").write_text("date,open,high,low,close,volume\n2026-05-26,1,2,x,1,5\n")
    with pytest.raises(ReplayError, match=r"005930\.csv line 2"):
        ReplayDaily(tmp_path, Instruments.load())
    with pytest.raises(ReplayError, match="expected a folder"):
        ReplayDaily(tmp_path / "none", Instruments.load())


def test_replay_of_real_days_never_trades_outside_the_real_range(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "krx" / "daily"
    clock = ManualClock(datetime(2026, 11, 22, 12, 0, tzinfo=KST))
    config = ExchangeConfig(any_account=True, replay=Replay(folder, date(2026, 5, 4), 60.0))
    exchange = build(config, clock)
    venue = exchange.venue
    assert venue.clock.now() == datetime(2026, 5, 4, 8, 59, 50, tzinfo=KST)
    real: dict[tuple[str, str], dict[str, str]] = {}
    for ticker in ("005930", "068270"):
        with (folder / f"{ticker}.csv").open() as handle:
            real |= {(ticker, row["date"]): row for row in csv.DictReader(handle)}
    account = venue.open_account("1111111101", "o")
    seen: dict[tuple[str, str], list[int]] = {}
    days: set[str] = set()
    while venue.clock.now().date() < date(2026, 5, 13):
        now = venue.advance()
        for ticker in ("005930", "068270"):
            quote = venue.snapshot_at(ticker, now)
            if quote.open and quote.day == now.date():
                days.add(str(now.date()))
                seen.setdefault((ticker, str(now.date())), []).append(quote.last)
                side = Side.SELL if account.sellable(ticker) else Side.BUY
                outcome = venue.place(OrderRequest("1111111101", side, ticker, MARKET, 10, 0))
                if isinstance(outcome, Accepted) and venue.calendar.phase(now) is Phase.CONTINUOUS:
                    assert outcome.order.open == 0
        clock.advance(10)
        skip_closed_hours(exchange)
    fills = [record for record in exchange.journal.recover() if record["kind"] == "fill"]
    assert len(days) >= 6
    assert len(fills) > 100
    for record in fills:
        row = real[(record["ticker"], record["date"])]
        assert float(row["low"]) <= record["price"] <= float(row["high"])
    for (ticker, day), prices in seen.items():
        row = real[(ticker, day)]
        assert float(row["low"]) <= min(prices) <= max(prices) <= float(row["high"])


def test_restarted_replay_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    for ticker in ("005930", "000660"):
        days = [f"2026-05-{day:02d}" for day in (20, 21, 22, 26, 27)]
        _csv(folder, ticker, [(day, 60_000, 61_000, 59_000, 60_500, 1_000_000) for day in days])
    config = ExchangeConfig(
        any_account=True, data_dir=tmp_path / "data", replay=Replay(folder, date(2026, 5, 26), 60.0)
    )
    clock = ManualClock(datetime(2026, 11, 22, 12, 0, tzinfo=KST))
    first = build(config, clock)
    first.venue.open_account("1111111101", "o")
    clock.advance(60)
    outcome = first.venue.place(OrderRequest("1111111101", Side.BUY, "005930", MARKET, 3, 0))
    assert isinstance(outcome, Accepted)
    stopped = first.venue.clock.now()
    price = first.venue.snapshot_at("005930", stopped).last
    first.journal.close()
    again = build(config, ManualClock(datetime(2026, 11, 23, 12, 0, tzinfo=KST)))
    assert again.venue.clock.now() == stopped
    assert again.venue.snapshot_at("005930", stopped).last == price
    assert again.venue.world.accounts["1111111101"].sellable("005930") == 3
    again.journal.close()
    late = Replay(folder, date(2026, 6, 1), 60.0)
    with pytest.raises(ReplayError, match="on or before 2026-05-27"):
        build(ExchangeConfig(any_account=True, replay=late), clock)


def test_replay_clock_runs_at_one_while_an_order_is_open_or_somebody_holds_it() -> None:
    wall = ManualClock(datetime(2026, 11, 22, 12, 0, tzinfo=KST))
    start = datetime(2026, 5, 4, 9, 0, tzinfo=KST)
    clock = ReplayClock(wall, start, 60)
    wall.advance(10)
    assert clock.now() == start + timedelta(seconds=600)
    clock.hold("approval")
    wall.advance(10)
    assert (clock.now(), clock.speed) == (start + timedelta(seconds=610), 1)
    clock.slow_for_orders(True)
    clock.release("approval")
    wall.advance(10)
    assert clock.now() == start + timedelta(seconds=620)
    clock.slow_for_orders(False)
    wall.advance(10)
    assert (clock.now(), clock.speed) == (start + timedelta(seconds=1220), 60)
    clock.hold("a holder that dies")
    wall.advance(901)
    assert clock.speed in (1, 60)
    clock.now()
    assert clock.speed == 60, "a hold ends by itself"
