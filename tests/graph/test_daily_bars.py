"""Daily bars behind the rooms: the broker is asked only for what is new, counted in its own requests, and a lake that
is away, a split and a stopped run cost nobody a chart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import OTHER, USER, FakeMarket, make_ports

from domain.clock import KST, ManualClock
from domain.proto import oms_pb2 as pb
from domain.slots import Due, Kind, Outcome
from graph.daily_bars import LAKE_AWAY, LakeBars
from graph.technical_job import NOTHING, technical_refresh
from market.bars.store import BarStore
from nodes.technical.direct import DEPTH_DAYS
from nodes.technical.refresh import EMPTY, refresh_universe, universe, universe_order
from tools.lake import LakeUnavailable, folder_lake
from tools.ports import Identity, PortUnavailable

NOW = datetime(2026, 11, 18, 8, 0, tzinfo=KST)  # a Wednesday
HUNDRED = [f"{number:06d}" for number in range(100, 200)]


class Broker(FakeMarket):
    """Charts of weekdays on the calendar of the exchange; what each name was asked for, as (from, to)."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.calendar = "krx"
        self.asked: dict[str, list[tuple[str, str]]] = {}
        self.divisor: dict[str, int] = {}
        self.nobody: set[str] = set()

    async def chart(self, ticker: str, period: str, from_date: str, to_date: str) -> list[pb.Bar]:
        self._check()
        self.asked.setdefault(ticker, []).append((from_date, to_date))
        await asyncio.sleep(0)
        if ticker in self.chart_down:
            raise PortUnavailable("차트를 받지 못했어요.", where="market")
        out: list[pb.Bar] = []
        day, last = date.fromisoformat(from_date), min(date.fromisoformat(to_date), self.clock.now().date())
        while day <= last and ticker not in self.nobody:
            if day.weekday() < 5:
                price = (50_000 + day.toordinal() % 97 * 50) // self.divisor.get(ticker, 1)
                out.append(
                    pb.Bar(date=day.isoformat(), open=price, high=price + 9, low=price - 9, close=price, volume=5)
                )
            day += timedelta(days=1)
        return out

    @property
    def questions(self) -> int:
        return sum(map(len, self.asked.values()))


class Bench:
    def __init__(self, folder: Path, source: str = "live") -> None:
        self.clock = ManualClock(NOW)
        self.broker = Broker(self.clock)
        self.folder = folder
        self.away = False
        self.bars = self.anew(source)

    def anew(self, source: str = "live") -> LakeBars:
        """Another process on the same lake."""
        return LakeBars(self.broker, self._store, source, self.clock)

    def _store(self) -> BarStore:
        if self.away:
            raise LakeUnavailable("gone")
        return BarStore(folder_lake(self.folder), "krx", self.clock)

    async def refresh(self, names: list[str], bars: LakeBars | None = None, **more: Any) -> Any:
        before = self.broker.questions
        done = await refresh_universe(bars or self.bars, names, self.clock, **more)
        return done, self.broker.questions - before


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_a_hundred_names_cost_nothing_within_five_minutes_and_one_request_each_the_next_day(bench: Bench) -> None:
    first, asked = await bench.refresh(HUNDRED, depth=100)
    assert (len(first.read), asked, first.requests, first.whole) == (100, 100, 100, True)
    bench.clock.advance(299)
    again, asked = await bench.refresh(HUNDRED, depth=100)
    assert (len(again.read), asked, again.requests) == (100, 0, 0)
    bench.clock.advance(3_600)
    later, asked = await bench.refresh(HUNDRED, depth=100)
    assert (later.requests, asked) == (0, 0)  # no session has ended since
    bench.clock.advance(24 * 3_600)
    tomorrow, asked = await bench.refresh(HUNDRED, depth=100)
    assert (len(tomorrow.read), tomorrow.requests, asked) == (100, 100, 100)
    since, until = bench.broker.asked["000100"][-1]
    assert until == "2026-11-18"
    assert since >= "2026-11-01"  # what is new and a few days to compare, not the whole


async def test_a_weekend_asks_for_nothing_new(bench: Bench) -> None:
    bench.clock.advance(2 * 24 * 3_600)  # Friday
    await bench.refresh(["005930"])
    bench.clock.advance(24 * 3_600)  # Saturday: Friday has ended
    _, asked = await bench.refresh(["005930"])
    assert asked == 1
    for _ in range(2):  # Sunday, and Monday before its close
        bench.clock.advance(24 * 3_600)
        assert (await bench.refresh(["005930"]))[1] == 0


async def test_depth_costs_a_request_for_each_hundred_bars_once(bench: Bench) -> None:
    done, asked = await bench.refresh(["005930"])
    assert (asked, done.requests) == (1, 5)  # a question of the read door is as many requests as it has pages
    assert len((await bench.bars.daily("005930")).bars) > 440


async def test_on_paper_a_turn_reads_a_year_and_gets_what_a_refresh_has_deepened(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "paper")
    short = await bench.bars.daily("005930")
    assert short.requests <= 4
    assert 290 < len(short.bars) < 320
    await bench.refresh(["005930"])
    deep = await bench.anew("paper").daily("005930")
    assert len(deep.bars) > 440
    assert deep.requests == 0


async def test_what_one_process_fetched_no_other_asks_for(bench: Bench) -> None:
    await bench.refresh(["005930", "000660"])
    done, asked = await bench.refresh(["005930", "000660"], bench.anew())
    assert (len(done.read), asked, done.requests) == (2, 0, 0)


async def test_many_askers_at_once_are_one_question(bench: Bench) -> None:
    found = await asyncio.gather(*(bench.bars.daily("005930") for _ in range(8)))
    assert bench.broker.questions == 1
    assert sum(each.requests for each in found) == 5


async def test_after_a_split_the_name_is_fetched_anew_and_prices_are_never_mixed(bench: Bench) -> None:
    await bench.refresh(["005930"])
    bench.broker.divisor["005930"] = 50
    bench.clock.advance(24 * 3_600)
    done, asked = await bench.refresh(["005930", "000660"])
    assert done.read == ("005930", "000660")
    assert len(bench.broker.asked["005930"]) == 3  # the newest days, which disagree, and then all of them
    bars = (await bench.bars.daily("005930")).bars
    assert bars.close.max() < 2_000
    assert len(bars) > 440
    assert asked == 3


async def test_a_run_that_is_stopped_goes_on_where_it_was(bench: Bench) -> None:
    names = HUNDRED[:20]
    reached = asyncio.Event()
    chart: Callable[..., Any] = bench.broker.chart

    async def slow(ticker: str, *rest: str) -> Any:
        if ticker == names[7]:
            reached.set()
            await asyncio.Event().wait()
        return await chart(ticker, *rest)

    bench.broker.chart = slow  # type: ignore[assignment, method-assign]
    running = asyncio.create_task(bench.refresh(names))
    await reached.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await bench.bars.aclose()
    assert bench.broker.questions == 7
    bench.broker.chart = chart  # type: ignore[method-assign]
    done, asked = await bench.refresh(names, bench.anew())
    assert (len(done.read), asked) == (20, 13)


async def test_requests_and_time_bound_a_run_and_the_next_one_goes_on(bench: Bench) -> None:
    names = HUNDRED[:10]
    done, _ = await bench.refresh(names, most_requests=4, depth=100)
    assert (done.read, done.requests, done.left) == (tuple(names[:4]), 4, tuple(names[4:]))
    assert done.text() == "일봉 4종목을 요청 4번으로 확인했어요. 6종목은 다음에 이어서 받아요."
    more, asked = await bench.refresh(names, most_requests=4, depth=100)
    assert (len(more.read), asked, len(more.left)) == (8, 4, 2)
    none, asked = await bench.refresh(names, seconds=0.0)
    assert (none.read, asked, len(none.left)) == ((), 0, 10)


async def test_a_name_that_fails_is_skipped_and_said_by_name_and_a_silent_broker_ends_the_run(bench: Bench) -> None:
    bench.broker.chart_down = {"005930"}
    bench.broker.nobody = {"000660"}
    done, _ = await bench.refresh(["005930", "000660", "035720"])
    assert done.read == ("035720",)
    assert done.failed == {"005930": "차트를 받지 못했어요.", "000660": EMPTY}
    assert "삼성전자(005930), SK하이닉스(000660): 받지 못했어요." in done.text()
    bench.broker.down = True
    with pytest.raises(PortUnavailable):
        await bench.bars.daily("051910")
    stopped, _ = await bench.refresh(HUNDRED)
    assert (stopped.read, len(stopped.failed), len(stopped.left)) == ((), 3, 97)


async def test_a_lake_that_is_away_is_said_and_costs_no_chart(bench: Bench) -> None:
    bench.away = True
    found = await bench.bars.daily("005930")
    assert (found.notice, found.requests) == (LAKE_AWAY, 5)
    assert len(found.bars) > 440
    assert (await bench.bars.daily("005930")).requests == 0  # kept in memory meanwhile
    assert LAKE_AWAY in (await bench.refresh(["000660"]))[0].text()
    bench.away = False
    bench.clock.advance(301)
    assert (await bench.bars.daily("005930")).notice == ""


async def test_bars_that_contradict_themselves_cost_that_name_alone(bench: Bench) -> None:
    chart: Callable[..., Any] = bench.broker.chart

    async def crooked(ticker: str, *rest: str) -> Any:
        rows = await chart(ticker, *rest)
        if ticker == "005930":
            rows[5].low = rows[5].high * 2
        return rows

    bench.broker.chart = crooked  # type: ignore[assignment, method-assign]
    done, _ = await bench.refresh(["005930", "000660"])
    assert done.read == ("000660",)
    assert "맞지 않아" in done.failed["005930"]


# The order of the universe --------------------------------------------------------------------------------------------


def test_what_is_held_comes_first_then_candidates_then_the_rest_each_once() -> None:
    assert universe_order(["b", "a"], ["c", "a"], ["d", "c"], ["e", "b"]) == ["b", "a", "c", "d", "e"]


async def test_the_universe_is_that_of_all_people_and_of_the_news() -> None:
    ports: Any = make_ports()
    ports.oms.hold("035720", 10, 45_000)
    ports.oms.hold("005930", 100, 72_000)
    spec = {"universe": {"tickers": ["111111", "005930"]}}
    await ports.desk.save_strategy(OTHER.user_id, OTHER.user_id, "h", spec, ports.clock.now())
    await ports.watch.watch(USER.user_id, "222222", True, ports.clock.now())
    names = await universe(ports, [USER, OTHER])
    assert names[:2] == ["005930", "035720"]  # the larger holding first
    assert names[-2:] == ["111111", "222222"]
    assert len(names) == len(set(names)) > 4
    ports.news.down = ports.oms.down = True
    assert await universe(ports, [USER, OTHER]) == ["111111", "005930", "222222"]


def test_the_depth_of_a_refresh_holds_twenty_months() -> None:
    assert DEPTH_DAYS > 20 * 31


# The scheduler's slot -------------------------------------------------------------------------------------------------


async def test_the_slot_reads_everybodys_names_and_says_what_it_did(bench: Bench) -> None:
    ports: Any = replace(make_ports(clock=bench.clock, market=bench.broker), daily=bench.bars)
    ports.oms.hold("005930", 100, 72_000)
    ports.news.down = True

    async def get_ports() -> Any:
        return ports

    async def people() -> list[Identity]:
        return [USER]

    job = technical_refresh(get_ports, people)
    ended = await job(Due(Kind.TECHNICAL, "2026-11-18T08:30"), None)
    assert (ended.outcome, ended.text) == (Outcome.DONE, "일봉 1종목을 요청 5번으로 확인했어요.")
    bench.clock.advance(24 * 3_600)
    bench.broker.chart_down = {"005930"}
    failed = await job(Due(Kind.TECHNICAL, "2026-11-19T08:30"), None)
    assert failed.outcome is Outcome.FAILED
    assert "삼성전자(005930): 받지 못했어요." in failed.text
    ports.oms.positions.clear()
    assert (await job(Due(Kind.TECHNICAL, "2026-11-19T08:30"), None)).text == NOTHING
